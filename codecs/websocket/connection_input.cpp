// From bytes to events of a WebSocket connection, and its end.
#include <algorithm>
#include <cstring>
#include <parley/codecs/websocket/connection.hpp>
#include <parley/codecs/websocket/detail/connection_state.hpp>
#include <parley/codecs/websocket/detail/front.hpp>
#include <parley/codecs/websocket/encoder.hpp>
#include <parley/codecs/websocket/errc.hpp>
#include <utility>

namespace parley::websocket {
namespace {

// How much of a compressed message is inflated at once.
constexpr std::size_t inflated_step = 16 * 1024;

}  // namespace

// --- the byte side ----------------------------------------------------------------------------

void connection::start(time_point now) {
  if (front* f = in_front()) return f->start(now);
  open(now);
}

void connection::open(time_point now) noexcept {
  hear(now);
  phase_ = phase::open;
  ping_at_ = now_ + limits_->ping_interval;
}

bool connection::ends_output() const noexcept {
  if (const front* f = in_front()) return f->ends_output();
  return phase_ == phase::lingering;
}

bool connection::is_done() const noexcept {
  if (const front* f = in_front()) return f->is_done();
  return phase_ == phase::over;
}

bool connection::wants_read() const noexcept {
  if (const front* f = in_front()) return f->wants_read();
  if (ended_) return false;
  if (phase_ == phase::lingering) return true;
  if (phase_ != phase::open && phase_ != phase::closing) return false;
  // What is being inflated must stay where it is.
  return !held_ && (!work_ || !work_->is_inflating);
}

std::span<std::byte> connection::prepare(std::size_t hint) {
  if (front* f = in_front()) return f->prepare(hint);
  if (!wants_read()) return {};
  working_set& w = work();
  forget_delivered();
  return w.input.prepare(hint);
}

void connection::commit(std::size_t n, time_point now) {
  if (front* f = in_front()) return f->commit(n, now);
  hear(now);
  if (!work_) return;
  work_->input.commit(n);
  heard_ |= n > 0;
  if (phase_ == phase::lingering) work_->input.consume(work_->input.size());
}

void connection::commit_eof(time_point now) {
  if (front* f = in_front()) return f->commit_eof(now);
  hear(now);
  ended_ = true;
}

void connection::commit_error(const error& why, time_point now) {
  if (front* f = in_front()) return f->commit_error(why, now);
  hear(now);
  ended_ = true;
  if (phase_ == phase::lingering) {
    // All was said before.
    phase_ = phase::over;
  } else if (phase_ < phase::failing) {
    // Nobody reads a farewell any more.
    drop_output();
    work().why.emplace(why);
    phase_ = phase::failing;
  }
}

buffer_list connection::output() noexcept {
  if (front* f = writing()) return f->output();
  return work_ ? work_->output.output() : buffer_list();
}

void connection::consume_output(std::size_t n) noexcept {
  if (front* f = writing()) return f->consume_output(n);
  if (!work_) return;
  work_->output.consume(n);
  work_->pongs = std::min(work_->pongs, work_->output.size());
}

void connection::release() noexcept {
  if (front* f = writing()) return f->release();
  if (phase_ == phase::failing) return;
  if (coded_) {
    coded_->scratch = {};
    (void)coded_->in.release();
    if (!coded_->agreement.takes_over(role_) && !sends_pieces_) coded_->out.release();
  }
  if (!work_) return;
  working_set& w = *work_;
  if (w.delivered != 0 || w.shows_message || w.is_inflating || !w.input.release()) return;
  const bool is_idle = w.decoding.is_idle() && w.message.empty() && !w.was_high;
  if (w.output.empty() && (is_idle || phase_ == phase::lingering || phase_ == phase::over)) {
    return work_.reset();
  }
  w.output.release();
}

output_chain connection::release_output() {
  if (front* f = writing()) return f->release_output();
  return work_ ? work_->output.release_output() : output_chain();
}

// What the loop may be writing at this moment stays.
void connection::drop_output() noexcept {
  if (!work_) return;
  send_buffer& out = work_->output;
  const std::size_t kept = out.handed_out();
  (void)out.erase(kept, out.size() - kept);
}

// --- events -----------------------------------------------------------------------------------

// The views of the last event end here.
void connection::forget_delivered() noexcept {
  if (!work_) return;
  working_set& w = *work_;
  if (std::exchange(w.shows_message, false)) w.message.clear();
  w.input.consume(std::exchange(w.delivered, 0));
  w.input.discard_consumed();
}

event connection::next_event() {
  if (front* f = in_front()) return f->next_event(*this);
  // The views of its last event end here.
  if (front_ && phase_ != phase::over) front_.reset();
  forget_delivered();
  for (;;) {
    switch (phase_) {
      case phase::open:
      case phase::closing: {
        if (!work_ && !ended_) return held_ ? event(paused{}) : event(need_data{});
        working_set& w = work();
        if (has_fallen()) {
          w.was_high = w.has_turned = false;
          return writable{};
        }
        if (held_) return paused{};
        if (auto e = take_part(w)) return *std::move(e);
        break;
      }
      case phase::failing: {
        failed e{*std::exchange(work_->why, std::nullopt)};
        linger();
        return e;
      }
      case phase::lingering:
        // Nobody wants what comes behind a close frame.
        if (work_) work_->input.consume(work_->input.size());
        if (!ended_) return need_data{};
        phase_ = phase::over;
        break;
      case phase::over:
        return closed{};
      case phase::idle:
        return need_data{};
    }
  }
}

// An event, or nothing: then the next part may be asked for.
std::optional<event> connection::take_part(working_set& w) {
  if (w.is_inflating) return next_inflated(w);
  const part p = w.decoding.next(w.input.unread());
  switch (p.what) {
    case part_kind::need_data:
      w.input.consume(p.consumed);
      return wait(w);
    case part_kind::data:
      return take_data(w, p);
    case part_kind::ping:
      take_ping(w, p);
      break;
    case part_kind::pong: {
      auto e = take_pong(p);
      w.input.consume(p.consumed);
      if (e) return e;
      break;
    }
    case part_kind::close:
      return take_close(w, p);
    case part_kind::failed:
      fail_with(error(p.fault));
      break;
  }
  return std::nullopt;
}

std::optional<event> connection::wait(working_set& w) {
  if (!ended_) return need_data{};
  const bool is_inside = !w.decoding.is_idle() || !w.input.empty();
  fail_with(error(errc::abnormal_end, is_inside ? "in the middle of a message" : ""));
  return std::nullopt;
}

std::optional<event> connection::take_data(working_set& w, const part& p) {
  if (p.first) w.type = p.type;
  if (p.compressed) {
    w.is_inflating = true;
    w.coded_first = p.first;
    w.coded_last = p.last;
    w.coded_at = static_cast<std::size_t>(p.data.data() - w.input.unread().data());
    w.coded_size = p.data.size();
    w.coded_end = p.consumed;
    return next_inflated(w);
  }
  if (limits_->pieces) {
    w.delivered = p.consumed;
    return piece_event{p.type, p.first, p.last, p.data};
  }
  return take_whole(w, p);
}

// A message of one part is shown where it lies; of several, they are put together.
std::optional<event> connection::take_whole(working_set& w, const part& p) {
  w.delivered = p.consumed;
  if (p.first && p.last) return message_event{p.type, p.data};
  w.message.append(p.data);
  w.input.consume(std::exchange(w.delivered, 0));
  if (!p.last) return std::nullopt;
  w.shows_message = true;
  return message_event{w.type, w.message.view()};
}

// --- compressed messages ------------------------------------------------------------------------

// Inflates behind what is in the message so far; `size` of it is new. False: no more comes of this
// part, or the connection has failed.
bool connection::inflate(working_set& w, std::size_t& size) {
  const byte_view in = w.input.data().subspan(w.coded_at, w.coded_size);
  const std::span<std::byte> room = w.message.room(inflated_step);
  const inflate_result r = coded_->in.decode(in, room, w.coded_last);
  size = r.produced;
  w.message.grown(size);
  w.coded_at += r.consumed;
  w.coded_size -= r.consumed;
  if (r.status == inflate_status::failed) {
    fail_with(*coded_->in.fault());
    return false;
  }
  const bool more = r.status == inflate_status::out_full;
  if (!check_inflated(w, room.first(size), w.coded_last && !more)) {
    fail_with(error(errc::bad_text));
    return false;
  }
  return more;
}

bool connection::check_inflated(const working_set& w, byte_view fresh, bool last) {
  if (w.type != opcode::text) return true;
  return coded_->check.feed(fresh) && (!last || coded_->check.finish());
}

std::optional<event> connection::next_inflated(working_set& w) {
  std::size_t size = 0;
  const std::size_t before = limits_->pieces ? 0 : w.message.size();
  bool more = inflate(w, size);
  while (more && !limits_->pieces) more = inflate(w, size);
  if (phase_ == phase::failing) return std::nullopt;
  if (!more) {
    w.is_inflating = false;
    w.input.consume(w.coded_end);
  }
  const bool is_last = w.coded_last && !more;
  if (limits_->pieces) {
    if (size == 0 && !is_last && !w.coded_first) return std::nullopt;
    w.shows_message = true;
    return piece_event{w.type, std::exchange(w.coded_first, false), is_last,
                       w.message.view().subspan(before)};
  }
  if (!is_last) return std::nullopt;
  w.shows_message = true;
  return message_event{w.type, w.message.view()};
}

// --- control frames -----------------------------------------------------------------------------

// Answered at once, also between the fragments of a message (RFC 6455 section 5.5.2).
void connection::take_ping(working_set& w, const part& p) {
  // Behind our close frame nothing is sent.
  if (phase_ == phase::open) {
    const std::span<std::byte> room = w.output.reserve(control_bound);
    const auto end = put_control(room.data(), opcode::pong, p.data, next_key());
    const auto size = end ? static_cast<std::size_t>(*end - room.data()) : 0;
    w.output.commit(size);
    w.pongs += size;
  }
  w.input.consume(p.consumed);
  if (w.pongs > limits_->max_pongs) {
    fail_with(error(errc::too_many_controls, "it sends pings and does not read the answers"));
  }
}

std::optional<event> connection::take_close(working_set& w, const part& p) {
  const close_info info = close_info_of(p.data);
  const bool by_peer = phase_ == phase::open;
  // Its own code back (section 5.5.1); the reason need not be.
  if (by_peer) (void)put_close(info.code, {});
  w.delivered = p.consumed;
  linger();
  return close_event{info.code, info.reason, by_peer};
}

// --- the end ------------------------------------------------------------------------------------

void connection::fail_with(error why) {
  // Said by the peer already that it ends: it does not read on.
  if (phase_ == phase::open && !ended_) {
    const close_code code = close_code_of(why);
    // The text of an application may be too long, or not text at all.
    if (!put_close(code, why.info().text)) (void)put_close(code, {});
  }
  if (ended_) drop_output();
  working_set& w = work();
  w.is_inflating = false;
  w.input.consume(w.input.size());
  w.why.emplace(std::move(why));
  phase_ = phase::failing;
}

void connection::linger() noexcept {
  until_ = now_ + limits_->linger;
  phase_ = ended_ ? phase::over : phase::lingering;
}

// --- time ---------------------------------------------------------------------------------------

// `writable` is due.
bool connection::has_fallen() const noexcept {
  return work_ && work_->was_high && work_->output.size() <= limits_->high_water / 2;
}

std::optional<time_point> connection::next_deadline() const noexcept {
  if (const front* f = in_front()) return f->next_deadline();
  switch (phase_) {
    case phase::open:
      // What was drained before it was written, and then at once, brings no other turn.
      if (has_fallen() && !work_->has_turned) return now_;
      if (limits_->ping_interval > duration::zero()) return ping_at_;
      return std::nullopt;
    case phase::closing:
    case phase::lingering:
      return until_;
    case phase::idle:
    case phase::failing:
    case phase::over:
      break;
  }
  return std::nullopt;
}

void connection::handle_timeout(time_point now) {
  if (front* f = in_front()) return f->handle_timeout(now);
  const auto at = next_deadline();
  if (!at || now < *at) return;
  hear(now);
  forget_delivered();
  if (phase_ == phase::open && has_fallen() && !work_->has_turned) {
    // next_event() says it. Once: nobody asks for it under a machine that is paused.
    work_->has_turned = true;
    return;
  }
  if (phase_ == phase::lingering) {
    drop_output();
    phase_ = phase::over;
  } else if (phase_ == phase::closing) {
    drop_output();
    fail_with(error(errc::close_timeout, "nor did it end the connection"));
    ended_ = true;
  } else {
    ask_for_life(now);
  }
}

// Any byte is a sign of life: a pong cannot come inside of a large frame. Who was not read all the
// time could not give one.
void connection::ask_for_life(time_point now) {
  const bool awaits = limits_->ping_timeout > duration::zero();
  if (asked_ && !heard_ && awaits) {
    fail_with(error(errc::ping_timeout, "neither the pong nor anything else came"));
    return;
  }
  const std::uint64_t number = ++pings_;
  std::byte count[sizeof number];
  std::memcpy(count, &number, sizeof count);
  (void)ping(count, now);
  asked_ = true;
  heard_ = held_;
  ping_at_ = now + (awaits ? limits_->ping_timeout : limits_->ping_interval);
}

}  // namespace parley::websocket
