#include "support/pki.hpp"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>

namespace parley::test {
namespace {

template <auto function>
struct freed_by {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};

template <class T, auto function>
using owned = std::unique_ptr<T, freed_by<function>>;

using bio = owned<BIO, &BIO_free_all>;
using private_key = owned<EVP_PKEY, &EVP_PKEY_free>;
using x509 = owned<X509, &X509_free>;
using x509_name = owned<X509_NAME, &X509_NAME_free>;
using x509_extension = owned<X509_EXTENSION, &X509_EXTENSION_free>;
using x509_crl = owned<X509_CRL, &X509_CRL_free>;
using x509_revoked = owned<X509_REVOKED, &X509_REVOKED_free>;
using asn1_integer = owned<ASN1_INTEGER, &ASN1_INTEGER_free>;
using asn1_string = owned<ASN1_STRING, &ASN1_STRING_free>;
using asn1_time = owned<ASN1_TIME, &ASN1_TIME_free>;
using general_name = owned<GENERAL_NAME, &GENERAL_NAME_free>;
using general_names = owned<GENERAL_NAMES, &GENERAL_NAMES_free>;

// The first error in the queue is the cause, those after it are its consequences.
[[noreturn]] void fail(const std::string& what) {
  const char* reason = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  throw std::runtime_error(reason ? what + ": " + reason : what);
}

void check(bool ok, const std::string& what) {
  if (!ok) fail(what);
}

template <class T>
T* made(T* object, const std::string& what) {
  check(object != nullptr, what);
  return object;
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bio new_bio() { return bio(made(BIO_new(BIO_s_mem()), "BIO_new")); }

// `text` has to outlive the result.
bio reader(std::string_view text) {
  return bio(made(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), "BIO_new_mem_buf"));
}

std::string text_of(BIO* from) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(from, &data);
  return {data, static_cast<std::size_t>(size)};
}

// OpenSSL would ask at the terminal otherwise.
int no_password(char*, int, int, void*) { return -1; }

private_key parse_key(const std::string& pem) {
  const bio from = reader(pem);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(from.get(), nullptr, &no_password, nullptr);
  return private_key(made(key, "cannot read the key"));
}

x509 parse_certificate(const std::string& pem) {
  const bio from = reader(pem);
  X509* certificate = PEM_read_bio_X509(from.get(), nullptr, &no_password, nullptr);
  return x509(made(certificate, "cannot read the certificate"));
}

// A null `cipher` writes the key in the clear. No callback: it would win over the password.
std::string write_key(EVP_PKEY* key, const EVP_CIPHER* cipher, const std::string& password) {
  const bio to = new_bio();
  const auto size = static_cast<int>(password.size());
  const int ok = PEM_write_bio_PKCS8PrivateKey(to.get(), key, cipher, password.c_str(), size,
                                               nullptr, nullptr);
  check(ok == 1, "cannot write the key");
  return text_of(to.get());
}

std::string write_certificate(X509* certificate) {
  const bio to = new_bio();
  check(PEM_write_bio_X509(to.get(), certificate) == 1, "cannot write the certificate");
  return text_of(to.get());
}

std::string write_crl(X509_CRL* crl) {
  const bio to = new_bio();
  check(PEM_write_bio_X509_CRL(to.get(), crl) == 1, "cannot write the revocation list");
  return text_of(to.get());
}

struct pem_block {
  ~pem_block() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
};

// What PEM wraps is DER already.
std::string unwrap(const std::string& pem) {
  const bio from = reader(pem);
  pem_block block;
  check(PEM_read_bio(from.get(), &block.name, &block.header, &block.data, &block.size) == 1,
        "cannot read PEM");
  return {reinterpret_cast<const char*>(block.data), static_cast<std::size_t>(block.size)};
}

EVP_PKEY* generate(key_kind kind) {
  switch (kind) {
    case key_kind::ec_p256:
      return EVP_EC_gen("P-256");
    case key_kind::rsa_2048:
      return EVP_RSA_gen(2048U);
    case key_kind::rsa_1024:
      return EVP_RSA_gen(1024U);
  }
  return nullptr;
}

private_key new_key(key_kind kind) {
  return private_key(made(generate(kind), "cannot make a key"));
}

asn1_integer integer(std::uint64_t value) {
  asn1_integer result(made(ASN1_INTEGER_new(), "ASN1_INTEGER_new"));
  check(ASN1_INTEGER_set_uint64(result.get(), value) == 1, "ASN1_INTEGER_set_uint64");
  return result;
}

asn1_integer random_serial() {
  unsigned char random[sizeof(std::uint64_t)];
  check(RAND_bytes(random, sizeof(random)) == 1, "RAND_bytes");
  std::uint64_t serial = 0;
  for (const unsigned char byte : random) serial = serial << 8 | byte;
  return integer(serial);
}

asn1_time to_asn1(certificate_time time) {
  ASN1_TIME* result = ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(time));
  return asn1_time(made(result, "ASN1_TIME_set"));
}

x509_name subject(const std::string& common_name) {
  x509_name result(made(X509_NAME_new(), "X509_NAME_new"));
  if (common_name.empty()) return result;
  const auto size = static_cast<int>(common_name.size());
  check(X509_NAME_add_entry_by_NID(result.get(), NID_commonName, MBSTRING_UTF8, bytes(common_name),
                                   size, -1, 0) == 1,
        "bad common name " + common_name);
  return result;
}

general_name dns_name(const std::string& name) {
  general_name result(made(GENERAL_NAME_new(), "GENERAL_NAME_new"));
  asn1_string value(made(ASN1_STRING_type_new(V_ASN1_IA5STRING), "ASN1_STRING_type_new"));
  check(ASN1_STRING_set(value.get(), name.data(), static_cast<int>(name.size())) == 1,
        "ASN1_STRING_set");
  GENERAL_NAME_set0_value(result.get(), GEN_DNS, value.release());
  return result;
}

general_name ip_address(const std::string& address) {
  general_name result(made(GENERAL_NAME_new(), "GENERAL_NAME_new"));
  ASN1_OCTET_STRING* value = a2i_IPADDRESS(address.c_str());
  GENERAL_NAME_set0_value(result.get(), GEN_IPADD, made(value, "bad address " + address));
  return result;
}

void append(GENERAL_NAMES* names, general_name name) {
  check(sk_GENERAL_NAME_push(names, name.get()) > 0, "sk_GENERAL_NAME_push");
  // The list frees it.
  static_cast<void>(name.release());
}

void add_alternative_names(X509* certificate, const certificate_options& options) {
  if (options.dns.empty() && options.ips.empty()) return;
  const general_names names(made(GENERAL_NAMES_new(), "GENERAL_NAMES_new"));
  for (const std::string& name : options.dns) append(names.get(), dns_name(name));
  for (const std::string& address : options.ips) append(names.get(), ip_address(address));
  // RFC 5280 wants it critical when there is no other name.
  const int critical = options.name.empty() ? 1 : 0;
  check(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), critical, 0) == 1,
        "cannot add subjectAltName");
}

// `value` as in OpenSSL's configuration files.
x509_extension extension(X509V3_CTX& context, int nid, const std::string& value) {
  X509_EXTENSION* result = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  return x509_extension(made(result, "bad extension " + value));
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const x509_extension added = extension(context, nid, value);
  check(X509_add_ext(certificate, added.get(), -1) == 1, "X509_add_ext");
}

std::string extended_usage(purpose use) {
  switch (use) {
    case purpose::server:
      return "serverAuth";
    case purpose::client:
      return "clientAuth";
    case purpose::both:
      return "serverAuth,clientAuth";
    case purpose::code_signing:
      return "codeSigning";
    case purpose::any:
      break;
  }
  return {};
}

void add_authority_extensions(X509* certificate) {
  add_extension(certificate, nullptr, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, nullptr, NID_key_usage, "critical,keyCertSign,cRLSign");
}

void add_leaf_extensions(X509* certificate, const certificate_options& options) {
  add_extension(certificate, nullptr, NID_basic_constraints, "critical,CA:FALSE");
  // TLS 1.2 can encrypt to an RSA key.
  const bool rsa = options.key != key_kind::ec_p256;
  add_extension(certificate, nullptr, NID_key_usage,
                rsa ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature");
  const std::string usage = extended_usage(options.use);
  if (!usage.empty()) add_extension(certificate, nullptr, NID_ext_key_usage, usage);
  add_alternative_names(certificate, options);
}

// Everything but the issuer, the extensions and the signature.
x509 draft(const certificate_options& options, EVP_PKEY* key) {
  x509 result(made(X509_new(), "X509_new"));
  X509* const certificate = result.get();
  const asn1_time from = to_asn1(options.not_before);
  const asn1_time to = to_asn1(options.not_after);
  check(X509_set_version(certificate, X509_VERSION_3) == 1, "X509_set_version");
  check(X509_set_serialNumber(certificate, random_serial().get()) == 1, "X509_set_serialNumber");
  check(X509_set_subject_name(certificate, subject(options.name).get()) == 1,
        "X509_set_subject_name");
  check(X509_set_pubkey(certificate, key) == 1, "X509_set_pubkey");
  check(X509_set1_notBefore(certificate, from.get()) == 1, "X509_set1_notBefore");
  check(X509_set1_notAfter(certificate, to.get()) == 1, "X509_set1_notAfter");
  return result;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  check(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1,
        "X509_set_issuer_name");
  check(X509_sign(certificate, key, EVP_sha256()) > 0, "X509_sign");
}

void sign(X509* certificate, const identity& issuer) {
  const x509 parent = parse_certificate(issuer.certificate);
  add_extension(certificate, parent.get(), NID_authority_key_identifier, "keyid:always");
  sign(certificate, parent.get(), parse_key(issuer.key).get());
}

enum class role { authority, leaf };

// Without an issuer the certificate signs itself.
identity certify(const certificate_options& options, role as, const identity* issuer) {
  const private_key key = new_key(options.key);
  const x509 certificate = draft(options, key.get());
  if (as == role::authority) {
    add_authority_extensions(certificate.get());
  } else {
    add_leaf_extensions(certificate.get(), options);
  }
  add_extension(certificate.get(), nullptr, NID_subject_key_identifier, "hash");
  if (issuer) {
    sign(certificate.get(), *issuer);
  } else {
    sign(certificate.get(), certificate.get(), key.get());
  }
  std::string pem = write_certificate(certificate.get());
  std::string chain = issuer ? pem + issuer->chain : pem;
  return {std::move(pem), std::move(chain), write_key(key.get(), nullptr, {})};
}

certificate_options for_authority(const std::string& name, const authority_options& options) {
  return {.name = name,
          .use = purpose::any,
          .key = options.key,
          .not_before = options.not_before,
          .not_after = options.not_after};
}

identity make_root(const std::string& name, const authority_options& options) {
  identity root = certify(for_authority(name, options), role::authority, nullptr);
  // A root is not part of the chains below it.
  root.chain.clear();
  return root;
}

void revoke(X509_CRL* crl, const identity& revoked, ASN1_TIME* since) {
  const x509 certificate = parse_certificate(revoked.certificate);
  x509_revoked entry(made(X509_REVOKED_new(), "X509_REVOKED_new"));
  ASN1_INTEGER* serial = X509_get_serialNumber(certificate.get());
  check(X509_REVOKED_set_serialNumber(entry.get(), serial) == 1, "X509_REVOKED_set_serialNumber");
  check(X509_REVOKED_set_revocationDate(entry.get(), since) == 1,
        "X509_REVOKED_set_revocationDate");
  check(X509_CRL_add0_revoked(crl, entry.get()) == 1, "X509_CRL_add0_revoked");
  // The list frees it.
  static_cast<void>(entry.release());
}

void add_crl_extensions(X509_CRL* crl, X509* issuer, certificate_time last_update) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, nullptr, nullptr, crl, 0);
  const x509_extension by = extension(context, NID_authority_key_identifier, "keyid:always");
  check(X509_CRL_add_ext(crl, by.get(), -1) == 1, "X509_CRL_add_ext");
  // Numbers have to grow from list to list, as the time does.
  const auto seconds = std::chrono::system_clock::to_time_t(last_update);
  const asn1_integer number = integer(static_cast<std::uint64_t>(seconds));
  check(X509_CRL_add1_ext_i2d(crl, NID_crl_number, number.get(), 0, 0) == 1,
        "cannot add cRLNumber");
}

}  // namespace

std::string identity::encrypted_key(std::string_view password) const {
  return write_key(parse_key(key).get(), EVP_aes_256_cbc(), std::string(password));
}

std::string identity::certificate_der() const { return unwrap(certificate); }

std::string identity::key_der() const { return unwrap(key); }

authority::authority(identity self) : self_(std::move(self)) {}

authority::authority(const std::string& name, const authority_options& options)
    : self_(make_root(name, options)) {}

authority authority::intermediate(const std::string& name, const authority_options& options) const {
  return authority(certify(for_authority(name, options), role::authority, &self_));
}

identity authority::issue(const certificate_options& options) const {
  return certify(options, role::leaf, &self_);
}

std::string authority::crl(const std::vector<identity>& revoked, certificate_time last_update,
                           certificate_time next_update) const {
  const x509_crl list(made(X509_CRL_new(), "X509_CRL_new"));
  const x509 issuer = parse_certificate(self_.certificate);
  const asn1_time last = to_asn1(last_update);
  const asn1_time next = to_asn1(next_update);
  check(X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1, "X509_CRL_set_version");
  check(X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.get())) == 1,
        "X509_CRL_set_issuer_name");
  check(X509_CRL_set1_lastUpdate(list.get(), last.get()) == 1, "X509_CRL_set1_lastUpdate");
  check(X509_CRL_set1_nextUpdate(list.get(), next.get()) == 1, "X509_CRL_set1_nextUpdate");
  for (const identity& each : revoked) revoke(list.get(), each, last.get());
  add_crl_extensions(list.get(), issuer.get(), last_update);
  check(X509_CRL_sort(list.get()) == 1, "X509_CRL_sort");
  check(X509_CRL_sign(list.get(), parse_key(self_.key).get(), EVP_sha256()) > 0, "X509_CRL_sign");
  return write_crl(list.get());
}

identity authority::self_signed(const certificate_options& options) {
  return certify(options, role::leaf, nullptr);
}

}  // namespace parley::test
