// Reads lines `ID CHUNK HEX` and answers each with `ID <replies> END|MORE|ERR`:
// what the decoder makes of the bytes, fed at once (CHUNK 0) or CHUNK bytes at a
// time. The form of the replies is that of support/resp_canonical.hpp.
// A line that cannot be understood is answered with `ID INVALID`.
#include <algorithm>
#include <array>
#include <charconv>
#include <iostream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <parley/codecs/resp/decoder.hpp>
#include <parley/codecs/resp/tree.hpp>

#include "support/resp_canonical.hpp"

namespace {

using namespace parley;

std::optional<unsigned char> hex_byte(std::string_view two) {
  unsigned char value = 0;
  const auto [end, status] = std::from_chars(two.data(), two.data() + two.size(), value, 16);
  if (two.size() != 2 || status != std::errc{} || end != two.data() + 2) return std::nullopt;
  return value;
}

std::optional<std::string> from_hex(std::string_view hex) {
  std::string bytes;
  for (; !hex.empty(); hex.remove_prefix(std::min<std::size_t>(2, hex.size()))) {
    const auto byte = hex_byte(hex.substr(0, 2));
    if (!byte) return std::nullopt;
    bytes.push_back(static_cast<char>(*byte));
  }
  return bytes;
}

// Feeds `bytes` and appends each reply to `answer`, followed by a space.
std::string_view decode(std::string_view bytes, std::size_t chunk, std::string& answer) {
  resp::decoder decoder;
  resp::reply_builder builder;
  std::array<resp::node, 64> nodes;
  std::size_t begin = 0;
  std::size_t end = 0;
  do {
    end = std::min(bytes.size() - end, chunk) + end;
    resp::decode_result r;
    do {
      r = decoder.decode(as_bytes(bytes.substr(begin, end - begin)), nodes);
      begin += r.consumed;
      for (const resp::node& n : std::span(nodes).first(r.count)) {
        if (builder.add(n)) answer += test::canonical(builder.take().root()) + " ";
      }
    } while (r.status == resp::decode_status::ok);
    if (r.status == resp::decode_status::failed) return "ERR";
  } while (end != bytes.size());
  return begin == end && decoder.is_idle() ? "END" : "MORE";
}

std::string respond(const std::string& line) {
  std::istringstream fields(line);
  std::string id;
  std::string chunk_text;
  std::string hex;
  std::string surplus;
  fields >> id >> chunk_text >> hex >> surplus;
  std::size_t chunk = 0;
  const char* chunk_end = chunk_text.data() + chunk_text.size();
  const auto [end, status] = std::from_chars(chunk_text.data(), chunk_end, chunk);
  const auto bytes = from_hex(hex);
  if (status != std::errc{} || end != chunk_end || !bytes || !surplus.empty()) {
    return id + " INVALID";
  }
  if (chunk == 0) chunk = std::numeric_limits<std::size_t>::max();
  std::string answer = id + " ";
  const std::string_view ending = decode(*bytes, chunk, answer);
  return answer.append(ending);
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    std::cout << respond(line) << std::endl;
  }
}
