// OpenSSL over its own memory BIOs, as its manual shows it.
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>
#include <span>

#include "workloads.hpp"

namespace parley::bench {
namespace {

struct free_ctx {
  void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
};
struct free_ssl {
  void operator()(SSL* s) const { SSL_free(s); }
};
struct free_session {
  void operator()(SSL_SESSION* s) const { SSL_SESSION_free(s); }
};
using ctx_ptr = std::unique_ptr<SSL_CTX, free_ctx>;

template <class T, class Read>
T* from_pem(const std::string& pem, Read read) {
  BIO* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  T* made = read(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  if (!made) wrong("a PEM was not read");
  return made;
}

template <bool release_buffers>
class openssl_pair {
 public:
  struct world {
    explicit world(bool resumes)
        : client(SSL_CTX_new(TLS_client_method())), server(SSL_CTX_new(TLS_server_method())) {
      for (SSL_CTX* c : {client.get(), server.get()}) {
        SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION);
        SSL_CTX_set_ciphersuites(c, suite);
        SSL_CTX_set1_groups_list(c, group);
        if (release_buffers) SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
        if (!resumes) SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
      }
      if (!resumes) SSL_CTX_set_num_tickets(server.get(), 0);
      load();
      if (!resumes) return;
      SSL_CTX_set_session_cache_mode(client.get(),
                                     SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
      SSL_CTX_set_app_data(client.get(), this);
      SSL_CTX_sess_set_new_cb(client.get(), [](SSL* ssl, SSL_SESSION* s) {
        static_cast<world*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->session.reset(s);
        return 1;
      });
    }

    void load() {
      X509* root = from_pem<X509>(made_certificates().root.pem(), PEM_read_bio_X509);
      X509* leaf = from_pem<X509>(made_certificates().server.certificate, PEM_read_bio_X509);
      EVP_PKEY* key = from_pem<EVP_PKEY>(made_certificates().server.key, PEM_read_bio_PrivateKey);
      X509_STORE_add_cert(SSL_CTX_get_cert_store(client.get()), root);
      SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
      SSL_CTX_use_certificate(server.get(), leaf);
      SSL_CTX_use_PrivateKey(server.get(), key);
      X509_free(root);
      X509_free(leaf);
      EVP_PKEY_free(key);
    }

    ctx_ptr client;
    ctx_ptr server;
    std::unique_ptr<SSL_SESSION, free_session> session;
  };

  explicit openssl_pair(world& with)
      : client_(SSL_new(with.client.get())), server_(SSL_new(with.server.get())) {
    for (SSL* s : {client_.get(), server_.get()}) {
      SSL_set_bio(s, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    }
    SSL_set_connect_state(client_.get());
    SSL_set_accept_state(server_.get());
    SSL_set_tlsext_host_name(client_.get(), host);
    SSL_set1_host(client_.get(), host);
    if (with.session) SSL_set_session(client_.get(), with.session.get());
    while (!SSL_is_init_finished(client_.get()) || !SSL_is_init_finished(server_.get())) {
      SSL_do_handshake(client_.get());
      move(client_.get(), server_.get());
      SSL_do_handshake(server_.get());
      move(server_.get(), client_.get());
    }
    move(client_.get(), server_.get());
  }
  ~openssl_pair() { SSL_set_shutdown(client_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); }
  openssl_pair(const openssl_pair&) = delete;
  openssl_pair& operator=(const openssl_pair&) = delete;

  // Messages that are written together are one write, as a program gathers them.
  void send(bool from_client, std::string_view bytes, std::size_t count) {
    SSL* from = (from_client ? client_ : server_).get();
    SSL* to = (from_client ? server_ : client_).get();
    if (count > 1) {
      gathered_.clear();
      for (std::size_t i = 0; i < count; ++i) gathered_ += bytes;
      bytes = gathered_;
    }
    std::size_t n = 0;
    if (SSL_write_ex(from, bytes.data(), bytes.size(), &n) != 1) wrong("not all was taken");
    move(from, to);
  }

  void receive(bool from_client, std::span<char> into) {
    SSL* at = (from_client ? server_ : client_).get();
    for (std::size_t got = 0; got < into.size();) {
      std::size_t n = 0;
      if (SSL_read_ex(at, into.data() + got, into.size() - got, &n) != 1) {
        wrong("less came than was sent");
      }
      got += n;
    }
  }
  void receive(bool from_client, std::string& into) { receive(from_client, std::span<char>(into)); }

  bool is_resumed() const { return SSL_session_reused(client_.get()) == 1; }
  void release() {}

 private:
  static void move(SSL* from, SSL* to) {
    BIO* out = SSL_get_wbio(from);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    if (size <= 0) return;
    BIO_write(SSL_get_rbio(to), bytes, static_cast<int>(size));
    (void)BIO_reset(out);
  }

  std::unique_ptr<SSL, free_ssl> client_;
  std::unique_ptr<SSL, free_ssl> server_;
  std::string gathered_;
};

[[maybe_unused]] const bool registered =
    rows<openssl_pair<false>>::add("openssl") && rows<openssl_pair<true>>::add("openssl_release");

}  // namespace
}  // namespace parley::bench
