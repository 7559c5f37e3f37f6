// What a websocket_provider is made with: the settings of S108 to S118 with their defaults, and
// what else can be set.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/websocket/connection_limits.hpp>
#include <parley/codecs/websocket/deflate_agreement.hpp>
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

class websocket_connections;

// How channels are named on the wire.
enum class websocket_names : std::uint8_t {
  automatic,  // by envelopes (envelope.hpp) where the peer speaks them, else raw
  required,   // by envelopes, and no other peer is accepted
  raw,        // not at all: a message is its payload, for all who listen
};

// An aggregate: `websocket_provider server{loop, {.port = 8765}};`, and for a client
// `websocket_provider client{loop, {.uri = "ws://localhost:8765", .is_server = false}};`
struct websocket_config {
  // --- a server: where it listens
  std::string host = "0.0.0.0";  // a numeric address
  std::uint16_t port = 8765;     // 0: one that is free
  std::string unix_socket{};     // a path, instead of host and port
  // False: no socket at all. Clients come by a rest_provider's port: see upgrades().
  bool listens = true;

  // --- a client: ws://host:port/path?query, wss://, ws+unix:///socket. User and password of the
  // URI are sent as Authorization: Basic.
  std::string uri{};
  // The same as from_uri() was given it, instead of a text.
  std::optional<parley::uri> where{};

  bool is_server = true;

  // --- TLS. A server's certificate and key; a client has one for servers that ask for it. A client
  // uses TLS for wss://, a server if ssl_cert is set. Needs `with`.
  std::string ssl_cert{};
  std::string ssl_key{};
  secret ssl_key_password{};
  std::string ssl_ca_certs{};  // empty: the system's store
  std::string ssl_crlfile{};
  verify_mode verify = verify_mode::full;                   // of a client
  client_certificates clients = client_certificates::none;  // of a server

  // "deflate", or empty: without. Then `deflate` says how.
  std::string compression{};
  websocket::deflate_settings deflate{};

  duration ping_interval = std::chrono::seconds(20);
  duration ping_timeout = std::chrono::seconds(20);
  std::size_t max_size = std::size_t{10} << 20;  // of a message, inflated
  // How many messages may wait in an inbox (create_inbox()). Callbacks get messages as they are
  // read, so that none wait: what a callback is busy with keeps the peer from sending more.
  std::uint32_t max_queue = 32;

  // --- what waits for one peer that reads slowly, in bytes, and what becomes of the rest. Control
  // frames do not count.
  std::size_t write_limit = std::size_t{1} << 20;
  overflow write_policy = overflow::reject;

  websocket_names names = websocket_names::automatic;
  // A server: what a client publishes goes to all others that listen as well, as through a broker.
  bool relay = false;
  // A server: how many clients, and which pages may connect beside those of the same origin (P48):
  // "https://example.com", "*" for all, "null".
  std::uint32_t max_connections = 10'000;
  std::vector<std::string> origins{};

  // A client: what is sent with the handshake.
  std::string origin{};
  std::vector<std::pair<std::string, std::string>> headers{};

  // How long initialize() goes on trying, and how long one attempt may take.
  duration connect_timeout = std::chrono::seconds(5);
  // How long a call waits for its reply, and listen() for its confirmation; zero: for ever.
  duration call_timeout = std::chrono::seconds(5);
  // From our close frame to the peer's; and how long close() of a server waits.
  duration close_timeout = std::chrono::seconds(10);
  back_off_config reconnect{};
  // A client: what is shouted while there is no connection waits for one; 0: it fails at once.
  std::size_t offline_bytes = std::size_t{1} << 20;
  overflow offline_policy = overflow::reject;

  // A client: connections to share with others, see websocket_connections.hpp; null: one of its
  // own.
  websocket_connections* share = nullptr;

  // Where TLS comes from; null: there is none. Must outlive the provider.
  transports* with = nullptr;
  // Told of states, metrics and faults; may be null. Must outlive the provider.
  observer* watch = nullptr;

  // Every fault at once, in the message of one errc::bad_configuration.
  result<void> validate() const;

  // A client of ws://user:password@host:8765/path?query. Query parameters are the server's, not
  // ours.
  static result<websocket_config> from_uri(const parley::uri& where);
  // A server on the address of this URI. Parameters: max_connections, max_size, compression; with
  // TLS certfile, keyfile, ca_certs, crlfile, clients. Unknown ones are an error.
  static result<websocket_config> server_from_uri(const parley::uri& where);
};

}  // namespace parley
