#include <fmt/format.h>

#include <parley/adapters/cli/ending.hpp>
#include <parley/adapters/cli/output.hpp>
#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/serve.hpp>
#include <parley/build_config.hpp>
#include <parley/core/api/tables.hpp>
#if PARLEY_HAS_RESP
#include <parley/codecs/resp/server/redis_server.hpp>
#endif

namespace parley::cli {

#if PARLEY_HAS_RESP
namespace {

std::string url_of(const address& at, bool ssl) {
  const std::string scheme = ssl ? "rediss" : "redis";
  return at.is_local() ? scheme + "+unix://" + std::string(at.path())
                       : scheme + "://" + at.to_string();
}

}  // namespace

task<int> serve(loop& home, const uri& where, const options& o, stop& end, transports& lower,
                observer& watch) {
  auto config = redis_server_config::from_uri(where);
  if (!config) co_return ended_by(end, "cannot use this URL", config.error());
  config->with = &lower;
  config->watch = &watch;
  const bool ssl = config->ssl;
  redis_server server(home, *std::move(config));
  if (auto ok = server.listen(); !ok) co_return ended_by(end, "cannot listen", ok.error());
  // For whoever started it: the line says that it is ready, and on which port.
  if (auto ok = write_output(url_of(*server.local_address(), ssl) + "\n"); !ok) {
    stop_for_output(end, ok.error());
    co_return ended_by(end, "cannot print", ok.error());
  }
  (void)co_await end.requested();
  if (o.verbose) note(fmt::format("stopping; {} clients are connected", server.clients()));
  (void)co_await server.stop();
  co_return end.exit_code();
}
#else
task<int> serve(loop&, const uri&, const options&, stop& end, transports&, observer&) {
  co_return ended_by(end, "cannot serve", unavailable_part("resp"));
}
#endif

}  // namespace parley::cli
