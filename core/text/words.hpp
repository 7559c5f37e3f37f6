// Eight bytes at a time, for short inputs.
//
// Internal to core/text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace parley::text::detail {

inline constexpr std::uint64_t ones = 0x0101010101010101;
inline constexpr std::uint64_t high_bits = 0x8080808080808080;

// Any alignment; compiles to one instruction.
template <class Word = std::uint64_t>
Word load(const void* at) noexcept {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}
template <class Word>
void store(void* at, Word word) noexcept {
  std::memcpy(at, &word, sizeof word);
}

// All bytes of up to seven, in no particular order; some may be there twice.
inline std::uint64_t load_short(const std::uint8_t* data, std::size_t size) noexcept {
  if (size >= 4) {
    const auto front = load<std::uint32_t>(data);
    return std::uint64_t{front} << 32 | load<std::uint32_t>(data + size - 4);
  }
  if (size == 0) return 0;
  return std::uint64_t{data[0]} | std::uint64_t{data[size / 2]} << 8 |
         std::uint64_t{data[size - 1]} << 16;
}

}  // namespace parley::text::detail
