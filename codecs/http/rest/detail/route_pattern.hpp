// A route's pattern, taken apart. Internal.
#pragma once

#include <cstdint>
#include <parley/core/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::http::detail {

// What may stand for a segment, in the order in which a router tries it.
enum class segment_kind : std::uint8_t {
  literal,
  uuid,
  unsigned_integer,
  integer,
  number,
  text,
  rest,
};

struct route_segment {
  segment_kind kind = segment_kind::literal;
  std::string text;  // a literal, percent-decoded, or a parameter's name
};

struct route_pattern {
  std::vector<route_segment> segments;
  bool slash = false;  // it ends with a slash, and is not "/"
};

// Errors: rest_errc::bad_pattern, with what is wrong.
result<route_pattern> parse_route_pattern(std::string_view text);

// Whether this decoded segment, which is not empty, is of that kind. True for text.
bool fits(segment_kind kind, std::string_view segment) noexcept;

// "." and "..", and what hides a ".." behind a slash or backslash that was encoded.
bool is_dotted(std::string_view segment) noexcept;

}  // namespace parley::http::detail
