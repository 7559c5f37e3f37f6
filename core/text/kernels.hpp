// The loops behind core/text that are worth vector instructions.
//
// Internal to core/text. Each kernel chooses the processor's best instructions
// once per call, which costs a few nanoseconds: the inline functions in front of
// them keep short inputs away.
#pragma once

#include <parley/core/text/words.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace parley::text::detail {

// True if the bytes are whole, well-formed UTF-8.
bool valid_utf8(const std::uint8_t* data, std::size_t size) noexcept;

// XORs byte i with byte i % 4 of `key` as it lies in memory.
void unmask(std::uint8_t* data, std::size_t size, std::uint32_t key) noexcept;

// The same; true if all that came out is ASCII.
bool unmask_ascii(std::uint8_t* data, std::size_t size, std::uint32_t key) noexcept;

// Writes `size` bytes of `from`, so XORed, to `to`. The two do not overlap.
void masked_copy(std::uint8_t* to, const std::uint8_t* from, std::size_t size,
                 std::uint32_t key) noexcept;

// The index of the first byte that is `a` or `b`; `size` if there is none.
std::size_t find_either(const std::uint8_t* data, std::size_t size, std::uint8_t a,
                        std::uint8_t b) noexcept;

// The same without vector instructions: what a build without Highway uses, and
// the peer of tests and benchmarks.
namespace scalar {
bool valid_utf8(const std::uint8_t* data, std::size_t size) noexcept;
std::size_t find_either(const std::uint8_t* data, std::size_t size, std::uint8_t a,
                        std::uint8_t b) noexcept;

// Returns the bits of all that came out, some byte of it or-ed with some other: who asks for no
// more than ASCII looks at the high ones, who does not ask pays nothing once this is in line.
inline std::uint64_t unmask(std::uint8_t* data, std::size_t size, std::uint32_t key) noexcept {
  if (size < 8) {
    std::uint64_t all = 0;
    if (size >= 4) {
      // Both words are loaded before one is stored: they overlap.
      const std::uint32_t front = load<std::uint32_t>(data) ^ key;
      const std::uint32_t back = load<std::uint32_t>(data + size - 4) ^ turn_key(key, size);
      store(data, front);
      store(data + size - 4, back);
      return front | back;
    }
    for (std::size_t i = 0; i < size; ++i) all |= data[i] ^= byte_of(key, i);
    return all;
  }
  // The last word is computed before the loop changes a part of it, and stored
  // after: so no byte is left over.
  std::uint8_t* const last = data + size - 8;
  const std::uint64_t end = load(last) ^ twice(turn_key(key, size));
  if (size < 16) {
    const std::uint64_t front = load(data) ^ twice(key);
    store(data, front);
    store(last, end);
    return front | end;
  }
  // Two words at a time, in the same way.
  const auto pair_of = [](std::uint64_t word) { return word_pair{word, word}; };
  std::uint8_t* const last_pair = data + size - 16;
  const word_pair keys = pair_of(twice(key));
  const word_pair end_pair = load<word_pair>(last_pair) ^ pair_of(twice(turn_key(key, size)));
  word_pair all = end_pair;
  for (; data < last_pair; data += 16) {
    const word_pair now = load<word_pair>(data) ^ keys;
    all |= now;
    store(data, now);
  }
  store(last_pair, end_pair);
  return all[0] | all[1];
}

inline void masked_copy(std::uint8_t* to, const std::uint8_t* from, std::size_t size,
                        std::uint32_t key) noexcept {
  if (size < 8) {
    for (std::size_t i = 0; i < size; ++i) {
      to[i] = static_cast<std::uint8_t>(from[i] ^ byte_of(key, i));
    }
    return;
  }
  const std::uint64_t end = load(from + size - 8) ^ twice(turn_key(key, size));
  std::uint8_t* const last = to + size - 8;
  for (; to < last; to += 8, from += 8) store(to, load(from) ^ twice(key));
  store(last, end);
}
}  // namespace scalar

// The sets of instructions that this build and this processor have in common,
// best first, and their names ("AVX2"). At least one.
std::size_t level_count() noexcept;
std::string_view level_name(std::size_t level) noexcept;

// From now on, all kernels use this level; level_count() or more: the best one
// again. For tests and benchmarks only: it is a global.
void use_level(std::size_t level) noexcept;

}  // namespace parley::text::detail
