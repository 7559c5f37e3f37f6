// Classes of characters (RFC 9110 section 5.6.2, RFC 3986 section 2). Internal.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace parley::http::detail {

enum char_class : std::uint8_t {
  token_char = 1,  // tchar
  value_char = 2,  // field-vchar, SP, HTAB, obs-text
  host_char = 4,   // of a reg-name, an address and its port
  digit_char = 8,
  hex_char = 16,
  quoted_char = 32,  // qdtext: in quotes, without a backslash before it
};

constexpr std::array<std::uint8_t, 256> make_classes() noexcept {
  std::array<std::uint8_t, 256> table{};
  const auto mark = [&](std::string_view chars, unsigned classes) {
    for (const char c : chars) {
      auto& entry = table[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint8_t>(entry | classes);
    }
  };
  mark("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", token_char | host_char);
  mark("0123456789", digit_char | hex_char);
  mark("ABCDEFabcdef", hex_char);
  mark("!#$%&'*+-.^_`|~", token_char);
  // Unreserved, sub-delims without the comma that joins lists, percent-encoding.
  mark("-._~!$&'()*+;=%", host_char);
  for (unsigned c = 0; c < 256; ++c) {
    if ((c < 0x20 && c != '\t') || c == 0x7f) continue;
    table[c] |= value_char;
    if (c != '"' && c != '\\') table[c] |= quoted_char;
  }
  return table;
}

inline constexpr std::array<std::uint8_t, 256> char_classes = make_classes();

inline bool is(char c, char_class which) noexcept {
  return (char_classes[static_cast<unsigned char>(c)] & which) != 0;
}

// True for an empty text as well.
inline bool are_all(std::string_view text, char_class which) noexcept {
  unsigned all = which;
  for (const char c : text) all &= char_classes[static_cast<unsigned char>(c)];
  return all != 0;
}

inline bool is_token(std::string_view text) noexcept {
  return !text.empty() && are_all(text, token_char);
}

// Without the white space around it (OWS: SP and HTAB).
inline std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace parley::http::detail
