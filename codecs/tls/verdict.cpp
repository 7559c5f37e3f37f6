#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <parley/codecs/tls/detail/read.hpp>
#include <parley/codecs/tls/detail/verdict.hpp>
#include <parley/codecs/tls/errc.hpp>

namespace parley::tls::detail {
namespace {

// Whether somebody of the issuer's name is trusted, and did not sign the last of the chain.
bool has_namesake(X509_STORE_CTX* store) {
  const X509* last = X509_STORE_CTX_get_current_cert(store);
  if (!last) return false;
  auto* trusted = X509_STORE_CTX_get1_certs(store, X509_get_issuer_name(last));
  const bool found = trusted && sk_X509_num(trusted) > 0;
  sk_X509_pop_free(trusted, X509_free);
  return found;
}

// An unknown issuer has causes that a person mends in different ways. Of a certificate that came
// alone nobody can say whether its issuer is an intermediate or an unknown authority: the hint
// of missing_intermediate has both.
errc unknown_issuer(X509_STORE_CTX* store) {
  const bool ends_above = X509_STORE_CTX_get_error_depth(store) > 0;
  return ends_above || has_namesake(store) ? errc::unknown_authority : errc::missing_intermediate;
}

errc code_of(X509_STORE_CTX* store) {
  switch (X509_STORE_CTX_get_error(store)) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return errc::certificate_expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return errc::certificate_not_yet_valid;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return errc::wrong_host;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return errc::self_signed;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return unknown_issuer(store);
    // Signed by another key of a trusted name.
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_AKID_SKID_MISMATCH:
      return errc::unknown_authority;
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_CERT_REJECTED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
      return errc::wrong_purpose;
    case X509_V_ERR_CERT_REVOKED:
      return errc::revoked;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
      return errc::no_crl;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return errc::weak_certificate;
    default:
      return errc::bad_certificate;
  }
}

errc code_of_reason(int reason, bool in_handshake) {
  switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return errc::protocol_version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_CIPHERS_AVAILABLE:
    case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
      return errc::no_shared_cipher;
    // Later it is the answer to a refused renegotiation.
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return in_handshake ? errc::no_shared_cipher : errc::alert;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return errc::no_certificate;
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return errc::no_shared_protocol;
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return errc::refused_certificate;
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
    case SSL_R_DH_KEY_TOO_SMALL:
      return errc::weak_certificate;
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_DATA_LENGTH_TOO_LONG:
    case SSL_R_ENCRYPTED_LENGTH_TOO_LONG:
    case SSL_R_LENGTH_TOO_SHORT:
    case SSL_R_SSLV3_ALERT_BAD_RECORD_MAC:
    case SSL_R_WRONG_VERSION_NUMBER:
      return errc::broken_record;
    default:
      break;
  }
  // Alerts of the peer have numbers of their own (RFC 8446 section 6).
  if (reason >= SSL_AD_REASON_OFFSET) return errc::alert;
  return in_handshake ? errc::handshake_failed : errc::broken_record;
}

}  // namespace

error refused(X509_STORE_CTX* store, std::string_view host) {
  const errc code = code_of(store);
  X509* wrong = X509_STORE_CTX_get_current_cert(store);
  std::string text = wrong ? describe(*wrong).to_string() : "no certificate";
  // The fault may be above the peer's own certificate.
  X509* const leaf = X509_STORE_CTX_get0_cert(store);
  if (wrong && leaf && wrong != leaf && X509_STORE_CTX_get_error_depth(store) > 0) {
    text.append(", above ").append(describe(*leaf).subject);
  }
  const int number = X509_STORE_CTX_get_error(store);
  if (code == errc::wrong_host) text.append("; asked for ").append(host);
  if (number == X509_V_ERR_IP_ADDRESS_MISMATCH) text += ", which has to be in it as IP, not as DNS";
  if (code == errc::unknown_authority && number != X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN &&
      has_namesake(store)) {
    text += "; an authority of that name is trusted, but it has another key";
  }
  if (code == errc::bad_certificate || code == errc::no_crl) {
    text.append(": ").append(X509_verify_cert_error_string(number));
  }
  return {code, std::move(text)};
}

error from_queue(bool in_handshake) {
  const unsigned long code = ERR_peek_last_error();
  const int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
  const std::string text = take_reason();
  return {code_of_reason(reason, in_handshake),
          text.empty() ? "the TLS library gave no reason" : text};
}

error in_the_clear(std::string_view seen, bool from_server) {
  std::string shown(from_server ? "the server said \"" : "the client said \"");
  for (const char c : seen.substr(0, 24)) shown += c >= ' ' && c <= '~' ? c : '.';
  error why(errc::not_tls, shown + '"');
  if (from_server) return why;
  return std::move(why).with_hint("the client has to connect with TLS");
}

}  // namespace parley::tls::detail
