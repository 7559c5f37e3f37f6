// The two tables by which optional parts meet: values that are passed in, never
// globals or self-registration. What is missing is a reported state (S160, S161).
#pragma once

#include <memory>
#include <parley/core/api/provider.hpp>
#include <parley/core/async/callback.hpp>
#include <parley/core/machine/layer.hpp>
#include <parley/core/net/secret.hpp>
#include <parley/core/net/uri.hpp>
#include <parley/core/time.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley {

// How much of the peer's certificate is checked. `none` is for development.
enum class verify_mode : std::uint8_t { full, ca_only, none };

// Whether a server asks its clients for a certificate. What is given is always verified.
enum class client_certificates : std::uint8_t { none, optional, required };

// TLS as a provider's configuration spells it, in paths; read by the transport's maker.
struct tls_settings {
  std::string ca_certs{};  // file or folder; empty: the system's store
  std::string certfile{};  // with its intermediates
  std::string keyfile{};
  secret key_password{};  // if the key is encrypted
  std::string crlfile{};  // if there is one, revocation is checked
  verify_mode verify = verify_mode::full;
  client_certificates clients = client_certificates::none;  // of a server
  std::string alpn{};  // application protocols, the preferred one first: "h2,http/1.1"

  friend bool operator==(const tls_settings&, const tls_settings&) = default;
};

// What a transport is made for.
struct transport_request {
  std::string_view host{};  // the name that the peer must prove
  const tls_settings* tls = nullptr;
  loop* home = nullptr;
  observer* watch = nullptr;  // is told what should not be silent

  // Of a layer whose handshake is a request of HTTP: the authority that Host says, the target, and
  // further fields. Borrowed for the call.
  std::string_view authority{};
  std::string_view target{};
  std::span<const std::pair<std::string, std::string>> fields{};
  // The same of a server: the pages that may connect besides its own, and whether TLS is below.
  std::span<const std::string> origins{};
  bool is_tls = false;
  // For a layer that has messages of its own: each has one of the machine on top, or a part of one,
  // and never two. Null: they end anywhere.
  message_measure measure = nullptr;
  // How long the handshake may take. Zero: what the layer finds right.
  duration handshake_timeout{};
};

// Name -> function that makes the lower machine: "tls" for the side that connects, "tls_server" for
// the other; "websocket/mqtt" and "websocket_server/mqtt" for MQTT in WebSocket.
class transports {
 public:
  using maker = callback<result<layer_ptr>(const transport_request&)>;

  // Replaces an entry of the same name.
  void add(std::string scheme, maker make);
  bool has(std::string_view scheme) const noexcept;
  // errc::unavailable, with what to build, when the entry is missing.
  result<layer_ptr> make(std::string_view scheme, const transport_request& request);

 private:
  struct entry {
    std::string scheme;
    maker make;
  };
  std::vector<entry> entries_;
};

// Protocol ("redis") -> function that makes a provider from a URI.
class protocols {
 public:
  using maker = callback<result<std::unique_ptr<provider>>(loop&, const uri&, observer*)>;

  void add(std::string protocol, maker make);
  bool has(std::string_view protocol) const noexcept;
  // The protocol that a URI scheme belongs to: "rediss" -> "redis"; empty if
  // the scheme is unknown.
  static std::string_view of_scheme(std::string_view scheme) noexcept;
  // errc::unavailable, with the option and the package, when it is not built in.
  result<std::unique_ptr<provider>> make(loop& home, const uri& where, observer* watch = nullptr);

  // How values become the bytes of a message, the same for all protocols: text and bytes as they
  // are, the rest as JSON. For who needs them without a protocol (core/fallback); null: nobody can.
  using encoder = result<std::string> (*)(const value&);
  void encode_with(encoder e) noexcept { encode_ = e; }
  encoder value_encoder() const noexcept { return encode_; }

 private:
  struct entry {
    std::string protocol;
    maker make;
  };
  std::vector<entry> entries_;
  encoder encode_ = nullptr;
};

// The error for a part that this build lacks: names the CMake option and the
// Debian package that bring it.
error unavailable_part(std::string_view part);

}  // namespace parley
