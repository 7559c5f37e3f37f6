// How TLS is to be spoken. The defaults are the right ones; what is weaker has to be asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/callback.hpp>
#include <parley/core/net/secret.hpp>
#include <parley/core/time.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::tls {

enum class version : std::uint8_t { tls1_2, tls1_3 };

using parley::client_certificates;

// Bytes and where they came from: a path or "the system's store", for error texts. PEM with
// any number of objects, or one object in DER.
struct source {
  std::string bytes{};
  std::string name{};
};

// What changes when certificates are renewed.
struct material {
  // Those who may sign the peer's certificate. Empty: nobody, an error unless verify is none.
  source authorities{};
  // Revocation lists. If there are any, the peer's certificate must be covered by one.
  source crls{};
  // Our own: the leaf first, then its intermediates. A server must have one.
  source certificate{};
  source key{};
};

// Aggregate; move-only because of its callbacks.
struct config {
  material bytes{};
  verify_mode verify = verify_mode::full;
  // With `crls`: intermediates are looked up as well, and each issuer must have a list.
  bool crls_of_whole_chain = false;
  client_certificates clients = client_certificates::none;  // servers

  // Opens an encrypted key; asked once for each load of one. An empty password is a wrong one.
  callback<secret()> key_password{};

  version lowest = version::tls1_2;
  version highest = version::tls1_3;
  // In OpenSSL's notation; empty: its defaults.
  std::string ciphers{};        // TLS 1.2
  std::string cipher_suites{};  // TLS 1.3
  std::string groups{};         // "X25519:P-256"
  // ALPN (RFC 7301), the preferred one first. A server that has a list refuses clients who
  // ask for none of it.
  std::vector<std::string> alpn{};

  bool resumption = true;
  std::size_t max_sessions = 256;  // that a client remembers, one for each host
  duration handshake_timeout = std::chrono::seconds(10);
  // OpenSSL frees the buffers of idle connections: 5 to 30 % slower, 34 KiB smaller. Default:
  // servers do.
  std::optional<bool> release_buffers{};

  // NSS key log lines, for Wireshark. Whoever has them can read the traffic.
  callback<void(std::string_view)> key_log{};
  observer* watch = nullptr;  // is warned of each unverified connection
};

}  // namespace parley::tls
