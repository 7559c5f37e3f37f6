// The masking of RFC 6455 section 5.3: every byte is XORed with a repeated key of
// four bytes. Masking and unmasking are the same.
#pragma once

#include <parley/core/bytes.hpp>
#include <parley/core/text/kernels.hpp>
#include <parley/core/text/words.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace parley::text {

namespace detail {

// The longest input for which the call of a kernel would cost more than the work:
// copied ones, and those that are changed in place, of which text up to the
// longest control frame of WebSocket.
inline constexpr std::size_t short_mask = 64;
inline constexpr std::size_t short_masked_text = 128;

inline std::uint32_t word_of(std::array<std::byte, 4> key, std::size_t offset) noexcept {
  return turn_key(load<std::uint32_t>(key.data()), offset);
}

}  // namespace detail

// XORs `bytes` in place with the key; the first byte is byte `offset` of the
// payload. A payload may come in pieces cut anywhere: add up their sizes and pass
// the sum as the next offset.
inline void unmask(std::span<std::byte> bytes, std::array<std::byte, 4> key,
                   std::size_t offset = 0) noexcept {
  auto* const data = reinterpret_cast<std::uint8_t*>(bytes.data());
  const auto turned = detail::word_of(key, offset);
  if (bytes.size() > detail::short_mask) return detail::unmask(data, bytes.size(), turned);
  detail::scalar::unmask(data, bytes.size(), turned);
}

// The same, and in the same pass a first look at the text that comes out: true if
// all of it is ASCII, so that it need not be validated any further.
inline bool unmask_ascii(std::span<std::byte> bytes, std::array<std::byte, 4> key,
                         std::size_t offset = 0) noexcept {
  auto* const data = reinterpret_cast<std::uint8_t*>(bytes.data());
  const auto turned = detail::word_of(key, offset);
  if (bytes.size() > detail::short_masked_text) {
    return detail::unmask_ascii(data, bytes.size(), turned);
  }
  return (detail::scalar::unmask(data, bytes.size(), turned) & detail::high_bits) == 0;
}

// Writes the bytes of `from`, masked so, to `to`, where as many fit; in one pass.
// The two do not overlap.
inline void masked_copy(std::byte* to, byte_view from, std::array<std::byte, 4> key,
                        std::size_t offset = 0) noexcept {
  auto* const target = reinterpret_cast<std::uint8_t*>(to);
  const auto* const source = reinterpret_cast<const std::uint8_t*>(from.data());
  const auto turned = detail::word_of(key, offset);
  if (from.size() > detail::short_mask) {
    return detail::masked_copy(target, source, from.size(), turned);
  }
  detail::scalar::masked_copy(target, source, from.size(), turned);
}

}  // namespace parley::text
