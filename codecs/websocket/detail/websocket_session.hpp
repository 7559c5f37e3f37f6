// The driver of one connection of a websocket_server.
#pragma once

#include <parley/codecs/websocket/websocket_server.hpp>
#include <parley/core/machine/stack.hpp>

namespace parley::detail {

// Lives until the loop has released it, longer than its server if need be.
class websocket_session final : public machine_driver<stack<websocket::server>, websocket_session>,
                                public websocket_peer {
 public:
  websocket_session(websocket_server& home, connection& c, const address& at, layer_ptr tls);
  // On a connection that came by HTTP.
  websocket_session(websocket_server& home, const upgrade_request& asked);
  ~websocket_session() = default;

  // --- for the server
  // It wants to hear no more; the connection ends now.
  void abandon() noexcept;
  // Closes with 1001, behind what was sent.
  void finish();
  std::size_t place = 0;  // among the server's sessions

  // --- the driver
  bool drain(time_point now) override;
  void on_event(websocket::event& event, time_point now);
  void released() override;

  // --- the peer
  websocket::server& machine() noexcept { return machine_.top(); }
  void wake() { connection_.wake(); }

 private:
  void tell_closed() noexcept;

  websocket_server* home_;
  connection& connection_;
  bool opened_ = false;
  bool told_closed_ = false;
};

}  // namespace parley::detail
