#include <fmt/format.h>

#include <parley/adapters/cli/ending.hpp>
#include <parley/adapters/cli/output.hpp>
#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/url.hpp>
#include <parley/adapters/cli/websocket.hpp>
#include <parley/build_config.hpp>
#if PARLEY_HAS_WEBSOCKET_PROVIDER
#include <parley/codecs/json/json.hpp>
#include <parley/codecs/websocket/websocket_provider.hpp>
#include <parley/core/api/settings.hpp>
#endif

namespace parley::cli {

#if PARLEY_HAS_WEBSOCKET_PROVIDER
namespace {

duration in_time(double seconds) {
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
}

std::string url_of(const address& at, bool ssl) {
  const std::string scheme = ssl ? "wss" : "ws";
  return at.is_local() ? scheme + "+unix://" + std::string(at.path())
                       : scheme + "://" + at.to_string();
}

}  // namespace

result<std::unique_ptr<provider>> make_websocket(loop& home, const options& o, transports& lower,
                                                 observer& watch) {
  auto where = uri::parse(o.url);
  if (!where) return std::unexpected(std::move(where).error());
  auto config = websocket_config::from_uri(*where);
  if (!config) return std::unexpected(std::move(config).error());
  config->ssl_ca_certs = o.ca_certs;
  config->ssl_cert = o.certfile;
  config->ssl_key = o.keyfile;
  if (!o.verify.empty()) (void)read_verify(o.verify, config->verify);
  if (o.timeout) config->connect_timeout = config->call_timeout = in_time(*o.timeout);
  config->compression = "deflate";
  config->with = &lower;
  config->watch = &watch;
  if (auto ok = config->validate(); !ok) return std::unexpected(std::move(ok).error());
  return std::make_unique<websocket_provider>(home, *std::move(config));
}

task<int> serve_websocket(loop& home, const options& o, stop& end, transports& lower,
                          observer& watch) {
  auto where = target(o);
  if (!where) co_return ended_by(end, "the URL", where.error());
  auto config = websocket_config::server_from_uri(*where);
  if (!config) co_return ended_by(end, "cannot use this URL", config.error());
  config->relay = true;
  config->with = &lower;
  config->watch = &watch;
  const bool ssl = !config->ssl_cert.empty();
  websocket_provider server(home, *std::move(config));
  if (auto up = co_await server.initialize(); !up) {
    co_return ended_by(end, "cannot listen", up.error());
  }
  const auto echo = [](const value& v) -> result<value> { return v; };
  auto served = co_await server.create_callable("echo", echo);
  if (!served) co_return ended_by(end, "cannot serve", served.error());
  // For whoever started it: the line says that it is ready, and on which port.
  if (auto ok = write_output(url_of(*server.local_address(), ssl) + "\n"); !ok) {
    stop_for_output(end, ok.error());
    co_return ended_by(end, "cannot print", ok.error());
  }
  (void)co_await end.requested();
  if (o.verbose) note(fmt::format("stopping; {} clients are connected", server.counts().clients));
  (void)co_await server.close();
  co_return end.exit_code();
}

task<result<websocket_beside>> open_beside(loop& home, const options& o, observer& watch) {
  websocket_beside made;
  if (o.beside.empty()) co_return made;
  auto where = uri::parse(o.beside.front());
  if (!where) co_return std::unexpected(std::move(where).error());
  websocket_config config;
  config.listens = false;
  config.relay = true;
  config.watch = &watch;
  auto sockets = std::make_unique<websocket_provider>(home, std::move(config));
  if (auto up = co_await sockets->initialize(); !up) co_return std::unexpected(up.error());
  call_handler echo = [](const value& v) -> result<value> { return v; };
  auto served = co_await sockets->create_callable("echo", std::move(echo));
  if (!served) co_return std::unexpected(served.error());
  made.door = sockets->upgrades();
  made.sockets = std::move(sockets);
  if (where->path().size() > 1) {
    made.patterns.emplace_back(where->path());
  } else {
    made.patterns = {"/", "/{path...}"};
  }
  co_return made;
}

#else
result<std::unique_ptr<provider>> make_websocket(loop&, const options&, transports&, observer&) {
  return std::unexpected(unavailable_part("websocket_provider"));
}

task<int> serve_websocket(loop&, const options&, stop& end, transports&, observer&) {
  co_return ended_by(end, "cannot serve", unavailable_part("websocket_provider"));
}

task<result<websocket_beside>> open_beside(loop&, const options& o, observer&) {
  if (o.beside.empty()) co_return websocket_beside();
  co_return std::unexpected(unavailable_part("websocket_provider"));
}

#endif

}  // namespace parley::cli
