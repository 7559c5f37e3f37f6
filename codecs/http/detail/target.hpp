// Request targets and hosts (RFC 9112 section 3.2, RFC 9110 section 7.2). Internal.
#pragma once

#include <cstddef>
#include <parley/codecs/http/head.hpp>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace parley::http::detail {

// From 16 bytes on.
bool is_long_target_text(const char* text, std::size_t size) noexcept;
// From 6 to 15. With the version and the line end behind it ("\n" alone, where that is let
// through) at least 16 can be read.
bool is_short_target_text(const char* text, std::size_t size) noexcept;

// Only visible ASCII without '#', and not empty. Some of it is outside of the grammar of URIs,
// and browsers send it all the same ("|", "^", "{"): it cannot change where anything ends.
// Reads nothing behind its end.
inline bool is_target_text(const char* text, std::size_t size) noexcept {
  if (size >= 16) return is_long_target_text(text, size);
  bool good = size != 0;
  for (std::size_t i = 0; i < size; ++i) {
    good &= text[i] > ' ' && text[i] < 0x7f && text[i] != '#';
  }
  return good;
}
// The same inside a request line, whose end stands behind it.
inline bool is_target_text_in_line(const char* text, std::size_t size) noexcept {
  if (size > 5 && size < 16) return is_short_target_text(text, size);
  return is_target_text(text, size);
}

// host [":" port], as in Host; may be empty.
bool is_host(std::string_view text) noexcept;

#if defined(__SSE2__)
// Bits of 16 bytes in [first, last]; both below 0x80.
inline unsigned in_range(__m128i v, char first, char last) noexcept {
  const __m128i from = _mm_cmpgt_epi8(v, _mm_set1_epi8(static_cast<char>(first - 1)));
  const __m128i to = _mm_cmplt_epi8(v, _mm_set1_epi8(static_cast<char>(last + 1)));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_and_si128(from, to)));
}
inline unsigned equal_to(__m128i v, char c) noexcept {
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(c))));
}

// A host of up to 16 characters of the usual kind, with or without a port. False: look closely.
// Reads 16 bytes that end with it: in a head at least as many stand before.
[[gnu::always_inline]] inline bool is_usual_host(const char* text, std::size_t size) noexcept {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + size - 16));
  const __m128i small = _mm_or_si128(v, _mm_set1_epi8(0x20));
  const unsigned ours = 0xffffU & ~((1U << (16 - size)) - 1U);
  const unsigned digits = in_range(v, '0', '9');
  const unsigned colon = equal_to(v, ':') & ours;
  // '.' and '-' are neighbours, and 0x0e and 0x0d with that bit are no characters of a value.
  const unsigned others = in_range(small, 'a', 'z') | in_range(v, '-', '.');
  if (((digits | colon | others) & ours) != ours) return false;
  if (colon == 0) return true;
  // One colon, and nothing but up to five digits behind it.
  const unsigned behind = ~(colon | (colon - 1U)) & 0xffffU;
  return (colon & (colon - 1U)) == 0 && (behind & digits) == behind && colon >= 1U << 10;
}
#else
inline bool is_usual_host(const char*, std::size_t) noexcept { return false; }
#endif

// The same as is_host(), for a value that has at least 16 bytes of a head before its end.
inline bool is_host_in_head(std::string_view text) noexcept {
  return (text.size() - 1 < 16 && is_usual_host(text.data(), text.size())) || is_host(text);
}

// Which of the four forms a target has, for this method. False: none that is allowed.
bool find_target_form(method verb, std::string_view target, target_form& form) noexcept;

// The authority of a target in absolute or authority form.
std::string_view authority_of(std::string_view target, target_form form) noexcept;

// The field that frames messages and has this name (not empty), or `other`.
field framing_field_of(std::string_view name) noexcept;

}  // namespace parley::http::detail
