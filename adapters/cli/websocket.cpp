#include <parley/adapters/cli/url.hpp>
#include <parley/adapters/cli/websocket.hpp>
#include <parley/build_config.hpp>
#if PARLEY_HAS_WEBSOCKET_PROVIDER
#include <parley/codecs/websocket/websocket_provider.hpp>
#include <parley/core/api/settings.hpp>
#endif

namespace parley::cli {

#if PARLEY_HAS_WEBSOCKET_PROVIDER
namespace {

duration in_time(double seconds) {
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
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
#else
result<std::unique_ptr<provider>> make_websocket(loop&, const options&, transports&, observer&) {
  return std::unexpected(unavailable_part("websocket_provider"));
}
#endif

}  // namespace parley::cli
