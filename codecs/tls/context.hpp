// tls::context: what all TLS connections of one kind share: who is trusted, our own
// certificate, settings, and remembered sessions. Made from bytes; adapters/files reads
// paths.
//
//   auto trust = parley::tls::context::make_client({.bytes = {.authorities = {pem, "ca.pem"}}});
//   stack<resp::client> machine(resp::client(...), std::make_unique<tls::client>(*trust, "host",
//   wall));
#pragma once

#include <memory>
#include <parley/codecs/tls/config.hpp>
#include <parley/core/error.hpp>
#include <string_view>

namespace parley::tls {

namespace detail {
class context_core;
}

// A handle, cheap to copy; what it stands for lives as long as a handle or a connection. One
// thread: that of the connections. Settings stay as they were made; certificates change
// with reload().
class context {
 public:
  // For the side that connects. Errors: those of errc from bad_pem on, and weak_certificate, all
  // with the names of the sources; each key is checked against its certificate.
  static result<context> make_client(config how);
  // For the side that is connected to; a certificate and key are needed.
  static result<context> make_server(config how);

  // Takes other certificates, keys and lists. Connections that are open go on as they are, new
  // ones see the new bytes; remembered sessions are forgotten. If it fails, nothing has
  // changed.
  result<void> reload(material bytes);

  bool is_server() const noexcept;
  verify_mode verify() const noexcept;
  // Sessions that are remembered, for resumption by a client.
  std::size_t sessions() const noexcept;

 private:
  friend class connection;
  explicit context(std::shared_ptr<detail::context_core> core) noexcept : core_(std::move(core)) {}

  std::shared_ptr<detail::context_core> core_;
};

}  // namespace parley::tls
