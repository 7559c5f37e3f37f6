// What a rest_provider is made with: the settings of S90 to S98 with their defaults, and what else
// can be set.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/http/client_limits.hpp>
#include <parley/codecs/http/rest/cors.hpp>
#include <parley/codecs/http/rest/router.hpp>
#include <parley/codecs/http/server_limits.hpp>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/overflow.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/error.hpp>
#include <parley/core/net/back_off.hpp>
#include <parley/core/net/secret.hpp>
#include <parley/core/net/uri.hpp>
#include <string>
#include <utility>
#include <vector>

namespace parley {

// An aggregate: `rest_provider server{loop, {.port = 8080}};`, and for a client
// `rest_provider client{loop, {.is_server = false, .base_url = "https://api.example.com"}};`
struct rest_config {
  // --- a server: where it listens
  std::string host = "0.0.0.0";  // a numeric address
  std::uint16_t port = 8443;     // 0: one that is free
  std::string unix_socket{};     // a path, instead of host and port

  bool is_server = true;

  // --- a client: what names are relative to where a call says nothing else: https://host/path,
  // http://, http+unix:///socket. User and password are sent as Authorization: Basic, to this
  // origin alone. May be empty: then each call names its own (S89).
  std::string base_url{};

  // --- TLS. A server's certificate and key: it speaks TLS where they are set. A client has one for
  // servers that ask for it (S145), and uses TLS for https://. Needs `with`.
  std::string ssl_cert{};
  std::string ssl_key{};
  secret ssl_key_password{};
  std::string ssl_ca_certs{};  // empty: the system's store
  std::string ssl_crlfile{};
  verify_mode verify = verify_mode::full;                   // of a client
  client_certificates clients = client_certificates::none;  // of a server

  // --- a server: which pages of other sites may read its answers (S95, S96)
  bool cors_enabled = true;
  std::vector<std::string> cors_origins{"*"};
  // The rest of it. `enabled` and `origins` are those above.
  http::cors_settings cors{};

  // A request in total, from its last byte to the answer (a server says 504 then), or from call()
  // to the last byte of the reply (a client). Not for streams (S97, S153).
  duration timeout = std::chrono::seconds(30);
  // A client: connections to one origin (S98, S152); a channel that is listened to takes one.
  std::uint32_t max_connections = 100;

  // --- a server
  std::uint32_t max_clients = 10'000;           // connections; further ones are refused
  std::size_t max_body = std::size_t{1} << 20;  // of a request, and decoded; else 413
  http::trailing_slash slashes = http::trailing_slash::same;
  // The body's limit is max_body. A client that ends its side before it has its answer has gone, as
  // with nginx and Node: nobody works or streams for it any more (rest_responder::on_gone). With
  // allow_half_close it is answered, and missed only by what is written to it.
  http::server_limits server_limits{.allow_half_close = false};
  duration close_timeout = std::chrono::seconds(10);  // how long close() waits for answers

  // --- a client
  std::size_t max_reply = std::size_t{16} << 20;  // the body of a reply that is collected
  // Calls to one origin that wait for a connection; more end with errc::queue_full.
  std::uint32_t max_queue = 1000;
  duration connect_timeout = std::chrono::seconds(5);
  // Redirections that are followed for one call; 0: they are replies like others.
  std::uint32_t max_redirects = 5;
  // How often a call is made again that failed in a way that may pass, by the rule of P52: only
  // what the server has not seen, or methods that may be repeated; those also after 429, 502, 503
  // and 504 to a callable. `reconnect` has the pauses, and Retry-After is obeyed. What met the end
  // of a kept connection is sent again at once, and is not counted.
  std::uint32_t max_retries = 2;
  back_off_config reconnect{};
  // Sent with each call, but behind no redirection to another origin; those that are named like
  // credentials (X-API-Key) to base_url's origin alone, if it is set.
  std::vector<std::pair<std::string, std::string>> headers{};
  // http://[user:password@]host:port: https:// by CONNECT, http:// by absolute targets. For every
  // origin but Unix sockets.
  std::string proxy{};
  // Its idle_timeout is how long a connection is kept that nobody uses.
  http::client_limits client_limits{.response_timeout = duration::zero()};

  // --- speakers, over server-sent events
  // Where a server has them, and a client looks for them below base_url; empty: nowhere.
  std::string events_path = "/events";
  // A server: what a client posts to a channel goes to all that listen to it as well.
  bool relay = false;
  // What waits for one listener that reads slowly, in bytes, and what becomes of the rest.
  std::size_t write_limit = std::size_t{1} << 20;
  overflow write_policy = overflow::reject;
  // What is kept of each channel for listeners that come back (Last-Event-ID), in bytes.
  std::size_t history = std::size_t{256} << 10;
  // A line that says nothing goes out this often, so that proxies keep the stream open.
  duration stream_ping = std::chrono::seconds(15);

  // Where TLS comes from; null: there is none. Must outlive the provider.
  transports* with = nullptr;
  // Told of states, metrics and faults; may be null. Must outlive the provider.
  observer* watch = nullptr;

  // Every fault at once, in the message of one errc::bad_configuration.
  result<void> validate() const;

  // A client of https://user:password@host:8443/path. Parameters: timeout and connect_timeout
  // (seconds), max_connections, max_redirects, proxy; with TLS ca_certs, certfile, keyfile,
  // crlfile, verify. Unknown ones are an error.
  static result<rest_config> from_uri(const uri& where);
  // A server on the address of this URI. Parameters: max_clients, max_body, timeout; with TLS
  // certfile, keyfile, ca_certs, crlfile, clients. Unknown ones are an error.
  static result<rest_config> server_from_uri(const uri& where);
};

}  // namespace parley
