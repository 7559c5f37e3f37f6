// Replies as one line of text, so that they can be compared and written down:
//   +6869  -6869  :7  $6869  =7478743a6869 (format included)  _  #t  ,3.5  (123
//   *[..,,..]  %[key,,value]  ~[..]  >[..]
// Strings are in hexadecimal. Attributes are not shown; streamed forms look like
// plain ones, and a blob error looks like an error.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include <parley/codecs/resp/tree.hpp>

namespace parley::test {

inline std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex.push_back(digits[byte >> 4]);
    hex.push_back(digits[byte & 15]);
  }
  return hex;
}

// The shortest digits that read back as the same double; an exponent only below
// 1e-4 and from 1e17 on.
inline std::string to_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e17);
  std::array<char, 64> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  return {text.data(), end};
}

inline std::string canonical(resp::element);

inline std::string canonical_list(std::string_view open, resp::element e) {
  std::string list(open);
  for (const resp::element child : e) {
    if (list.size() != open.size()) list.append(",,");
    list.append(canonical(child));
  }
  return list.append("]");
}

inline std::string canonical(resp::element e) {
  using resp::kind;
  const resp::node& n = e.head();
  switch (e.type()) {
    case kind::simple_string:
      return "+" + to_hex(n.text());
    case kind::error:
    case kind::blob_error:
      return "-" + to_hex(n.text());
    case kind::integer:
      return ":" + std::to_string(n.integer());
    case kind::blob_string:
      return "$" + to_hex(n.text());
    case kind::verbatim:
      return "=" + to_hex(n.format()) + "3a" + to_hex(n.text());
    case kind::null:
      return "_";
    case kind::boolean:
      return n.boolean() ? "#t" : "#f";
    case kind::number:
      return "," + to_text(n.number());
    case kind::big_number:
      return "(" + std::string(n.text());
    case kind::array:
      return canonical_list("*[", e);
    case kind::map:
      return canonical_list("%[", e);
    case kind::set:
      return canonical_list("~[", e);
    case kind::push:
      return canonical_list(">[", e);
    case kind::attribute:
    case kind::stream_end:
      break;
  }
  return "?";
}

}  // namespace parley::test
