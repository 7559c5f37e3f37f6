#include <fmt/format.h>

#include <optional>
#include <parley/adapters/cli/served.hpp>
#include <parley/build_config.hpp>
#if PARLEY_HAS_WEBSOCKET_PROVIDER
#include <parley/codecs/websocket/websocket_provider.hpp>
#include <parley/core/api/serving.hpp>
#endif

namespace parley::cli {

#if PARLEY_HAS_WEBSOCKET_PROVIDER
namespace {

class served_websocket final : public served {
 public:
  served_websocket(loop& home, const websocket_config& config)
      : place_(listening_address(config.unix_socket, config.host, config.port).value_or(address())),
        is_tls_(!config.ssl_cert.empty()),
        server_(home, config) {}

  std::vector<address> places() const override { return {place_}; }
  task<result<void>> open() override { return open_with_echo(server_, "echo", echo_); }
  std::vector<std::string> urls() const override {
    return {url_of(is_tls_ ? "wss" : "ws", *server_.local_address())};
  }
  std::string load() const override {
    return fmt::format("{} clients are connected", server_.counts().clients);
  }
  task<void> close() override { (void)co_await server_.close(); }

 private:
  address place_;
  bool is_tls_;
  websocket_provider server_;
  std::optional<callable> echo_;
};

}  // namespace

made_server make_websocket_server(const serving_needs& with, const std::string& url) {
  auto where = with.where(url);
  if (!where) return std::unexpected(serving_fault{.why = std::move(where).error()});
  auto config = websocket_config::server_from_uri(*where);
  if (!config) return std::unexpected(serving_fault{.why = std::move(config).error()});
  config->relay = true;
  config->with = &with.lower;
  config->watch = &with.watch;
  return std::make_unique<served_websocket>(with.home, *config);
}
#else
made_server make_websocket_server(const serving_needs&, const std::string&) {
  return std::unexpected(
      serving_fault{.what = "cannot serve", .why = unavailable_part("websocket_provider")});
}
#endif

}  // namespace parley::cli
