// The kernels of core/text at the sizes that protocols have: a full control
// frame (125), a message of a few fields (1 KiB), a large one (64 KiB). Peers:
// the same without vector instructions, and a copy of the same bytes.
#include <parley/core/text/scan.hpp>
#include <parley/core/text/unmask.hpp>
#include <parley/core/text/utf8.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace text = parley::text;
namespace scalar = parley::text::detail::scalar;

constexpr std::array<std::byte, 4> key{std::byte{0x37}, std::byte{0xFA}, std::byte{0x21},
                                       std::byte{0x3D}};

std::string ascii_text(std::size_t size) {
  std::string made;
  while (made.size() < size) made += R"({"type":"update","value":42,"unit":"kPa"},)";
  made.resize(size);
  return made;
}

// Latin, Cyrillic, CJK and emoji in turn, ended by ASCII at a whole character.
std::string mixed_text(std::size_t size) {
  const std::string_view phrase =
      "gr\xC3\xBC\xC3\x9F \xD0\xBC\xD0\xB8\xD1\x80 \xE4\xB8\x96\xE7\x95\x8C "
      "\xF0\x9F\x98\x80 ok, ";
  std::string made;
  while (made.size() + phrase.size() <= size) made += phrase;
  made.resize(size, '.');
  return made;
}

const std::uint8_t* bytes_of(const std::string& bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

// `work` gets the bytes; what it returns is kept from being optimised away.
template <class Work>
void add(const std::string& name, const std::string& bytes, Work work) {
  benchmark::RegisterBenchmark(name.c_str(), [bytes, work](benchmark::State& state) mutable {
    std::string mine = bytes;
    for (auto _ : state) {
      benchmark::DoNotOptimize(mine.data());
      benchmark::DoNotOptimize(work(mine));
      benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(mine.size()));
    state.SetLabel(std::string(text::detail::level_name(0)));
  });
}

void add_copy(const std::string& name, const std::string& bytes) {
  std::vector<char> target(bytes.size());
  add(name + "/memcpy", bytes, [target](const std::string& from) mutable {
    return std::memcpy(target.data(), from.data(), from.size());
  });
}

void add_utf8(const std::string& name, const std::string& bytes) {
  add(name + "/parley", bytes, [](const std::string& s) { return text::valid_utf8(s); });
  add(name + "/scalar", bytes,
      [](const std::string& s) { return scalar::valid_utf8(bytes_of(s), s.size()); });
  add_copy(name, bytes);
}

void add_unmask(const std::string& name, const std::string& bytes) {
  add(name + "/parley", bytes, [](std::string& s) {
    text::unmask(std::as_writable_bytes(std::span(s)), key, 1);
    return s.data();
  });
  add(name + "/scalar", bytes, [](std::string& s) {
    scalar::unmask(reinterpret_cast<std::uint8_t*>(s.data()), s.size(), 0x3D21FA37);
    return s.data();
  });
  add_copy(name, bytes);
}

// The only CRLF stands at the end.
void add_find(const std::string& name, std::size_t size) {
  const std::string bytes = ascii_text(size) + "\r\n";
  add(name + "/parley", bytes,
      [](const std::string& s) { return text::find_either(parley::as_bytes(s), '\r', '\n'); });
  add(name + "/scalar", bytes,
      [](const std::string& s) { return scalar::find_either(bytes_of(s), s.size(), '\r', '\n'); });
  add_copy(name, bytes);
}

const bool registered = [] {
  add_utf8("text/utf8_ascii_16", ascii_text(16));
  add_utf8("text/utf8_ascii_125", ascii_text(125));
  add_utf8("text/utf8_ascii_1k", ascii_text(1024));
  add_utf8("text/utf8_ascii_64k", ascii_text(65536));
  add_utf8("text/utf8_mixed_16", mixed_text(16) + "\xC3\xA9");
  add_utf8("text/utf8_mixed_125", mixed_text(125));
  add_utf8("text/utf8_mixed_1k", mixed_text(1024));
  add_utf8("text/utf8_mixed_64k", mixed_text(65536));
  add_unmask("text/unmask_16", ascii_text(16));
  add_unmask("text/unmask_125", ascii_text(125));
  add_unmask("text/unmask_1k", ascii_text(1024));
  add_unmask("text/unmask_64k", ascii_text(65504));
  add_find("text/find_crlf_8", 8);
  add_find("text/find_crlf_100", 100);
  add_find("text/find_crlf_4k", 4096);
  return true;
}();

}  // namespace
