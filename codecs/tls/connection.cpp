#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <parley/codecs/tls/connection.hpp>
#include <parley/codecs/tls/detail/bridge.hpp>
#include <parley/codecs/tls/detail/context_core.hpp>
#include <parley/codecs/tls/detail/read.hpp>
#include <parley/codecs/tls/detail/verdict.hpp>
#include <parley/codecs/tls/errc.hpp>
#include <parley/core/net/address.hpp>
#include <utility>

namespace parley::tls {
namespace {

// What waits for the machine above, or the socket, before the other side is slowed down.
constexpr receive_limits input_limits{.initial = 4 * 1024, .max = 32 * 1024, .step = 16 * 1024};
constexpr std::size_t most_output = 64 * 1024;
constexpr std::size_t record = 16 * 1024;  // plain bytes, RFC 8446 section 5.1
// From here on a piece is worth a record of its own: joining would copy it.
constexpr std::size_t large_piece = 4 * 1024;

// The first byte of each record (RFC 8446 section 5.1), and an alert, which old peers send.
bool begins_a_record(std::byte first) { return first == std::byte{22} || first == std::byte{21}; }

// What others have left in this thread's queue would be taken for ours. Looking costs a tenth of
// clearing.
void forget_old_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

void connection::free_ssl::operator()(ssl_st* ssl) const noexcept { SSL_free(ssl); }

connection::connection(const context& with, std::string_view host, wall_time wall)
    : context_(with.core_), host_(host), input_(input_limits), wall_(wall) {
  // "example.com." is the same name; certificates and SNI have it without the dot.
  if (host_.ends_with('.')) host_.pop_back();
}

connection::~connection() {
  // OpenSSL would forget the session of a connection that was cut; TLS allows to resume it, but
  // for one that has failed (RFC 8446 section 6.2).
  if (ssl_ && open()) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

// --- handshake ----------------------------------------------------------------------

void connection::start(time_point now) {
  started_ = now_ = now;
  phase_ = phase::handshaking;
  const bool is_client = !context_->is_server();
  if (is_client && host_.empty() && context_->settings().verify == verify_mode::full) {
    fail_with(error(parley::errc::invalid_argument, "no host name to verify the server by"));
    return;
  }
  begin();
  if (is_client && phase_ == phase::handshaking) advance();
}

void connection::begin() {
  ssl_.reset(SSL_new(context_->get()));
  BIO* const bio = BIO_new(context_->bio_method());
  if (!ssl_ || !bio) {
    BIO_free(bio);
    fail_with(error(parley::errc::out_of_memory, "OpenSSL"));
    return;
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
  X509_VERIFY_PARAM* const param = SSL_get0_param(ssl_.get());
  X509_VERIFY_PARAM_set_time(param, std::chrono::system_clock::to_time_t(wall_));
  if (context_->is_server()) return SSL_set_accept_state(ssl_.get());
  SSL_set_connect_state(ssl_.get());
  name_server(param);
  if (auto session = context_->take_session(host_)) SSL_set_session(ssl_.get(), session.get());
}

// Names are for SNI and the certificate; addresses are in certificates as addresses, and in no
// SNI (RFC 6066 section 3).
void connection::name_server(X509_VERIFY_PARAM* param) {
  const bool checks = context_->settings().verify == verify_mode::full;
  X509_VERIFY_PARAM_set_hostflags(
      param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (address::parse_ip(host_, 0)) {
    if (checks) X509_VERIFY_PARAM_set1_ip_asc(param, host_.c_str());
    return;
  }
  if (!host_.empty()) SSL_set_tlsext_host_name(ssl_.get(), host_.c_str());
  if (checks) X509_VERIFY_PARAM_set1_host(param, host_.data(), host_.size());
}

bool connection::looks_like_tls() {
  if (checked_ || input_.empty()) return true;
  checked_ = true;
  if (begins_a_record(input_.data().front())) return true;
  fail_with(detail::in_the_clear(as_text(input_.data()), !context_->is_server()));
  return false;
}

read_result connection::advance() {
  if (!looks_like_tls()) return {read_result::status::failed, 0};
  forget_old_errors();
  const int done = SSL_do_handshake(ssl_.get());
  if (done == 1) return handshake_done();
  if (SSL_get_error(ssl_.get(), done) != SSL_ERROR_WANT_READ) return fail_with(openssl_error(true));
  return ended_ ? end_of_input() : read_result{};
}

read_result connection::handshake_done() {
  const bool is_client = !context_->is_server();
  const config& how = context_->settings();
  const bool has_certificate = SSL_get0_peer_certificate(ssl_.get()) != nullptr;
  // Suites without a certificate can be asked for by `ciphers`; nobody is proved by them.
  if (is_client && how.verify != verify_mode::none && !has_certificate) {
    return fail_with(error(errc::bad_certificate, "the server has sent none"));
  }
  phase_ = phase::open;
  if (how.verify == verify_mode::none && (is_client || has_certificate)) warn_unverified();
  return {};
}

void connection::warn_unverified() {
  observer* const watch = context_->settings().watch;
  if (!watch) return;
  std::string whom = host_.empty() ? std::string("the server") : host_;
  if (context_->is_server()) whom = "a client";
  watch->log(log_level::warning, "tls",
             "the certificate of " + whom +
                 " is not verified (verify is none): anybody can pretend to be it");
}

int connection::judge(int ok, X509_STORE_CTX* store) {
  if (ok == 1 || context_->settings().verify == verify_mode::none) return 1;
  if (!verdict_) verdict_ = detail::refused(store, host_);
  return 0;
}

// --- input ----------------------------------------------------------------------------

std::span<std::byte> connection::prepare(std::size_t hint) {
  if (!wants_read()) return {};
  return input_.prepare(hint);
}

void connection::commit(std::size_t n, time_point now) {
  now_ = now;
  input_.commit(n);
}

void connection::commit_eof(time_point now) {
  now_ = now;
  ended_ = true;
}

void connection::commit_error(const error& why, time_point now) {
  now_ = now;
  ended_ = true;
  if (phase_ < phase::failed) fail_with(why);
}

read_result connection::read(std::span<std::byte> into, time_point now) {
  now_ = now;
  if (phase_ == phase::failed) return {read_result::status::failed, 0};
  if (phase_ == phase::handshaking) {
    if (auto r = advance(); phase_ != phase::open) return r;
  }
  if (!open() || into.empty()) return {};
  return read_plain(into);
}

// As many records as fit, so that what arrived together is one read above.
read_result connection::read_plain(std::span<std::byte> into) {
  std::size_t got = 0;
  while (got < into.size() && !peer_closed_) {
    std::size_t n = 0;
    forget_old_errors();
    if (SSL_read_ex(ssl_.get(), into.data() + got, into.size() - got, &n) == 1) {
      got += n;
      continue;
    }
    const int code = SSL_get_error(ssl_.get(), 0);
    if (code == SSL_ERROR_WANT_READ) break;
    if (code == SSL_ERROR_ZERO_RETURN) {
      peer_closed_ = true;
    } else {
      fail_with(openssl_error(false));
      break;
    }
  }
  // What came before the end or the failure goes first; they are told by the next call.
  if (got > 0) return {read_result::status::ok, got};
  if (phase_ == phase::failed) return {read_result::status::failed, 0};
  if (peer_closed_) return {read_result::status::eof, 0};
  return ended_ ? end_of_input() : read_result{};
}

// The stream below has ended, and no close_notify has come: anybody on the way can do that.
read_result connection::end_of_input() {
  if (phase_ == phase::open || phase_ == phase::closing) {
    return fail_with(error(parley::errc::truncated, "the peer ended TLS without close_notify"));
  }
  error why(parley::errc::closed, checked_ ? "by the peer, during the TLS handshake"
                                           : "by the peer, before it said a word of TLS");
  if (checked_ || context_->is_server()) return fail_with(std::move(why));
  return fail_with(std::move(why).with_hint("check that this port speaks TLS"));
}

read_result connection::fail_with(error why) {
  why_ = std::move(why);
  phase_ = phase::failed;
  return {read_result::status::failed, 0};
}

error connection::openssl_error(bool in_handshake) {
  if (has_no_memory_) return parley::errc::out_of_memory;
  if (verdict_) {
    ERR_clear_error();
    return *verdict_;
  }
  error why = detail::from_queue(in_handshake);
  // TLS 1.2 has no alert of its own for a certificate that is missing.
  if (why == errc::no_shared_cipher && was_asked_in_vain()) {
    return {errc::refused_certificate, "the server asks for one, and none is set"};
  }
  return why;
}

// Whether a server that speaks TLS 1.2 wanted our certificate, and there is none.
bool connection::was_asked_in_vain() const {
  const unsigned char* kinds = nullptr;
  return !context_->is_server() && SSL_get0_certificate_types(ssl_.get(), &kinds) > 0 &&
         !SSL_get_certificate(ssl_.get());
}

// --- output ---------------------------------------------------------------------------

std::size_t connection::write(buffer_list plain, time_point now) {
  now_ = now;
  std::size_t taken = 0;
  std::size_t i = 0;
  while (phase_ == phase::open && i < plain.size() && output_.size() < most_output) {
    const const_buffer& piece = plain[i];
    if (piece.size >= large_piece || i + 1 == plain.size()) {
      const std::size_t n = write_whole({static_cast<const std::byte*>(piece.data), piece.size});
      taken += n;
      if (n < piece.size) break;
      ++i;
    } else {
      taken += write_joined(plain, i);
    }
  }
  return taken;
}

// One piece, by records.
std::size_t connection::write_whole(byte_view piece) {
  std::size_t taken = 0;
  while (taken < piece.size() && output_.size() < most_output) {
    const std::size_t n = write_record(piece.subspan(taken));
    if (n == 0) break;
    taken += n;
  }
  return taken;
}

// Small pieces from `i` on as one record: a record costs as much as some thousand bytes. All of
// them, as the caller counts bytes.
std::size_t connection::write_joined(buffer_list plain, std::size_t& i) {
  if (!joined_) joined_ = std::make_unique_for_overwrite<std::array<std::byte, record>>();
  std::size_t size = 0;
  while (i < plain.size() && plain[i].size < large_piece && size + plain[i].size <= record) {
    std::memcpy(joined_->data() + size, plain[i].data, plain[i].size);
    size += plain[i].size;
    ++i;
  }
  return write_record(std::span(*joined_).first(size));
}

// How much of it was taken: up to a record, or nothing after a failure.
std::size_t connection::write_record(byte_view plain) {
  if (plain.empty()) return 0;
  std::size_t n = 0;
  // Without a look at old errors: nothing here asks whether the queue is empty, and a failure
  // puts its own on top.
  if (SSL_write_ex(ssl_.get(), plain.data(), std::min(plain.size(), record), &n) == 1) return n;
  fail_with(openssl_error(false));
  return 0;
}

void connection::close(time_point now) {
  now_ = now;
  if (phase_ == phase::open) {
    forget_old_errors();
    (void)SSL_shutdown(ssl_.get());  // close_notify; its answer is not waited for
    phase_ = phase::closing;
  } else if (phase_ < phase::open) {
    phase_ = phase::over;
  }
}

bool connection::update_keys() {
  if (phase_ != phase::open || SSL_version(ssl_.get()) != TLS1_3_VERSION) return false;
  forget_old_errors();
  return SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED) == 1 &&
         SSL_do_handshake(ssl_.get()) == 1;
}

// --- state ----------------------------------------------------------------------------

bool connection::wants_read() const {
  return !ended_ && !peer_closed_ && phase_ < phase::failed && input_.size() < input_limits.max;
}

bool connection::is_done() const { return phase_ >= phase::closing && output_.empty(); }

std::optional<time_point> connection::next_deadline() const {
  if (phase_ != phase::handshaking) return std::nullopt;
  return started_ + context_->settings().handshake_timeout;
}

void connection::handle_timeout(time_point now) {
  now_ = now;
  if (phase_ != phase::handshaking || now < *next_deadline()) return;
  fail_with(error(parley::errc::timed_out, "no end of the TLS handshake")
                .with_hint("check that this port speaks TLS, and whether the peer is overloaded"));
}

void connection::release() {
  input_.release();
  output_.release();
  joined_.reset();
}

std::string_view connection::version() const noexcept {
  return open() ? SSL_get_version(ssl_.get()) : std::string_view();
}

std::string_view connection::cipher() const noexcept {
  return open() ? SSL_get_cipher_name(ssl_.get()) : std::string_view();
}

std::string_view connection::alpn() const noexcept {
  if (!open()) return {};
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

bool connection::is_resumed() const noexcept {
  return open() && SSL_session_reused(ssl_.get()) == 1;
}

std::optional<certificate> connection::peer_certificate() const {
  if (!open()) return std::nullopt;
  X509* const found = SSL_get0_peer_certificate(ssl_.get());
  if (!found) return std::nullopt;
  return detail::describe(*found);
}

}  // namespace parley::tls
