#include <array>
#include <parley/codecs/tls/errc.hpp>

namespace parley::tls {
namespace {

using enum error_class;

constexpr std::string_view check_authority =
    "give the authority that signed it in ssl_ca_certs, or check that this is the right server";

// In the order of `errc`.
constexpr auto infos = std::to_array<error_info>({
    {"tls", "certificate_expired", configuration, "the peer's certificate has expired",
     "renew the certificate of the peer; check the clock of this machine"},
    {"tls", "certificate_not_yet_valid", configuration, "the peer's certificate is not valid yet",
     "check the clocks of both machines; wait, or issue the certificate again"},
    {"tls", "wrong_host", configuration, "the peer's certificate is for another host",
     "connect by a name in the certificate, or issue it with this name as subjectAltName"},
    {"tls", "self_signed", configuration, "the peer's certificate is signed by itself",
     "add this certificate to ssl_ca_certs if you trust it"},
    {"tls", "unknown_authority", configuration,
     "the peer's certificate is signed by an authority that is not trusted", check_authority},
    {"tls", "missing_intermediate", configuration,
     "the issuer of the peer's certificate is missing",
     "let the peer send its intermediate certificates as well, or give the authority in "
     "ssl_ca_certs"},
    {"tls", "wrong_purpose", configuration, "the peer's certificate is for another purpose",
     "issue it with serverAuth for servers, clientAuth for clients; authorities need CA:TRUE"},
    {"tls", "revoked", configuration, "the peer's certificate was revoked",
     "do not trust this peer; it needs a new certificate"},
    {"tls", "no_crl", configuration, "revocation cannot be checked",
     "give a current CRL of the issuer, or give none at all to switch the check off"},
    {"tls", "weak_certificate", configuration, "a certificate is too weak",
     "issue it with an RSA key of 2048 bits or more, or an EC key, and SHA-256"},
    {"tls", "bad_certificate", configuration, "the peer's certificate is not acceptable",
     "look at it with: openssl x509 -text"},
    {"tls", "no_certificate", authentication, "the client gave no certificate",
     "set ssl_certfile and ssl_keyfile on the client"},
    {"tls", "protocol_version", configuration, "no TLS version in common",
     "allow TLS 1.2 or 1.3 on both sides"},
    {"tls", "no_shared_cipher", configuration, "no cipher suite or group in common",
     "compare ciphers and groups of both sides; the server may lack a certificate of a fitting "
     "kind"},
    {"tls", "no_shared_protocol", configuration, "no application protocol in common (ALPN)",
     "compare the ALPN lists of both sides"},
    {"tls", "refused_certificate", authentication, "the peer did not accept our certificate",
     "check ssl_certfile and ssl_keyfile, and that the peer trusts their authority"},
    {"tls", "not_tls", configuration, "the peer answered without TLS",
     "check host and port: this one speaks in the clear; or connect without TLS"},
    {"tls", "alert", protocol, "the peer ended TLS with an alert", "look into the log of the peer"},
    {"tls", "handshake_failed", protocol, "the TLS handshake failed",
     "check that both sides speak TLS on this port"},
    {"tls", "broken_record", protocol, "a TLS record was changed on its way",
     "something between the two changes the stream, or one side is defective"},
    {"tls", "bad_pem", configuration, "not a certificate, key or list in PEM or DER",
     "look at the file: it should begin with -----BEGIN"},
    {"tls", "bad_key", configuration, "no private key", "give a key in PEM, PKCS#8 or DER"},
    {"tls", "wrong_password", configuration, "the password does not open the private key",
     "set the password of the key, or store the key without encryption"},
    {"tls", "key_mismatch", configuration, "certificate and private key do not belong together",
     "check that both files are of the same issue, and that the leaf comes first in the chain"},
    {"tls", "no_authorities", configuration,
     "certificates are to be verified, and nobody is trusted",
     "set ssl_ca_certs, or install the system's certificates (package ca-certificates)"},
    {"tls", "bad_setting", configuration, "a TLS setting that OpenSSL does not know",
     "see openssl ciphers -v, openssl list -tls-groups"},
});

}  // namespace

const error_info& describe(errc code) noexcept { return infos[static_cast<std::size_t>(code)]; }

}  // namespace parley::tls
