#include "workloads.hpp"

#include <parley/codecs/websocket/encoder.hpp>

namespace parley::bench {
namespace {

constexpr websocket::mask_key key = {std::byte{0x37}, std::byte{0xFA}, std::byte{0x21},
                                     std::byte{0x3D}};

std::string json(std::size_t size) {
  std::string text = "[";
  for (unsigned i = 0; text.size() < size; ++i) {
    text += R"({"id":)" + std::to_string(i * 7919) + R"(,"name":"sensor-)" + std::to_string(i) +
            R"(","on":true},)";
  }
  return text.substr(0, size);
}

std::string mixed(std::size_t size) {
  constexpr std::array<std::string_view, 8> words = {
      "Gr\xc3\xbc\xc3\x9f"
      "e ",
      "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 ",
      "\xe4\xb8\x96\xe7\x95\x8c ",
      "\xf0\x9f\x98\x80\xf0\x9f\x9a\x80 ",
      "na\xc3\xaf"
      "ve ",
      "\xd0\xbc\xd0\xb8\xd1\x80 ",
      "\xe3\x81\x93\xe3\x82\x93 ",
      "text "};
  std::string text;
  for (std::size_t i = 0;; ++i) {
    const std::string_view word = words[i % words.size()];
    if (text.size() + word.size() > size) break;
    text += word;
  }
  // Whole characters only.
  return text.append(size - text.size(), '.');
}

std::string any_bytes(std::size_t size) {
  std::string bytes;
  std::uint32_t state = 12345;
  while (bytes.size() < size) {
    state = state * 1664525 + 1013904223;
    bytes.push_back(static_cast<char>(state >> 24));
  }
  return bytes;
}

std::string make_payload(content what, std::size_t size) {
  switch (what) {
    case content::text:
      return json(size);
    case content::binary:
      return any_bytes(size);
    case content::utf8:
      break;
  }
  return mixed(size);
}

}  // namespace

workload make_workload(content what, const size_class& size) {
  constexpr std::array<std::string_view, 3> names = {"text_", "binary_", "utf8_"};
  workload w;
  w.name = std::string(names[static_cast<std::size_t>(what)]) + std::string(size.name);
  const std::string payload = make_payload(what, size.payload);
  const bool is_text = what != content::binary;
  const auto type = is_text ? websocket::opcode::text : websocket::opcode::binary;
  std::string frame(websocket::header_bound + payload.size(), '\0');
  auto* const begin = reinterpret_cast<std::byte*>(frame.data());
  std::byte* const end = websocket::mask_into(
      websocket::put_header(begin, {type, payload.size()}, key), as_bytes(payload), key);
  frame.resize(static_cast<std::size_t>(end - begin));
  for (std::size_t i = 0; i < size.frames; ++i) {
    w.bytes += frame;
    w.expected.add(is_text, payload);
  }
  return w;
}

}  // namespace parley::bench
