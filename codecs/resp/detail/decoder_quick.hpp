// The decoder's short cuts: values that are complete, ordinary and not at the
// very end of the input, which is nearly all of them. Each function reads one
// value at `r.p`, or returns false and has done nothing; decoder_thorough.hpp
// then looks at the same bytes with every check. Both accept the same language.
#pragma once

#include <parley/codecs/resp/detail/decoder_run.hpp>

namespace parley::resp {

struct decoder::quick {
  // A short cut may look so far behind `p` without asking. 24 covers a sign, 16
  // digits and CR LF (integer), and a type byte, 8 bytes and LF (line).
  static constexpr std::size_t reach = 24;
  // Lines that the short cut finishes; longer ones cost little per byte anyway.
  static constexpr std::size_t words = 2;

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

  PARLEY_INLINE static bool line(decoder& d, run& r, kind type) noexcept {
    const char* text = r.p + 1;
    const char* s = text;
    std::uint64_t marks = scan::marks_up_to_cr(scan::load(s));
    for (std::size_t i = 1; marks == 0 && i < words; ++i) {
      s += 8;
      marks = scan::marks_up_to_cr(scan::load(s));
    }
    if (marks == 0) return false;
    s += scan::first(marks);
    const auto size = static_cast<std::size_t>(s - text);
    if (!scan::is_line_end(s) || size > d.limits_.max_line) return false;
    r.emit(type, 0, 0, text, size);
    r.p = s + 2;
    r.complete(d);
    return true;
  }

  PARLEY_INLINE static bool bulk(decoder& d, run& r) noexcept {
    std::uint64_t size;
    const char* data = length(r.p + 1, size);
    if (data == nullptr || size > d.whole_bulk_) return false;
    if (r.available(data) < size + 2 || !scan::is_line_end(data + size)) return false;
    r.emit(kind::blob_string, 0, 0, data, size);
    r.p = data + size + 2;
    r.complete(d);
    return true;
  }

  static constexpr std::array<std::uint32_t, 8> powers_of_ten{1,     10,     100,     1000,
                                                              10000, 100000, 1000000, 10000000};

  PARLEY_INLINE static bool integer(decoder& d, run& r) noexcept {
    const bool negative = r.p[1] == '-';
    const char* s = r.p + 1 + negative;
    std::uint64_t word = scan::load(s);
    std::uint64_t marks = scan::marks_non_digits(word);
    std::uint64_t value = 0;
    if (marks == 0) {  // 8 digits, and up to 7 more
      value = scan::number(word, 8);
      s += 8;
      word = scan::load(s);
      marks = scan::marks_non_digits(word);
      if (marks == 0) return false;
      value *= powers_of_ten[scan::first(marks)];
    }
    const std::size_t count = scan::first(marks);
    if (!scan::is_line_end(s + count)) return false;
    if (count != 0) {
      value += scan::number(word, count);
    } else if (s < r.p + 8) {
      return false;  // no digit at all
    }
    r.emit(kind::integer, 0, negative ? 0 - value : value, nullptr, 0);
    r.p = s + count + 2;
    r.complete(d);
    return true;
  }

  PARLEY_INLINE static bool aggregate(decoder& d, run& r, kind type, unsigned per_item) noexcept {
    std::uint64_t count;
    const char* behind = small_length(r.p + 1, count);
    if (behind == nullptr || r.depth >= d.limits_.max_depth) return false;
    count *= per_item;
    if (count * smallest_value > r.budget(behind)) return false;
    r.emit(type, 0, count, nullptr, 0);
    r.p = behind;
    if (count == 0) {
      r.complete(d);
    } else {
      r.open(d, static_cast<std::uint32_t>(count));
    }
    return true;
  }

  PARLEY_INLINE static bool null(decoder& d, run& r) noexcept {
    if (!scan::is_line_end(r.p + 1)) return false;
    r.emit(kind::null, 0, 0, nullptr, 0);
    r.p += 3;
    r.complete(d);
    return true;
  }

  // One value, if it is one of those that are worth a short cut.
  PARLEY_INLINE static bool value(decoder& d, run& r) noexcept {
    switch (*r.p) {
      case '+':
        return line(d, r, kind::simple_string);
      case '-':
        return line(d, r, kind::error);
      case ':':
        return integer(d, r);
      case '$':
        return bulk(d, r);
      case '*':
        return aggregate(d, r, kind::array, 1);
      case '%':
        return aggregate(d, r, kind::map, 2);
      case '~':
        return aggregate(d, r, kind::set, 1);
      case '>':
        return r.depth == 0 && aggregate(d, r, kind::push, 1);
      case '_':
        return null(d, r);
      default:
        return false;
    }
  }
};

}  // namespace parley::resp
