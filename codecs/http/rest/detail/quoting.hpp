// Quoted strings (RFC 9110 section 5.6.4). Internal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::http::detail {

// Appends the text in quotes, with a backslash before quotes and backslashes. Control characters
// have been refused before.
inline void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

// Takes a quoted string off the front of `text`, which begins with a quote: what is inside, with
// its escapes. Nothing if it does not end.
inline std::optional<std::string_view> take_quoted(std::string_view& text) noexcept {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      const std::string_view inside = text.substr(1, i - 1);
      text.remove_prefix(i + 1);
      return inside;
    }
  }
  return std::nullopt;
}

inline std::string without_escapes(std::string_view inside) {
  std::string out;
  out.reserve(inside.size());
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '\\' && i + 1 < inside.size()) ++i;
    out += inside[i];
  }
  return out;
}

}  // namespace parley::http::detail
