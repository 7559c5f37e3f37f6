// Values to and from JSON (RFC 8259).
//
//   auto v = parley::json::parse(R"({"value": 42})");
//   if (!v) return log(v.error().to_string());     // says line, column and what to do
//   auto text = parley::json::to_text(*v);
//
// What is exact: integers to 64 bits, signed or unsigned; doubles, bit for bit but
// for the payload of NaN, which JSON has none of. Integers beyond 64 bits become
// doubles, "-0" becomes the integer 0. When a name occurs twice in an object, the
// last one wins. Strings are UTF-8; a lone surrogate escape is an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/codecs/json/json_error.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <parley/core/value/value.hpp>
#include <string>
#include <string_view>

namespace parley::json {

// What a text may cost. Texts come from peers.
struct parse_limits {
  // As much as a message may have anywhere in parley, with room for escapes.
  std::size_t max_bytes = 16 * 1024 * 1024;
  // Arrays and objects inside each other. Real data stays below 20; whoever gets
  // the value may walk it recursively.
  std::size_t max_depth = 64;
  // A text of three bytes per value ("{},") becomes some 140 bytes per value while it
  // is read: this keeps a hostile message below 150 MB.
  std::size_t max_values = 1'000'000;
};

// Reads one JSON value and nothing after it but white space. The result owns all
// it holds. Errors are those of json::errc, with line and column (both from 1, the
// column in bytes) in the message.
result<value> parse(std::string_view text, const parse_limits& limits = {});
result<value> parse(byte_view text, const parse_limits& limits = {});

// parse() with the default limits, in the shape that messages want.
result<value> decode(byte_view text);

// How bytes are written, which JSON does not have.
enum class bytes_form : std::uint8_t {
  refuse,  // as an error: a reader would get text and not know
  base64,  // as a string (RFC 4648 section 4, with padding), which reads back as text
};

// How a value is written.
struct write_options {
  bytes_form bytes = bytes_form::refuse;
  // The same default as for reading, so that what was written can be read. Values
  // above 1,000 count as 1,000: the writer recurses.
  std::size_t max_depth = 64;
  std::size_t max_bytes = 16 * 1024 * 1024;
};

// Appends the value to `out`, without white space, and returns how many bytes that
// were. Fails with errc::bad_value for NaN, infinities, text that is not UTF-8, and
// bytes that are refused, and with errc::too_large beyond a limit; the message
// names the place as a JSON pointer (RFC 6901), and `out` is as it was.
result<std::size_t> write(const value& v, std::string& out, const write_options& options = {});

// The same, into a new string.
result<std::string> to_text(const value& v, const write_options& options = {});

}  // namespace parley::json
