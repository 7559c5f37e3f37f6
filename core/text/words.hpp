// Eight bytes at a time, for short inputs.
//
// Internal to core/text.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace parley::text::detail {

inline constexpr std::uint64_t ones = 0x0101010101010101;
inline constexpr std::uint64_t high_bits = 0x8080808080808080;

// Two words at once, in a register of sixteen bytes where the processor has one.
using word_pair [[gnu::vector_size(16)]] = std::uint64_t;

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

// Up to seven bytes in the order of memory, with zeros behind them.
inline std::uint64_t load_short(const std::uint8_t* data, std::size_t size) noexcept {
  if constexpr (std::endian::native != std::endian::little) {
    std::uint64_t word = 0;
    if (size != 0) std::memcpy(&word, data, size);
    return word;
  }
  // Loads that overlap: no loop and no branch on every size.
  if (size >= 4) {
    const std::uint64_t back = load<std::uint32_t>(data + size - 4);
    return load<std::uint32_t>(data) | back << 8 * (size - 4);
  }
  if (size == 0) return 0;
  return data[0] | std::uint64_t{data[size / 2]} << 8 * (size / 2) |
         std::uint64_t{data[size - 1]} << 8 * (size - 1);
}

// Turns a key of four bytes as it lies in memory, so that it begins with what was
// its byte `n` % 4.
inline std::uint32_t turn_key(std::uint32_t key, std::size_t n) noexcept {
  const int bits = static_cast<int>(n % 4) * 8;
  return std::endian::native == std::endian::little ? std::rotr(key, bits) : std::rotl(key, bits);
}

// Byte `n` % 4 of the key.
inline std::uint8_t byte_of(std::uint32_t key, std::size_t n) noexcept {
  std::uint8_t bytes[4];
  std::memcpy(bytes, &key, 4);
  return bytes[n % 4];
}

// The key twice, as it lies in memory.
inline std::uint64_t twice(std::uint32_t key) noexcept { return std::uint64_t{key} << 32 | key; }

}  // namespace parley::text::detail
