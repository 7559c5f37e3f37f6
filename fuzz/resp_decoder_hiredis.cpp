// The RESP decoder beside hiredis: it may refuse more, but what both read must be
// the same. Known differences are in tests/vectors/resp/differences.md.
//
// Input: one byte chooses how large the pieces for hiredis are; the rest is the
// stream.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "reference/hiredis.hpp"
#include "support/resp_replies.hpp"

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

// hiredis makes room for as many elements as were declared.
bool declares_much(std::string_view input) {
  std::size_t digits = 0;
  for (const char c : input) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits > 6) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (declares_much(input)) return 0;
  const auto ours = parley::test::decode_replies(input);
  const auto theirs = parley::test::hiredis_decode(input, data[0] + 1u);
  const std::size_t both = std::min(ours.list.size(), theirs.replies.size());
  require(std::equal(ours.list.begin(), ours.list.begin() + static_cast<std::ptrdiff_t>(both),
                     theirs.replies.begin()));
  // Fewer than hiredis only after a fault, more only after one of hiredis.
  require(ours.list.size() >= theirs.replies.size() || ours.failed);
  require(ours.list.size() <= theirs.replies.size() || theirs.failed);
  return 0;
}
