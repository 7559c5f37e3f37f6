#include <parley/codecs/websocket/detail/websocket_client_session.hpp>
#include <parley/codecs/websocket/detail/websocket_config.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::detail {
namespace {

// What Host says: the port only if it is not the usual one.
std::string host_field_of(const websocket_client_config& c) {
  const std::uint16_t usual = c.ssl ? 443 : 80;
  if (!c.unix_socket.empty()) return c.host;
  std::string text = endpoint(c.host, c.port).to_string();
  if (c.port == usual) text.erase(text.rfind(':'));
  return text;
}

}  // namespace

websocket_client_texts::websocket_client_texts(const websocket_client_config& c)
    : config(c),
      subprotocols(websocket::detail::views_of(config.subprotocols)),
      headers(config.headers.views()) {
  settings.connection = config.limits;
  settings.handshake = {.subprotocols = subprotocols,
                        .needs_subprotocol = config.needs_subprotocol,
                        .origin = config.origin,
                        .headers = headers,
                        .deflate = config.deflate};
  settings.http = config.http;
  settings.handshake_timeout = config.handshake_timeout;
}

websocket_client_session::websocket_client_session(websocket_client& home, loop& on, layer_ptr tls)
    : websocket_client_texts(home.config_),
      machine_driver(websocket::client(settings, host_field_of(config), config.target, on),
                     std::move(tls)),
      home_(&home),
      loop_(on) {
  loop_.attach();
}

websocket_client_session::~websocket_client_session() { loop_.detach(); }

void websocket_client_session::retire() noexcept {
  home_ = nullptr;
  if (!connection_) {
    if (!is_telling_) delete this;
    return;
  }
  if (connection_->is_closing()) return;
  // Nobody would wait for a handshake.
  if (!opened_) return connection_->close();
  (void)guarded([&] { (void)machine().close(websocket::close_code::going_away, {}, loop_.now()); });
  // The answer is not waited for, as the loop may go next: what is not written in the turn that is
  // asked for here is lost.
  connection_->wake();
  queued_ = true;
  loop_.enqueue(*this);
}

// Behind that turn.
void websocket_client_session::run() {
  queued_ = false;
  if (released_) {
    delete this;
  } else {
    connection_->close();
  }
}

void websocket_client_session::give_up(const error& why) {
  is_telling_ = true;
  const time_point now = loop_.now();
  tell_failed(why, now);
  tell_closed(now);
  if (connection_) return connection_->close();
  delete this;
}

void websocket_client_session::tell(websocket::event& event, time_point now) {
  if (home_ && !told_closed_) home_->handler_.on_event(*home_, event, now);
}

// The same error, with the URL in front of its message.
void websocket_client_session::tell_failed(const error& why, time_point now) {
  std::string text = config.to_string();
  if (!why.message().empty()) text.append(": ").append(why.message());
  websocket::event event = failed{error(why).with_message(std::move(text))};
  tell(event, now);
}

// The client may open another one inside. Output that the peer has not taken yet is still being
// written then, which lasts no longer than the client.
void websocket_client_session::tell_closed(time_point now) {
  if (!home_ || std::exchange(told_closed_, true)) return;
  websocket_client& home = *home_;
  home.session_ = nullptr;
  if (connection_) {
    home.ending_.push_back(this);
  } else {
    home_ = nullptr;
  }
  websocket::event event = closed{};
  home.handler_.on_event(home, event, now);
}

void websocket_client_session::on_event(websocket::event& event, time_point now) {
  if (!home_ || is_drained(event)) return;
  if (const auto* why = std::get_if<failed>(&event)) return tell_failed(why->why, now);
  if (std::holds_alternative<closed>(event)) return tell_closed(now);
  opened_ |= std::holds_alternative<websocket::opened>(event);
  tell(event, now);
}

void websocket_client_session::released() {
  // Gone without a word: there was no memory for one.
  if (!told_closed_) tell_failed(errc::out_of_memory, loop_.now());
  tell_closed(loop_.now());
  if (home_) std::erase(home_->ending_, this);
  released_ = true;
  if (!queued_) delete this;
}

}  // namespace parley::detail
