// The driver of the connection of an http_link.
#pragma once

#include <parley/codecs/http/client.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/machine/stack.hpp>
#include <string>
#include <utility>

namespace parley::detail {

class http_link;

// In a base, so that they are there before the machine that borrows them.
struct http_client_session_limits {
  http::client_limits limits;
};

// Lives until the loop has released it, longer than its link if need be.
class http_client_session final : private http_client_session_limits,
                                  public machine_driver<stack<http::client>, http_client_session> {
 public:
  // Layers may be null; `lower` is next to the socket, and needs `tls`.
  http_client_session(http_link& link, loop& home, const http::client_limits& limits,
                      std::string host, layer_ptr tls, layer_ptr lower);

  http::client& client() noexcept { return machine_.top(); }
  void attach(connection& c) noexcept { connection_ = &c; }
  void wake() { connection_->wake(); }

  // TLS and HTTP are up.
  bool is_open() const noexcept { return opened_; }
  // Requests that this connection has answered.
  std::size_t answered = 0;

  // The link wants to hear no more. In good order if nothing is under way.
  void retire(time_point now) noexcept;

  void on_event(http::client::event& event, time_point now);
  void released() override;

 private:
  http_link* link_;
  loop& loop_;
  connection* connection_ = nullptr;
  bool opened_ = false;
};

}  // namespace parley::detail
