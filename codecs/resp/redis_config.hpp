// What a redis_provider is made with: the settings of S21 to S31 with their
// defaults, and what else can be set.
#pragma once

#include <cstdint>
#include <parley/codecs/resp/client.hpp>
#include <parley/core/api/overflow.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/error.hpp>
#include <parley/core/net/back_off.hpp>
#include <parley/core/net/endpoint.hpp>
#include <parley/core/net/uri.hpp>
#include <string>

namespace parley {

// An aggregate: `redis_provider redis{loop, {.host = "cache", .db = 2}};`
struct redis_config {
  std::string host = "localhost";  // a name or an address; ignored with unix_socket
  std::uint16_t port = 6379;
  std::uint32_t db = 0;        // SELECT after the login: one per application (S146)
  std::string username{};      // ACL user (Redis 6); empty: the default user
  std::string password{};      // empty: no login. Never printed
  bool ssl = false;            // needs an entry "tls" in `with`
  std::string ssl_ca_certs{};  // empty: the system's store
  std::string ssl_certfile{};  // with ssl_keyfile: our own certificate
  std::string ssl_keyfile{};
  std::string ssl_key_password{};  // if the key is encrypted. Never printed
  std::string ssl_crlfile{};       // revocation is checked if there is one
  verify_mode verify = verify_mode::full;
  bool decode_responses = true;  // text as text; false: always bytes
  // All connections of the provider (S31, S151): one that commands share, pipelined; one
  // for subscriptions, opened with the first; the others for commands that wait at the
  // server (BLPOP) and for acquire(), opened when they are needed. Below 3 there are
  // none of those.
  std::uint32_t max_connections = 50;
  // How long to wait in line for one of the others; zero: for ever. How many may.
  duration pool_timeout = std::chrono::seconds(5);
  std::size_t pool_waiting = 1024;
  // One that nobody has used for so long is closed.
  duration pool_idle = std::chrono::seconds(30);

  std::string unix_socket{};  // a path; instead of host and port
  std::string client_name{};  // CLIENT SETNAME
  resp::version_choice protocol = resp::version_choice::automatic;

  // How long initialize() goes on trying, and how long one attempt may take.
  duration connect_timeout = std::chrono::seconds(5);
  // How long a command may wait for its reply; zero: for ever.
  duration command_timeout = std::chrono::seconds(5);
  // How long a call over a callable may wait for its answer; zero: for ever.
  duration call_timeout = std::chrono::seconds(5);
  // PING after so long without a word from the server; zero: never.
  duration ping_interval = std::chrono::seconds(2);
  // When an answer that is due makes the connection dead.
  duration liveness = std::chrono::seconds(4);
  back_off_config reconnect{};

  // Commands that are given while there is no connection wait for one, each up to its
  // timeout, all together in at most so many bytes; 0: they fail at once. And what to do
  // with one too many. 1 MiB is some thousand commands: enough for a restart.
  std::size_t offline_bytes = std::size_t{1} << 20;
  overflow offline_policy = overflow::reject;
  // What other threads have given by remote() and the loop has not taken, in bytes.
  std::size_t remote_bytes = std::size_t{1} << 20;

  // What is accepted from the server, and kept for it.
  resp::limits reply{};
  std::size_t max_output = std::size_t{64} << 20;

  // Where TLS comes from; null: there is none. Must outlive the provider.
  transports* with = nullptr;
  // Told of states, metrics and faults; may be null. Must outlive the provider.
  observer* watch = nullptr;

  // Every fault at once, in the message of one errc::bad_configuration.
  result<void> validate() const;

  // redis://user:password@host:6379/0, rediss:// for TLS, redis+unix:///path?db=1.
  // Parameters: db, client_name, protocol (2, 3), timeout (seconds), max_connections,
  // ca_certs, certfile, keyfile, crlfile, verify (full, ca_only, none). Unknown ones are an error.
  static result<redis_config> from_uri(const uri& where);
  static result<redis_config> from_uri(std::string_view text);

  endpoint where() const;
  // "redis://user:***@host:6379/0".
  std::string to_string() const;
};

}  // namespace parley
