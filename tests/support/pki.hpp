// A certificate authority for tests: certificates, keys and revocation lists
// made in memory, in milliseconds (an RSA key takes longer), with no files and
// no command line. Every call throws std::runtime_error with OpenSSL's reason
// when OpenSSL refuses.
//
//   const parley::test::authority root("test root");
//   const auto server = root.issue({.name = "server", .dns = {"example.test"}});
//   trust(root.pem());
//   serve(server.chain, server.key);
//   const std::string crl = root.crl({server});
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::test {

using certificate_time = std::chrono::system_clock::time_point;

// A negative number is in the past.
inline certificate_time days_from_now(int days) {
  return std::chrono::system_clock::now() + std::chrono::days(days);
}

// rsa_1024 is a key that a peer should find too weak.
enum class key_kind { ec_p256, rsa_2048, rsa_1024 };

// What extendedKeyUsage allows; with `any` the extension is left out.
enum class purpose { server, client, both, code_signing, any };

struct certificate_options {
  // The common name, at most 64 characters. Empty: a subject without one.
  std::string name = "test";
  // subjectAltName: names go in byte for byte, so that a test can have wildcards
  // and NULs in them; addresses are text, "127.0.0.1" or "::1".
  std::vector<std::string> dns{};
  std::vector<std::string> ips{};
  purpose use = purpose::server;
  key_kind key = key_kind::ec_p256;
  certificate_time not_before = days_from_now(-1);
  certificate_time not_after = days_from_now(365);
};

struct authority_options {
  key_kind key = key_kind::ec_p256;
  certificate_time not_before = days_from_now(-1);
  certificate_time not_after = days_from_now(365);
};

// A certificate and its key.
struct identity {
  // PEM of the certificate alone.
  std::string certificate{};
  // PEM of the certificate, then of the intermediates, up to but without the root.
  std::string chain{};
  // PEM of the key, PKCS#8, in the clear.
  std::string key{};

  // PEM of the key, PKCS#8, AES-256-CBC.
  std::string encrypted_key(std::string_view password) const;
  // The key's DER is PKCS#8 in the clear.
  std::string certificate_der() const;
  std::string key_der() const;
};

// A value: copies sign as the same authority, and one may be used by many threads.
class authority {
 public:
  // A root, which signs itself.
  explicit authority(const std::string& name, const authority_options& options = {});

  // An authority that this one has signed.
  authority intermediate(const std::string& name, const authority_options& options = {}) const;
  // A certificate that is no authority, signed by this one.
  identity issue(const certificate_options& options) const;
  // Its own certificate, PEM.
  const std::string& pem() const noexcept { return self_.certificate; }
  // PEM of a list that revokes the certificates, of which only `certificate` is
  // read: {identity{.certificate = intermediate.pem()}} revokes an authority.
  std::string crl(const std::vector<identity>& revoked,
                  certificate_time last_update = days_from_now(-1),
                  certificate_time next_update = days_from_now(6)) const;

  // Signs with a certificate that may not: what such an authority issues is to be refused.
  static authority impostor(identity self) { return authority(std::move(self)); }
  // A certificate that is no authority and that nobody vouches for.
  static identity self_signed(const certificate_options& options);

 private:
  explicit authority(identity self);

  // `chain` is what follows a certificate that this authority issues.
  identity self_;
};

}  // namespace parley::test
