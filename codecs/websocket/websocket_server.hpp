// parley::websocket_server: listens, and drives a websocket::server for each connection, on your
// loop. What the messages mean is a handler's affair; channels and JSON are the provider's.
//
//   struct echo final : parley::websocket_handler {
//     void on_event(parley::websocket_peer& p, parley::websocket::event& e, parley::time_point now)
//     {
//       if (const auto* m = std::get_if<parley::websocket::message_event>(&e)) {
//         (void)p.machine().send(m->type, m->data, now);
//       }
//     }
//   } handler;
//   parley::websocket_server server(loop, handler, {.port = 8765});
//   if (auto ok = server.listen(); !ok) ...
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/http/head.hpp>
#include <parley/codecs/http/upgrade_target.hpp>
#include <parley/codecs/websocket/server.hpp>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/serving.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/net/uri.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

// An aggregate: `websocket_server server{loop, handler, {.port = 0}};`
struct websocket_server_config {
  std::string host = "127.0.0.1";  // a numeric address; "0.0.0.0" or "::" for all
  std::uint16_t port = 8765;       // 0: one that is free, see local_address()
  std::string unix_socket{};       // a path, instead of host and port
  // Lets several servers share the address, each on a loop of its own (SO_REUSEPORT).
  bool reuse_port = false;
  // False: listen() opens no socket. Clients come by an http_server whose `upgrades` this is; they
  // do so beside a socket, too. Whether they came by TLS is that server's affair.
  bool listens = true;

  std::uint32_t max_connections = 10'000;  // further ones are refused

  // The pages that may connect beside those of our own origin: see websocket::handshake_settings.
  std::vector<std::string> origins{};
  bool allows_same_origin = true;
  // Clients reach us by TLS that a proxy in front ends: our own origin is https.
  bool behind_tls = false;
  std::vector<std::string> subprotocols{};  // that we speak, best first
  bool needs_subprotocol = false;
  // A request that could be accepted waits for peer.machine().accept() or refuse().
  bool ask = false;

  websocket::deflate_settings deflate{};
  websocket::connection_limits limits{};  // of each connection
  http::server_limits http{};             // of the request for the upgrade
  duration handshake_timeout = std::chrono::seconds(30);

  // TLS, if `with` has an entry "tls_server": wss://. Certificate and key are needed. Certificates
  // may be renewed while it serves.
  bool ssl = false;
  tls_settings tls{};
  transports* with = nullptr;  // must outlive the server
  observer* watch = nullptr;   // is told of connections that failed; must outlive the server

  // How long stop() waits for close handshakes.
  duration stop_timeout = std::chrono::seconds(5);

  // Every fault at once, in the message of one errc::bad_configuration.
  result<void> validate() const;
  // ws://127.0.0.1:8765, wss:// for TLS, ws+unix:///path; a server answers at every path, and has
  // none in its URI. Parameters: max_connections, max_size, ping_interval and ping_timeout
  // (seconds), compression (deflate, none); with TLS certfile, keyfile, ca_certs, crlfile, clients;
  // unknown ones are an error.
  static result<websocket_server_config> from_uri(const uri& where);
  // What to listen on. Errors: errc::invalid_argument if the host is no number.
  result<address> where() const;
};

namespace detail {
class websocket_session;
}

// One connection, as its handler sees it. Lives until the event `closed`, which each gets.
class websocket_peer {
 public:
  websocket::server& machine() noexcept;
  // After a command that was given outside of on_event().
  void wake();
  const address& from() const noexcept { return from_; }
  // For the handler; null at first.
  void* user = nullptr;

 private:
  friend detail::websocket_session;
  explicit websocket_peer(address from) noexcept : from_(std::move(from)) {}
  ~websocket_peer() = default;
  websocket_peer(const websocket_peer&) = delete;
  websocket_peer& operator=(const websocket_peer&) = delete;

  address from_;
};

// What a program does with messages.
class websocket_handler {
 public:
  // Inside the drain: views of the event live until it returns; answering here is what makes
  // answers leave together. To send to other peers, wake() each. Events need_data and paused are
  // left out. `closed` is the last, once; the peer is gone after it. Must not throw.
  virtual void on_event(websocket_peer& peer, websocket::event& event, time_point now) = 0;

 protected:
  ~websocket_handler() = default;
};

// One thread, that of the loop. May be destroyed at any time, also inside on_event(): connections
// end then without a word, and their handler hears `closed` from inside the destructor. Loop and
// handler must outlive it.
class websocket_server final : public upgrade_target, private acceptor {
 public:
  websocket_server(loop& home, websocket_handler& handler, websocket_server_config config = {});
  ~websocket_server() override;
  websocket_server(const websocket_server&) = delete;
  websocket_server& operator=(const websocket_server&) = delete;

  // Opens the socket; clients are served from then on. Errors: bad_configuration, and what
  // loop::listen() says; errc::misuse if it listens already.
  result<void> listen();
  bool is_listening() const noexcept { return serving_.is_listening(); }
  // With the port that was chosen for port 0. Nothing before listen().
  std::optional<address> local_address() const { return serving_.local_address(); }

  // Ends in an orderly way: accepts nobody, closes each connection with 1001 (going away), behind
  // what was sent to it, and waits for the peers' close frames; for at most stop_timeout. Peers
  // that are held (websocket::connection::hold) go on. listen() may follow.
  operation<void> stop();

  // From listen() to stop(); null for more than max_connections.
  driver* take(const upgrade_request& asked) override;

  std::size_t connections() const noexcept { return serving_.size(); }
  const websocket_server_config& config() const noexcept { return config_; }

 private:
  friend detail::websocket_session;

  driver* accept(connection& c, const address& peer) override;

  loop& loop_;
  websocket_handler& handler_;
  websocket_server_config config_;
  std::vector<std::string_view> origins_, subprotocols_;  // of the configuration
  websocket::server_settings settings_;
  websocket::server_settings tls_settings_;  // of connections that come by another's TLS
  http::date_text date_;
  serving<detail::websocket_session> serving_;
};

}  // namespace parley
