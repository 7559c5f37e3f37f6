// The masking of RFC 6455 section 5.3: every byte is XORed with a repeated key of
// four bytes. Masking and unmasking are the same.
#pragma once

#include <parley/core/text/kernels.hpp>
#include <parley/core/text/words.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace parley::text {

// XORs `bytes` in place with the key; the first byte is byte `offset` of the
// payload. A payload may come in pieces cut anywhere: add up their sizes and pass
// the sum as the next offset.
inline void unmask(std::span<std::byte> bytes, std::array<std::byte, 4> key,
                   std::size_t offset = 0) noexcept {
  // The longest input for which the call would cost more than the work.
  constexpr std::size_t in_line = 32;
  auto* data = reinterpret_cast<std::uint8_t*>(bytes.data());
  std::size_t size = bytes.size();
  const int turn = static_cast<int>(offset % 4) * 8;
  auto word = detail::load<std::uint32_t>(key.data());
  word = std::endian::native == std::endian::little ? std::rotr(word, turn) : std::rotl(word, turn);
  if (size > in_line) return detail::unmask(data, size, word);
  for (; size >= 4; size -= 4, data += 4) {
    detail::store(data, detail::load<std::uint32_t>(data) ^ word);
  }
  std::array<std::uint8_t, 4> rest{};
  detail::store(rest.data(), word);
  for (std::size_t i = 0; i < size; ++i) data[i] ^= rest[i];
}

}  // namespace parley::text
