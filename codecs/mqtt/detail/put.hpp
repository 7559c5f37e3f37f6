// Writes the fields of packets. The caller sees to the room.
//
// Internal to codecs/mqtt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <parley/core/bytes.hpp>
#include <string_view>

namespace parley::mqtt::detail {

inline std::byte* put_byte(std::byte* to, unsigned value) noexcept {
  *to = static_cast<std::byte>(value);
  return to + 1;
}
inline std::byte* put_two(std::byte* to, unsigned value) noexcept {
  return put_byte(put_byte(to, value >> 8 & 0xFF), value & 0xFF);
}
inline std::byte* put_four(std::byte* to, std::uint32_t value) noexcept {
  return put_two(put_two(to, value >> 16), value & 0xFFFF);
}

// Section 1.5.5; nothing larger than 268,435,455 has such a form.
constexpr std::size_t variable_size(std::size_t value) noexcept {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20'0000 ? 3 : 4;
}
inline std::byte* put_variable(std::byte* to, std::uint32_t value) noexcept {
  for (; value >= 0x80; value >>= 7) to = put_byte(to, (value & 0x7F) | 0x80);
  return put_byte(to, value);
}

// Short ones in line, with moves that overlap: names and identifiers are no longer than that, and a
// call costs more than they do.
[[gnu::always_inline]] inline std::byte* put_bytes(std::byte* to, byte_view bytes) noexcept {
  const std::byte* const from = bytes.data();
  const std::size_t size = bytes.size();
  const auto ends = [&]<class Word>(Word) {
    Word head;
    Word tail;
    std::memcpy(&head, from, sizeof(Word));
    std::memcpy(&tail, from + size - sizeof(Word), sizeof(Word));
    std::memcpy(to, &head, sizeof(Word));
    std::memcpy(to + size - sizeof(Word), &tail, sizeof(Word));
  };
  using pair [[gnu::vector_size(16)]] = std::uint64_t;
  if (size > 32) {
    std::memcpy(to, from, size);
  } else if (size >= 16) {
    ends(pair{});
  } else if (size >= 8) {
    ends(std::uint64_t{});
  } else if (size >= 4) {
    ends(std::uint32_t{});
  } else if (size != 0) {
    to[0] = from[0];
    to[size / 2] = from[size / 2];
    to[size - 1] = from[size - 1];
  }
  return to + size;
}
// A length in two bytes in front.
inline std::byte* put_binary(std::byte* to, byte_view bytes) noexcept {
  return put_bytes(put_two(to, static_cast<unsigned>(bytes.size())), bytes);
}
inline std::byte* put_text(std::byte* to, std::string_view text) noexcept {
  return put_binary(to, as_bytes(text));
}

inline constexpr std::size_t longest_field = 65535;

}  // namespace parley::mqtt::detail
