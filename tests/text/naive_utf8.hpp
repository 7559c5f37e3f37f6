// An independent judge of UTF-8: decodes each character into its number and asks
// whether that number is allowed and could not have been written shorter. Shares
// no table and no idea with core/text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace parley::test {

enum class utf8_verdict { valid, invalid, incomplete };

// Reads one character at the front of `text`; its length goes to `length`.
inline utf8_verdict naive_character(std::string_view text, std::size_t& length) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
  if (length == 0) return utf8_verdict::invalid;
  std::uint32_t number = length == 1 ? lead : lead & (0xFFu >> (length + 1));
  // The least and the greatest number that the bytes so far can still become.
  std::uint32_t least = number << (6 * (length - 1));
  std::uint32_t greatest = least | ((1u << (6 * (length - 1))) - 1);
  const auto judge = [&] {
    constexpr std::uint32_t shortest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (greatest < shortest[length] || least > 0x10FFFF) return utf8_verdict::invalid;
    if (least >= 0xD800 && greatest <= 0xDFFF) return utf8_verdict::invalid;
    return utf8_verdict::valid;
  };
  for (std::size_t i = 1; i < length; ++i) {
    if (judge() == utf8_verdict::invalid) return utf8_verdict::invalid;
    if (i == text.size()) return utf8_verdict::incomplete;
    if (byte(i) >> 6 != 2) return utf8_verdict::invalid;
    number = number << 6 | (byte(i) & 0x3Fu);
    const std::size_t missing = 6 * (length - 1 - i);
    least = number << missing;
    greatest = least | ((1u << missing) - 1);
  }
  return judge();
}

// Whether `text` is well-formed, can become it by more bytes, or neither.
inline utf8_verdict naive_utf8(std::string_view text) {
  while (!text.empty()) {
    std::size_t length = 0;
    const utf8_verdict verdict = naive_character(text, length);
    if (verdict != utf8_verdict::valid) return verdict;
    text.remove_prefix(length);
  }
  return utf8_verdict::valid;
}

}  // namespace parley::test
