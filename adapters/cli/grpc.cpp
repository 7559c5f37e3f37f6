#include <cstdlib>
#include <parley/adapters/cli/ending.hpp>
#include <parley/adapters/cli/grpc.hpp>
#include <parley/adapters/cli/output.hpp>
#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/url.hpp>
#include <parley/build_config.hpp>
#include <parley/core/api/tables.hpp>
#if PARLEY_HAS_GRPC
#include <parley/adapters/grpc/grpc_provider.hpp>
#endif

namespace parley::cli {

void quiet_grpc() { (void)::setenv("GRPC_VERBOSITY", "none", 0); }

#if PARLEY_HAS_GRPC
namespace {

std::string url_of(const address& at, bool ssl) {
  if (at.is_local()) return "grpc+unix:" + std::string(at.path());
  return (ssl ? "grpcs://" : "grpc://") + at.to_string();
}

}  // namespace

task<int> serve_grpc(loop& home, const options& o, stop& end, observer& watch) {
  auto where = target(o);
  if (!where) co_return ended_by(end, "the URL", where.error());
  auto config = grpc_config::server_from_uri(*where);
  if (!config) co_return ended_by(end, "cannot use this URL", config.error());
  config->relay = true;
  config->watch = &watch;
  const bool ssl = config->ssl;
  grpc_provider server(home, *std::move(config));
  if (auto up = co_await server.initialize(); !up) {
    co_return ended_by(end, "cannot listen", up.error());
  }
  call_handler echo = [](const value& v) -> result<value> { return v; };
  auto served = co_await server.create_callable("echo", std::move(echo));
  if (!served) co_return ended_by(end, "cannot serve", served.error());
  // For whoever started it: the line says that it is ready, and on which port.
  if (auto ok = write_output(url_of(*server.local_address(), ssl) + "\n"); !ok) {
    stop_for_output(end, ok.error());
    co_return ended_by(end, "cannot print", ok.error());
  }
  (void)co_await end.requested();
  if (o.verbose) note("stopping; calls that run have 5 seconds");
  (void)co_await server.close();
  co_return end.exit_code();
}
#else
task<int> serve_grpc(loop&, const options&, stop& end, observer&) {
  co_return ended_by(end, "cannot serve", unavailable_part("grpc"));
}
#endif

}  // namespace parley::cli
