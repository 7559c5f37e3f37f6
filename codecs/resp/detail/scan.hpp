// Eight bytes at a time: what the decoder's short cuts are made of. Private to
// this room. A byte's place in the word is its place in memory (the first byte
// is the lowest), on machines of either byte order.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace parley::resp::scan {

inline constexpr std::uint64_t ones = 0x0101010101010101u;
inline constexpr std::uint64_t highs = 0x8080808080808080u;

inline std::uint64_t load(const char* from) noexcept {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

// The bytes at `at` are those of `text`.
template <class Word, std::size_t n>
inline bool equals(const char* at, const char (&text)[n]) noexcept {
  static_assert(n == sizeof(Word) + 1);
  Word found;
  Word wanted;
  std::memcpy(&found, at, sizeof found);
  std::memcpy(&wanted, text, sizeof wanted);
  return found == wanted;
}

inline bool is_line_end(const char* at) noexcept { return equals<std::uint16_t>(at, "\r\n"); }
inline bool is_okay(const char* at) noexcept { return equals<std::uint32_t>(at, "OK\r\n"); }

// The index of the first marked byte of a mask made below.
inline std::size_t first(std::uint64_t mask) noexcept {
  return static_cast<unsigned>(std::countr_zero(mask)) / 8;
}

// Marks bytes up to and including CR. Borrows run upwards, so that the lowest
// mark is right and only those above it may be wrong.
inline std::uint64_t marks_up_to_cr(std::uint64_t word) noexcept {
  return (word - ones * ('\r' + 1)) & ~word & highs;
}

// Marks bytes that are no decimal digit. The lowest mark is right (carries).
inline std::uint64_t marks_non_digits(std::uint64_t word) noexcept {
  const std::uint64_t x = word ^ (ones * '0');
  return ((x + ones * 0x76) | x) & highs;
}

// The number that the first `count` bytes spell, 1 to 8, all of them digits.
// Neighbours are combined pairwise: 8 digits, 4 pairs, 2 fours, 1 number.
inline std::uint64_t number(std::uint64_t word, std::size_t count) noexcept {
  word <<= 64 - 8 * count;
  word &= ones * 0x0f;
  word = (word * (1 + (10u << 8))) >> 8;
  word = ((word & 0x00ff00ff00ff00ffu) * (1 + (100ull << 16))) >> 16;
  word = ((word & 0x0000ffff0000ffffu) * (1 + (10000ull << 32))) >> 32;
  return word;
}

}  // namespace parley::resp::scan
