// Owners of OpenSSL's objects. Private to this room: no public header includes OpenSSL.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace parley::tls::detail {

template <auto free_it>
struct deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    free_it(object);
  }
};

using bio_ptr = std::unique_ptr<BIO, deleter<BIO_free_all>>;
using bio_method_ptr = std::unique_ptr<BIO_METHOD, deleter<BIO_meth_free>>;
using x509_ptr = std::unique_ptr<X509, deleter<X509_free>>;
using crl_ptr = std::unique_ptr<X509_CRL, deleter<X509_CRL_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, deleter<EVP_PKEY_free>>;
using ctx_ptr = std::unique_ptr<SSL_CTX, deleter<SSL_CTX_free>>;
using session_ptr = std::unique_ptr<SSL_SESSION, deleter<SSL_SESSION_free>>;
using names_ptr = std::unique_ptr<GENERAL_NAMES, deleter<GENERAL_NAMES_free>>;

}  // namespace parley::tls::detail
