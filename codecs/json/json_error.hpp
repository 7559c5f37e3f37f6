// Why a text is no JSON (RFC 8259).
#pragma once

#include <cstdint>
#include <parley/core/error.hpp>

namespace parley::json {

enum class errc : std::uint16_t {
  empty,             // nothing but white space
  byte_order_mark,   // the text starts with one (RFC 8259 section 8.1)
  truncated,         // the text ends inside a value
  syntax,            // something else was expected here
  trailing,          // more text after the value
  bad_string,        // a bad escape, a lone surrogate, or a bare control character
  bad_utf8,          // a string is not UTF-8
  number_too_large,  // beyond the largest double
  too_deep,          // more nested arrays and objects than the limit
  too_large,         // more bytes than the limit
  too_many_values,   // more values than the limit
};

const error_info& describe(errc) noexcept;

}  // namespace parley::json
