// What may follow which byte, one byte at a time.
//
// Internal to core/text.
#pragma once

#include <cstdint>

namespace parley::text::detail {

// What follows a byte that begins a character. No byte begins one that needs
// `invalid` more.
struct continuation {
  static constexpr std::uint8_t invalid = 0xFF;
  std::uint8_t missing;
  std::uint8_t low;
  std::uint8_t high;
};

// RFC 3629 section 4, the productions UTF8-1 to UTF8-4. The second byte is what
// excludes overlong forms (E0, F0), surrogates (ED) and the end of the code
// space (F4).
constexpr continuation after(std::uint8_t lead) noexcept {
  if (lead < 0x80) return {0, 0, 0};
  if (lead < 0xC2) return {continuation::invalid, 0, 0};
  if (lead < 0xE0) return {1, 0x80, 0xBF};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead < 0xF0) return {2, 0x80, 0xBF};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead < 0xF4) return {3, 0x80, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return {continuation::invalid, 0, 0};
}

}  // namespace parley::text::detail
