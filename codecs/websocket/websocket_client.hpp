// parley::websocket_client: one WebSocket connection to a server, on your loop. What connects anew
// and speaks in channels is the provider.
//
//   struct listening final : parley::websocket_client_handler {
//     void on_event(parley::websocket_client& c, parley::websocket::event& e,
//                   parley::time_point now) {
//       if (std::holds_alternative<parley::websocket::opened>(e)) {
//         (void)c.machine().send_text("hello", now);
//       }
//     }
//   } handler;
//   parley::websocket_client client(loop, handler, {.host = "example.test", .target = "/feed"});
//   if (auto ok = client.open(); !ok) ...
#pragma once

#include <chrono>
#include <cstdint>
#include <parley/codecs/http/http_message.hpp>
#include <parley/codecs/websocket/client.hpp>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/loop/connector.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/net/endpoint.hpp>
#include <parley/core/net/uri.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

// An aggregate: `websocket_client client{loop, handler, {.host = "example.test"}};`
struct websocket_client_config {
  std::string host = "127.0.0.1";  // a name or an address; sent in Host, and what TLS verifies
  std::uint16_t port = 8765;
  std::string unix_socket{};  // a path to connect to, instead of host and port
  std::string target = "/";   // path and query, percent-encoded

  std::vector<std::string> subprotocols{};  // that we speak, in the order of liking
  bool needs_subprotocol = false;
  std::string origin{};    // none is sent, as befits what is not a browser
  http_headers headers{};  // further fields: Authorization, Cookie

  websocket::deflate_settings deflate{};
  websocket::connection_limits limits{};
  http::client_limits http{};  // of the response to the upgrade

  // TLS, if `with` has an entry "tls": wss://.
  bool ssl = false;
  tls_settings tls{};          // without alpn, "http/1.1" is offered
  transports* with = nullptr;  // must outlive the client
  observer* watch = nullptr;   // is told of certificates that are not verified; the same

  // Until somebody accepts the connection; TLS has a limit of its own.
  duration connect_timeout = std::chrono::seconds(5);
  // From there to `opened`.
  duration handshake_timeout = std::chrono::seconds(30);

  // Every fault at once, in the message of one errc::bad_configuration.
  result<void> validate() const;
  // ws://host:8080/path?query, wss:// for TLS; path and query are the server's, and sent as they
  // are. ws+unix:///path is a socket's path, whose one parameter is target=/path. A user is an
  // error: send a field Authorization. What else can be set has a default, or is set afterwards.
  static result<websocket_client_config> from_uri(const uri& where);
  // Where to connect.
  endpoint where() const;
  // "ws://host:8080/path", "ws+unix:///path": for people; parameters named like secrets are hidden.
  std::string to_string() const;
};

namespace detail {
class websocket_client_session;
}
class websocket_client;

// What a program does with messages.
class websocket_client_handler {
 public:
  // Inside the drain: views of the event live until it returns; answering here is what makes
  // answers leave together. Events need_data and paused are left out. `closed` is the last of each
  // open(), once. Before it comes close_event, or `failed` with why; its message names the URL:
  //   refused, unresolvable, unreachable, timed_out   there is no connection
  //   of TLS (tls::errc)                              certificates
  //   websocket::errc::handshake_refused              no WebSocket at this path
  //   unauthorized, peer_unavailable, bad_...         what the server said to the handshake
  //   of http, reset, websocket::errc                 what is no WebSocket, or breaks its rules
  // Must not throw.
  virtual void on_event(websocket_client& from, websocket::event& event, time_point now) = 0;

 protected:
  ~websocket_client_handler() = default;
};

// One thread, that of the loop. May be destroyed at any time, also inside on_event(): the handler
// hears no more, and the server is told 1001 (going away) if that can be written without waiting;
// what cannot is lost. For an end in good order, close() the machine and wait for `closed`. Loop
// and handler must outlive it.
class websocket_client final : private connector_owner {
 public:
  websocket_client(loop& home, websocket_client_handler& handler,
                   websocket_client_config config = {});
  ~websocket_client();
  websocket_client(const websocket_client&) = delete;
  websocket_client& operator=(const websocket_client&) = delete;

  // Begins to connect; never twice by itself. May be called again from `closed` on, also inside
  // it. Errors: bad_configuration, unavailable, those of certificates; misuse before `closed`.
  result<void> open();
  // From open() to `closed`.
  bool is_active() const noexcept { return session_ != nullptr; }

  // While it is active; commands from `opened` on. close() ends it, end_now() at once.
  websocket::client& machine() noexcept;
  // After a command that was given outside of on_event().
  void wake();

  const websocket_client_config& config() const noexcept { return config_; }

 private:
  friend detail::websocket_client_session;

  void connected(connection& c, time_point now) override;
  void connect_failed(const error& why) override;
  result<layer_ptr> make_tls();

  loop& loop_;
  websocket_client_handler& handler_;
  websocket_client_config config_;
  connector connector_;
  std::uint64_t attempts_ = 0;
  detail::websocket_client_session* session_ = nullptr;
  std::vector<detail::websocket_client_session*> ending_;  // whose `closed` was told
};

}  // namespace parley
