#include <parley/codecs/http/decoder.hpp>

// What is done for each message: a call costs more than most of it.
#define PARLEY_INLINE [[gnu::always_inline]] inline

namespace parley::http {

decoder::decoder(role sender, const limits& bounds, leniency tolerance, scan_level level) noexcept
    : head_(sender, bounds, tolerance, level),
      limits_(&bounds),
      lenient_(tolerance),
      role_(sender) {}

part decoder::fail(errc fault, std::size_t consumed) noexcept {
  state_ = state::failed;
  fault_ = fault;
  return {part_kind::failed, fault, consumed};
}

// Empty lines at the front, which RFC 9112 section 2.2 lets a recipient ignore.
std::size_t decoder::skip_empty_lines(byte_view in) noexcept {
  const std::string_view text = as_text(in);
  std::size_t skipped = 0;
  for (;;) {
    if (text.substr(skipped, 2) == "\r\n") {
      skipped += 2;
    } else if (lenient_.bare_lf && text.substr(skipped, 1) == "\n") {
      ++skipped;
    } else {
      break;
    }
  }
  skipped_ += static_cast<std::uint32_t>(skipped);
  return skipped;
}

part decoder::after_the_last(byte_view in) noexcept {
  const std::size_t skipped = skip_empty_lines(in);
  const byte_view rest = in.subspan(skipped);
  if (rest.empty() || as_text(rest) == "\r") return {part_kind::need_data, {}, skipped};
  return fail(errc::after_close, skipped);
}

// What the head says, and for responses what was asked.
PARLEY_INLINE void decoder::frame() noexcept {
  // One by one: a copy of the whole would wait for the parts that were just written.
  body_info_.how = head_.body().how;
  body_info_.length = head_.body().length;
  switches_ = false;
  if (role_ == role::request) {
    switches_ = head_.verb() == method::connect || head_.upgrades();
    return;
  }
  const std::uint16_t status = head_.status();
  if (asked_ == method::head && status >= 200) {
    body_info_.how = framing::none;
  } else if (asked_ == method::connect && status >= 200 && status < 300) {
    body_info_.how = framing::tunnel;
  }
  switches_ = body_info_.how == framing::tunnel;
}

// The head is whole.
PARLEY_INLINE part decoder::begin_body(byte_view in, std::size_t skipped) noexcept {
  skipped_ = 0;
  has_trailers_ = false;
  frame();
  const byte_view text = in.first(head_.size());
  if (body_info_.how == framing::none || body_info_.how == framing::tunnel) {
    state_ = state::ending;
  } else {
    body_.start(body_info_, *limits_, lenient_);
    state_ = state::body;
  }
  return {part_kind::head, {}, skipped + text.size(), text};
}

PARLEY_INLINE part decoder::decode_head(byte_view in, std::size_t skipped,
                                        std::span<field_place> fields) noexcept {
  state_ = state::head;
  switch (head_.decode(in, fields)) {
    case head_status::need_data:
      return {part_kind::need_data, {}, skipped};
    case head_status::no_room:
      return {part_kind::no_room, {}, skipped};
    case head_status::failed:
      return fail(head_.fault(), skipped);
    case head_status::complete:
      break;
  }
  return begin_body(in, skipped);
}

PARLEY_INLINE decoder::state decoder::after_message() const noexcept {
  // Behind an interim response another one follows, whatever the first says of the connection.
  const bool is_interim = role_ == role::response && head_.status() < 200;
  return is_interim || keep_alive() ? state::idle : state::closed;
}

PARLEY_INLINE part decoder::end_message(std::size_t consumed, byte_view data) noexcept {
  // An interim response leaves the question open.
  if (role_ == role::response && head_.status() >= 200) asked_ = method::get;
  state_ = switches_ ? state::tunnel : after_message();
  return {part_kind::end, {}, consumed, data};
}

part decoder::next(byte_view in, std::span<field_place> fields) noexcept {
  // Two of three calls, where there are no bodies.
  if (state_ == state::ending) return end_message(0, {});
  const bool begins = state_ == state::idle && !in.empty() && in.front() > std::byte('\r');
  if (begins || state_ == state::head) {
    if (begins) head_.reset();
    return decode_head(in, 0, fields);
  }
  if (state_ == state::body && body_info_.how == framing::length) return next_counted(in);
  return next_rarely(in, fields);
}

// A body with a length, without the copies of what is returned.
part decoder::next_counted(byte_view in) noexcept {
  part p;
  switch (body_.count_length(in.size(), p.consumed)) {
    case body_status::data:
      p.what = part_kind::body;
      p.data = in.first(p.consumed);
      return p;
    case body_status::complete:
      return end_message(0, {});
    case body_status::failed:
      return fail(body_.fault());
    case body_status::need_data:
    case body_status::trailers:
      break;
  }
  return p;
}

part decoder::next_rarely(byte_view in, std::span<field_place> fields) noexcept {
  switch (state_) {
    case state::idle:
    case state::head:
      return next_head(in, fields);
    case state::body:
      return next_body(in, fields);
    case state::trailers:
      return next_trailers(in, fields);
    case state::tunnel:
      return {part_kind::tunnel};
    case state::closed:
      return after_the_last(in);
    case state::ending:
    case state::failed:
      break;
  }
  return {part_kind::failed, fault_};
}

part decoder::next_head(byte_view in, std::span<field_place> fields) noexcept {
  std::size_t skipped = 0;
  if (state_ == state::idle) {
    if (in.empty()) return {};
    if (in.front() == std::byte('\r') || in.front() == std::byte('\n')) {
      skipped = skip_empty_lines(in);
      in = in.subspan(skipped);
      if (skipped_ > limits_->start_line) return fail(errc::start_line_too_long, skipped);
      if (in.empty() || as_text(in) == "\r") return {part_kind::need_data, {}, skipped};
    }
    head_.reset();
  }
  return decode_head(in, skipped, fields);
}

part decoder::next_body(byte_view in, std::span<field_place> fields) noexcept {
  const body_step step = body_.next(in);
  switch (step.status) {
    case body_status::need_data:
      return {part_kind::need_data, {}, step.consumed};
    case body_status::data:
      return {part_kind::body, {}, step.consumed, step.data};
    case body_status::complete:
      return end_message(step.consumed, {});
    case body_status::failed:
      return fail(body_.fault(), step.consumed);
    case body_status::trailers:
      break;
  }
  // The section may be there already.
  state_ = state::trailers;
  head_.begin_trailers();
  part p = next_trailers(in.subspan(step.consumed), fields);
  p.consumed += step.consumed;
  return p;
}

part decoder::next_trailers(byte_view in, std::span<field_place> fields) noexcept {
  if (in.empty()) return {};
  switch (head_.decode(in, fields)) {
    case head_status::need_data:
      return {};
    case head_status::no_room:
      return {part_kind::no_room};
    case head_status::failed:
      return fail(head_.fault());
    case head_status::complete:
      break;
  }
  has_trailers_ = true;
  return end_message(head_.size(), in.first(head_.size()));
}

header_list decoder::trailers(const part& p, std::span<const field_place> fields) const noexcept {
  if (!has_trailers_) return {};
  return {reinterpret_cast<const char*>(p.data.data()), fields.first(head_.count())};
}

void decoder::go_on() noexcept {
  if (state_ == state::tunnel) state_ = after_message();
}

bool decoder::end_of_stream(std::size_t unread) noexcept {
  switch (state_) {
    case state::idle:
      return unread == 0;
    case state::head:
    case state::trailers:
      return false;
    case state::body:
      if (!body_.may_end()) return false;
      state_ = state::ending;
      return true;
    case state::ending:
    case state::tunnel:
    case state::closed:
    case state::failed:
      break;
  }
  return true;
}

}  // namespace parley::http
