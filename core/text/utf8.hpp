// Well-formed UTF-8 as RFC 3629 section 4 has it: no surrogates, no overlong
// forms, nothing above U+10FFFF.
#pragma once

#include <parley/core/bytes.hpp>
#include <parley/core/text/kernels.hpp>
#include <parley/core/text/words.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace parley::text {

namespace detail {

// The longest input that is tested for ASCII in line: a WebSocket control frame,
// and nearly every topic, key and field name.
inline constexpr std::size_t short_text = 128;

// True if no byte has its high bit set.
inline bool is_ascii(const std::uint8_t* data, std::size_t size) noexcept {
  if (size < 8) return (load_short(data, size) & high_bits) == 0;
  // The last bytes first: they overlap the loop, so it needs no remainder.
  if (size < 16) return ((load(data) | load(data + size - 8)) & high_bits) == 0;
  word_pair all = load<word_pair>(data + size - 16);
  for (; size >= 64; size -= 64, data += 64) {
    all |= (load<word_pair>(data) | load<word_pair>(data + 16)) |
           (load<word_pair>(data + 32) | load<word_pair>(data + 48));
  }
  for (; size > 16; size -= 16, data += 16) all |= load<word_pair>(data);
  return ((all[0] | all[1]) & high_bits) == 0;
}

}  // namespace detail

// True if `bytes` are whole, well-formed UTF-8; no bytes are. Short ASCII is
// recognised without a call.
inline bool valid_utf8(byte_view bytes) noexcept {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (bytes.size() <= detail::short_text && detail::is_ascii(data, bytes.size())) return true;
  return detail::valid_utf8(data, bytes.size());
}
inline bool valid_utf8(std::string_view text) noexcept { return valid_utf8(as_bytes(text)); }

// Validates text that arrives in pieces, cut anywhere, also inside a character.
// Keeps no bytes, only what the next byte may be.
//
//   utf8_validator check;
//   for (byte_view piece : message) if (!check.feed(piece)) return close(1007);
//   if (!check.finish()) return close(1007);
class utf8_validator {
 public:
  // False as soon as no continuation can make the text well-formed, which may be
  // inside a character; and for ever after.
  bool feed(byte_view piece) noexcept;

  // True if the text so far is well-formed and ends with a whole character.
  // Starts a new text.
  bool finish() noexcept;

  // True inside a character.
  bool incomplete() const noexcept { return missing_ != 0; }

 private:
  bool feed_byte(std::uint8_t) noexcept;

  bool failed_ = false;
  std::uint8_t missing_ = 0;  // bytes of the character that are still to come
  std::uint8_t low_ = 0;      // what the next of them may be at least
  std::uint8_t high_ = 0;     // and at most
};

}  // namespace parley::text
