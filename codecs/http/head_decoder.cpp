// The fast way through a head. What it doubts is left to the careful way (head_careful.cpp),
// which alone says what is wrong; so both agree about every input.
#include <cstring>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/detail/line_scan.hpp>
#include <parley/codecs/http/detail/target.hpp>
#include <parley/codecs/http/head_decoder.hpp>

// What is done for each head or field: a call costs more than most of it.
#define PARLEY_INLINE [[gnu::always_inline]] inline

namespace parley::http {
namespace {

using detail::line_scan;
using detail::position_array;

// Positions of marks, from the array of a scan or from the bits of a short one.
class array_marks {
 public:
  explicit array_marks(const position_array& positions) noexcept : next_(positions.at.data()) {}
  std::uint32_t take() noexcept { return *next_++; }

 private:
  const std::uint16_t* next_;
};

class bit_marks {
 public:
  explicit bit_marks(std::uint64_t bits) noexcept : bits_(bits) {}
  std::uint32_t take() noexcept {
    const auto at = static_cast<std::uint32_t>(__builtin_ctzll(bits_));
    bits_ &= bits_ - 1;
    return at;
  }

 private:
  std::uint64_t bits_;
};

template <class Word>
constexpr Word word_at(const char* from) noexcept {
  if (std::is_constant_evaluated()) {
    Word w = 0;
    for (std::size_t i = 0; i < sizeof(Word); ++i) {
      w |= static_cast<Word>(static_cast<Word>(static_cast<unsigned char>(from[i])) << (8 * i));
    }
    return w;
  }
  Word w;
  std::memcpy(&w, from, sizeof w);
  return w;
}

// All names that frame have 4 to 17 letters: two words at their ends, and one in the middle, cover
// each. The bit 0x20 makes letters small; of other token characters only '-' becomes what one of
// the names has, and that is itself.
struct framing_entry {
  constexpr framing_entry() noexcept = default;
  constexpr framing_entry(std::string_view name, field f) noexcept : size(name.size()), which(f) {
    if (size < 8) {
      front = word_at<std::uint32_t>(name.data());
      back = word_at<std::uint32_t>(name.data() + size - 4);
    } else {
      front = word_at<std::uint64_t>(name.data());
      back = word_at<std::uint64_t>(name.data() + size - 8);
      middle = name[size / 2];
    }
  }

  std::uint64_t front = 0;
  std::uint64_t back = 0;
  std::size_t size = 0;
  char middle = 0;  // the one letter of the longest that neither word covers
  field which = field::other;
};

// Which field a name may be, by its length and first letter: a guess to be confirmed.
constexpr std::size_t framing_key(std::size_t size, char first) noexcept {
  return (size + static_cast<unsigned char>(first | 0x20)) & 31;
}

constexpr std::array<framing_entry, 32> framing_fields = [] {
  std::array<framing_entry, 32> table{};
  const auto add = [&](std::string_view name, field f) {
    table[framing_key(name.size(), name[0])] = framing_entry(name, f);
  };
  add("host", field::host);
  add("content-length", field::content_length);
  add("transfer-encoding", field::transfer_encoding);
  add("connection", field::connection);
  add("expect", field::expect);
  add("upgrade", field::upgrade);
  return table;
}();

constexpr bool all_are_there() noexcept {
  int found = 0;
  for (const framing_entry& e : framing_fields) found += e.size == 0 ? 0 : 1;
  return found == 6;
}
static_assert(all_are_there(), "two names share a key");

// A word beyond the method is still in the head.
PARLEY_INLINE method method_of(const char* name, std::size_t size) noexcept {
  constexpr std::uint32_t get = word_at<std::uint32_t>("GET "),
                          post = word_at<std::uint32_t>("POST");
  const auto word = word_at<std::uint32_t>(name);
  if (word == get) return method::get;
  if (word == post && size == 4) return method::post;
  return parse_method({name, size});
}

PARLEY_INLINE field framing_field(const char* name, std::size_t size) noexcept {
  const framing_entry& e = framing_fields[framing_key(size, *name)];
  if (e.size != size) return field::other;
  if (size < 8) {
    constexpr std::uint32_t small = 0x2020'2020;
    const bool same = (word_at<std::uint32_t>(name) | small) == e.front &&
                      (word_at<std::uint32_t>(name + size - 4) | small) == e.back;
    return same ? e.which : field::other;
  }
  constexpr std::uint64_t small = 0x2020'2020'2020'2020;
  const bool same = (word_at<std::uint64_t>(name) | small) == e.front &&
                    (word_at<std::uint64_t>(name + size - 8) | small) == e.back &&
                    (name[size / 2] | 0x20) == e.middle;
  return same ? e.which : field::other;
}

}  // namespace

field detail::framing_field_of(std::string_view name) noexcept {
  return framing_field(name.data(), name.size());
}

head_decoder::head_decoder(role sender, const limits& bounds, leniency tolerance,
                           scan_level level) noexcept
    : limits_(&bounds),
      scan_(tolerance.any_of_lines() ? nullptr : detail::find_scanners(level)),
      role_(sender),
      lenient_(tolerance) {}

void head_decoder::begin_trailers() noexcept {
  said_ = {};
  at_ = searched_ = count_ = 0;
  in_trailers_ = true;
}

// When a head is resumed: unless a line has ended since, or a limit was passed, there is nothing
// to do. So a head that comes byte by byte is not scanned again for each. To look is worth it where
// most of the line was seen before; otherwise the scan itself costs no more, and at most twice what
// came.
bool head_decoder::knows_half_of(std::size_t size) const noexcept {
  return searched_ - at_ > size - searched_;
}
bool head_decoder::has_new_line(byte_view in) noexcept {
  const std::size_t from = searched_;
  searched_ = static_cast<std::uint32_t>(in.size());
  const std::size_t bound =
      waits_for_start() ? limits_->start_line : said_.start_size + std::size_t{block_limit()};
  return in.size() > bound ||
         (in.size() > from && std::memchr(in.data() + from, '\n', in.size() - from) != nullptr);
}

// --- the first line -----------------------------------------------------------------------

// METHOD SP target SP HTTP/1.1
PARLEY_INLINE bool head_decoder::take_request_line(const char* text, std::size_t name_end,
                                                   std::size_t cr) noexcept {
  // One letter, a space, one character, a space and the version.
  if (cr < 12 || name_end == 0 || name_end > 0xffff || text[name_end] != ' ') return false;
  if (name_end + 10 >= cr) return false;
  if (std::memcmp(text + cr - 9, " HTTP/1.", 8) != 0) return false;
  const char minor = text[cr - 1];
  if (minor != '0' && minor != '1') return false;
  const char* const target = text + name_end + 1;
  const std::size_t size = cr - 9 - (name_end + 1);
  if (!detail::is_target_text_in_line(target, size)) return false;
  minor_ = static_cast<std::uint8_t>(minor - '0');
  method_size_ = static_cast<std::uint16_t>(name_end);
  target_size_ = static_cast<std::uint32_t>(size);
  verb_ = method_of(text, name_end);
  // Nearly all begin with a slash, whatever the method.
  if (*target == '/' && verb_ != method::connect) {
    form_ = target_form::origin;
    return true;
  }
  return detail::find_target_form(verb_, {target, size}, form_);
}

// HTTP/1.1 SP 200 [SP reason]; servers that leave the last space out have no reason to give.
bool head_decoder::take_status_line(const char* text, std::size_t cr) noexcept {
  if (cr < 12 || std::memcmp(text, "HTTP/1.", 7) != 0) return false;
  if ((text[7] != '0' && text[7] != '1') || text[8] != ' ') return false;
  if (text[9] < '1' || text[9] > '9') return false;
  if (!detail::is(text[10], detail::digit_char) || !detail::is(text[11], detail::digit_char)) {
    return false;
  }
  if (cr > 12 && text[12] != ' ') return false;
  minor_ = static_cast<std::uint8_t>(text[7] - '0');
  status_ =
      static_cast<std::uint16_t>((text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0'));
  target_size_ = static_cast<std::uint32_t>(cr > 13 ? cr - 13 : 0);
  return true;
}

PARLEY_INLINE bool head_decoder::read_start(const char* text, std::size_t name_end,
                                            std::size_t cr) noexcept {
  return role_ == role::request ? take_request_line(text, name_end, cr)
                                : take_status_line(text, cr);
}

bool head_decoder::take_start_line(const char* text, std::size_t name_end,
                                   std::size_t cr) noexcept {
  return read_start(text, name_end, cr);
}

// --- lines ------------------------------------------------------------------------------------

// Every request has a Host, and nearly every one the usual kind.
PARLEY_INLINE void head_decoder::note_quickly(field which, std::string_view value,
                                              std::uint32_t index) noexcept {
  if (which == field::host && !in_trailers_ && !says(has_host) && value.size() - 1 < 16 &&
      detail::is_usual_host(value.data(), value.size())) {
    note_that(has_host);
    said_.host = index;
    return;
  }
  note_field(which, value, index);
}

// Most requests say nothing but their host, and perhaps a length.
PARLEY_INLINE head_status head_decoder::finish() noexcept {
  if ((said_.notes | has_length) == (has_host | has_length) && says(has_host) && !said_.has_fault &&
      minor_ == 1 && role_ == role::request) {
    if (said_.length != 0) framing_ = framing::length;
    return head_status::complete;
  }
  return judge();
}

// Makes fields of the lines that were found. False: the careful way does it all again.
template <class Marks>
PARLEY_INLINE bool head_decoder::take_lines(const char* text, Marks marks, std::size_t lines,
                                            std::size_t end, bool head_done,
                                            std::span<field_place> fields) noexcept {
  const std::uint32_t base = at_;
  std::uint32_t line = 0;
  if (waits_for_start()) {
    // The empty line alone is no head.
    if (lines == 0) return !head_done;
    const std::uint32_t name_end = marks.take(), cr = marks.take();
    if (cr > limits_->start_line || !read_start(text, name_end, cr)) return false;
    line = cr + 2;
    said_.start_size = line;
    --lines;
  }
  if (count_ + lines > fields.size() || count_ + lines > limits_->headers) return false;
  if (base + end - said_.start_size > block_limit()) return false;
  const char* const at = text + base;
  field_place* place = fields.data() + count_;
  for (std::size_t left = lines; left != 0; --left, ++place) {
    const std::uint32_t name_end = marks.take(), cr = marks.take();
    if (at[name_end] != ':' || name_end == line) return false;
    std::uint32_t value = name_end + 1, value_end = cr;
    value += at[value] == ' ' ? 1 : 0;
    if (static_cast<unsigned char>(at[value]) <= ' ' ||
        static_cast<unsigned char>(at[value_end - 1]) <= ' ') [[unlikely]] {
      while (value < value_end && (at[value] == ' ' || at[value] == '\t')) ++value;
      while (value_end > value && (at[value_end - 1] == ' ' || at[value_end - 1] == '\t')) {
        --value_end;
      }
    }
    const std::uint32_t name_size = name_end - line;
    const field which = framing_field(at + line, name_size);
    *place = {base + line, base + value, value_end - value, static_cast<std::uint16_t>(name_size),
              static_cast<std::uint16_t>(which)};
    if (which != field::other) {
      const auto index = static_cast<std::uint32_t>(place - fields.data());
      note_quickly(which, {at + value, value_end - value}, index);
    }
    line = cr + 2;
  }
  count_ += static_cast<std::uint32_t>(lines);
  return true;
}

// --- a whole head -------------------------------------------------------------------------

head_status head_decoder::decode(byte_view in, std::span<field_place> fields) noexcept {
  if (failed_) return head_status::failed;
  // Offsets have 32 bits; no input that is kept is ever as large.
  if (in.size() > 0x7fff'ffff) in = in.first(0x7fff'ffff);
  if (knows_half_of(in.size()) && !has_new_line(in)) return head_status::need_data;
  const char* const text = reinterpret_cast<const char*>(in.data());
  if (scan_ == nullptr || at_ >= in.size()) return run_carefully(in, fields);
  if (in.size() < 64 && at_ == 0) return decode_few(text, in.size(), fields);
  return decode_lines(in, fields);
}

head_status head_decoder::decode_lines(byte_view in, std::span<field_place> fields) noexcept {
  const char* const text = reinterpret_cast<const char*>(in.data());
  position_array positions;
  for (;;) {
    line_scan found;
    scan_->lines(text + at_, in.size() - at_, positions, found);
    const statements before = said_;
    if (found.bad || !take_lines(text, array_marks(positions), found.lines, found.end,
                                 found.head_done, fields)) {
      // Also without a fault: places run out, a limit lies in between.
      said_ = before;
      return run_carefully(in, fields);
    }
    at_ += found.end;
    if (found.head_done) return finish();
    if (!found.more || at_ >= in.size()) return wait_for_line(in.size());
    // A line that is longer than a scan.
    if (found.end == 0) return run_carefully(in, fields);
  }
}

// At the front of the input, so that nothing has been said yet.
PARLEY_INLINE head_status head_decoder::decode_few(const char* text, std::size_t size,
                                                   std::span<field_place> fields) noexcept {
  const detail::short_scan found = scan_->few(text, size);
  if (!found.bad && found.head_done &&
      take_lines(text, bit_marks(found.marks), found.lines, found.end, true, fields)) {
    at_ = found.end;
    return finish();
  }
  said_ = {};
  return run_carefully(as_bytes({text, size}), fields);
}

// --- what fields say about the message ------------------------------------------------------

void head_decoder::note_field(field which, std::string_view value, std::size_t index) noexcept {
  // Whoever reads the trailers late would frame the message by them.
  if (in_trailers_) return note_fault(errc::bad_trailer);
  switch (which) {
    case field::host:
      return note_host(value, index);
    case field::content_length:
      return note_length(value);
    case field::transfer_encoding:
      return note_codings(value);
    case field::connection:
      return note_connection(value);
    case field::upgrade:
      return note_that(has_upgrade);
    case field::expect:
      return note_that(equals_ignoring_case(value, "100-continue") ? expects_continue
                                                                   : expects_other);
    default:
      return;
  }
}

void head_decoder::note_host(std::string_view value, std::size_t index) noexcept {
  if (role_ == role::response) return;
  if (says(has_host) || !detail::is_host_in_head(value)) return note_fault(errc::bad_host);
  note_that(has_host);
  said_.host = static_cast<std::uint32_t>(index);
}

void head_decoder::note_length(std::string_view value) noexcept {
  std::uint64_t length = 0;
  bool good = !value.empty();
  for (const char c : value) {
    const auto digit = static_cast<unsigned>(c - '0');
    // 2^63-1 is the most: sums of it and a few offsets must not wrap.
    good &= digit <= 9 && length <= 922'337'203'685'477'580U;
    length = length * 10 + digit;
  }
  if (!good || length > 0x7fff'ffff'ffff'ffffU) return note_fault(errc::bad_content_length);
  if (says(has_length) && !(lenient_.equal_lengths && length == said_.length)) {
    return note_fault(errc::bad_content_length);
  }
  note_that(has_length);
  said_.length = length;
}

void head_decoder::note_codings(std::string_view value) noexcept {
  note_that(has_coding);
  bool any = false;
  while (const auto item = next_element(value)) {
    any = true;
    const std::string_view name = detail::trimmed(item->substr(0, item->find(';')));
    if (!detail::is_token(name)) return note_fault(errc::bad_transfer_encoding);
    if (equals_ignoring_case(*item, "chunked")) {
      if (says(is_chunked) || says(was_chunked)) return note_fault(errc::bad_transfer_encoding);
      note_that(is_chunked);
      continue;
    }
    // "identity" is no coding any more (RFC 9112 section 7), and chunked has no parameters.
    if (equals_ignoring_case(name, "chunked")) return note_fault(errc::bad_transfer_encoding);
    if (says(is_chunked)) note_that(was_chunked);
    forget_that(is_chunked);
    note_that(other_coding);
  }
  if (!any) note_fault(errc::bad_transfer_encoding);
}

void head_decoder::note_connection(std::string_view value) noexcept {
  // The two that nearly all have.
  if (value == "keep-alive") return note_that(says_keep_alive);
  if (value == "close") return note_that(says_close);
  while (const auto item = next_element(value)) {
    if (equals_ignoring_case(*item, "close")) {
      note_that(says_close);
    } else if (equals_ignoring_case(*item, "keep-alive")) {
      note_that(says_keep_alive);
    } else if (equals_ignoring_case(*item, "upgrade")) {
      note_that(says_upgrade);
    } else if (!detail::is_token(*item)) {
      return note_fault(errc::bad_connection);
    }
  }
}

// --- the end of the head --------------------------------------------------------------------

head_status head_decoder::judge() noexcept {
  if (in_trailers_) return said_.has_fault ? fail(said_.fault) : head_status::complete;
  if (!judge_framing()) return fail(said_.fault);
  keep_alive_ = !says(says_close) && (minor_ == 1 || says(says_keep_alive));
  if (role_ == role::request) {
    frame_request();
  } else {
    frame_response();
  }
  return said_.has_fault ? fail(said_.fault) : head_status::complete;
}

// RFC 9112 section 6.1 and 6.3: whatever two readers could understand differently is refused.
bool head_decoder::judge_framing() noexcept {
  if (role_ == role::request && minor_ == 1 && !says(has_host) && !lenient_.missing_host) {
    note_fault(errc::missing_host);
  }
  if (says(has_coding)) {
    if (minor_ == 0) note_fault(errc::length_conflict);
    if (says(has_length)) {
      if (!lenient_.length_and_chunked) note_fault(errc::length_conflict);
      forget_that(has_length);
    }
  }
  return !said_.has_fault;
}

void head_decoder::frame_request() noexcept {
  if (says(has_coding)) {
    // Its end could not be found: a request does not end with its connection.
    if (!says(is_chunked)) return note_fault(errc::bad_transfer_encoding);
    framing_ = framing::chunked;
  } else if (says(has_length)) {
    framing_ = said_.length == 0 ? framing::none : framing::length;
  }
}

// The method of the request, which counts as well, is known to `decoder`.
void head_decoder::frame_response() noexcept {
  const bool is_bare = status_ < 200 || status_ == 204;
  if (is_bare) {
    // RFC 9110 section 8.6, RFC 9112 section 6.1: such a response has neither. A length of 0 is
    // common with 204 and true.
    if (says(has_coding) && status_ != 101) {
      return note_fault(errc::bad_transfer_encoding);
    }
    if (says(has_length) && said_.length != 0) return note_fault(errc::bad_content_length);
    framing_ = status_ == 101 ? framing::tunnel : framing::none;
  } else if (status_ == 304) {
    framing_ = framing::none;
  } else if (says(has_coding)) {
    framing_ = says(is_chunked) ? framing::chunked : framing::until_close;
  } else if (says(has_length)) {
    framing_ = said_.length == 0 ? framing::none : framing::length;
  } else {
    framing_ = framing::until_close;
  }
}

// --- views ------------------------------------------------------------------------------------

void head_decoder::show(byte_view in, std::span<const field_place> fields,
                        request_head& h) const noexcept {
  const char* const text = reinterpret_cast<const char*>(in.data());
  h.verb = verb_;
  h.form = form_;
  h.minor = minor_;
  h.keep_alive = keep_alive_;
  h.expects_continue = says(expects_continue) && minor_ == 1;
  h.other_expectation = says(expects_other);
  h.upgrades = upgrades();
  h.transfer_coded = says(other_coding);
  h.method_name = {text, method_size_};
  h.target = {text + method_size_ + 1, target_size_};
  h.headers = header_list(text, fields.first(count_));
  h.body.how = framing_;
  h.body.length = said_.length;
  h.authority = {};
  if (form_ == target_form::absolute || form_ == target_form::authority) {
    h.authority = detail::authority_of(h.target, form_);
  } else if (says(has_host)) {
    h.authority = h.headers[said_.host].value;
  }
}

void head_decoder::show(byte_view in, std::span<const field_place> fields,
                        response_head& h) const noexcept {
  const char* const text = reinterpret_cast<const char*>(in.data());
  h.status = status_;
  h.minor = minor_;
  h.keep_alive = keep_alive_;
  h.upgrades = upgrades();
  h.transfer_coded = says(other_coding);
  h.reason = target_size_ != 0 ? std::string_view(text + 13, target_size_) : std::string_view();
  h.headers = header_list(text, fields.first(count_));
  h.body.how = framing_;
  h.body.length = said_.length;
}

}  // namespace parley::http
