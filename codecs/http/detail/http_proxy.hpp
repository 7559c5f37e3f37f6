// The way through a proxy of HTTP (RFC 9110 section 9.3.6): what a configuration says of it, and
// the tunnel as a layer, with TLS above it.
#pragma once

#include <memory>
#include <optional>
#include <parley/codecs/http/client.hpp>
#include <parley/core/machine/layer.hpp>
#include <parley/core/net/endpoint.hpp>
#include <string>
#include <string_view>

namespace parley::detail {

struct http_proxy {
  endpoint where;
  std::string authorization;  // of Proxy-Authorization; "" for none

  // http://[user:password@]host:port. Errors (errc::invalid_argument) do not quote the text.
  static result<http_proxy> parse(std::string_view text);
};

// In a base, so that they are there before the machine that borrows them.
struct proxy_layer_limits {
  http::client_limits limits;
};

// Asks for a tunnel to `authority` ("example.com:443") with CONNECT, and passes bytes as they are
// once it is there.
class proxy_layer final : private proxy_layer_limits, public layer {
 public:
  proxy_layer(const http_proxy& by, std::string authority);

  // --- layer
  void start(time_point now) override;
  std::span<std::byte> prepare(std::size_t hint) override;
  void commit(std::size_t n, time_point now) override;
  void commit_eof(time_point now) override;
  void commit_error(const error& why, time_point now) override;
  buffer_list output() override;
  void consume_output(std::size_t n) override;
  void release() override;
  bool ends_output() const override { return false; }
  // How long a proxy may take is bounded by who connects.
  std::optional<time_point> next_deadline() const override { return std::nullopt; }
  void handle_timeout(time_point) override {}
  bool wants_read() const override;
  bool is_done() const override;

  bool open() const override { return opened_; }
  read_result read(std::span<std::byte> into, time_point now) override;
  std::size_t write(buffer_list plain, time_point now) override;
  void close(time_point now) override;
  const error& why() const override { return *why_; }

 private:
  void ask();
  void refused(const http::response_head& head);

  std::string authority_;
  std::string authorization_;
  http::client client_;   // until the tunnel is there
  receive_buffer input_;  // from then on
  send_buffer output_;    // the same
  std::optional<error> why_;
  bool opened_ = false;
  bool ended_ = false;    // the peer's bytes have
  bool closing_ = false;  // close() was called
};

}  // namespace parley::detail
