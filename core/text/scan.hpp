// Searching for the ends of lines and fields.
#pragma once

#include <parley/core/bytes.hpp>
#include <parley/core/text/kernels.hpp>
#include <parley/core/text/words.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace parley::text {

// The index of the first byte that is `a` or `b`; the size if there is none.
// Short lines are searched without a call.
inline std::size_t find_either(byte_view bytes, char a, char b) noexcept {
  // Three words: most lines of RESP, and the call pays beyond.
  constexpr std::size_t in_line = 24;
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const std::size_t size = bytes.size();
  const auto first = static_cast<std::uint8_t>(a);
  const auto second = static_cast<std::uint8_t>(b);
  std::size_t i = 0;
  for (; size - i >= 8 && i < in_line; i += 8) {
    const std::uint64_t word = detail::load(data + i);
    const std::uint64_t x = word ^ detail::ones * first;
    const std::uint64_t y = word ^ detail::ones * second;
    // The high bit of the first byte that is zero, and perhaps of later ones.
    const std::uint64_t found =
        (((x - detail::ones) & ~x) | ((y - detail::ones) & ~y)) & detail::high_bits;
    if (found == 0) continue;
    if constexpr (std::endian::native != std::endian::little) break;
    return i + static_cast<std::size_t>(std::countr_zero(found)) / 8;
  }
  if (size - i >= 8) return i + detail::find_either(data + i, size - i, first, second);
  while (i < size && data[i] != first && data[i] != second) ++i;
  return i;
}

// The index of the first CR that an LF follows; the size if there is none. To go
// on when more bytes have arrived, search from one byte before the old end: a CR
// may have been the last.
inline std::size_t find_crlf(byte_view bytes) noexcept {
  std::size_t i = 0;
  while (i + 1 < bytes.size()) {
    i += find_either(bytes.subspan(i), '\r', '\r');
    if (i + 1 >= bytes.size()) break;
    if (bytes[i + 1] == std::byte{'\n'}) return i;
    ++i;
  }
  return bytes.size();
}

}  // namespace parley::text
