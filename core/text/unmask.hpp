// The masking of RFC 6455 section 5.3: every byte is XORed with a repeated key of
// four bytes. Masking and unmasking are the same.
#pragma once

#include <parley/core/text/kernels.hpp>
#include <parley/core/text/words.hpp>

#include <array>
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
  constexpr std::size_t in_line = 64;
  auto* const data = reinterpret_cast<std::uint8_t*>(bytes.data());
  const auto turned = detail::turn_key(detail::load<std::uint32_t>(key.data()), offset);
  if (bytes.size() > in_line) return detail::unmask(data, bytes.size(), turned);
  detail::scalar::unmask(data, bytes.size(), turned);
}

}  // namespace parley::text
