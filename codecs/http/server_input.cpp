// From bytes to events, and the machine contract of a server's connection.
#include <algorithm>
#include <parley/codecs/http/detail/server_state.hpp>
#include <parley/codecs/http/encoder.hpp>
#include <string>
#include <utility>

namespace parley::http {

// --- bytes ------------------------------------------------------------------------------------

void server::start(time_point now) {
  if (phase_ == phase::idle) phase_ = phase::open;
  now_ = since_ = now;
}

// The application must act before there can be more.
bool server::is_paused() const noexcept {
  if (held_) return true;
  if (!work_) return false;
  return work_->buffered() > limits_->high_water || work_->size() >= limits_->max_pipelined;
}

bool server::wants_read() const noexcept {
  if (ended_) return false;
  if (phase_ == phase::lingering) return true;
  if (phase_ != phase::open) return false;
  // Bytes that are being decoded must stay where they are.
  if (work_ && work_->coded_size > 0) return false;
  // What comes behind the last request is thrown away: nobody waits for room.
  return !is_paused() && (awaited_ != awaited::nothing || !work_ || work_->input.empty());
}

std::span<std::byte> server::prepare(std::size_t hint) {
  if (!wants_read()) return {};
  working_set& w = work();
  forget_delivered();
  return w.input.prepare(hint);
}

void server::commit(std::size_t n, time_point now) {
  hear(now);
  if (!work_) return;
  working_set& w = *work_;
  w.input.commit(n);
  if (phase_ == phase::lingering) {
    w.input.consume(w.input.size());
    return;
  }
  if (n == 0) return;
  if (awaited_ == awaited::request) await(awaited::head);
  if (awaited_ != awaited::body) return;
  since_ = now_;
  if (std::exchange(w.restart_rate, false)) {
    w.rate_since = now_;
    w.received = 0;
  }
  w.received += n;
}

void server::commit_eof(time_point now) {
  hear(now);
  ended_ = true;
}

void server::commit_error(const error& why, time_point now) {
  hear(now);
  const bool is_between = phase_ == phase::idle || !work_ ||
                          (work_->is_empty() && work_->decoding.is_idle() && work_->input.empty());
  // A client may leave without a word (RFC 9112 section 9.8); nothing was lost by it.
  const bool is_end = why == parley::errc::truncated || why == parley::errc::closed;
  if (phase_ == phase::lingering || phase_ == phase::upgraded || (is_between && is_end)) {
    phase_ = phase::over;
  } else if (phase_ < phase::failing) {
    fail_with(why);
  }
}

buffer_list server::output() noexcept { return work_ ? work_->output.output() : buffer_list(); }

void server::consume_output(std::size_t n) noexcept {
  if (!work_) return;
  work_->output.consume(n);
  work_->moved |= n > 0;
}

void server::release() noexcept {
  if (!work_ || phase_ == phase::failing || phase_ == phase::refusing) return;
  working_set& w = *work_;
  if (w.delivered != 0 || !w.input.release()) return;
  if (w.output.empty() && w.is_empty() && (w.decoding.is_idle() || phase_ != phase::open)) {
    return work_.reset();
  }
  w.output.release();
}

output_chain server::release_output() {
  return work_ ? work_->output.release_output() : output_chain();
}

std::size_t server::held_memory() const noexcept {
  if (!work_) return 0;
  return sizeof *work_ + work_->input.capacity() + work_->output.held() +
         work_->fields.capacity() * sizeof(field_place) +
         work_->exchanges.capacity() * sizeof(exchange);
}

// --- events -----------------------------------------------------------------------------------

// The views of the last event end here.
void server::forget_delivered() noexcept {
  if (!work_) return;
  work_->input.consume(std::exchange(work_->delivered, 0));
  work_->input.discard_consumed();
}

server::event server::next_event() {
  forget_delivered();
  if (phase_ == phase::lingering && ended_) phase_ = phase::over;
  if (phase_ == phase::open || phase_ == phase::refusing || phase_ == phase::failing) {
    if (work_) return next_part(*work_);
    if (ended_) phase_ = phase::over;
  }
  if (phase_ == phase::idle && ended_) phase_ = phase::over;
  if (phase_ == phase::over) return closed{};
  return need_data{};
}

server::event server::next_part(working_set& w) {
  for (;;) {
    if (phase_ == phase::refusing) {
      if (auto e = next_refusal(w)) return *std::move(e);
      continue;
    }
    if (phase_ == phase::failing) {
      // `failed` once. Then the client may still be sending what it will never get answered.
      failed e{*std::exchange(w.why, std::nullopt)};
      end_after_output();
      return e;
    }
    if (phase_ != phase::open) return phase_ == phase::over ? event(closed{}) : event(need_data{});
    // Not buffered(): answers whose turn has not come wait for the first one.
    if (w.was_high && w.output.size() <= limits_->high_water / 2) {
      w.was_high = false;
      return writable{};
    }
    if (held_ || w.buffered() > limits_->high_water) return pause(w);
    if (auto e = take_part(w)) return *std::move(e);
  }
}

// The client is not to blame for this time.
server::event server::pause(working_set& w) noexcept {
  w.restart_rate = true;
  w.was_paused = true;
  return paused{};
}

// An event, or nothing: then the next part may be asked for.
std::optional<server::event> server::take_part(working_set& w) {
  if (w.coded_size > 0) return next_decoded(w);
  if (w.decoding.is_idle()) {
    if (last_) {
      w.input.consume(w.input.size());
      await(awaited::nothing);
      return wait(w);
    }
    if (w.size() >= limits_->max_pipelined) return pause(w);
  } else if (!w.is_empty() && w.back().owes_continue && !limits_->ask_before_body) {
    send_continue(w);
  }
  const part p = w.decoding.next(w.input.data(), w.fields);
  switch (p.what) {
    case part_kind::need_data:
      w.input.consume(p.consumed);
      return wait(w);
    case part_kind::no_room:
      w.input.consume(p.consumed);
      // Grown by what was decoded; the decoder refuses what exceeds limits::headers.
      w.fields.resize(std::max<std::size_t>(16, w.fields.size() * 2));
      return std::nullopt;
    case part_kind::head:
      return begin_request(w, p);
    case part_kind::body:
      return take_body(w, p);
    case part_kind::end:
      return end_request(w, p);
    case part_kind::tunnel:
      return at_tunnel(w);
    case part_kind::failed:
      break;
  }
  refuse(error(p.fault));
  return std::nullopt;
}

std::optional<server::event> server::begin_request(working_set& w, const part& p) {
  w.decoding.show(p, w.fields, w.head);
  w.delivered = p.consumed;
  if (w.is_empty()) w.first_id = next_id_;
  exchange& x = w.exchanges.emplace_back();
  x.verb = w.head.verb;
  x.is_old = w.head.minor == 0;
  x.keep_alive = w.head.keep_alive;
  x.upgrades = w.head.upgrades;
  // No promise is needed where the body has come already, or where there is none.
  x.owes_continue =
      w.head.expects_continue && w.head.body.how != framing::none && w.input.size() == p.consumed;
  if (!x.keep_alive) last_ = true;
  w.discarded = 0;
  w.restart_rate = true;
  const request_id id = next_id_++;
  if (w.head.other_expectation) {
    refuse(error(errc::unknown_expectation));
    return std::nullopt;
  }
  if (w.head.transfer_coded) {
    refuse(error(errc::unknown_coding, "in Transfer-Encoding"), 501);
    return std::nullopt;
  }
  if (limits_->compress) {
    const std::string_view accepted = w.head.headers.value_of(field::accept_encoding);
    if (!accepted.empty()) x.accepts = choose_coding(accepted);
  }
  w.coded.reset();
  if (w.head.body.how != framing::none && limits_->decode_bodies) {
    if (const auto how = detail::coding_of(w.head.headers)) {
      w.coded =
          std::make_unique<detail::coded_body>(*how, limits_->decoded_body, limits_->max_ratio);
    }
  }
  await(awaited::body);
  return request_event{id, &w.head, w.coded != nullptr};
}

std::optional<server::event> server::take_body(working_set& w, const part& p) {
  w.back().owes_continue = false;
  if (!w.back().is_done && w.coded) {
    w.coded->give(p.data);
    w.coded_size = p.consumed;
    return std::nullopt;
  }
  if (!w.back().is_done) {
    w.delivered = p.consumed;
    return body_event{next_id_ - 1, p.data};
  }
  // Answered already: what is left of the body is worth reading only if it is little.
  w.input.consume(p.consumed);
  w.discarded += p.data.size();
  if (w.discarded > limits_->max_discarded) end_after_output();
  return std::nullopt;
}

// What comes of the piece of a body that is being decoded.
std::optional<server::event> server::next_decoded(working_set& w) {
  if (w.back().is_done) w.coded->drop();
  const auto piece = w.coded->next();
  if (!w.coded->has_more()) w.delivered = std::exchange(w.coded_size, 0);
  if (!piece) {
    w.coded_size = 0;
    refuse(piece.error());
    return std::nullopt;
  }
  if (piece->empty()) {
    // Its bytes are used up before the next part is decoded.
    forget_delivered();
    return std::nullopt;
  }
  return body_event{next_id_ - 1, *piece};
}

std::optional<server::event> server::end_request(working_set& w, const part& p) {
  exchange& x = w.back();
  if (w.coded && !x.is_done) {
    if (auto ok = w.coded->finish(); !ok) {
      refuse(std::move(ok).error());
      return std::nullopt;
    }
  }
  x.is_complete = true;
  x.owes_continue = false;
  await(awaited::nothing);
  if (x.is_done) {
    w.input.consume(p.consumed);
    if (&x == &w.front()) promote();
    return std::nullopt;
  }
  w.delivered = p.consumed;
  return request_end{next_id_ - 1, w.decoding.trailers(p, w.fields)};
}

// The request asks for another protocol: what follows it is read when that is decided.
std::optional<server::event> server::at_tunnel(working_set& w) {
  if (!w.is_empty()) {
    if (ended_) return wait(w);
    // What came behind it may be no request: it is not one that is slow.
    await(awaited::nothing);
    return need_data{};
  }
  w.decoding.go_on();
  return std::nullopt;
}

// Nothing more can be decoded now.
std::optional<server::event> server::wait(working_set& w) {
  if (ended_) {
    if (!w.decoding.end_of_stream(w.input.size()) && !last_) {
      fail_with(error(parley::errc::truncated, "by the client, inside a request"));
      return std::nullopt;
    }
    if (w.is_empty()) {
      phase_ = phase::over;
      return closed{};
    }
    if (!limits_->allow_half_close && unanswered() > 0) {
      close();
      return closed{};
    }
    // Only its own side has ended: it still reads answers.
    last_ = true;
    return need_data{};
  }
  if (w.decoding.is_idle() && w.input.empty()) {
    if (w.is_empty() && awaited_ != awaited::request) await(awaited::request);
  } else if (!w.decoding.is_inside() && awaited_ != awaited::head && w.input.size() > 0 && !last_) {
    await(awaited::head);
  }
  return need_data{};
}

// --- what the machine says by itself
// --------------------------------------------------------------

// Once it is the first in line; until then earlier answers would be overtaken.
void server::send_continue(working_set& w) {
  exchange& x = w.back();
  if (&x != &w.front() || x.is_begun) return;
  x.owes_continue = false;
  if (w.output.empty()) w.write_since = now_;
  w.output.append(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"));
}

void server::refuse(error why) {
  const std::uint16_t status = status_of(why);
  refuse(std::move(why), status);
}

void server::refuse(error why, std::uint16_t status) {
  working_set& w = work();
  w.why.emplace(std::move(why));
  w.refusal = status;
  w.input.consume(w.input.size());
  phase_ = phase::refusing;
}

// The answer to a fault comes behind those to the requests before it.
std::optional<server::event> server::next_refusal(working_set& w) {
  const bool is_inside = !w.is_empty() && !w.back().is_complete;
  if (w.size() > (is_inside ? 1U : 0U)) return paused{};
  if (!is_inside || !w.front().is_begun) put_refusal(w);
  phase_ = phase::failing;
  return std::nullopt;
}

void server::put_refusal(working_set& w) {
  const std::string_view reason = reason_of(w.refusal);
  // For a person at the other end; what exactly is wrong is for our own log.
  const std::string body = std::string(reason) + '\n';
  std::byte* const begin = w.output.reserve(256).data();
  std::byte* to = put_status_line(begin, w.refusal, reason);
  if (date_ != nullptr) to = put_header(to, {"Date", date_->at(wall_)});
  to = put_header(to, {"Content-Type", "text/plain"});
  to = put_content_length(to, body.size());
  to = put_line_end(put_text(to, "Connection: close\r\n"));
  const bool is_silent = !w.is_empty() && w.back().verb == method::head;
  if (!is_silent) to = put_text(to, body);
  if (w.output.empty()) w.write_since = now_;
  w.output.commit(static_cast<std::size_t>(to - begin));
}

void server::fail_with(error why) {
  work().why.emplace(std::move(why));
  phase_ = phase::failing;
  ended_ = true;
  drop_output();
}

// No event but the end comes any more. A client that still sends would be reset by a close, and
// lose the answer with it (RFC 9112 section 9.6): it is read until it ends.
void server::end_after_output() noexcept {
  const bool is_quiet =
      !work_ || (work_->input.size() <= work_->delivered &&
                 (work_->is_empty() || work_->back().is_complete) && phase_ != phase::failing);
  phase_ = ended_ || is_quiet ? phase::over : phase::lingering;
  since_ = now_;
}

// What the loop may be writing at this moment stays.
void server::drop_output() noexcept {
  if (!work_) return;
  send_buffer& out = work_->output;
  const std::size_t kept = out.handed_out();
  (void)out.erase(kept, out.size() - kept);
}

// --- time ---------------------------------------------------------------------------------------

void server::await(awaited what) noexcept {
  awaited_ = what;
  since_ = now_;
}

std::optional<time_point> server::rate_deadline() const noexcept {
  const working_set& w = *work_;
  if (limits_->min_rate == 0 || w.restart_rate) return std::nullopt;
  // When the bytes that came will have been too few.
  const auto paid = std::chrono::duration<double>(static_cast<double>(w.received) /
                                                  static_cast<double>(limits_->min_rate));
  return w.rate_since + limits_->rate_after + std::chrono::duration_cast<duration>(paid);
}

std::optional<time_point> server::read_deadline() const noexcept {
  if (is_paused()) return std::nullopt;
  switch (awaited_) {
    case awaited::request:
      if (!work_) return since_ + limits_->idle_timeout;
      if (!work_->is_empty() || !work_->output.empty()) return std::nullopt;
      // Not while the last answer is still on its way.
      return std::max(since_, work_->write_since) + limits_->idle_timeout;
    case awaited::head:
      return since_ + limits_->header_timeout;
    case awaited::body:
      return earliest(since_ + limits_->body_timeout, rate_deadline());
    case awaited::nothing:
      break;
  }
  return std::nullopt;
}

std::optional<time_point> server::write_deadline() const noexcept {
  if (!work_ || work_->output.empty()) return std::nullopt;
  return work_->write_since + limits_->write_timeout;
}

std::optional<time_point> server::next_deadline() const noexcept {
  switch (phase_) {
    case phase::open:
      return earliest(read_deadline(), write_deadline());
    case phase::refusing:
    case phase::failing:
      return write_deadline();
    case phase::lingering:
      return since_ + limits_->linger;
    case phase::idle:
    case phase::upgraded:
    case phase::over:
      break;
  }
  return std::nullopt;
}

void server::handle_timeout(time_point now) {
  const auto at = next_deadline();
  if (!at || now < *at) return;
  hear(now);
  forget_delivered();
  if (phase_ == phase::lingering) {
    phase_ = phase::over;
    return;
  }
  if (const auto writing = write_deadline(); writing && now >= *writing) {
    // Looked at late, so that consume_output() need not know the time.
    work_->write_since = now;
    if (std::exchange(work_->moved, false)) return;
    return fail_with(error(errc::slow_reader, "nothing was taken within write_timeout"));
  }
  if (phase_ == phase::open) read_too_slow(now);
}

void server::read_too_slow(time_point now) {
  if (const auto reading = read_deadline(); !reading || now < *reading) return;
  if (work_ && std::exchange(work_->was_paused, false)) {
    since_ = now;
    return;
  }
  if (awaited_ == awaited::request) {
    // Without a word, as browsers expect it: an answer would meet the next request.
    phase_ = phase::over;
    return;
  }
  refuse(error(errc::slow_request, awaited_ == awaited::head ? "its head did not come in time"
                                                             : "its body comes too slowly"));
}

}  // namespace parley::http
