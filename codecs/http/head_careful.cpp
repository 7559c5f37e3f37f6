// The careful way through a head: line by line, byte by byte. It says what is wrong with what the
// fast way doubts, knows the leniencies, and does all on processors without a scanner.
//
// The outcome depends on the bytes alone and not on how they were cut: a line is judged when its
// end is there, lines in their order, and what the head says as a whole after its last line.
#include <cstring>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/detail/target.hpp>
#include <parley/codecs/http/head_decoder.hpp>

namespace parley::http {

struct head_decoder::text_line {
  std::size_t begin = 0;
  std::size_t end = 0;   // of its text
  std::size_t next = 0;  // where the next one begins
  bool bad_end = false;  // LF without CR
};

bool head_decoder::next_line(const char* text, std::size_t size, text_line& out) const noexcept {
  const void* const found = at_ < size ? std::memchr(text + at_, '\n', size - at_) : nullptr;
  if (found == nullptr) return false;
  out.begin = at_;
  out.end = static_cast<std::size_t>(static_cast<const char*>(found) - text);
  out.next = out.end + 1;
  if (out.end > at_ && text[out.end - 1] == '\r') {
    --out.end;
  } else {
    out.bad_end = !lenient_.bare_lf;
  }
  return true;
}

head_status head_decoder::run_carefully(byte_view in, std::span<field_place> fields) noexcept {
  const char* const text = reinterpret_cast<const char*>(in.data());
  text_line l;
  while (next_line(text, in.size(), l)) {
    const bool is_first = waits_for_start();
    const head_status s = is_first ? take_first_line(text, l) : take_line(text, l, fields);
    // With more places this line is looked at again, though no byte came after it.
    if (s == head_status::no_room) searched_ = at_;
    if (s != head_status::need_data) return s;
    at_ = static_cast<std::uint32_t>(l.next);
    // Nothing stood in the line: the end.
    if (!is_first && l.begin == l.end) return finish_carefully(text, fields);
  }
  return wait_for_line(in.size());
}

// A limit is passed by bytes that are there, whatever may come.
head_status head_decoder::wait_for_line(std::size_t size) noexcept {
  searched_ = static_cast<std::uint32_t>(size);
  if (waits_for_start()) {
    // Its CR and LF are not counted.
    if (size > std::size_t{limits_->start_line} + 2) return fail(errc::start_line_too_long);
    return head_status::need_data;
  }
  if (size - said_.start_size > block_limit()) {
    return fail(in_trailers_ ? errc::trailers_too_large : errc::headers_too_large);
  }
  return head_status::need_data;
}

head_status head_decoder::take_first_line(const char* text, const text_line& l) noexcept {
  if (l.end > limits_->start_line) return fail(errc::start_line_too_long);
  if (l.bad_end) return fail(errc::bad_line_end);
  std::size_t name_end = 0;
  while (name_end < l.end && detail::is(text[name_end], detail::token_char)) ++name_end;
  if (!take_start_line(text, name_end, l.end) ||
      !detail::are_all({text, l.end}, detail::value_char)) {
    return fail(why_bad_start(text, l));
  }
  said_.start_size = static_cast<std::uint32_t>(l.next);
  return head_status::need_data;
}

errc head_decoder::why_bad_start(const char* text, const text_line& l) const noexcept {
  const std::string_view all(text, l.end);
  if (all.find('\r') != std::string_view::npos) return errc::bad_line_end;
  if (role_ == role::response) {
    if (!all.starts_with("HTTP/")) return errc::not_http;
    return all.starts_with("HTTP/1.0 ") || all.starts_with("HTTP/1.1 ") ? errc::bad_status_line
                                                                        : errc::bad_version;
  }
  const std::size_t first = all.find(' '), last = all.rfind(' ');
  if (first == std::string_view::npos || first == last) return errc::bad_request_line;
  if (!detail::is_token(all.substr(0, first))) return errc::bad_request_line;
  const std::string_view version = all.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return version.starts_with("HTTP/") ? errc::bad_version : errc::bad_request_line;
  }
  return errc::bad_target;
}

head_status head_decoder::take_line(const char* text, const text_line& l,
                                    std::span<field_place> fields) noexcept {
  if (l.next - said_.start_size > block_limit()) {
    return fail(in_trailers_ ? errc::trailers_too_large : errc::headers_too_large);
  }
  if (l.bad_end) return fail(errc::bad_line_end);
  if (l.begin == l.end) return head_status::need_data;
  if (text[l.begin] == ' ' || text[l.begin] == '\t') return continue_field(text, l, fields);
  return take_field(text, l, fields);
}

head_status head_decoder::take_field(const char* text, const text_line& l,
                                     std::span<field_place> fields) noexcept {
  if (count_ >= limits_->headers) return fail(errc::too_many_headers);
  std::size_t name_end = l.begin;
  while (name_end < l.end && detail::is(text[name_end], detail::token_char)) ++name_end;
  const std::string_view name(text + l.begin, name_end - l.begin);
  const std::string_view rest(text + name_end, l.end - name_end);
  if (rest.find('\r') != std::string_view::npos) return fail(errc::bad_line_end);
  if (name.empty() || name.size() > 0xffff || !rest.starts_with(':')) {
    return fail(errc::bad_header_name);
  }
  if (!detail::are_all(rest, detail::value_char)) return fail(errc::bad_header_value);
  if (count_ >= fields.size()) return head_status::no_room;
  const std::string_view value = detail::trimmed(rest.substr(1));
  const field which = detail::framing_field_of(name);
  // An empty value stands behind the colon, so that its offset is one of this line.
  const std::size_t at =
      value.empty() ? name_end + 1 : static_cast<std::size_t>(value.data() - text);
  fields[count_] = {static_cast<std::uint32_t>(l.begin), static_cast<std::uint32_t>(at),
                    static_cast<std::uint32_t>(value.size()),
                    static_cast<std::uint16_t>(name.size()), static_cast<std::uint16_t>(which)};
  // With folded lines the value may go on: then all are looked at in the end.
  if (which != field::other && !lenient_.obs_fold) note_field(which, value, count_);
  ++count_;
  return head_status::need_data;
}

// obs-fold: the line belongs to the value before it.
head_status head_decoder::continue_field(const char* text, const text_line& l,
                                         std::span<field_place> fields) noexcept {
  if (!lenient_.obs_fold || count_ == 0) return fail(errc::obs_fold);
  const std::string_view all(text + l.begin, l.end - l.begin);
  if (!detail::are_all(all, detail::value_char)) return fail(errc::bad_header_value);
  const std::string_view more = detail::trimmed(all);
  if (more.empty()) return head_status::need_data;
  field_place& place = fields[count_ - 1];
  const auto begin = static_cast<std::uint32_t>(more.data() - text);
  if (place.value_size == 0) place.value = begin;
  place.value_size = begin + static_cast<std::uint32_t>(more.size()) - place.value;
  return head_status::need_data;
}

head_status head_decoder::finish_carefully(const char* text,
                                           std::span<field_place> fields) noexcept {
  if (lenient_.obs_fold) {
    for (std::uint32_t i = 0; i < count_; ++i) {
      const field_place& p = fields[i];
      const auto which = static_cast<field>(p.known);
      if (which != field::other) note_field(which, {text + p.value, p.value_size}, i);
    }
  }
  return judge();
}

}  // namespace parley::http
