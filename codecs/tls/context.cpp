#include <openssl/err.h>

#include <algorithm>
#include <parley/codecs/tls/detail/bridge.hpp>
#include <parley/codecs/tls/detail/context_core.hpp>
#include <parley/codecs/tls/detail/read.hpp>
#include <parley/codecs/tls/detail/verdict.hpp>
#include <parley/codecs/tls/errc.hpp>
#include <utility>

namespace parley::tls {
namespace detail {
namespace {

int native(version v) { return v == version::tls1_2 ? TLS1_2_VERSION : TLS1_3_VERSION; }

std::unexpected<error> bad_setting(std::string_view what, const std::string& text) {
  ERR_clear_error();
  return fail(errc::bad_setting, std::string(what) + ": " + text);
}

std::string named(const source& from, std::string_view otherwise) {
  return from.name.empty() ? std::string(otherwise) : from.name;
}

int on_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
            unsigned in_size, void* wire) {
  const auto& ours = *static_cast<const std::string*>(wire);
  unsigned char* chosen = nullptr;
  // Ours come first, so that the server's preference counts.
  const int how =
      SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), in, in_size);
  *out = chosen;
  return how == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

context_core::context_core(config how, bool is_server)
    : config_(std::move(how)), is_server_(is_server), method_(make_bio_method()) {}

result<void> context_core::load(material bytes) {
  auto made = make(bytes);
  if (!made) return std::unexpected(std::move(made).error());
  ctx_ = *std::move(made);
  // A session was opened under the old certificates: it proves nothing about the new.
  sessions_.clear();
  return {};
}

result<ctx_ptr> context_core::make(const material& bytes) {
  ERR_clear_error();
  ctx_ptr ctx(SSL_CTX_new(is_server_ ? TLS_server_method() : TLS_client_method()));
  if (!ctx || !method_) return fail(parley::errc::out_of_memory, "OpenSSL: " + take_reason());
  if (auto ok = apply_settings(ctx.get()); !ok) return std::unexpected(std::move(ok).error());
  if (auto ok = apply_alpn(ctx.get()); !ok) return std::unexpected(std::move(ok).error());
  if (auto ok = apply_trust(ctx.get(), bytes); !ok) return std::unexpected(std::move(ok).error());
  if (auto ok = apply_identity(ctx.get(), bytes); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  apply_sessions(ctx.get());
  if (config_.key_log) SSL_CTX_set_keylog_callback(ctx.get(), bridge::key_log);
  return ctx;
}

result<void> context_core::apply_settings(SSL_CTX* ctx) const {
  if (config_.lowest > config_.highest) return fail(errc::bad_setting, "lowest is above highest");
  SSL_CTX_set_min_proto_version(ctx, native(config_.lowest));
  SSL_CTX_set_max_proto_version(ctx, native(config_.highest));
  // RSA of 2048 bits, SHA-2: what OpenSSL 3.0 asks for only where a distribution says so. Whoever
  // needs less writes @SECLEVEL into `ciphers`.
  SSL_CTX_set_security_level(ctx, std::max(2, SSL_CTX_get_security_level(ctx)));
  // Renegotiation lets a peer change its identity in the middle, and costs more to answer
  // than to ask for. Compression leaks what is encrypted beside it (CRIME).
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  if (is_server_) SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (config_.release_buffers.value_or(is_server_)) SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  // One look into our buffer for a whole record, header and body.
  SSL_CTX_set_read_ahead(ctx, 1);
  const std::string& ciphers = config_.ciphers;
  if (!ciphers.empty() && SSL_CTX_set_cipher_list(ctx, ciphers.c_str()) != 1) {
    return bad_setting("ciphers", ciphers);
  }
  const std::string& suites = config_.cipher_suites;
  if (!suites.empty() && SSL_CTX_set_ciphersuites(ctx, suites.c_str()) != 1) {
    return bad_setting("cipher_suites", suites);
  }
  if (!config_.groups.empty() && SSL_CTX_set1_groups_list(ctx, config_.groups.c_str()) != 1) {
    return bad_setting("groups", config_.groups);
  }
  return {};
}

result<void> context_core::apply_alpn(SSL_CTX* ctx) {
  alpn_.clear();
  for (const std::string& name : config_.alpn) {
    if (name.empty() || name.size() > 255) return bad_setting("alpn", name);
    alpn_ += static_cast<char>(name.size());
    alpn_ += name;
  }
  if (alpn_.empty()) return {};
  if (is_server_) {
    SSL_CTX_set_alpn_select_cb(ctx, on_alpn, &alpn_);
  } else {
    SSL_CTX_set_alpn_protos(ctx, reinterpret_cast<const unsigned char*>(alpn_.data()),
                            static_cast<unsigned>(alpn_.size()));
  }
  return {};
}

result<void> context_core::apply_trust(SSL_CTX* ctx, const material& bytes) const {
  const bool asks = !is_server_ || config_.clients != client_certificates::none;
  if (!asks) return {};
  X509_STORE* store = SSL_CTX_get_cert_store(ctx);
  if (!bytes.authorities.bytes.empty()) {
    auto found = read_certificates(bytes.authorities);
    if (!found) return std::unexpected(std::move(found).error());
    for (const x509_ptr& each : *found) {
      X509_STORE_add_cert(store, each.get());
      // Tells clients whom this server trusts, so that they choose the right certificate.
      if (is_server_) SSL_CTX_add_client_CA(ctx, each.get());
    }
  } else if (config_.verify != verify_mode::none) {
    return fail(errc::no_authorities, named(bytes.authorities, {}));
  }
  if (!bytes.crls.bytes.empty()) {
    auto found = read_crls(bytes.crls);
    if (!found) return std::unexpected(std::move(found).error());
    for (const crl_ptr& each : *found) X509_STORE_add_crl(store, each.get());
    X509_STORE_set_flags(store, config_.crls_of_whole_chain
                                    ? X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL
                                    : X509_V_FLAG_CRL_CHECK);
  }
  int mode = SSL_VERIFY_PEER;
  if (config_.clients == client_certificates::required) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(ctx,
                     config_.verify == verify_mode::none && !is_server_ ? SSL_VERIFY_NONE : mode,
                     bridge::verify);
  return {};
}

result<void> context_core::apply_identity(SSL_CTX* ctx, const material& bytes) {
  if (bytes.certificate.bytes.empty() && bytes.key.bytes.empty()) {
    if (!is_server_) return {};
    return fail(errc::bad_pem, "a server needs a certificate and its key");
  }
  if (bytes.certificate.bytes.empty()) return fail(errc::bad_pem, "a key without its certificate");
  if (bytes.key.bytes.empty()) return fail(errc::bad_key, "a certificate without its key");
  auto chain = read_certificates(bytes.certificate);
  if (!chain) return std::unexpected(std::move(chain).error());
  auto key = read_key(bytes.key, config_.key_password);
  if (!key) return std::unexpected(std::move(key).error());
  X509* leaf = chain->front().get();
  if (X509_check_private_key(leaf, key->get()) != 1) {
    ERR_clear_error();
    return fail(errc::key_mismatch, named(bytes.key, "the key") + " and " +
                                        named(bytes.certificate, "the certificate") + ", " +
                                        describe(*leaf).to_string());
  }
  // The security level refuses weak ones of our own as well.
  bool fits = SSL_CTX_use_certificate(ctx, leaf) == 1;
  for (std::size_t i = 1; fits && i < chain->size(); ++i) {
    fits = SSL_CTX_add1_chain_cert(ctx, (*chain)[i].get()) == 1;
  }
  if (fits && SSL_CTX_use_PrivateKey(ctx, key->get()) == 1) return {};
  const error why = from_queue(true);
  return fail(why == errc::weak_certificate ? errc::weak_certificate : errc::bad_pem,
              named(bytes.certificate, "certificate") + ", " + describe(*leaf).to_string() + ": " +
                  std::string(why.message()));
}

void context_core::apply_sessions(SSL_CTX* ctx) const {
  if (!config_.resumption) {
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    if (is_server_) SSL_CTX_set_num_tickets(ctx, 0);
    return;
  }
  if (is_server_) {
    // Tickets alone, sealed with keys of this context: nothing is kept for clients, and no
    // other context, with other settings, can open them.
    constexpr unsigned char name[] = "parley";
    SSL_CTX_set_session_id_context(ctx, name, sizeof name - 1);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    return;
  }
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, bridge::new_session);
}

void context_core::remember(std::string_view host, session_ptr session) {
  if (config_.max_sessions == 0) return;
  const auto found = sessions_.find(host);
  if (found != sessions_.end()) {
    found->second = std::move(session);
    return;
  }
  // Any one: a full handshake is all that it costs.
  if (sessions_.size() >= config_.max_sessions) sessions_.erase(sessions_.begin());
  sessions_.emplace(host, std::move(session));
}

session_ptr context_core::take_session(std::string_view host) {
  const auto found = sessions_.find(host);
  if (found == sessions_.end()) return nullptr;
  // Used once with TLS 1.3, so that nobody can tell connections to be of one client (RFC 8446
  // appendix C.4); a server of TLS 1.2 sends no other.
  if (SSL_SESSION_get_protocol_version(found->second.get()) != TLS1_3_VERSION) {
    SSL_SESSION_up_ref(found->second.get());
    return session_ptr(found->second.get());
  }
  session_ptr session = std::move(found->second);
  sessions_.erase(found);
  return session;
}

}  // namespace detail

namespace {

result<std::shared_ptr<detail::context_core>> make(config how, bool is_server) {
  material bytes = std::move(how.bytes);
  how.bytes = {};  // keys are not kept twice
  auto core = std::make_shared<detail::context_core>(std::move(how), is_server);
  if (auto ok = core->load(std::move(bytes)); !ok) return std::unexpected(std::move(ok).error());
  return core;
}

}  // namespace

result<context> context::make_client(config how) {
  auto core = make(std::move(how), false);
  if (!core) return std::unexpected(std::move(core).error());
  return context(*std::move(core));
}

result<context> context::make_server(config how) {
  auto core = make(std::move(how), true);
  if (!core) return std::unexpected(std::move(core).error());
  return context(*std::move(core));
}

result<void> context::reload(material bytes) { return core_->load(std::move(bytes)); }
bool context::is_server() const noexcept { return core_->is_server(); }
verify_mode context::verify() const noexcept { return core_->settings().verify; }
std::size_t context::sessions() const noexcept { return core_->sessions(); }

}  // namespace parley::tls
