#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include <parley/codecs/resp/encoder.hpp>

namespace parley::resp {
namespace {

#define PARLEY_INLINE [[gnu::always_inline]] inline

// "00" to "99": two digits per division.
constexpr auto digit_pairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

constexpr std::size_t digits_of(std::uint64_t value) noexcept {
  std::size_t n = 1;
  for (; value >= 10; value /= 10) ++n;
  return n;
}

PARLEY_INLINE char* put_end(char* to) noexcept {
  std::memcpy(to, "\r\n", 2);
  return to + 2;
}

// From the back, where the digits come from; so their number is found first.
char* put_long_digits(char* to, std::uint64_t value) noexcept {
  char* const behind = to + digits_of(value);
  char* at = behind;
  while (value >= 100) {
    at -= 2;
    std::memcpy(at, &digit_pairs[2 * (value % 100)], 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(to, &digit_pairs[2 * value], 2);
  } else {
    *to = static_cast<char>('0' + value);
  }
  return behind;
}

// Nearly every length and count has one or two digits.
PARLEY_INLINE char* put_digits(char* to, std::uint64_t value) noexcept {
  if (value < 10) {
    *to = static_cast<char>('0' + value);
    return to + 1;
  }
  if (value < 100) {
    std::memcpy(to, &digit_pairs[2 * value], 2);
    return to + 2;
  }
  return put_long_digits(to, value);
}

PARLEY_INLINE char* put_signed(char* to, std::int64_t value) noexcept {
  auto magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *to++ = '-';
    // Unsigned, because the smallest integer has no positive counterpart.
    magnitude = 0 - magnitude;
  }
  return put_digits(to, magnitude);
}

PARLEY_INLINE char* put_head(char* to, char type, std::uint64_t value) noexcept {
  *to = type;
  return put_end(put_digits(to + 1, value));
}

// Copies without calling memcpy for short texts: its dispatch costs more than
// the copy. Two overlapping moves cover every length between their widths.
PARLEY_INLINE char* put_text(char* to, std::string_view text) noexcept {
  const char* from = text.data();
  const std::size_t n = text.size();
  const auto ends = [&]<std::size_t width>(std::array<char, width> first) {
    std::array<char, width> last;
    std::memcpy(first.data(), from, width);
    std::memcpy(last.data(), from + n - width, width);
    std::memcpy(to, first.data(), width);
    std::memcpy(to + n - width, last.data(), width);
  };
  if (n > 32) {
    std::memcpy(to, from, n);
  } else if (n >= 16) {
    ends(std::array<char, 16>{});
  } else if (n >= 8) {
    ends(std::array<char, 8>{});
  } else if (n >= 4) {
    ends(std::array<char, 4>{});
  } else if (n != 0) {  // 1 to 3: the first, the middle, the last
    // All reads before the first write, as in the moves above: the compiler need
    // not assume that one changes what the other sees.
    const char middle = from[n / 2];
    const char last = from[n - 1];
    to[0] = from[0];
    to[n / 2] = middle;
    to[n - 1] = last;
  }
  return to + n;
}

PARLEY_INLINE char* put_blob(char* to, char type, std::string_view text) noexcept {
  return put_end(put_text(put_head(to, type, text.size()), text));
}

// A line ends at its first CR or LF, whatever the text says.
char* put_line(char* to, char type, std::string_view text) noexcept {
  *to = type;
  return put_end(put_text(to + 1, text.substr(0, text.find_first_of("\r\n"))));
}

char* put_double_text(char* to, double value) noexcept {
  // The spellings of the specification: ",inf", ",-inf", ",nan"; std::to_chars
  // would write "-nan" too.
  if (std::isnan(value)) return put_text(to, "nan");
  if (std::isinf(value)) return put_text(to, value < 0 ? "-inf" : "inf");
  // The shortest text that reads back as the same double, without the locale.
  return std::to_chars(to, to + double_bound, value).ptr;
}

char type_byte(kind k, version v) noexcept {
  // RESP2 has arrays only: sets, maps and pushes become flat ones, an attribute has
  // no form there.
  if (v == version::resp2) return k == kind::attribute ? '\0' : '*';
  switch (k) {
    case kind::map:
      return '%';
    case kind::set:
      return '~';
    case kind::push:
      return '>';
    case kind::attribute:
      return '|';
    default:
      return '*';
  }
}

char* chars(std::byte* p) noexcept { return reinterpret_cast<char*>(p); }
std::byte* bytes(char* p) noexcept { return reinterpret_cast<std::byte*>(p); }

}  // namespace

// ---- commands

std::size_t command_bound(std::span<const std::string_view> arguments) noexcept {
  std::size_t sum = header_bound;
  for (const std::string_view a : arguments) sum += bulk_bound(a.size());
  return sum;
}

std::byte* put_command(std::byte* to, std::span<const std::string_view> arguments) noexcept {
  // Always an array of bulk strings: inline commands cannot hold every byte.
  char* at = put_head(chars(to), '*', arguments.size());
  for (const std::string_view a : arguments) at = put_blob(at, '$', a);
  return bytes(at);
}

std::byte* put_command_header(std::byte* to, std::size_t arguments) noexcept {
  return bytes(put_head(chars(to), '*', arguments));
}

std::byte* put_bulk(std::byte* to, std::string_view text) noexcept {
  return bytes(put_blob(chars(to), '$', text));
}

std::byte* put_bulk_integer(std::byte* to, std::int64_t value) noexcept {
  std::array<char, 20> text;
  const char* end = put_signed(text.data(), value);
  return put_bulk(to, {text.data(), static_cast<std::size_t>(end - text.data())});
}

std::byte* put_bulk_header(std::byte* to, std::size_t size) noexcept {
  return bytes(put_head(chars(to), '$', size));
}

std::byte* put_line_end(std::byte* to) noexcept { return bytes(put_end(chars(to))); }

// ---- replies

std::byte* put_simple(std::byte* to, std::string_view text) noexcept {
  return bytes(put_line(chars(to), '+', text));
}

std::byte* put_error(std::byte* to, std::string_view text) noexcept {
  return bytes(put_line(chars(to), '-', text));
}

std::byte* put_blob_error(std::byte* to, std::string_view text) noexcept {
  return bytes(put_blob(chars(to), '!', text));
}

std::byte* put_verbatim(std::byte* to, std::string_view format, std::string_view text) noexcept {
  char* at = put_head(chars(to), '=', text.size() + 4);
  // Shorter formats are filled up: the reader counts on three letters.
  for (std::size_t i = 0; i < 3; ++i) *at++ = i < format.size() ? format[i] : ' ';
  *at++ = ':';
  return bytes(put_end(put_text(at, text)));
}

std::byte* put_integer(std::byte* to, std::int64_t value) noexcept {
  char* at = chars(to);
  *at = ':';
  return bytes(put_end(put_signed(at + 1, value)));
}

std::byte* put_big_number(std::byte* to, std::string_view digits) noexcept {
  return bytes(put_line(chars(to), '(', digits));
}

std::byte* put_number(std::byte* to, double value, version v) noexcept {
  std::array<char, double_bound> text;
  const char* end = put_double_text(text.data(), value);
  const std::string_view view(text.data(), static_cast<std::size_t>(end - text.data()));
  char* at = chars(to);
  return bytes(v == version::resp2 ? put_blob(at, '$', view) : put_line(at, ',', view));
}

std::byte* put_boolean(std::byte* to, bool value, version v) noexcept {
  // What servers answered before RESP3 had booleans.
  if (v == version::resp2) return put_integer(to, value ? 1 : 0);
  return bytes(put_line(chars(to), '#', value ? "t" : "f"));
}

std::byte* put_null(std::byte* to, version v) noexcept {
  return bytes(put_text(chars(to), v == version::resp2 ? "$-1\r\n" : "_\r\n"));
}

std::byte* put_aggregate(std::byte* to, kind k, std::size_t count, version v) noexcept {
  const char type = type_byte(k, v);
  if (type == '\0') return to;
  // `count` is of values, as in the nodes; where the type counts pairs, the head
  // says half.
  const bool pairs = type == '%' || type == '|';
  return bytes(put_head(chars(to), type, pairs ? count / 2 : count));
}

// ---- with checks

std::byte* encoder::room(std::size_t bound) noexcept {
  // Once full it stays so: a shorter value behind one that was left out would make
  // another reply of it.
  if (bound > out_.size() - size_) full_ = true;
  return full_ ? nullptr : out_.data() + size_;
}

encoder& encoder::done(const std::byte* end) noexcept {
  size_ = static_cast<std::size_t>(end - out_.data());
  return *this;
}

encoder& encoder::command(std::span<const std::string_view> arguments) noexcept {
  std::byte* to = room(command_bound(arguments));
  return to ? done(put_command(to, arguments)) : *this;
}
encoder& encoder::simple(std::string_view text) noexcept {
  std::byte* to = room(bulk_bound(text.size()));
  return to ? done(put_simple(to, text)) : *this;
}
encoder& encoder::error(std::string_view text) noexcept {
  std::byte* to = room(bulk_bound(text.size()));
  return to ? done(put_error(to, text)) : *this;
}
encoder& encoder::blob(std::string_view text) noexcept {
  std::byte* to = room(bulk_bound(text.size()));
  return to ? done(put_bulk(to, text)) : *this;
}
encoder& encoder::blob_error(std::string_view text) noexcept {
  // A client of RESP2 knows lines only.
  if (version_ == version::resp2) return error(text);
  std::byte* to = room(bulk_bound(text.size()));
  return to ? done(put_blob_error(to, text)) : *this;
}
encoder& encoder::verbatim(std::string_view format, std::string_view text) noexcept {
  if (version_ == version::resp2) return blob(text);
  std::byte* to = room(bulk_bound(text.size()));
  return to ? done(put_verbatim(to, format, text)) : *this;
}
encoder& encoder::integer(std::int64_t value) noexcept {
  std::byte* to = room(header_bound);
  return to ? done(put_integer(to, value)) : *this;
}
encoder& encoder::big_number(std::string_view digits) noexcept {
  if (version_ == version::resp2) return blob(digits);
  std::byte* to = room(bulk_bound(digits.size()));
  return to ? done(put_big_number(to, digits)) : *this;
}
encoder& encoder::number(double value) noexcept {
  std::byte* to = room(number_bound);
  return to ? done(put_number(to, value, version_)) : *this;
}
encoder& encoder::boolean(bool value) noexcept {
  std::byte* to = room(header_bound);
  return to ? done(put_boolean(to, value, version_)) : *this;
}
encoder& encoder::null() noexcept {
  std::byte* to = room(header_bound);
  return to ? done(put_null(to, version_)) : *this;
}
encoder& encoder::aggregate(kind k, std::size_t count) noexcept {
  std::byte* to = room(header_bound);
  return to ? done(put_aggregate(to, k, count, version_)) : *this;
}

}  // namespace parley::resp
