// Ranges of bytes: what of a representation is sent (RFC 9110 section 14).
//
//   if (http::range_applies(head.headers, current, now)) {
//     const auto r = http::parse_range(*head.headers.find(http::field::range), size);
//     if (r.how == http::range_outcome::unsatisfiable) ... 416, unsatisfied_content_range(size) ...
//     if (r.how == http::range_outcome::partial) ... 206 ...
//   }                                                                 // else 200, everything
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/http/rest/conditional.hpp>
#include <parley/codecs/http/rest/fields_view.hpp>
#include <span>
#include <string>
#include <string_view>

namespace parley::http {

// Both inclusive, as on the wire; within the representation.
struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t size() const noexcept { return last - first + 1; }
  friend bool operator==(const byte_range&, const byte_range&) = default;
};

// Of one request. Players and downloaders ask for one, PDF readers for a handful; hundreds are an
// attack (CVE-2011-3192).
inline constexpr std::size_t max_byte_ranges = 16;
// Ranges with at most this many bytes between them become one: the head of a part costs as much.
inline constexpr std::uint64_t range_gap = 80;

enum class range_outcome : std::uint8_t {
  whole,    // no range, another unit, or malformed: 200 with everything, as if it were not there
  partial,  // 206
  unsatisfiable,  // 416: all beyond the end, or more than max_byte_ranges
};

// The ranges of one request that can be satisfied.
struct range_set {
  range_outcome how = range_outcome::whole;
  std::size_t count = 0;
  std::array<byte_range, max_byte_ranges> items{};
  std::span<const byte_range> ranges() const noexcept { return std::span(items).first(count); }
};

// The ranges of the value of Range, for a representation of `size` bytes: in ascending order,
// without those that lie beyond its end, those that overlap or nearly touch joined. So the sum of
// the parts never exceeds the representation, whatever was asked for.
range_set parse_range(std::string_view value, std::uint64_t size) noexcept;

// Whether a Range is to be looked at: the method is GET, Range is there once, and If-Range, if it
// is there, names the current representation by a strong tag or by its exact date (sections 13.1.5
// and 14.2). To ask after the other preconditions. `now` tells the century of old dates.
bool range_applies(method verb, fields_view request, const validators& current,
                   wall_time now) noexcept;

// "bytes 0-499/1234", and for 416 "bytes */1234".
std::string content_range(const byte_range& r, std::uint64_t size);
std::string unsatisfied_content_range(std::uint64_t size);

// What a response says it carries. `range` is absent in 416, `size` if the server does not know.
struct content_range_info {
  std::optional<byte_range> range;
  std::optional<std::uint64_t> size;
};
// Nothing if it is malformed, of another unit, or contradicts itself.
std::optional<content_range_info> parse_content_range(std::string_view value) noexcept;

// The value of Range for a client: "bytes=0-499"; without `last` up to the end.
std::string range_from(std::uint64_t first, std::optional<std::uint64_t> last = std::nullopt);

}  // namespace parley::http
