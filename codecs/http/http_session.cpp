#include <parley/codecs/http/detail/http_session.hpp>
#include <utility>

namespace parley {

http::server& http_peer::machine() noexcept {
  return static_cast<detail::http_session*>(this)->machine();
}

void http_peer::cut() noexcept { static_cast<detail::http_session*>(this)->cut(); }

void http_peer::wake() { static_cast<detail::http_session*>(this)->wake(); }

namespace detail {

http_session::http_session(http_server& home, connection& c, const address& at, layer_ptr tls)
    : machine_driver(http::server(home.config_.limits, &home.date_), std::move(tls)),
      http_peer(at),
      home_(&home),
      connection_(c) {}

// Once, and while there is somebody to be told.
void http_session::tell_closed() noexcept {
  if (!home_ || std::exchange(told_closed_, true)) return;
  http::server::event end = closed{};
  home_->handler_.on_event(*this, end, home_->loop_.now());
}

void http_session::abandon() noexcept {
  // Limits and date are the server's: the machine must ask for them no more.
  machine_.top().close();
  tell_closed();
  home_ = nullptr;
  connection_.close();
}

void http_session::cut() noexcept {
  machine_.top().close();
  connection_.close();
}

void http_session::finish() {
  if (!home_) return;
  machine_.top().drain(home_->loop_.now());
  connection_.wake();
}

// As every machine is drained, but that the connection may be another's in the middle of it.
bool http_session::drain(time_point now) {
  if (home_) machine_.top().set_wall_time(home_->loop_.wall_now());
  for (;;) {
    http::server::event event = machine_.next_event();
    // Which deletes this; the connection drains the driver that it has now.
    if (hand_over(event, now)) return false;
    const bool over = is_drained(event) || std::holds_alternative<closed>(event);
    const bool is_paused = std::holds_alternative<paused>(event);
    on_event(event, now);
    if (over) return is_paused;
  }
}

bool http_session::hand_over(const http::server::event& event, time_point now) {
  const auto* const asks = std::get_if<http::request_event>(&event);
  if (!asks || !asks->head->upgrades || !home_ || !home_->config_.upgrades) return false;
  // Answers that are owed would come between the request and the other protocol.
  if (machine().unanswered() != 1 || asks->head->body.how != http::framing::none) return false;
  driver* const next = home_->config_.upgrades->take({.at = connection_,
                                                      .from = from(),
                                                      .machine = machine_,
                                                      .is_tls = home_->config_.ssl,
                                                      .id = asks->id,
                                                      .head = *asks->head,
                                                      .now = now});
  if (!next) return false;
  connection_.rebind(*next);
  // First, as who is told may destroy the server.
  home_->serving_.forget(*this);
  tell_closed();
  delete this;
  return true;
}

void http_session::on_event(http::server::event& event, time_point now) {
  if (!home_ || is_drained(event)) return;
  if (std::holds_alternative<closed>(event)) return tell_closed();
  const auto* why = std::get_if<failed>(&event);
  if (why && home_->config_.watch) {
    home_->config_.watch->log(log_level::info, "http",
                              from().to_string() + ": " + why->why.to_string());
  }
  home_->handler_.on_event(*this, event, now);
}

void http_session::released() {
  tell_closed();
  if (home_) home_->serving_.forget(*this);
  delete this;
}

}  // namespace detail
}  // namespace parley
