// The decoder's short cuts: values that are complete, ordinary and not at the
// very end of the input, which is nearly all of them. Each function reads one
// value at `r.p`, or returns `none` and has done nothing; decoder_thorough.hpp
// then looks at the same bytes with every check. Both accept the same language.
#pragma once

#include <parley/codecs/resp/detail/decoder_run.hpp>

namespace parley::resp {

struct decoder::quick {
  enum class outcome : std::uint8_t {
    none,
    complete,  // a whole value; r.complete() is due
    opened,    // the head of an aggregate
  };

  // A short cut may look so far behind `p` without asking. 24 covers a sign, 16
  // digits and CR LF (integer), and a type byte, 8 bytes and LF (line).
  static constexpr std::size_t reach = 24;
  // Lines up to this length take the short cut, whatever limits::max_line is.
  static constexpr std::size_t words = smallest_max_line / 8;

  // A length or count of one to three digits, as most are. Digit by digit: each
  // is one well predicted branch, and the next value's place depends on few
  // instructions. Returns the first byte behind CR LF, or null.
  PARLEY_INLINE static const char* small_length(const char* s, std::uint64_t& value) noexcept {
    const auto digit = [s](int i) { return static_cast<unsigned>(s[i]) - '0'; };
    unsigned v = digit(0);
    if (v > 9) return nullptr;
    for (int i = 1; i < 4; ++i) {
      if (scan::is_line_end(s + i)) {
        value = v;
        return s + i + 2;
      }
      if (digit(i) > 9) return nullptr;
      v = v * 10 + digit(i);
    }
    return nullptr;
  }

  // The same for up to seven digits.
  PARLEY_INLINE static const char* length(const char* s, std::uint64_t& value) noexcept {
    if (const char* behind = small_length(s, value)) return behind;
    const std::uint64_t word = scan::load(s);
    const std::uint64_t marks = scan::marks_non_digits(word);
    if (marks == 0) return nullptr;
    const std::size_t count = scan::first(marks);
    if (count == 0 || !scan::is_line_end(s + count)) return nullptr;
    value = scan::number(word, count);
    return s + count + 2;
  }

  // The answer to most commands. One comparison, and the place of the next value
  // does not wait for a search.
  PARLEY_INLINE static outcome okay(run& r) noexcept {
    r.emit_scalar(kind::simple_string, 0, r.p + 1, 2);
    r.p += 5;
    return outcome::complete;
  }

  PARLEY_INLINE static outcome line(run& r) noexcept {
    const char* text = r.p + 1;
    const char* s = text;
    std::uint64_t marks = scan::marks_up_to_cr(scan::load(s));
    for (std::size_t i = 1; marks == 0 && i < words; ++i) {
      s += 8;
      marks = scan::marks_up_to_cr(scan::load(s));
    }
    if (marks == 0) return outcome::none;
    s += scan::first(marks);
    const auto size = static_cast<std::size_t>(s - text);
    if (!scan::is_line_end(s)) return outcome::none;
    r.emit_scalar(kind::simple_string, 0, text, size);
    r.p = s + 2;
    return outcome::complete;
  }

  PARLEY_INLINE static outcome bulk(decoder& d, run& r) noexcept {
    std::uint64_t size;
    const char* data = length(r.p + 1, size);
    if (data == nullptr || size > d.whole_bulk_) return outcome::none;
    if (r.available(data) < size + 2 || !scan::is_line_end(data + size)) return outcome::none;
    r.emit_scalar(kind::blob_string, 0, data, size);
    r.p = data + size + 2;
    return outcome::complete;
  }

  PARLEY_INLINE static outcome put_integer(run& r, bool negative, std::uint64_t value,
                                           const char* line_end) noexcept {
    if (!scan::is_line_end(line_end)) return outcome::none;
    r.emit_scalar(kind::integer, negative ? 0 - value : value, nullptr, 0);
    r.p = line_end + 2;
    return outcome::complete;
  }

  // Up to 7 digits, or 8 to 15. Whether there is a sign is a template argument,
  // so that it is a predicted jump and the digits are loaded without waiting.
  template <bool negative>
  PARLEY_INLINE static outcome integer(run& r) noexcept {
    const char* s = r.p + 1 + negative;
    const std::uint64_t word = scan::load(s);
    const std::uint64_t marks = scan::marks_non_digits(word);
    if (marks != 0) [[likely]] {
      const std::size_t count = scan::first(marks);
      if (count == 0) return outcome::none;
      return put_integer(r, negative, scan::number(word, count), s + count);
    }
    const std::uint64_t second = scan::load(s + 8);
    const std::uint64_t second_marks = scan::marks_non_digits(second);
    if (second_marks == 0) return outcome::none;
    const std::size_t count = scan::first(second_marks);
    std::uint64_t value = scan::number(word, 8);
    if (count != 0) value = value * powers_of_ten[count] + scan::number(second, count);
    return put_integer(r, negative, value, s + 8 + count);
  }
  static constexpr std::array<std::uint32_t, 8> powers_of_ten{1,     10,     100,     1000,
                                                              10000, 100000, 1000000, 10000000};

  PARLEY_INLINE static outcome aggregate(decoder& d, run& r, kind type,
                                         unsigned per_item) noexcept {
    std::uint64_t count;
    const char* behind = small_length(r.p + 1, count);
    if (behind == nullptr || r.depth >= d.limits_.max_depth) return outcome::none;
    count *= per_item;
    if (count * smallest_value > r.budget(d, behind)) return outcome::none;
    r.emit_scalar(type, count, nullptr, 0);
    r.p = behind;
    if (count == 0) return outcome::complete;
    r.out[-1].flags = 0;
    r.open(d, static_cast<std::uint32_t>(count));
    return outcome::opened;
  }

  PARLEY_INLINE static outcome null(run& r) noexcept {
    if (!scan::is_line_end(r.p + 1)) return outcome::none;
    r.emit_scalar(kind::null, 0, nullptr, 0);
    r.p += 3;
    return outcome::complete;
  }

  // One value, if it is one of those that are worth a short cut. The most
  // frequent ones first: a comparison costs less than a jump through a table.
  PARLEY_INLINE static outcome value(decoder& d, run& r) noexcept {
    const char type = *r.p;
    if (type == '$') return bulk(d, r);
    if (type == '+') return scan::is_okay(r.p + 1) ? okay(r) : line(r);
    if (type == ':') return r.p[1] == '-' ? integer<true>(r) : integer<false>(r);
    if (type == '*') return aggregate(d, r, kind::array, 1);
    switch (type) {
      case '%':
        return aggregate(d, r, kind::map, 2);
      case '~':
        return aggregate(d, r, kind::set, 1);
      case '>':
        return r.depth == 0 ? aggregate(d, r, kind::push, 1) : outcome::none;
      case '_':
        return null(r);
      default:
        return outcome::none;
    }
  }

  // As many values as it can.
  template <bool one_reply>
  PARLEY_INLINE static void values(decoder& d, run& r) noexcept {
    while (r.out != r.out_end && r.available(r.p) >= reach) {
      const outcome o = value(d, r);
      if (o == outcome::none) return;
      if (o == outcome::complete) {
        r.complete(d);
        if (one_reply && r.out[-1].is_last()) return;
      }
    }
  }
};

}  // namespace parley::resp
