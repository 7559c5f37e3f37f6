#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/served.hpp>
#include <parley/adapters/cli/url.hpp>
#include <parley/build_config.hpp>
#if PARLEY_HAS_REST
#include <parley/codecs/http/rest_provider.hpp>
#include <parley/core/api/serving.hpp>
#endif
#if PARLEY_HAS_WEBSOCKET_PROVIDER
#include <parley/codecs/websocket/websocket_provider.hpp>
#endif

namespace parley::cli {

#if PARLEY_HAS_REST
namespace {

// What shares the port of an HTTP server.
struct socket_door {
  std::unique_ptr<provider> sockets;
  std::shared_ptr<upgrade_target> target;
  std::string path;  // empty: every one
  std::optional<callable> echo{};
};

#if PARLEY_HAS_WEBSOCKET_PROVIDER
result<socket_door> make_door(const serving_needs& with, const std::string& url) {
  const auto where = with.where(url);
  if (!where) return std::unexpected(where.error());
  auto config = websocket_config::server_from_uri(*where);
  if (!config) return std::unexpected(std::move(config).error());
  // Place and TLS are the HTTP server's.
  config->listens = false;
  config->unix_socket.clear();
  config->ssl_cert.clear();
  config->ssl_key.clear();
  config->clients = client_certificates::none;
  config->relay = true;
  config->watch = &with.watch;
  auto sockets = std::make_unique<websocket_provider>(with.home, *std::move(config));
  auto target = sockets->upgrades();
  std::string path = where->path().size() > 1 ? where->path() : std::string();
  return socket_door{std::move(sockets), std::move(target), std::move(path)};
}
#else
result<socket_door> make_door(const serving_needs&, const std::string&) {
  return std::unexpected(unavailable_part("websocket_provider"));
}
#endif

class served_http final : public served {
 public:
  served_http(loop& home, const rest_config& config)
      : place_(listening_address(config.unix_socket, config.host, config.port).value_or(address())),
        is_tls_(!config.ssl_cert.empty()),
        server_(home, config) {}

  // The URL of HTTP itself is one of them, without a door.
  void add(std::optional<socket_door> door) { doors_.push_back(std::move(door)); }
  void tell_requests() {
    server_.log_access_with([](const rest_access& a) {
      note(fmt::format("{} {} {} {} {}", a.from->to_string(), a.method, a.target, a.status,
                       a.body_bytes));
    });
  }

  std::vector<address> places() const override {
    return std::vector<address>(doors_.size(), place_);
  }
  task<result<void>> open() override {
    // Before the socket: whoever comes finds all there is.
    for (auto& door : doors_) {
      if (!door) continue;
      if (auto ok = co_await open_door(*door); !ok) co_return ok;
    }
    co_return co_await open_with_echo(server_, "/echo", echo_);
  }
  std::vector<std::string> urls() const override {
    const address at = *server_.local_address();
    std::vector<std::string> all;
    all.reserve(doors_.size());
    for (const auto& door : doors_) {
      all.push_back(door ? url_of(is_tls_ ? "wss" : "ws", at) + door->path
                         : url_of(is_tls_ ? "https" : "http", at));
    }
    return all;
  }
  std::string load() const override {
    return fmt::format("{} connections are open", server_.connections());
  }
  task<void> close() override {
    std::vector<operation<void>> closing;
    closing.push_back(server_.close());
    for (auto& door : doors_) {
      if (door) closing.push_back(door->sockets->close());
    }
    for (auto& each : closing) (void)co_await std::move(each);
  }

 private:
  task<result<void>> open_door(socket_door& door) {
    if (auto up = co_await open_with_echo(*door.sockets, "echo", door.echo); !up) co_return up;
    if (!door.path.empty()) co_return server_.upgrade(door.path, door.target);
    if (auto ok = server_.upgrade("/", door.target); !ok) co_return ok;
    co_return server_.upgrade("/{path...}", door.target);
  }

  address place_;
  bool is_tls_;
  rest_provider server_;
  std::optional<callable> echo_;
  std::vector<std::optional<socket_door>> doors_;  // for each URL
};

}  // namespace

made_server make_http_server(const serving_needs& with, const std::vector<std::string>& urls) {
  const auto url = std::ranges::find_if(urls, [](const auto& each) { return is_http(each); });
  auto where = with.where(*url);
  if (!where) return std::unexpected(serving_fault{.why = std::move(where).error(), .url = *url});
  auto config = rest_config::server_from_uri(*where);
  if (!config) {
    return std::unexpected(serving_fault{.why = std::move(config).error(), .url = *url});
  }
  config->relay = true;
  config->with = &with.lower;
  config->watch = &with.watch;
  auto made = std::make_unique<served_http>(with.home, *config);
  for (const std::string& each : urls) {
    if (is_http(each)) {
      made->add(std::nullopt);
      continue;
    }
    auto door = make_door(with, each);
    if (!door) return std::unexpected(serving_fault{.why = std::move(door).error(), .url = each});
    made->add(*std::move(door));
  }
  if (with.o.verbose) made->tell_requests();
  return made;
}
#else
made_server make_http_server(const serving_needs&, const std::vector<std::string>&) {
  return std::unexpected(serving_fault{.what = "cannot serve", .why = unavailable_part("rest")});
}
#endif

}  // namespace parley::cli
