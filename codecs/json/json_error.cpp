#include <parley/codecs/json/json_error.hpp>

#include <array>

namespace parley::json {
namespace {

constexpr auto peer = error_class::protocol;
constexpr auto limit = error_class::limit;

// In the order of `errc`.
constexpr auto infos = std::to_array<error_info>({
    {"json", "empty", peer, "the text is empty", "the text must hold one JSON value"},
    {"json", "byte_order_mark", peer, "the text starts with a byte order mark",
     "write the text as UTF-8 without a byte order mark"},
    {"json", "truncated", peer, "the text ends inside a value",
     "check that the whole message arrived"},
    {"json", "syntax", peer, "the text is not JSON",
     "comments, single quotes, trailing commas and NaN are not JSON"},
    {"json", "trailing", peer, "there is more text after the value",
     "send one JSON value in each message"},
    {"json", "bad_string", peer, "a string is not well formed",
     "write control characters and lone surrogates as escapes that JSON knows"},
    {"json", "bad_utf8", peer, "a string is not UTF-8",
     "encode text as UTF-8, and send binary data as bytes"},
    {"json", "number_too_large", peer, "a number is beyond the range of a double",
     "send the number as a string"},
    {"json", "too_deep", limit, "too many arrays and objects inside each other",
     "raise parse_limits::max_depth, or flatten the value"},
    {"json", "too_large", limit, "the text exceeds the maximum size",
     "raise parse_limits::max_bytes, or split the message"},
    {"json", "too_many_values", limit, "the text has too many values",
     "raise parse_limits::max_values, or split the message"},
});

}  // namespace

const error_info& describe(errc code) noexcept { return infos[static_cast<std::size_t>(code)]; }

}  // namespace parley::json
