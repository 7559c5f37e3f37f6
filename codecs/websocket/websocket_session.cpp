#include <parley/codecs/websocket/detail/websocket_session.hpp>
#include <utility>

namespace parley {

websocket::server& websocket_peer::machine() noexcept {
  return static_cast<detail::websocket_session*>(this)->machine();
}

void websocket_peer::wake() { static_cast<detail::websocket_session*>(this)->wake(); }

namespace detail {

websocket_session::websocket_session(websocket_server& home, connection& c, const address& at,
                                     layer_ptr tls)
    : machine_driver(websocket::server(home.settings_, &home.date_), std::move(tls)),
      websocket_peer(at),
      home_(&home),
      connection_(c) {}

websocket_session::websocket_session(websocket_server& home, const upgrade_request& asked)
    : machine_driver(websocket::server(std::move(asked.machine.top()), asked.id, asked.head,
                                       asked.is_tls ? home.tls_settings_ : home.settings_,
                                       &home.date_, asked.now),
                     std::move(asked.machine)),
      websocket_peer(asked.from),
      home_(&home),
      connection_(asked.at) {}

// Once, and while there is somebody to be told.
void websocket_session::tell_closed() noexcept {
  if (!home_ || std::exchange(told_closed_, true)) return;
  websocket::event end = closed{};
  home_->handler_.on_event(*this, end, home_->loop_.now());
}

void websocket_session::abandon() noexcept {
  // Settings and date are the server's: the machine must ask for them no more.
  machine_.top().end_now();
  tell_closed();
  home_ = nullptr;
  connection_.close();
}

void websocket_session::finish() {
  websocket::server& own = machine();
  // In the middle of the handshake nothing is owed. One that ends already goes on to do so.
  if (!opened_) return connection_.close();
  if (own.is_open()) (void)own.close(websocket::close_code::going_away, {}, home_->loop_.now());
  own.go_on();
  connection_.wake();
}

bool websocket_session::drain(time_point now) {
  if (home_ && !opened_) machine().set_wall_time(home_->loop_.wall_now());
  return machine_driver::drain(now);
}

void websocket_session::on_event(websocket::event& event, time_point now) {
  if (!home_ || is_drained(event)) return;
  if (std::holds_alternative<closed>(event)) return tell_closed();
  opened_ |= std::holds_alternative<websocket::opened>(event);
  const auto* why = std::get_if<failed>(&event);
  if (why && home_->config_.watch) {
    home_->config_.watch->log(log_level::info, "websocket",
                              from().to_string() + ": " + why->why.to_string());
  }
  home_->handler_.on_event(*this, event, now);
}

void websocket_session::released() {
  tell_closed();
  if (home_) home_->serving_.forget(*this);
  delete this;
}

}  // namespace detail
}  // namespace parley
