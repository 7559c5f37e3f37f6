// The way from bytes to events: decoding, and pairing responses with requests.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <parley/codecs/http/detail/client_state.hpp>
#include <string>
#include <utility>

namespace parley::http {
namespace {

// Interim responses to one request. Nobody sends as many; each restarts the wait.
constexpr std::uint8_t most_interims = 16;
constexpr std::size_t first_places = 16;

// The parameter `timeout` of Keep-Alive (RFC 2068 section 19.7.1.1), in seconds.
std::optional<std::uint32_t> keep_alive_seconds(const response_head& head) noexcept {
  std::string_view rest = head.headers.value_of(field::keep_alive);
  while (const auto item = next_element(rest)) {
    const std::size_t mark = item->find('=');
    if (mark == std::string_view::npos) continue;
    if (!equals_ignoring_case(item->substr(0, mark), "timeout")) continue;
    std::uint32_t seconds = 0;
    const auto done =
        std::from_chars(item->data() + mark + 1, item->data() + item->size(), seconds);
    if (done.ec == std::errc()) return seconds;
  }
  return std::nullopt;
}

}  // namespace

// The contract of machines: views of an event live until the next call.
void client::forget_delivered() noexcept {
  if (!work_) return;
  work_->input.consume(std::exchange(work_->delivered, 0));
  work_->input.discard_consumed();
}

client::event client::next_event() {
  forget_delivered();
  if (phase_ == phase::starting) {
    phase_ = phase::open;
    return opened{};
  }
  if (is_live()) {
    if (held_) return paused{};
    if (work_) {
      if (auto e = tell_output(*work_)) return *std::move(e);
      if (auto e = next_part(*work_)) return *std::move(e);
    }
    if (is_live() && settle()) {
      if (auto e = next_part(*work_)) return *std::move(e);
    }
  }
  if (phase_ == phase::idle && ended_) phase_ = phase::over;
  if (phase_ >= phase::failing) return end_event();
  // Writing may bring client_writable, so that the loop must ask again after it. Not while a
  // write is under way: its end makes the loop ask anyway.
  if (work_ && std::exchange(work_->nudge, false) && work_->output.handed_out() == 0) {
    return paused{};
  }
  return need_data{};
}

// That output may go on.
std::optional<client::event> client::tell_output(working_set& w) noexcept {
  if (std::exchange(w.asked, false) && w.body.is_open()) return client_writable{w.body_tag};
  if (!w.is_full || w.buffered() > limits_->high_water / 2) return std::nullopt;
  w.is_full = w.nudge = false;
  const bool writes = w.body.is_open() && w.body_tag == w.full_tag;
  if (!writes && !w.find(w.full_tag)) return std::nullopt;
  return client_writable{w.full_tag};
}

std::optional<client::event> client::next_part(working_set& w) {
  while (is_live()) {
    forget_delivered();
    if (w.coded_size > 0) {
      if (auto e = next_decoded(w)) return e;
      continue;
    }
    if (w.decoder.is_idle()) {
      if (w.input.empty()) break;
      if (!w.in_flight.empty()) w.decoder.expect_response_to(w.in_flight.front().verb);
    }
    const part p = w.decoder.next(w.input.data(), w.places);
    if (p.what == part_kind::need_data) {
      w.input.consume(p.consumed);
      // Other protocols have no line that would end what is no status line.
      if (!heard_ && is_foreign(w)) fail_with(what_is_wrong(w, errc::not_http));
      break;
    }
    if (auto e = take_part(w, p)) return e;
  }
  return std::nullopt;
}

std::optional<client::event> client::take_part(working_set& w, const part& p) {
  switch (p.what) {
    case part_kind::head:
      return take_head(w, p);
    case part_kind::body:
      return take_body(w, p);
    case part_kind::end:
      return take_end(w, p);
    case part_kind::no_room:
      w.delivered = p.consumed;
      grow_places(w);
      return std::nullopt;
    case part_kind::failed:
      fail_with(what_is_wrong(w, p.fault));
      return std::nullopt;
    case part_kind::need_data:
    case part_kind::tunnel:
      break;
  }
  // The end of an upgrade is taken with its head, so that no tunnel comes.
  fail_with(error(errc::unexpected_response));
  return std::nullopt;
}

// By what was really decoded.
void client::grow_places(working_set& w) {
  const std::size_t most = limits_->message.headers;
  if (w.places.size() >= most) return fail_with(error(errc::too_many_headers));
  w.places.resize(std::min(most, std::max(first_places, w.places.size() * 2)));
}

// --- heads ------------------------------------------------------------------------------------

std::optional<client::event> client::take_head(working_set& w, const part& p) {
  heard_ = true;
  w.delivered = p.consumed;
  w.decoder.show(p, w.places, w.head);
  if (w.in_flight.empty() || !w.has_left(w.in_flight.front())) {
    take_unasked(w);
    return std::nullopt;
  }
  if (w.head.body.how == framing::tunnel) return take_upgrade(w);
  if (w.head.is_interim()) return take_interim(w);
  if (w.head.transfer_coded && w.head.body.how != framing::none) {
    fail_with(error(errc::unknown_coding, "a transfer coding besides chunked"));
    return std::nullopt;
  }
  return take_final(w);
}

// No request has left that it could answer.
void client::take_unasked(working_set& w) {
  // Some servers say so before they close an unused connection (RFC 9110 section 15.5.9).
  if (w.head.status == 408) {
    return end_with(error(parley::errc::closed, "by the server: it had waited too long"), false);
  }
  fail_with(error(errc::unexpected_response));
}

std::optional<client::event> client::take_upgrade(working_set& w) {
  const exchange x = w.in_flight.front();
  const bool asked = w.head.status == 101 ? x.upgrades : x.verb == method::connect;
  if (!asked || !x.complete || w.is_waiting) {
    fail_with(error(errc::unexpected_response, "an upgrade that was not asked for"));
    return std::nullopt;
  }
  if (x.tag == 0) {
    end_with(error(parley::errc::cancelled), false);
    return std::nullopt;
  }
  w.in_flight.pop();
  phase_ = phase::upgraded;
  return upgraded{x.tag, &w.head};
}

std::optional<client::event> client::take_interim(working_set& w) {
  if (++w.interims > most_interims) {
    fail_with(error(errc::unexpected_response, "more than 16 interim responses"));
    return std::nullopt;
  }
  // The server is alive.
  w.wait.note(now_);
  const std::uint64_t tag = w.in_flight.front().tag;
  if (w.head.status == 100) {
    // Sent unasked as well (RFC 9110 section 15.2.1).
    if (!w.is_waiting || w.may_go) return std::nullopt;
    w.may_go = true;
    w.asked = w.body.is_open();
    w.let_go(now_);
    return tell_output(w);
  }
  if (tag == 0) return std::nullopt;
  return interim_event{tag, &w.head};
}

// True if the rest of the request in front is not sent any more.
bool client::cuts_off(const working_set& w) const noexcept {
  const exchange& x = w.in_flight.front();
  // It has decided without the body.
  if (w.is_waiting) return true;
  // Else it is going to read it, or to say that it ends.
  if (w.head.status < 400 && w.keeps) return false;
  if (!x.complete) return true;
  // A little is sent, which costs less than another connection.
  const std::uint64_t left = x.end > w.sent() ? x.end - w.sent() : 0;
  return left > (w.keeps ? limits_->max_discarded : 0);
}

std::optional<client::event> client::take_final(working_set& w) {
  const exchange& x = w.in_flight.front();
  w.is_final = true;
  w.interims = 0;
  w.dropped = 0;
  w.wait.note(now_);
  w.keeps = w.head.keep_alive && w.head.body.how != framing::until_close;
  if (cuts_off(w)) {
    w.keeps = false;
    w.drop_output();
  }
  if (!w.keeps) last_ = true;
  note_keep_alive(w.head);
  const body_info body = w.head.body;
  w.coded.reset();
  if (x.decodes && body.how != framing::none) {
    if (const auto how = detail::coding_of(w.head.headers)) {
      w.coded =
          std::make_unique<detail::coded_body>(*how, limits_->decoded_body, limits_->max_ratio);
    }
  }
  if (x.tag != 0) return response_event{x.tag, &w.head, w.coded != nullptr};
  const bool is_long = body.how == framing::length && body.length > limits_->max_discarded;
  if (is_long || body.how == framing::until_close) end_with(error(parley::errc::cancelled), false);
  return std::nullopt;
}

void client::note_keep_alive(const response_head& head) noexcept {
  const auto seconds = keep_alive_seconds(head);
  if (!seconds) return;
  // A request must not meet the server's farewell.
  if (*seconds <= 1) last_ = true;
  keeps_for_ = std::chrono::seconds(*seconds - std::uint32_t{*seconds > 0});
}

// --- bodies and ends --------------------------------------------------------------------------

std::optional<client::event> client::take_body(working_set& w, const part& p) {
  const std::uint64_t tag = w.in_flight.front().tag;
  if (tag != 0 && w.coded) {
    w.coded->give(p.data);
    w.coded_size = p.consumed;
    return std::nullopt;
  }
  w.delivered = p.consumed;
  if (tag != 0) return response_body{tag, p.data};
  w.dropped += p.data.size();
  // Reading it all could cost more than another connection does.
  if (w.dropped > limits_->max_discarded) end_with(error(parley::errc::cancelled), false);
  return std::nullopt;
}

// What comes of the piece of a body that is being decoded.
std::optional<client::event> client::next_decoded(working_set& w) {
  const std::uint64_t tag = w.in_flight.front().tag;
  if (tag == 0) w.coded->drop();
  const auto piece = w.coded->next();
  if (!piece || !w.coded->has_more()) w.delivered = std::exchange(w.coded_size, 0);
  if (!piece) {
    fail_with(piece.error());
    return std::nullopt;
  }
  if (piece->empty()) return std::nullopt;
  return response_body{tag, *piece};
}

std::optional<client::event> client::take_end(working_set& w, const part& p) {
  if (w.is_final && w.coded && w.in_flight.front().tag != 0) {
    if (auto ok = w.coded->finish(); !ok) {
      fail_with(std::move(ok).error());
      return std::nullopt;
    }
  }
  w.delivered = p.consumed;
  // Of an interim response.
  if (!w.is_final) return std::nullopt;
  const std::uint64_t tag = w.in_flight.front().tag;
  const header_list trailers = w.decoder.trailers(p, w.places);
  w.is_final = false;
  w.in_flight.pop();
  served_ = true;
  since_ = now_;
  w.wait.note(now_);
  if (!w.keeps) end_with(error(parley::errc::closed, "by the server, after a response"), false);
  if (tag == 0) return std::nullopt;
  return response_end{tag, trailers};
}

}  // namespace parley::http
