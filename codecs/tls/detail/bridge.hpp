// The functions that OpenSSL calls: they find the connection and let no exception pass
// through C.
#pragma once

#include <parley/codecs/tls/connection.hpp>
#include <parley/codecs/tls/detail/openssl.hpp>

namespace parley::tls::detail {

struct bridge {
  static int read(BIO* bio, char* into, int size);
  static int write(BIO* bio, const char* from, int size);
  static long control(BIO* bio, int what, long number, void* data);

  static int verify(int ok, X509_STORE_CTX* store);
  static int new_session(SSL* ssl, SSL_SESSION* session);
  static void key_log(const SSL* ssl, const char* line);
};

}  // namespace parley::tls::detail
