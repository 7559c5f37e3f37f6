// The driver of the connection of a websocket_client.
#pragma once

#include <parley/codecs/websocket/websocket_client.hpp>
#include <parley/core/machine/stack.hpp>
#include <string_view>
#include <vector>

namespace parley::detail {

// In a base, so that they are there before the machine that borrows them.
struct websocket_client_texts {
  explicit websocket_client_texts(const websocket_client_config& c);

  websocket_client_config config;  // whose texts the settings show
  std::vector<std::string_view> subprotocols;
  std::vector<http::header> headers;
  websocket::client_settings settings;
};

// From open() on, before there is a connection. With one it lives until the loop has released it,
// longer than its client if need be.
class websocket_client_session final
    : private websocket_client_texts,
      private work,
      public machine_driver<stack<websocket::client>, websocket_client_session> {
 public:
  websocket_client_session(websocket_client& home, loop& on, layer_ptr tls);
  ~websocket_client_session();

  websocket::client& machine() noexcept { return machine_.top(); }
  void attach(connection& c) noexcept { connection_ = &c; }
  void wake() {
    if (connection_) connection_->wake();
  }
  // Its client wants to hear no more. Says so to the peer if that goes without waiting.
  void retire() noexcept;
  // There is no connection, or no memory for one. Destroys this, unless it has a connection.
  void give_up(const error& why);

  // --- the driver
  void on_event(websocket::event& event, time_point now);
  void released() override;

 private:
  void run() override;
  void tell(websocket::event& event, time_point now);
  void tell_failed(const error& why, time_point now);
  void tell_closed(time_point now);

  websocket_client* home_;  // null: nobody is to be told
  loop& loop_;
  connection* connection_ = nullptr;
  bool opened_ = false;
  bool told_closed_ = false;
  bool is_telling_ = false;  // give_up() is on the stack
  bool queued_ = false;      // run() will come
  bool released_ = false;
};

}  // namespace parley::detail
