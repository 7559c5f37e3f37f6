// parley::http_server: listens, and drives an http::server for each connection, on your loop. What
// the requests mean is a handler's affair; routes and JSON are the REST provider's.
//
//   struct hello final : parley::http_handler {
//     void on_event(parley::http_peer& p, parley::http::server::event& e, parley::time_point now) {
//       if (const auto* end = std::get_if<parley::http::request_end>(&e)) {
//         (void)p.machine().respond(end->id, {}, "hello\n", now);
//       }
//     }
//   } handler;
//   parley::http_server server(loop, handler, {.port = 8080});
//   if (auto ok = server.listen(); !ok) ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/http/server.hpp>
#include <parley/codecs/http/upgrade_target.hpp>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/serving.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/net/uri.hpp>
#include <string>

namespace parley {

// An aggregate: `http_server server{loop, handler, {.port = 0}};`
struct http_server_config {
  std::string host = "127.0.0.1";  // a numeric address; "0.0.0.0" or "::" for all
  std::uint16_t port = 8080;       // 0: one that is free, see local_address()
  std::string unix_socket{};       // a path, instead of host and port
  // Lets several servers share the address, each on a loop of its own (SO_REUSEPORT).
  bool reuse_port = false;

  std::uint32_t max_connections = 10'000;  // further ones are refused
  http::server_limits limits{};            // of each connection

  // Asked first for requests without a body that want to be upgraded, where all earlier ones of the
  // connection are answered. What it takes is not ours any more: the handler hears `closed`. Must
  // outlive the server.
  upgrade_target* upgrades = nullptr;

  // TLS, if `with` has an entry "tls_server": https://. Certificate and key are needed.
  // Certificates may be renewed while it serves.
  bool ssl = false;
  tls_settings tls{};
  transports* with = nullptr;  // must outlive the server
  observer* watch = nullptr;   // is told of connections that failed; must outlive the server

  // How long stop() waits for answers.
  duration stop_timeout = std::chrono::seconds(5);

  // Every fault at once, in the message of one errc::bad_configuration.
  result<void> validate() const;
  // http://127.0.0.1:8080, https:// for TLS, http+unix:///path. Parameters: max_connections; with
  // TLS certfile, keyfile, ca_certs, crlfile, clients; unknown ones are an error.
  static result<http_server_config> from_uri(const uri& where);
  // What to listen on. Errors: errc::invalid_argument if the host is no number.
  result<address> where() const;
};

namespace detail {
class http_session;
}

// One connection, as its handler sees it. Lives until the event `closed`, which each gets, also
// one that an upgrade_target has taken.
class http_peer {
 public:
  http::server& machine() noexcept;
  // After a command that was given outside of on_event().
  void wake();
  // Ends the connection at once; what waits to be written is dropped. `closed` follows, never from
  // inside this call.
  void cut() noexcept;
  const address& from() const noexcept { return from_; }
  // For the handler; null at first.
  void* user = nullptr;

 private:
  friend detail::http_session;
  explicit http_peer(address from) noexcept : from_(std::move(from)) {}
  ~http_peer() = default;
  http_peer(const http_peer&) = delete;
  http_peer& operator=(const http_peer&) = delete;

  address from_;
};

// What a program does with requests.
class http_handler {
 public:
  // Inside the drain: views of the event live until it returns; answering here is what makes
  // answers leave together. Events need_data and paused are left out. `closed` is the last, once;
  // the peer is gone after it. Must not throw.
  virtual void on_event(http_peer& peer, http::server::event& event, time_point now) = 0;

 protected:
  ~http_handler() = default;
};

// One thread, that of the loop. May be destroyed at any time, also inside on_event(): connections
// close then, and their handler hears `closed` from inside the destructor. Loop and handler must
// outlive it.
class http_server final : private acceptor {
 public:
  http_server(loop& home, http_handler& handler, http_server_config config = {});
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  // Opens the socket; clients are served from then on. Errors: bad_configuration, and what
  // loop::listen() says; errc::misuse if it listens already.
  result<void> listen();
  bool is_listening() const noexcept { return serving_.is_listening(); }
  // With the port that was chosen for port 0. Nothing before listen().
  std::optional<address> local_address() const { return serving_.local_address(); }

  // Ends in an orderly way: accepts nobody, takes no further request, answers those that were
  // delivered, and closes each connection after its last answer, or all after stop_timeout.
  // listen() may follow.
  operation<void> stop();

  std::size_t connections() const noexcept { return serving_.size(); }
  const http_server_config& config() const noexcept { return config_; }

 private:
  friend detail::http_session;

  driver* accept(connection& c, const address& peer) override;

  loop& loop_;
  http_handler& handler_;
  http_server_config config_;
  http::date_text date_;
  serving<detail::http_session> serving_;
};

}  // namespace parley
