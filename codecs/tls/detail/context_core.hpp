// What stands behind tls::context.
#pragma once

#include <map>
#include <parley/codecs/tls/context.hpp>
#include <parley/codecs/tls/detail/openssl.hpp>
#include <string>
#include <string_view>

namespace parley::tls::detail {

class context_core {
 public:
  context_core(config how, bool is_server);
  context_core(const context_core&) = delete;
  context_core& operator=(const context_core&) = delete;

  // With it everything is checked; a context that was not loaded makes no connections.
  result<void> load(material bytes);

  SSL_CTX* get() const noexcept { return ctx_.get(); }
  const BIO_METHOD* bio_method() const noexcept { return method_.get(); }
  config& settings() noexcept { return config_; }
  bool is_server() const noexcept { return is_server_; }

  // One session for each host.
  void remember(std::string_view host, session_ptr session);
  session_ptr take_session(std::string_view host);
  std::size_t sessions() const noexcept { return sessions_.size(); }

 private:
  result<ctx_ptr> make(const material& bytes);
  result<void> apply_settings(SSL_CTX* ctx) const;
  result<void> apply_alpn(SSL_CTX* ctx);
  result<void> apply_trust(SSL_CTX* ctx, const material& bytes) const;
  result<void> apply_identity(SSL_CTX* ctx, const material& bytes);
  void apply_sessions(SSL_CTX* ctx) const;

  config config_;
  bool is_server_;
  std::string alpn_;  // as on the wire
  bio_method_ptr method_;
  ctx_ptr ctx_;
  std::map<std::string, session_ptr, std::less<>> sessions_;
};

// The BIO of a connection: reads its receive buffer and writes its send buffer.
bio_method_ptr make_bio_method();

}  // namespace parley::tls::detail
