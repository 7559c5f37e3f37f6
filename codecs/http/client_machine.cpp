// What the loop says: bytes in and out, time, and ends.
#include <algorithm>
#include <parley/codecs/http/detail/client_state.hpp>
#include <utility>

namespace parley::http {

void client::working_set::let_go(time_point now) noexcept {
  if (!is_waiting || !may_go || !output.empty()) return;
  is_waiting = may_go = false;
  if (waiting.empty()) return;
  // Nothing was left of the head, so that no write in flight looks at the old one.
  output = std::move(waiting);
  waiting = send_buffer();
  write.note(now);
  if (!in_flight.empty() && in_flight.back().complete) in_flight.back().end = written_end();
}

void client::working_set::drop_output() noexcept {
  const std::size_t kept = output.handed_out();
  // Up to the very end nothing is split, so that nothing is allocated.
  (void)output.erase(kept, output.size() - kept);
  waiting = send_buffer();
  is_waiting = may_go = false;
  body.abandon();
  // Nobody is to go on writing.
  is_full = asked = nudge = false;
}

void client::tick(time_point now) noexcept {
  now_ = now;
  if (!work_) return;
  work_->write.learn(now);
  work_->wait.learn(now);
}

// --- bytes ------------------------------------------------------------------------------------

void client::start(time_point now) {
  if (phase_ != phase::idle) return;
  now_ = since_ = now;
  phase_ = phase::starting;
}

bool client::wants_read() const noexcept {
  // Bytes that are being decoded must stay where they are.
  if (work_ && work_->coded_size > 0) return false;
  return (phase_ == phase::starting || is_live()) && !ended_ && !held_;
}

std::span<std::byte> client::prepare(std::size_t hint) {
  forget_delivered();
  if (!wants_read()) return {};
  return work().input.prepare(hint);
}

void client::commit(std::size_t n, time_point now) {
  tick(now);
  if (!work_) return;
  work_->input.commit(n);
  // Before the head each byte counts for nothing: it must come as a whole.
  if (n > 0 && work_->is_final) work_->wait.note(now);
}

void client::commit_eof(time_point now) {
  tick(now);
  // Not yet an end: responses may lie in the buffer. next_event() tells of it behind them.
  ended_ = true;
}

void client::commit_error(const error& why, time_point now) {
  tick(now);
  ended_ = true;
  if (phase_ >= phase::upgraded) return;
  // A server that ends an unused connection without close_notify cuts nothing off.
  const bool at_rest =
      phase_ != phase::idle && (!work_ || (!work_->has_waiters() && !work_->body.is_open()));
  end_with(why, !at_rest || why != parley::errc::truncated);
}

buffer_list client::output() noexcept { return work_ ? work_->output.output() : buffer_list(); }

void client::consume_output(std::size_t n) noexcept {
  if (!work_) return;
  working_set& w = *work_;
  const std::uint64_t before = w.consumed;
  w.consumed += std::min(n, w.output.size());
  w.output.consume(n);
  w.write.mark(now_);
  if (!w.in_flight.empty() && !w.is_final) {
    const exchange& x = w.in_flight.front();
    // Only its own bytes: those of requests behind it must not prolong the wait.
    if (before < x.end && w.consumed >= x.head_end) w.wait.mark(now_);
  }
  if (is_live()) w.let_go(now_);
}

output_chain client::release_output() {
  return work_ ? work_->output.release_output() : output_chain();
}

receive_buffer client::take_rest() {
  if (!work_) return receive_buffer();
  work_->input.consume(std::exchange(work_->delivered, 0));
  return std::move(work_->input);
}

void client::release() noexcept {
  // What `failed` will say, and the head of an upgrade, are kept with the buffers.
  if (!work_ || phase_ == phase::failing || phase_ == phase::upgraded) return;
  working_set& w = *work_;
  if (phase_ == phase::over && w.output.empty()) return work_.reset();
  const bool unused = w.is_unused() && w.delivered == 0 && w.decoder.is_idle() && w.input.release();
  if (unused) return work_.reset();
  w.output.release();
}

// --- time -------------------------------------------------------------------------------------

// Nothing is awaited in either direction.
bool client::is_resting() const noexcept { return !work_ || work_->is_unused(); }

std::optional<time_point> client::idle_deadline() const noexcept {
  if (phase_ != phase::open || !is_resting()) return std::nullopt;
  const duration own = limits_->idle_timeout;
  const duration said = keeps_for_;
  if (own <= duration::zero() && said <= duration::zero()) return std::nullopt;
  if (own <= duration::zero()) return since_ + said;
  return since_ + (said > duration::zero() ? std::min(own, said) : own);
}

// When the next step of the response in front is overdue.
std::optional<time_point> client::wait_deadline(const working_set& w) const noexcept {
  if (held_ || w.in_flight.empty()) return std::nullopt;
  const exchange& x = w.in_flight.front();
  if (w.is_final) return w.wait.due(limits_->body_timeout);
  if (w.consumed < x.head_end) return std::nullopt;
  if (w.is_waiting && !w.may_go) return w.wait.due(limits_->continue_timeout);
  if (!x.complete || w.is_waiting || w.consumed < x.end) return std::nullopt;
  return w.wait.due(limits_->response_timeout);
}

std::optional<time_point> client::next_deadline() const noexcept {
  if (!is_live()) return std::nullopt;
  std::optional<time_point> at = idle_deadline();
  if (!work_) return at;
  const working_set& w = *work_;
  if (!w.output.empty()) at = earliest(at, w.write.due(limits_->write_timeout));
  at = earliest(at, wait_deadline(w));
  for (const exchange& x : w.in_flight) {
    if (x.deadline != time_point::max()) at = earliest(at, x.deadline);
  }
  return at;
}

void client::handle_timeout(time_point now) {
  forget_delivered();
  tick(now);
  if (!is_live()) return;
  const auto is_past = [now](std::optional<time_point> at) { return at && *at <= now; };
  if (is_past(idle_deadline())) {
    phase_ = phase::over;
    return;
  }
  if (!work_) return;
  working_set& w = *work_;
  for (const exchange& x : w.in_flight) {
    if (x.deadline <= now) {
      return fail_with(error(parley::errc::timed_out, "the response is not complete"));
    }
  }
  if (!w.output.empty() && is_past(w.write.due(limits_->write_timeout))) {
    return fail_with(error(errc::slow_reader, "the server"));
  }
  if (is_past(wait_deadline(w))) wait_is_over(w);
}

void client::wait_is_over(working_set& w) {
  if (w.is_final) return fail_with(error(errc::slow_response, "its body has stopped"));
  if (!w.is_waiting) return fail_with(error(errc::slow_response, "no response has come"));
  // An old server, which waits for the body without a word (RFC 9110 section 10.1.1).
  w.may_go = true;
  w.asked = w.body.is_open();
  w.wait.note(now_);
  w.let_go(now_);
}

}  // namespace parley::http
