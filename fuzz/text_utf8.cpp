// UTF-8, whole and in pieces, against an independent judge.
//
// Input: one byte chooses the largest piece and the rest is the text, whose own
// bytes choose the cuts.
#include <parley/core/text/utf8.hpp>

#include "text/naive_utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using parley::test::naive_utf8;
using parley::test::utf8_verdict;

void require(bool holds) {
  if (!holds) std::abort();
}

// A copy of exactly the text's size, so that a byte read beyond it is seen.
void check_whole(std::string_view text, utf8_verdict expected) {
  const std::vector<char> copy(text.begin(), text.end());
  const std::string_view exact(copy.data(), copy.size());
  require(parley::text::valid_utf8(exact) == (expected == utf8_verdict::valid));
}

void check_pieces(std::string_view text, std::size_t largest, utf8_verdict expected) {
  parley::text::utf8_validator check;
  bool alive = true;
  for (std::string_view rest = text; !rest.empty();) {
    const auto choice = static_cast<std::uint8_t>(rest[rest.size() / 2]);
    const std::size_t size = std::min<std::size_t>(choice % (largest + 1), rest.size());
    const std::string_view piece = rest.substr(0, std::max<std::size_t>(size, 1));
    alive = check.feed(parley::as_bytes(piece));
    rest.remove_prefix(piece.size());
    if (!alive) break;
  }
  require(alive == (expected != utf8_verdict::invalid));
  require(check.finish() == (expected == utf8_verdict::valid));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const utf8_verdict expected = naive_utf8(text);
  check_whole(text, expected);
  check_pieces(text, data[0], expected);
  return 0;
}
