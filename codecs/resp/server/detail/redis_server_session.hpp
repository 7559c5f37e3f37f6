// The driver of one connection of a redis_server.
#pragma once

#include <parley/codecs/resp/server/peer.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>
#include <parley/core/machine/stack.hpp>

namespace parley::detail {

// Lives until the loop has released it, longer than its server if need be.
class redis_server_session final : public machine_driver<stack<resp::server>, redis_server_session>,
                                   public resp::peer {
 public:
  redis_server_session(redis_server& home, connection& c, const address& at, layer_ptr tls);
  ~redis_server_session() = default;

  // --- for the server
  // It wants to hear no more; the connection ends now.
  void abandon() noexcept;
  // The same once its output is written.
  void finish();
  std::size_t place = 0;  // among the server's sessions

  // --- the driver
  bool drain(time_point now) override;
  void on_event(resp::server::event& event, time_point now);
  void released() override;

  // --- the peer
  void stirred() override { connection_.wake(); }

 private:
  bool admit(time_point now);

  redis_server* home_;
  connection& connection_;
};

}  // namespace parley::detail
