// What can go wrong with TLS, told apart by what a person has to do about it (S158).
#pragma once

#include <cstdint>
#include <parley/core/error.hpp>

namespace parley::tls {

enum class errc : std::uint16_t {
  // The peer's certificate (RFC 5280, RFC 6125). The message names it.
  certificate_expired,
  certificate_not_yet_valid,
  wrong_host,            // it is for other names
  self_signed,           // signed by itself, and not among the trusted ones
  unknown_authority,     // its chain ends at somebody who is not trusted
  missing_intermediate,  // between it and the trusted ones a certificate is missing
  wrong_purpose,         // it may not be used for this side of a connection
  revoked,               // a CRL names it
  no_crl,                // revocation is to be checked, and no current CRL is there
  weak_certificate,      // a key or a signature below the security level; also of our own
  bad_certificate,       // another fault in it
  no_certificate,        // the client gave none, and the server wants one
  // The handshake (RFC 8446, RFC 5246).
  protocol_version,     // no version in common
  no_shared_cipher,     // no cipher suite or group in common
  no_shared_protocol,   // ALPN: no application protocol in common
  refused_certificate,  // the peer did not accept ours, or wants one
  not_tls,              // the peer spoke in the clear
  alert,                // the peer gave up with another alert
  handshake_failed,     // anything else before the connection is open
  broken_record,        // a record that was changed on its way
  // What the context was made from.
  bad_pem,         // not what it should be
  bad_key,         // no private key in it
  wrong_password,  // the key is encrypted, and the password does not open it
  key_mismatch,    // key and certificate do not belong together
  no_authorities,  // verification is on, and nobody is trusted
  bad_setting,     // a name of a cipher, group or protocol that OpenSSL does not know
};

const error_info& describe(errc) noexcept;

}  // namespace parley::tls
