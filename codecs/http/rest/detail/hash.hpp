// A fast hash of 64 or 128 bits, not cryptographic: each eight bytes are multiplied to twice their
// width and folded. Internal.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <parley/core/bytes.hpp>

namespace parley::http::detail {

// Odd, with as many ones as zeros and no pattern: digits of pi and e.
inline constexpr std::uint64_t hash_pi = 0x243F6A8885A308D3;
inline constexpr std::uint64_t hash_e = 0xB7E151628AED2A6B;

inline std::uint64_t folded(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Up to eight bytes as a number, the first one lowest, on every machine.
inline std::uint64_t number_of(const std::byte* from, std::size_t size) noexcept {
  std::uint64_t number = 0;
  if constexpr (std::endian::native == std::endian::little) {
    if (size == 8) {
      __builtin_memcpy(&number, from, 8);
      return number;
    }
  }
  for (std::size_t i = 0; i < size; ++i) number |= std::to_integer<std::uint64_t>(from[i]) << 8 * i;
  return number;
}

inline std::uint64_t hash(byte_view bytes, std::uint64_t seed) noexcept {
  std::uint64_t state = (seed ^ hash_e) * hash_pi ^ bytes.size();
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left > 8; left -= 8, at += 8) state = folded(state ^ number_of(at, 8), hash_pi);
  // The last ones overlap what has been read, where that is there: no loop over single bytes.
  const std::uint64_t last = bytes.size() >= 8 ? number_of(at + left - 8, 8) : number_of(at, left);
  return folded(state ^ last, hash_e);
}

}  // namespace parley::http::detail
