#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <parley/codecs/json/detail/sax.hpp>
#include <parley/codecs/json/json.hpp>
#include <parley/core/text/utf8.hpp>

namespace parley::json {
namespace {

// Iterative: nesting must not use up the stack. Encoding: JSON text is UTF-8 (RFC
// 8259 section 8.1). Not full precision: RapidJSON's own makes another number of
// "0e50"; builder::Double reads the digits again instead.
constexpr unsigned parse_flags = rapid::kParseIterativeFlag | rapid::kParseValidateEncodingFlag;

// Builds the tree from RapidJSON's events. Finished values wait on one stack until
// their array or object ends and takes them, so that each gets its exact size.
class builder {
 public:
  builder(const parse_limits& limits, const rapid::MemoryStream& in) : limits_(limits), in_(in) {}

  // NOLINTBEGIN(readability-identifier-naming): RapidJSON calls them so.
  bool Null() { return add(value()); }
  bool Bool(bool b) { return add(value(b)); }
  bool Int(int n) { return add(value(n)); }
  bool Uint(unsigned n) { return add(value(n)); }
  bool Int64(std::int64_t n) { return add(value(n)); }
  bool Uint64(std::uint64_t n) { return add(value(n)); }
  // RapidJSON has checked the grammar, and misses the nearest double by a bit now
  // and then. The digits stand right before the place up to which it has read.
  bool Double(double d) {
    const char* first = in_.src_;
    while (first != in_.begin_ && is_of_number(first[-1])) --first;
    double nearest = 0;
    const auto [end, status] = std::from_chars(first, in_.src_, nearest);
    if (status == std::errc() && end == in_.src_) return add(value(nearest));
    // Out of the range of doubles: too small is zero, or nearly.
    return std::isfinite(d) ? add(value(d)) : stop(errc::number_too_large);
  }
  bool RawNumber(const char*, rapid::SizeType, bool) { return false; }  // not asked for
  bool String(const char* data, rapid::SizeType size, bool) {
    const std::string_view text(data, size);
    return check(text) && add(value(text));
  }
  bool Key(const char* data, rapid::SizeType size, bool) {
    const std::string_view text(data, size);
    if (!check(text)) return false;
    names_.emplace_back(text);
    return true;
  }

  bool StartArray() { return open(); }
  bool EndArray(rapid::SizeType count) {
    std::vector<value> items;
    items.reserve(count);
    const auto first = values_.end() - static_cast<std::ptrdiff_t>(count);
    std::move(first, values_.end(), std::back_inserter(items));
    // The stack keeps its capacity: the next array costs one allocation, its own.
    values_.erase(first, values_.end());
    return close(value::from_array(std::move(items)));
  }

  bool StartObject() { return open(); }
  bool EndObject(rapid::SizeType count) {
    std::vector<member> members;
    members.reserve(count);
    const auto first = values_.end() - static_cast<std::ptrdiff_t>(count);
    const auto first_name = names_.end() - static_cast<std::ptrdiff_t>(count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::ptrdiff_t>(i);
      members.emplace_back(std::move(first_name[at]), std::move(first[at]));
    }
    values_.erase(first, values_.end());
    names_.erase(first_name, names_.end());
    // Names may repeat in what peers send; from_members() keeps the last value.
    return close(value::from_members(std::move(members)));
  }

  // NOLINTEND(readability-identifier-naming)

  value take() { return std::move(values_.front()); }
  // What ended the parsing from this side: a limit, or half a surrogate pair.
  std::optional<errc> stopped_by() const { return stopped_by_; }

 private:
  static bool is_of_number(char c) {
    return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
  }
  bool stop(errc why) {
    stopped_by_ = why;
    return false;
  }
  // RapidJSON checks the bytes that it reads, but makes three bytes that are no
  // UTF-8 of an escape such as \udc00 that no first half precedes. They begin
  // with ED; so do some good characters.
  bool check(std::string_view text) {
    if (!text.contains('\xED') || text::valid_utf8(text)) return true;
    return stop(errc::bad_string);
  }
  bool add(value v) {
    // A value takes far more memory than "0," on the wire: the limit of bytes is
    // not enough.
    if (++count_ > limits_.max_values) return stop(errc::too_many_values);
    values_.push_back(std::move(v));
    return true;
  }
  bool open() {
    // Counted when it opens, not when it closes: "[[[[" must meet the limit as
    // well.
    if (++count_ > limits_.max_values) return stop(errc::too_many_values);
    return ++depth_ <= limits_.max_depth || stop(errc::too_deep);
  }
  bool close(value v) {
    --depth_;
    values_.push_back(std::move(v));
    return true;
  }

  const parse_limits& limits_;
  const rapid::MemoryStream& in_;
  std::vector<value> values_;
  std::vector<key> names_;
  std::size_t depth_ = 0;
  std::size_t count_ = 0;
  std::optional<errc> stopped_by_;
};

struct fault {
  errc code;
  std::string_view what;
};

// RapidJSON has one code for several faults in strings; the byte at the offset
// tells them apart.
fault classify_string(rapid::ParseErrorCode code, std::string_view text, std::size_t offset) {
  switch (code) {
    case rapid::kParseErrorStringUnicodeEscapeInvalidHex:
      return {errc::bad_string, "four hexadecimal digits must follow \\u"};
    case rapid::kParseErrorStringUnicodeSurrogateInvalid:
      return {errc::bad_string, "a surrogate without its other half"};
    case rapid::kParseErrorStringEscapeInvalid:
      return {errc::bad_string, "no such escape"};
    default:
      break;
  }
  if (offset < text.size() && static_cast<unsigned char>(text[offset]) < 0x20) {
    return {errc::bad_string, "a bare control character in a string"};
  }
  return {errc::bad_utf8, "bytes that are not UTF-8"};
}

fault classify(rapid::ParseErrorCode code, std::string_view text, std::size_t offset) {
  switch (code) {
    case rapid::kParseErrorDocumentEmpty:
      return {errc::empty, "no value"};
    case rapid::kParseErrorDocumentRootNotSingular:
      return {errc::trailing, "text after the value"};
    case rapid::kParseErrorNumberTooBig:
      return {errc::number_too_large, "a number that no double can hold"};
    case rapid::kParseErrorStringUnicodeEscapeInvalidHex:
    case rapid::kParseErrorStringUnicodeSurrogateInvalid:
    case rapid::kParseErrorStringEscapeInvalid:
    case rapid::kParseErrorStringInvalidEncoding:
      return classify_string(code, text, offset);
    case rapid::kParseErrorStringMissQuotationMark:
      if (offset < text.size()) return classify_string(code, text, offset);
      return {errc::truncated, "a string without its closing quotation mark"};
    default:
      break;
  }
  // Whatever was expected here: the cause is that the text stops.
  if (offset >= text.size()) return {errc::truncated, "the end of the text"};
  switch (code) {
    case rapid::kParseErrorObjectMissName:
      return {errc::syntax, "expected a name in quotation marks"};
    case rapid::kParseErrorObjectMissColon:
      return {errc::syntax, "expected ':'"};
    case rapid::kParseErrorObjectMissCommaOrCurlyBracket:
      return {errc::syntax, "expected ',' or '}'"};
    case rapid::kParseErrorArrayMissCommaOrSquareBracket:
      return {errc::syntax, "expected ',' or ']'"};
    case rapid::kParseErrorNumberMissFraction:
    case rapid::kParseErrorNumberMissExponent:
      return {errc::syntax, "expected a digit"};
    default:
      return {errc::syntax, "expected a value"};
  }
}

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

// "line 3, column 14 (byte 52): expected ':'"
std::unexpected<error> fail_at(std::string_view text, std::size_t offset, fault why) {
  const std::string_view before = text.substr(0, offset);
  // Found only now, in the failing case, so that good texts pay nothing for
  // positions.
  const std::size_t newline = before.rfind('\n');
  const std::size_t column =
      newline == std::string_view::npos ? before.size() : before.size() - newline - 1;
  std::string message("line ");
  append_number(message,
                static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1);
  message += ", column ";
  append_number(message, column + 1);
  message += " (byte ";
  append_number(message, before.size());
  message.append("): ").append(why.what);
  return fail(why.code, std::move(message));
}

std::unexpected<error> fail_stopped(std::string_view text, std::size_t offset, errc code,
                                    const parse_limits& limits) {
  if (code == errc::bad_string) {
    return fail_at(text, offset, {code, "a surrogate without its other half, before here"});
  }
  const bool depth = code == errc::too_deep;
  std::string what(depth ? "the limit max_depth is " : "the limit max_values is ");
  append_number(what, depth ? limits.max_depth : limits.max_values);
  return fail_at(text, offset, {code, what});
}

}  // namespace

result<value> parse(std::string_view text, const parse_limits& limits) {
  // Before a byte is looked at: an oversized text must cost nothing.
  if (text.size() > limits.max_bytes) {
    std::string message;
    append_number(message, text.size());
    append_number(message += " bytes, the limit max_bytes is ", limits.max_bytes);
    return fail(errc::too_large, std::move(message));
  }
  // RFC 8259 section 8.1 forbids senders to add one. A reader may ignore it; here
  // it is named, since skipping would hide a broken sender.
  if (text.starts_with("\xEF\xBB\xBF")) {
    return fail_at(text, 0, {errc::byte_order_mark, "a byte order mark"});
  }
  // An empty view may have a null pointer, on which the stream does arithmetic.
  rapid::MemoryStream stream(text.empty() ? "" : text.data(), text.size());
  stack_memory memory;
  rapid::GenericReader<rapid::UTF8<>, rapid::UTF8<>, stack_memory> reader(&memory);
  builder build(limits, stream);
  const rapid::ParseResult done = reader.Parse<parse_flags>(stream, build);
  // Asked first: RapidJSON only knows that its handler said no.
  if (const auto code = build.stopped_by()) {
    return fail_stopped(text, stream.Tell(), *code, limits);
  }
  if (done.IsError()) {
    const std::size_t offset = std::min(done.Offset(), text.size());
    return fail_at(text, offset, classify(done.Code(), text, offset));
  }
  // RapidJSON takes a NUL for the end of the text; a NUL in the middle is garbage.
  if (stream.Tell() != text.size()) {
    return fail_at(text, stream.Tell(), {errc::trailing, "text after the value"});
  }
  return build.take();
}

result<value> parse(byte_view text, const parse_limits& limits) {
  return parse(as_text(text), limits);
}

result<value> decode(byte_view text) { return parse(text); }

}  // namespace parley::json
