#include <fmt/format.h>

#include <parley/adapters/cli/ending.hpp>
#include <parley/adapters/cli/output.hpp>
#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/rest.hpp>
#include <parley/adapters/cli/url.hpp>
#include <parley/adapters/cli/websocket.hpp>
#include <parley/build_config.hpp>
#if PARLEY_HAS_REST
#include <parley/codecs/http/rest_provider.hpp>
#include <parley/core/api/settings.hpp>
#endif

namespace parley::cli {

#if PARLEY_HAS_REST
namespace {

duration in_time(double seconds) {
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
}

std::string url_of(const address& at, bool ssl) {
  const std::string scheme = ssl ? "https" : "http";
  return at.is_local() ? scheme + "+unix://" + std::string(at.path())
                       : scheme + "://" + at.to_string();
}

// What is printed once it serves: a URL for each protocol.
std::string ready_lines(const address& at, bool ssl, const websocket_beside& beside) {
  std::string lines = url_of(at, ssl) + "\n";
  if (!beside.door) return lines;
  lines += (ssl ? "wss://" : "ws://") + at.to_string();
  if (beside.patterns.size() == 1) lines += beside.patterns.front();
  return lines + "\n";
}

}  // namespace

result<std::unique_ptr<provider>> make_rest(loop& home, const options& o, transports& lower,
                                            observer& watch) {
  auto where = uri::parse(o.url);
  if (!where) return std::unexpected(std::move(where).error());
  auto at = origin(o);
  if (!at) return std::unexpected(std::move(at).error());
  auto config = rest_config::from_uri(*at);
  if (!config) return std::unexpected(std::move(config).error());
  if (!where->is_local() && where->path().size() > 1) config->events_path = where->path();
  if (o.timeout) config->connect_timeout = in_time(*o.timeout);
  config->with = &lower;
  config->watch = &watch;
  return std::make_unique<rest_provider>(home, *std::move(config));
}

task<int> serve_rest(loop& home, const options& o, stop& end, transports& lower, observer& watch) {
  auto where = target(o);
  if (!where) co_return ended_by(end, "the URL", where.error());
  auto config = rest_config::server_from_uri(*where);
  if (!config) co_return ended_by(end, "cannot use this URL", config.error());
  config->relay = true;
  config->with = &lower;
  config->watch = &watch;
  const bool ssl = !config->ssl_cert.empty();
  rest_provider server(home, *std::move(config));
  if (auto up = co_await server.initialize(); !up) {
    co_return ended_by(end, "cannot listen", up.error());
  }
  call_handler echo = [](const value& v) -> result<value> { return v; };
  auto served = co_await server.create_callable("/echo", std::move(echo));
  if (!served) co_return ended_by(end, "cannot serve", served.error());
  auto beside = co_await open_beside(home, o, watch);
  if (!beside) co_return ended_by(end, "cannot serve WebSocket", beside.error());
  for (const std::string& pattern : beside->patterns) {
    if (auto ok = server.upgrade(pattern, beside->door); !ok) {
      co_return ended_by(end, "cannot serve WebSocket", ok.error());
    }
  }
  if (o.verbose) {
    server.log_access_with([](const rest_access& a) {
      note(fmt::format("{} {} {} {} {}", a.from->to_string(), a.method, a.target, a.status,
                       a.body_bytes));
    });
  }
  // For whoever started it: the line says that it is ready, and on which port.
  if (auto ok = write_output(ready_lines(*server.local_address(), ssl, *beside)); !ok) {
    stop_for_output(end, ok.error());
    co_return ended_by(end, "cannot print", ok.error());
  }
  (void)co_await end.requested();
  if (o.verbose) note(fmt::format("stopping; {} connections are open", server.connections()));
  auto closing = server.close();
  if (beside->sockets) (void)co_await beside->sockets->close();
  (void)co_await std::move(closing);
  co_return end.exit_code();
}
#else
result<std::unique_ptr<provider>> make_rest(loop&, const options&, transports&, observer&) {
  return std::unexpected(unavailable_part("rest"));
}

task<int> serve_rest(loop&, const options&, stop& end, transports&, observer&) {
  co_return ended_by(end, "cannot serve", unavailable_part("rest"));
}
#endif

}  // namespace parley::cli
