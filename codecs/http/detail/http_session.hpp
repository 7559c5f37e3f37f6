// The driver of one connection of an http_server.
#pragma once

#include <parley/codecs/http/http_server.hpp>
#include <parley/core/machine/stack.hpp>

namespace parley::detail {

// Lives until the loop has released it, longer than its server if need be.
class http_session final : public machine_driver<stack<http::server>, http_session>,
                           public http_peer {
 public:
  http_session(http_server& home, connection& c, const address& at, layer_ptr tls);
  ~http_session() = default;

  // --- for the server
  // It wants to hear no more; the connection ends now.
  void abandon() noexcept;
  // Takes no further request.
  void finish();
  void cut() noexcept;
  std::size_t place = 0;  // among the server's sessions

  // --- the driver
  bool drain(time_point now) override;
  void on_event(http::server::event& event, time_point now);
  void released() override;

  // --- the peer
  http::server& machine() noexcept { return machine_.top(); }
  void wake() { connection_.wake(); }

 private:
  void tell_closed() noexcept;
  bool hand_over(const http::server::event& event, time_point now);

  http_server* home_;
  connection& connection_;
  bool told_closed_ = false;
};

}  // namespace parley::detail
