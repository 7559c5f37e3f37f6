// How it ends: for a request that nobody wants any more, and for the connection.
#include <parley/codecs/http/detail/client_state.hpp>
#include <string>
#include <utility>

namespace parley::http {
namespace {

constexpr std::string_view name_of_http = "HTTP/";

}  // namespace

// --- by the user ------------------------------------------------------------------------------

bool client::cancel(std::uint64_t tag) noexcept {
  if (!is_live() || !work_) return false;
  working_set& w = *work_;
  exchange* const x = w.find(tag);
  if (!x) {
    // The response has ended already, but not the body that is being written.
    if (tag == 0 || tag != w.body_tag || !w.body.is_open()) return false;
    end_with(error(parley::errc::cancelled), false);
    return true;
  }
  x->tag = 0;
  x->deadline = time_point::max();
  w.dropped = 0;
  if (take_back(w, *x)) return true;
  const bool cut = !x->complete || (w.is_waiting && x == &w.in_flight.back());
  // Without the rest of its body nothing can follow.
  if (cut) end_with(error(parley::errc::cancelled), false);
  return true;
}

// Removes the last request from the output if nothing of it has left.
bool client::take_back(working_set& w, const exchange& x) noexcept {
  // In the middle this could need memory; the last one ends where the output does.
  if (&x != &w.in_flight.back() || w.has_left(x)) return false;
  const auto offset = static_cast<std::size_t>(x.begin - w.consumed);
  if (!w.output.erase(offset, w.output.size() - offset)) return false;
  if (x.is_last) last_ = false;
  w.waiting = send_buffer();
  w.is_waiting = false;
  w.body.abandon();
  w.in_flight.pop_back();
  if (w.in_flight.empty()) since_ = now_;
  return true;
}

void client::close(time_point now) noexcept {
  if (phase_ == phase::idle || phase_ == phase::starting) phase_ = phase::over;
  if (phase_ != phase::open) return;
  tick(now);
  phase_ = phase::closing;
}

// --- by the server ----------------------------------------------------------------------------

// Nothing more is there to be decoded: what follows from that. True if there is after all.
bool client::settle() {
  if (work_ && (!work_->in_flight.empty() || work_->body.is_open())) {
    return ended_ && end_of_stream();
  }
  // All that was promised has come. What is left of a request that was answered early still goes.
  if (phase_ == phase::closing || last_ || ended_) phase_ = phase::over;
  return false;
}

// True if it completes a body that lasts until then.
bool client::end_of_stream() {
  working_set& w = *work_;
  if (w.is_final && w.decoder.end_of_stream(w.input.size())) return true;
  const bool inside = w.is_final || !w.decoder.is_idle() || !w.input.empty();
  error why = inside ? error(parley::errc::truncated, "by the server, inside a response")
                     : error(parley::errc::closed, "by the server, without a response");
  if (!heard_) {
    why = std::move(why).with_hint(
        "check that this is the port of an HTTP server, and whether it wants TLS (https://)");
  }
  end_with(std::move(why), w.has_waiters());
  return false;
}

// The first bytes cannot become a status line.
bool client::is_foreign(const working_set& w) const noexcept {
  const std::string_view seen = as_text(w.input.data()).substr(0, name_of_http.size());
  return !seen.starts_with('\r') && !name_of_http.starts_with(seen);
}

// A decoder's fault. Before the first response it mostly means that the peer is something else:
// say what it looks like.
error client::what_is_wrong(const working_set& w, errc fault) const {
  if (heard_ || !is_foreign(w)) return error(fault, "in a response");
  const std::string_view seen = as_text(w.input.data());
  std::string start;
  for (const char c : seen.substr(0, 16)) {
    // Bytes of a stranger go into a message: nothing that a terminal would obey.
    start.push_back(c >= ' ' && c <= '~' ? c : '.');
  }
  error why(errc::not_http, "it answered \"" + start + "\"");
  // A TLS alert record: 21, and the major version 3 (RFC 8446 section 5.1).
  if (seen.starts_with("\x15\x03") || seen == "\x15") {
    return std::move(why).with_hint("the server wants TLS: use https://");
  }
  return why;
}

// --- what is told of it -----------------------------------------------------------------------

// Whether the server may get it twice without harm (RFC 9110 section 9.2.2).
bool client::may_retry(const working_set& w, const exchange& x, bool is_front) const noexcept {
  if (!w.has_left(x)) return true;
  // Said with the answer to an earlier one: this one was not looked at (RFC 9112 section 9.6).
  if (!w.keeps && !(is_front && w.is_final)) return true;
  if (!is_idempotent(x.verb) || x.was_fed) return false;
  if (is_front && w.has_begun()) return false;
  // A fresh connection that ends so is not one that was closed for want of use.
  return served_ || w.consumed <= x.begin;
}

// Nothing more is read. The requests under way are told of, then `failed` if `tells`.
void client::end_with(error why, bool tells) {
  working_set& w = work();
  bool is_front = true;
  for (exchange& x : w.in_flight) x.may_retry = may_retry(w, x, std::exchange(is_front, false));
  w.why.emplace(std::move(why));
  w.tells = tells;
  w.drop_output();
  phase_ = phase::failing;
}

client::event client::end_event() {
  if (phase_ == phase::failing) {
    working_set& w = *work_;
    while (!w.in_flight.empty()) {
      const exchange x = w.in_flight.front();
      w.in_flight.pop();
      if (x.tag != 0) return unanswered{x.tag, x.may_retry, *w.why};
    }
    // `failed` once, and `closed` for ever after.
    phase_ = phase::over;
    if (w.tells) return failed{*w.why};
  }
  return closed{};
}

}  // namespace parley::http
