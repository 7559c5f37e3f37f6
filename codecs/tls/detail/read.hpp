// Certificates, lists and keys from bytes: PEM with any number of objects, or one in DER.
#pragma once

#include <parley/codecs/tls/certificate.hpp>
#include <parley/codecs/tls/config.hpp>
#include <parley/codecs/tls/detail/openssl.hpp>
#include <vector>

namespace parley::tls::detail {

// At least one; errc bad_pem, with the source and the number of the object that is wrong.
result<std::vector<x509_ptr>> read_certificates(const source& from);
result<std::vector<crl_ptr>> read_crls(const source& from);
// errc bad_key, wrong_password. `password` may be empty: then an encrypted key is an error.
result<key_ptr> read_key(const source& from, callback<secret()>& password);

certificate describe(X509& of);

// The text of the newest OpenSSL error, without its numbers; the queue is empty afterwards.
std::string take_reason();

}  // namespace parley::tls::detail
