// parley::redis_server: a Redis server inside your program, on your loop. For tests and
// first runs without an external server, and as a small store of its own.
//
//   parley::redis_server server(loop, {.port = 0});
//   if (auto ok = server.listen(); !ok) ...
//   auto port = server.local_address()->port();
//   ... the loop runs ...
//
// It speaks to redis-cli and every client library. Data lives in memory and ends with it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <parley/codecs/resp/server/engine.hpp>
#include <parley/core/api/serving.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/net/uri.hpp>
#include <parley/core/time.hpp>
#include <string>
#include <vector>

namespace parley {

// An aggregate: `redis_server server{loop, {.port = 0, .password = "secret"}};`
struct redis_server_config {
  // A numeric address. Other machines reach it only if you say so here, and then a
  // password is asked for by validate().
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;  // 0: one that is free, see local_address()
  // A path, instead of host and port.
  std::string unix_socket{};

  std::string password{};  // of the user "default"; empty: none is needed. Never printed
  std::vector<resp::server_user> users{};
  std::uint32_t databases = 16;
  std::uint32_t max_clients = 10'000;
  resp::server_limits limits{};  // of each connection
  resp::keyspace_limits data{};  // of all keys together
  // TLS, if `with` has an entry "tls_server": rediss://. Certificate and key are needed; with
  // clients.required those of clients are as well. Certificates may be renewed while it serves.
  bool ssl = false;
  tls_settings tls{};
  transports* with = nullptr;  // must outlive the server
  observer* watch = nullptr;   // of TLS alone; must outlive the server

  // How long stop() waits for clients to take what was replied to them.
  duration stop_timeout = std::chrono::seconds(5);

  // Every fault at once, in the message of one errc::bad_configuration.
  result<void> validate() const;
  // redis://user:password@127.0.0.1:6379 or redis+unix:///path; what clients must say to
  // come in; rediss:// for TLS. Port 0: one that is free. Parameters: databases, max_clients;
  // with TLS certfile, keyfile, ca_certs, crlfile, clients (none, optional, required); unknown
  // ones are an error.
  static result<redis_server_config> from_uri(const uri& where);
  // What to listen on. Errors: errc::invalid_argument if the host is no number.
  result<address> where() const;
};

namespace detail {
class redis_server_session;
}

// One thread, that of the loop. May be destroyed at any time, also by what its clients
// cause: connections close then, and nothing refers to it any more. The loop must
// outlive it.
class redis_server final : private acceptor {
 public:
  explicit redis_server(loop& home, redis_server_config config = {});
  ~redis_server();
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  // Opens the socket; clients are served from then on. Errors: bad_configuration, and
  // what loop::listen() says; errc::misuse if it listens already.
  result<void> listen();
  bool is_listening() const noexcept { return serving_.is_listening(); }
  // With the port that was chosen for port 0. Nothing before listen().
  std::optional<address> local_address() const { return serving_.local_address(); }

  // Ends in an orderly way: accepts nobody, serves no further request, and closes each
  // connection when its replies are written, or after config.stop_timeout. Data is
  // kept: listen() may follow. Ends the waits of earlier calls too.
  operation<void> stop();

  // Connections that are open.
  std::size_t clients() const noexcept { return serving_.size(); }
  const resp::engine_stats& stats() const noexcept { return engine_.stats(); }
  const redis_server_config& config() const noexcept { return config_; }

 private:
  friend detail::redis_server_session;

  // When the engine has something to do.
  class deadline final : public timer {
   public:
    explicit deadline(redis_server& home) noexcept : home_(home) {}
    void fired(time_point now) override { home_.on_engine_deadline(now); }

   private:
    redis_server& home_;
  };

  driver* accept(connection& c, const address& peer) override;
  void begin_requests() { wall_ = loop_.wall_now(); }
  void end_requests();
  void on_engine_deadline(time_point now);
  void forget(detail::redis_server_session& s) noexcept;

  loop& loop_;
  redis_server_config config_;
  resp::engine engine_;
  deadline engine_deadline_{*this};
  std::optional<time_point> armed_;  // engine_deadline_ is
  wall_time wall_{};                 // of the requests that are being served
  serving<detail::redis_server_session> serving_;
};

}  // namespace parley
