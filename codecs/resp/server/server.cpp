#include <algorithm>
#include <parley/codecs/resp/server/server.hpp>

namespace parley::resp {
namespace {

receive_limits input_limits(const request_limits& limits) {
  receive_limits r;
  // The heads of strings come on top of what the budget counts, and the bytes of
  // further requests that were read in the same go.
  r.max = limits.request_budget + limits.max_inline + r.step;
  return r;
}

}  // namespace

server::working_set::working_set(const request_limits& limits)
    : input(input_limits(limits)), decoder(limits) {}

server::working_set& server::make_work() {
  work_ = std::make_unique<working_set>(limits_->request);
  work_->decoder.set_authenticated(authenticated_);
  return *work_;
}

// --- commands -------------------------------------------------------------------------

void server::set_authenticated(bool on) noexcept {
  authenticated_ = on;
  if (work_) work_->decoder.set_authenticated(on);
}

void server::set_subscribed(bool on) noexcept {
  // By this limit strings were dropped from the reply, so by this one it ends.
  if (!on && has_too_much_output()) return;
  subscribed_ = on;
  if (!on && work_) work_->soft_since = {};
}

void server::take_back(std::size_t size) noexcept {
  if (work_ && buffered() > size) (void)work_->output.erase(size, buffered() - size);
}

bool server::push(const shared_bytes& encoded, time_point now) {
  if (phase_ != phase::open) return false;
  working_set& w = work();
  send_buffer& out = w.output;
  out.append(encoded);
  if (subscribed_ && out.size() > limits_->soft_subscribed_output && w.soft_since == time_point{}) {
    w.soft_since = now;
  }
  if (!has_too_much_output()) return true;
  fail_with(error(parley::errc::queue_full, "the client does not read its messages"));
  return false;
}

void server::close() noexcept {
  if (phase_ == phase::open) phase_ = phase::over;
}

void server::break_off() noexcept {
  phase_ = phase::over;
  drop_output();
}

std::size_t server::held_memory() const noexcept {
  if (!work_) return 0;
  return sizeof *work_ + work_->input.capacity() + work_->output.held() +
         work_->words.capacity() * sizeof(std::string_view);
}

// --- the machine ----------------------------------------------------------------------

void server::start(time_point now) {
  if (phase_ == phase::idle) phase_ = phase::open;
  heard_ = now;
}

bool server::wants_read() const noexcept {
  if (phase_ != phase::open || ended_) return false;
  if (!held_) return buffered() < limits_->high_water;
  return unread() < limits_->held_input;
}

std::span<std::byte> server::prepare(std::size_t hint) {
  if (!wants_read()) return {};
  return work().input.prepare(hint);
}

void server::commit(std::size_t n, time_point now) {
  if (!work_) return;
  work_->input.commit(n);
  // Not before: prepare() ends the views, and with them the request.
  if (n > 0) heard_ = now;
}

void server::commit_eof(time_point) { ended_ = true; }

void server::commit_error(const error& why, time_point) {
  if (phase_ < phase::failing) fail_with(why);
}

server::event server::next_event() {
  if (phase_ == phase::idle && ended_) phase_ = phase::over;
  if (phase_ == phase::open) {
    if (work_ && work_->delivered > 0) {
      // The views of the last request end here.
      work_->input.consume(std::exchange(work_->delivered, 0));
      work_->input.discard_consumed();
    }
    if (has_too_much_output()) {
      fail_with(error(parley::errc::queue_full, "the reply exceeds max_output"));
    } else if (held_) {
      // A peer that has gone needs no answer.
      if (ended_)
        break_off();
      else
        return wants_read() ? event(need_data{}) : event(paused{});
    } else if (buffered() >= limits_->high_water) {
      return paused{};
    } else if (work_) {
      return next_request(*work_);
    } else if (ended_) {
      phase_ = phase::over;
    }
  }
  if (phase_ >= phase::failing) return end_event();
  return need_data{};
}

server::event server::next_request(working_set& w) {
  for (;;) {
    // The decoder unquotes inline commands in place, in storage that is our own.
    const byte_view in = w.input.data();
    const std::span<std::byte> bytes(const_cast<std::byte*>(in.data()), in.size());
    const request_decode r = w.decoder.decode(bytes, w.words);
    switch (r.status) {
      case request_status::complete:
        if (r.words > 0) {
          w.delivered = r.consumed;
          return request_event{{w.words.data(), r.words}};
        }
        w.input.consume(r.consumed);  // an empty line
        continue;
      case request_status::no_room:
        // Grown by what was decoded, never by what a request declares.
        w.words.resize(std::max<std::size_t>(8, w.words.size() * 2));
        continue;
      case request_status::failed:
        refuse(w.decoder.fault_text());
        return end_event();
      case request_status::need_data:
        break;
    }
    if (!ended_) return need_data{};
    // In the middle of a request or not: nothing more can come of it.
    phase_ = phase::over;
    return end_event();
  }
}

server::event server::end_event() {
  if (phase_ == phase::failing) {
    // `failed` once, and `closed` for ever after.
    phase_ = phase::over;
    return failed{*work_->why};
  }
  return closed{};
}

// The farewell is written; only then the connection ends.
void server::refuse(const std::string& text) {
  reply().error("ERR " + text);
  work().why.emplace(parley::errc::bad_value, text);
  phase_ = phase::failing;
}

void server::fail_with(error why) {
  work().why.emplace(std::move(why));
  phase_ = phase::failing;
  drop_output();
}

// What the loop may be writing at this moment stays.
void server::drop_output() noexcept {
  if (!work_) return;
  send_buffer& out = work_->output;
  const std::size_t kept = out.handed_out();
  // Up to the very end nothing is split, so that nothing is allocated.
  (void)out.erase(kept, out.size() - kept);
}

void server::consume_output(std::size_t n) noexcept {
  if (!work_) return;
  work_->output.consume(n);
  if (work_->output.size() <= limits_->soft_subscribed_output) work_->soft_since = {};
}

void server::release() noexcept {
  // What `failed` will say is kept with the buffers.
  if (!work_ || phase_ == phase::failing) return;
  // Views of a request may still be out: its end comes with the next next_event().
  const bool unused = work_->delivered == 0 && work_->input.release() && work_->decoder.is_idle();
  if (unused && work_->output.empty()) return work_.reset();
  work_->output.release();
}

output_chain server::release_output() {
  return work_ ? work_->output.release_output() : output_chain();
}

bool server::is_idle_watched() const noexcept {
  return limits_->idle_timeout > duration::zero() && !held_ && !subscribed_;
}

std::optional<time_point> server::next_deadline() const noexcept {
  if (phase_ != phase::open) return std::nullopt;
  std::optional<time_point> at;
  if (is_idle_watched()) at = heard_ + limits_->idle_timeout;
  return earliest(at, soft_deadline());
}

std::optional<time_point> server::soft_deadline() const noexcept {
  if (!work_ || work_->soft_since == time_point{}) return std::nullopt;
  return work_->soft_since + limits_->soft_output_time;
}

void server::handle_timeout(time_point now) {
  if (phase_ != phase::open) return;
  if (const auto at = soft_deadline(); at && now >= *at) {
    return fail_with(error(parley::errc::queue_full, "the client reads its messages too slowly"));
  }
  // Without a word, as Redis does it: the client may be anything.
  if (is_idle_watched() && now >= heard_ + limits_->idle_timeout) phase_ = phase::over;
}

}  // namespace parley::resp
