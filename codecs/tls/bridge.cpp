#include <algorithm>
#include <cstring>
#include <parley/codecs/tls/detail/bridge.hpp>
#include <parley/codecs/tls/detail/context_core.hpp>
#include <parley/core/async/guard.hpp>

namespace parley::tls::detail {
namespace {

connection& connection_of(const SSL* ssl) {
  return *static_cast<connection*>(SSL_get_app_data(ssl));
}
connection& connection_of(BIO* bio) { return *static_cast<connection*>(BIO_get_data(bio)); }

}  // namespace

// From the receive buffer. Nothing there is never the end: OpenSSL would make an error of its own
// of it, and the connection knows better what it means.
int bridge::read(BIO* bio, char* into, int size) {
  receive_buffer& from = connection_of(bio).input_;
  BIO_clear_retry_flags(bio);
  if (from.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t n = std::min(from.size(), static_cast<std::size_t>(size));
  std::memcpy(into, from.data().data(), n);
  from.consume(n);
  return static_cast<int>(n);
}

int bridge::write(BIO* bio, const char* from, int size) {
  connection& to = connection_of(bio);
  BIO_clear_retry_flags(bio);
  const std::string_view bytes(from, static_cast<std::size_t>(size));
  if (guarded([&] { to.output_.append(bytes); })) return size;
  to.has_no_memory_ = true;
  return -1;
}

long bridge::control(BIO* bio, int what, long, void*) {
  switch (what) {
    case BIO_CTRL_FLUSH:
      return 1;  // all is in the send buffer already
    case BIO_CTRL_PENDING:
      return static_cast<long>(connection_of(bio).input_.size());
    default:
      return 0;
  }
}

int bridge::verify(int ok, X509_STORE_CTX* store) {
  const auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  connection& c = connection_of(ssl);
  int verdict = 0;  // should memory end
  (void)guarded([&] { verdict = c.judge(ok, store); });
  return verdict;
}

int bridge::new_session(SSL* ssl, SSL_SESSION* session) {
  connection& c = connection_of(ssl);
  // 1: the session is ours now. A host that nobody verified is not remembered by name.
  session_ptr owned(session);
  if (!c.host_.empty() && SSL_SESSION_is_resumable(session) == 1) {
    (void)guarded([&] { c.context_->remember(c.host_, std::move(owned)); });
  }
  return 1;
}

void bridge::key_log(const SSL* ssl, const char* line) {
  auto& tell = connection_of(ssl).context_->settings().key_log;
  (void)guarded([&] { tell(line); });
}

bio_method_ptr make_bio_method() {
  bio_method_ptr made(BIO_meth_new(BIO_TYPE_SOURCE_SINK | 0x7F, "parley"));
  if (!made) return nullptr;
  BIO_meth_set_read(made.get(), bridge::read);
  BIO_meth_set_write(made.get(), bridge::write);
  BIO_meth_set_ctrl(made.get(), bridge::control);
  return made;
}

}  // namespace parley::tls::detail
