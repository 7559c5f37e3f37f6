#include <parley/codecs/resp/detail/decoder_thorough.hpp>
#include <parley/codecs/resp/detail/numbers.hpp>

namespace parley::resp {
namespace {

// Digits of a length or an integer with its sign: 20, and some leading zeros.
// More is nonsense, and refused before it can be long.
constexpr std::size_t max_digits = 32;

// The first CR or LF in [from, to), or `to`.
const char* find_line_end(const char* from, const char* to) noexcept {
  // Eight bytes at a time: every byte up to CR is marked, as one comparison finds
  // these, and text rarely holds any of them.
  while (to - from >= 8) {
    const std::uint64_t marks = scan::marks_up_to_cr(scan::load(from));
    if (marks == 0) {
      from += 8;
      continue;
    }
    from += scan::first(marks);
    if (*from == '\r' || *from == '\n') return from;
    ++from;  // another control character: part of the text
  }
  while (from != to && *from != '\r' && *from != '\n') ++from;
  return from;
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

// ---- how a step ends

// A fault is for ever: a stream that is out of step cannot be brought back into
// step, because any byte of a payload may look like a type.
auto decoder::thorough::fail(decoder& d, errc why) noexcept -> outcome {
  d.fault_ = why;
  d.state_ = state::failed;
  return outcome::failed;
}

// More bytes are needed than there are. If it is the budget that ends the input,
// no further byte will help.
auto decoder::thorough::starve(decoder& d, const run& r, std::uint64_t need) noexcept -> outcome {
  if (r.end != r.in_end) return fail(d, errc::reply_too_large);
  d.need_ = static_cast<std::size_t>(need);
  return outcome::need_data;
}

auto decoder::thorough::done(decoder& d, run& r, const char* behind) noexcept -> outcome {
  r.p = behind;
  r.complete(d);
  return outcome::again;
}

// ---- pieces

// CR LF at `at`; `again` if it is there.
auto decoder::thorough::line_end(decoder& d, run& r, const char* at, errc otherwise) noexcept
    -> outcome {
  if (at == r.end) return starve(d, r, 2);
  // A lone LF is told apart: it is what peers send that speak another protocol of
  // lines.
  if (*at != '\r') return fail(d, *at == '\n' ? errc::bad_line : otherwise);
  if (at + 1 == r.end) return starve(d, r, 1);
  return at[1] == '\n' ? outcome::again : fail(d, errc::bad_line);
}

// A line without declared length, from behind its type byte.
auto decoder::thorough::read_line(decoder& d, run& r, std::string_view& text) noexcept -> outcome {
  const char* begin = r.p + 1;
  // A line that comes byte by byte would cost quadratic time if each call began to
  // search at its front.
  const std::size_t known = std::exchange(d.scanned_, 0);
  // One byte more than a line may have: if that is no CR either, it is too long,
  // wherever the input was cut.
  const std::size_t most = d.limits_.max_line;
  const char* stop = r.available(begin) > most ? begin + most + 1 : r.end;
  const char* at = find_line_end(begin + known, stop);
  text = {begin, static_cast<std::size_t>(at - begin)};
  if (at == stop && text.size() > most) return fail(d, errc::line_too_long);
  const outcome end = line_end(d, r, at, errc::bad_line);
  if (end == outcome::need_data) d.scanned_ = text.size();
  return end;
}

// What follows the type byte of a string or aggregate, up to its CR LF.
auto decoder::thorough::read_head(decoder& d, run& r, head& h) noexcept -> outcome {
  const char* s = r.p + 1;
  if (s == r.end) return starve(d, r, 3);
  if (*s == '?') {
    h.is = head::form::unknown;
    ++s;
  } else if (*s == '-') {
    // RESP2's nulls, "$-1" and "*-1": no other negative length has a meaning.
    h.is = head::form::minus_one;
    if (++s == r.end) return starve(d, r, 3);
    if (*s++ != '1') return fail(d, errc::bad_length);
  } else {
    const char* digits = s;
    for (; s != r.end && is_digit(*s); ++s) {
      const auto digit = static_cast<std::uint64_t>(*s - '0');
      // Refused at the first digit too many, so that a peer cannot make us wait for
      // the end of an endless number.
      if (__builtin_mul_overflow(h.value, std::uint64_t{10}, &h.value) ||
          __builtin_add_overflow(h.value, digit, &h.value) ||
          s - digits == static_cast<std::ptrdiff_t>(max_digits)) {
        return fail(d, errc::bad_length);
      }
    }
    if (s == digits) return fail(d, *s == '\n' ? errc::bad_line : errc::bad_length);
  }
  // Valid only if line_end() says `again`; otherwise nobody looks at it.
  h.behind = s + 2;
  return line_end(d, r, s, errc::bad_length);
}

// ---- scalars

auto decoder::thorough::line(decoder& d, run& r, kind type) noexcept -> outcome {
  std::string_view text;
  if (const outcome o = read_line(d, r, text); o != outcome::again) return o;
  std::uint64_t bits = 0;
  const char* behind = text.data() + text.size() + 2;
  if (type == kind::number) {
    const auto value = parse_double(text);
    if (!value) return fail(d, errc::bad_double);
    bits = std::bit_cast<std::uint64_t>(*value);
    text = {};
  }
  // Kept as text: no integer of ours can hold what a big number may be.
  if (type == kind::big_number && !is_big_number(text)) return fail(d, errc::bad_big_number);
  r.emit_scalar(type, bits, text.data(), text.size());
  return done(d, r, behind);
}

auto decoder::thorough::integer(decoder& d, run& r) noexcept -> outcome {
  const char* begin = r.p + 1;
  const char* s = begin;
  if (s != r.end && (*s == '-' || *s == '+')) ++s;
  while (s != r.end && is_digit(*s)) ++s;
  const std::string_view text(begin, static_cast<std::size_t>(s - begin));
  // Leading zeros are allowed, but not without end.
  if (text.size() > max_digits) return fail(d, errc::bad_integer);
  // Too large is too large before the line ends.
  const bool sign_only = text.empty() || text == "-" || text == "+";
  const auto value = parse_integer(text);
  if (sign_only && s != r.end) {
    return fail(d, *s == '\n' ? errc::bad_line : errc::bad_integer);
  }
  // What is there so far does not fit, and more digits cannot make it smaller.
  if (!sign_only && !value) return fail(d, errc::bad_integer);
  if (const outcome o = line_end(d, r, s, errc::bad_integer); o != outcome::again) return o;
  r.emit_scalar(kind::integer, static_cast<std::uint64_t>(*value), nullptr, 0);
  return done(d, r, s + 2);
}

auto decoder::thorough::null(decoder& d, run& r) noexcept -> outcome {
  if (const outcome o = line_end(d, r, r.p + 1, errc::bad_null); o != outcome::again) return o;
  r.emit_scalar(kind::null, 0, nullptr, 0);
  return done(d, r, r.p + 3);
}

auto decoder::thorough::boolean(decoder& d, run& r) noexcept -> outcome {
  const char* s = r.p + 1;
  if (s == r.end) return starve(d, r, 3);
  if (*s != 't' && *s != 'f') return fail(d, errc::bad_boolean);
  if (const outcome o = line_end(d, r, s + 1, errc::bad_boolean); o != outcome::again) return o;
  r.emit_scalar(kind::boolean, *s == 't', nullptr, 0);
  return done(d, r, s + 3);
}

// ---- strings with a length

auto decoder::thorough::bulk(decoder& d, run& r, kind type) noexcept -> outcome {
  head h;
  if (const outcome o = read_head(d, r, h); o != outcome::again) return o;
  if (h.is != head::form::number) {
    // Of the three types with a length only '$' has null and streamed forms.
    if (type != kind::blob_string) return fail(d, errc::bad_length);
    if (h.is == head::form::minus_one) {
      r.emit_scalar(kind::null, 0, nullptr, 0);
      return done(d, r, h.behind);
    }
    d.state_ = state::chunk;
    r.p = h.behind;
    return outcome::again;
  }
  // Decided by the head: not a byte of the payload is waited for.
  if (h.value > d.limits_.max_bulk) return fail(d, errc::bulk_too_large);
  if (type == kind::blob_string && h.value > d.whole_bulk_) {
    d.state_ = state::part;
    d.part_left_ = h.value;
    r.p = h.behind;
    return outcome::again;
  }
  // "txt:" at least: three letters of the format and the colon.
  if (type == kind::verbatim && h.value < 4) return fail(d, errc::bad_verbatim);
  return whole_bulk(d, r, type, h);
}

auto decoder::thorough::whole_bulk(decoder& d, run& r, kind type, const head& h) noexcept
    -> outcome {
  // max_bulk may be anything, so that the sum may wrap; the budget is below.
  if (h.value > r.budget(d, h.behind) || h.value + 2 > r.budget(d, h.behind)) {
    return fail(d, errc::reply_too_large);
  }
  const std::size_t there = r.available(h.behind);
  // All that is missing is asked for at once, so that the caller reads in few
  // steps.
  if (there < h.value + 2) return starve(d, r, h.value + 2 - there);
  const char* data = h.behind;
  auto size = static_cast<std::size_t>(h.value);
  const char* behind = data + size;
  // The specification needs no terminator to find the end, but a wrong one is the
  // first sign of a length that lies.
  if (!scan::is_line_end(behind)) return fail(d, errc::bad_terminator);
  if (type == kind::verbatim) {
    if (data[3] != ':') return fail(d, errc::bad_verbatim);
    data += 4;
    size -= 4;
  }
  r.emit_scalar(type, 0, data, size);
  return done(d, r, behind + 2);
}

// A chunk of a streamed string: ";4\r\nHell\r\n", at last ";0\r\n".
auto decoder::thorough::chunk(decoder& d, run& r) noexcept -> outcome {
  if (*r.p != ';') return fail(d, errc::misplaced);
  head h;
  if (const outcome o = read_head(d, r, h); o != outcome::again) return o;
  if (h.is != head::form::number) return fail(d, errc::bad_length);
  // The empty chunk ends the string; it carries no bytes and has no second CR LF.
  if (h.value == 0) {
    d.state_ = state::value;
    r.emit_scalar(kind::blob_string, 0, h.behind, 0);
    return done(d, r, h.behind);
  }
  if (h.value > d.limits_.max_bulk) return fail(d, errc::bulk_too_large);
  if (h.value > r.budget(d, h.behind) || h.value + 2 > r.budget(d, h.behind)) {
    return fail(d, errc::reply_too_large);
  }
  const std::size_t there = r.available(h.behind);
  if (there < h.value + 2) return starve(d, r, h.value + 2 - there);
  const auto size = static_cast<std::size_t>(h.value);
  if (!scan::is_line_end(h.behind + size)) return fail(d, errc::bad_terminator);
  r.emit(kind::blob_string, flag_more, 0, h.behind, size);
  r.p = h.behind + size + 2;
  return outcome::again;
}

// Whatever has arrived of a long string.
auto decoder::thorough::part(decoder& d, run& r) noexcept -> outcome {
  const auto there = static_cast<std::uint64_t>(r.in_end - r.p);
  const auto size = static_cast<std::size_t>(std::min(there, d.part_left_));
  const char* data = r.p;
  // One byte is enough to go on: parts are handed over as they come.
  if (size == 0 && d.part_left_ != 0) return starve(d, r, 1);
  // The payload does not count: the reply seems to begin so much later.
  // On a copy: if the terminator has not come, nothing may have moved.
  run after = r;
  after.p += size;
  after.start += size;
  after.set_end(d);
  const outcome end =
      size == d.part_left_ ? line_end(d, after, after.p, errc::bad_terminator) : outcome::need_data;
  // Without new bytes there is no part to tell of, only the terminator to wait for.
  if (end == outcome::failed || (end == outcome::need_data && size == 0)) return end;
  r = after;
  d.part_left_ -= size;
  const bool last = end == outcome::again;
  if (!last) {
    // A part is never the last before its CR LF was seen: whoever gets the end may
    // trust that the string was well formed.
    r.emit(kind::blob_string, flag_more, d.part_left_, data, size);
    return outcome::again;
  }
  r.emit_scalar(kind::blob_string, 0, data, size);
  d.state_ = state::value;
  return done(d, r, r.p + 2);
}

// ---- aggregates

auto decoder::thorough::aggregate(decoder& d, run& r, kind type) noexcept -> outcome {
  // "Push data may appear before or after any of the other types, but never
  // inside of them."
  if (type == kind::push && r.depth != 0) return fail(d, errc::misplaced);
  head h;
  if (const outcome o = read_head(d, r, h); o != outcome::again) return o;
  if (h.is == head::form::minus_one) {
    // The null array of RESP2. Other aggregates are RESP3, where null is "_".
    if (type != kind::array) return fail(d, errc::bad_length);
    r.emit_scalar(kind::null, 0, nullptr, 0);
    return done(d, r, h.behind);
  }
  // Their heads count pairs; here every value counts as one.
  if (type == kind::map || type == kind::attribute) {
    if (__builtin_mul_overflow(h.value, std::uint64_t{2}, &h.value)) {
      return fail(d, errc::reply_too_large);
    }
  }
  return open(d, r, type, h);
}

auto decoder::thorough::open(decoder& d, run& r, kind type, const head& h) noexcept -> outcome {
  // Also keeps the shift below in its range: max_depth is at most the bits of a
  // word.
  if (r.depth >= d.limits_.max_depth) return fail(d, errc::too_deep);
  const std::uint64_t bit = std::uint64_t{1} << r.depth;
  if (h.is == head::form::unknown) {
    // The specification streams arrays, sets and maps.
    if (type == kind::push || type == kind::attribute) return fail(d, errc::bad_length);
    d.streamed_ |= bit;
    d.attribute_end_ = 0;  // what an earlier reply left there means nothing in this one
    if (type == kind::map) d.streamed_maps_ |= bit;
    r.emit(type, flag_streamed, 0, nullptr, 0);
    r.p = h.behind;
    r.open(d, endless);
    return outcome::again;
  }
  // A count that cannot fit the budget is a lie or too much, and refused before
  // anybody reserves room for it.
  // Dividing, because the product may wrap.
  if (h.value > std::min<std::uint64_t>(r.budget(d, h.behind) / smallest_value, endless)) {
    return fail(d, errc::reply_too_large);
  }
  r.p = h.behind;
  // An empty aggregate is complete at once, like a scalar. An empty attribute is
  // not: its value still follows.
  if (h.value == 0 && type != kind::attribute) {
    r.emit_scalar(type, 0, nullptr, 0);
    r.complete(d);
    return outcome::again;
  }
  r.emit(type, 0, h.value, nullptr, 0);
  if (type == kind::attribute) d.attributes_ |= bit;
  if (h.value != 0) {
    r.open(d, static_cast<std::uint32_t>(h.value));
  } else {
    r.close_attribute(d);
  }
  return outcome::again;
}

auto decoder::thorough::stream_end(decoder& d, run& r) noexcept -> outcome {
  const std::uint64_t bit = r.depth == 0 ? 0 : std::uint64_t{1} << (r.depth - 1);
  // A map that ends behind a key has lost a value, or the stream its step.
  const bool odd = r.left % 2 != 0 && (d.streamed_maps_ & bit) != 0;
  // An attribute belongs to a value, which cannot be the end.
  const bool dangling = d.attribute_end_ == r.offset(r.p);
  // At depth 0 `bit` is 0: an end without a beginning fails here as well.
  if ((d.streamed_ & bit) == 0 || odd || dangling) return fail(d, errc::misplaced);
  if (const outcome o = line_end(d, r, r.p + 1, errc::bad_line); o != outcome::again) return o;
  r.emit(kind::stream_end, 0, 0, nullptr, 0);
  // The next aggregate at this depth begins without marks.
  d.streamed_ &= ~bit;
  d.streamed_maps_ &= ~bit;
  r.p += 3;
  r.left = d.outer_[--r.depth];
  // emit() could not know this: the depth is less by one only now.
  if (r.depth == 0) r.out[-1].flags |= flag_last;
  r.complete(d);
  return outcome::again;
}

// ---- the choice

// The types of RESP2 and RESP3. Which version was agreed upon does not matter here:
// each byte has one meaning in both.
auto decoder::thorough::value(decoder& d, run& r) noexcept -> outcome {
  switch (*r.p) {
    case '+':
      return line(d, r, kind::simple_string);
    case '-':
      return line(d, r, kind::error);
    case ':':
      return integer(d, r);
    case '$':
      return bulk(d, r, kind::blob_string);
    case '*':
      return aggregate(d, r, kind::array);
    case '_':
      return null(d, r);
    case '#':
      return boolean(d, r);
    case ',':
      return line(d, r, kind::number);
    case '(':
      return line(d, r, kind::big_number);
    case '!':
      return bulk(d, r, kind::blob_error);
    case '=':
      return bulk(d, r, kind::verbatim);
    case '%':
      return aggregate(d, r, kind::map);
    case '~':
      return aggregate(d, r, kind::set);
    case '>':
      return aggregate(d, r, kind::push);
    case '|':
      return aggregate(d, r, kind::attribute);
    case '.':
      return stream_end(d, r);
    // A chunk outside a streamed string; inside, chunk() reads it.
    case ';':
      return fail(d, errc::misplaced);
    default:
      return fail(d, errc::bad_type);
  }
}

auto decoder::thorough::step(decoder& d, run& r) noexcept -> outcome {
  r.set_end(d);
  // Before the test below: a payload does not count for the budget, which `end` may
  // stand for.
  if (d.state_ == state::part) return part(d, r);
  if (r.p == r.end) return starve(d, r, 3);
  return d.state_ == state::chunk ? chunk(d, r) : value(d, r);
}

}  // namespace parley::resp
