// tls::client and tls::server: one TLS connection as a layer under any machine (RFC 8446, RFC
// 5246). See core/machine/layer.hpp for the calls and core/machine/stack.hpp for putting a
// machine on top.
//
//   stack<resp::client> machine(resp::client(...),
//                               std::make_unique<tls::client>(context, "redis.example", wall));
//
// Failures reach the machine above as commit_error(): an errc of this room with the
// certificate, the check and what to do in it.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <parley/codecs/tls/certificate.hpp>
#include <parley/codecs/tls/context.hpp>
#include <parley/core/buffer/receive_buffer.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <parley/core/machine/layer.hpp>
#include <string>
#include <string_view>

struct ssl_st;
struct x509_store_ctx_st;
struct X509_VERIFY_PARAM_st;

namespace parley::tls {

namespace detail {
struct bridge;
}

// What both sides have in common. Made by client and server only.
class connection : public layer {
 public:
  ~connection() override;
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  // --- what was agreed; once open()
  // "TLSv1.3", "TLS_AES_128_GCM_SHA256".
  std::string_view version() const noexcept;
  std::string_view cipher() const noexcept;
  // The application protocol (ALPN), or nothing. Valid as long as the connection.
  std::string_view alpn() const noexcept;
  // The handshake was a short one, with a session from before.
  bool is_resumed() const noexcept;
  // Nothing if the peer gave none. A resumed session keeps the one it began with.
  std::optional<certificate> peer_certificate() const;

  // Asks for new keys in both directions (RFC 8446 section 4.6.3): for connections that carry
  // very much or live very long. False before open(), and with TLS 1.2, which has none.
  bool update_keys();

  // --- layer
  void start(time_point now) override;
  std::span<std::byte> prepare(std::size_t hint) override;
  void commit(std::size_t n, time_point now) override;
  void commit_eof(time_point now) override;
  void commit_error(const error& why, time_point now) override;
  buffer_list output() override { return output_.output(); }
  void consume_output(std::size_t n) override { output_.consume(n); }
  void release() override;
  bool ends_output() const override { return false; }
  std::optional<time_point> next_deadline() const override;
  void handle_timeout(time_point now) override;
  bool wants_read() const override;
  bool is_done() const override;

  bool open() const override { return phase_ == phase::open || phase_ == phase::closing; }
  read_result read(std::span<std::byte> into, time_point now) override;
  std::size_t write(buffer_list plain, time_point now) override;
  void close(time_point now) override;
  const error& why() const override { return *why_; }

 protected:
  connection(const context& with, std::string_view host, wall_time wall);

 private:
  friend detail::bridge;
  enum class phase : std::uint8_t { idle, handshaking, open, closing, failed, over };
  struct free_ssl {
    void operator()(ssl_st* ssl) const noexcept;
  };

  void begin();
  void name_server(X509_VERIFY_PARAM_st* param);
  read_result advance();  // the handshake
  bool looks_like_tls();  // and fails with not_tls if the first byte says no
  read_result handshake_done();
  read_result read_plain(std::span<std::byte> into);
  read_result end_of_input();
  std::size_t write_whole(byte_view piece);
  std::size_t write_joined(buffer_list plain, std::size_t& i);
  std::size_t write_record(byte_view plain);
  read_result fail_with(error why);
  error openssl_error(bool in_handshake);
  bool was_asked_in_vain() const;
  int judge(int ok, x509_store_ctx_st* store);
  void warn_unverified();

  std::shared_ptr<detail::context_core> context_;
  std::unique_ptr<ssl_st, free_ssl> ssl_;
  std::string host_;
  receive_buffer input_;
  send_buffer output_;
  std::unique_ptr<std::array<std::byte, 16 * 1024>> joined_;  // small pieces of one record
  std::optional<error> why_;
  std::optional<error> verdict_;  // on the peer's certificate
  wall_time wall_;                // at start()
  time_point started_{};
  time_point now_{};
  phase phase_ = phase::idle;
  bool ended_ = false;          // the peer ended the stream below
  bool peer_closed_ = false;    // close_notify has come
  bool checked_ = false;        // the first byte was looked at
  bool has_no_memory_ = false;  // for output
};

// The side that connects. `host` is the name or address that the server's certificate must
// prove, and its SNI; it may be empty only where verify is not full. `wall` is the time of day
// at start(), by which certificates are judged.
class client final : public connection {
 public:
  client(const context& with, std::string_view host, wall_time wall)
      : connection(with, host, wall) {}
};

// The side that is connected to. `wall` as above, for the certificates of clients.
class server final : public connection {
 public:
  server(const context& with, wall_time wall) : connection(with, {}, wall) {}
};

}  // namespace parley::tls
