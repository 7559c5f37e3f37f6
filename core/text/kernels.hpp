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

// The index of the first byte that is `a` or `b`; `size` if there is none.
std::size_t find_either(const std::uint8_t* data, std::size_t size, std::uint8_t a,
                        std::uint8_t b) noexcept;

// The same without vector instructions: what a build without Highway uses, and
// the peer of tests and benchmarks.
namespace scalar {
bool valid_utf8(const std::uint8_t* data, std::size_t size) noexcept;
std::size_t find_either(const std::uint8_t* data, std::size_t size, std::uint8_t a,
                        std::uint8_t b) noexcept;

inline void unmask(std::uint8_t* data, std::size_t size, std::uint32_t key) noexcept {
  if (size < 8) {
    for (std::size_t i = 0; i < size; ++i) data[i] ^= byte_of(key, i);
    return;
  }
  // The last word is computed before the loop changes a part of it, and stored
  // after: so no byte is left over.
  std::uint8_t* const last = data + size - 8;
  const std::uint64_t end = load(last) ^ twice(turn_key(key, size));
  for (; data < last; data += 8) store(data, load(data) ^ twice(key));
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
