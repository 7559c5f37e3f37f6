#include <algorithm>
#include <parley/adapters/cli/rest.hpp>
#include <parley/adapters/cli/url.hpp>
#include <parley/build_config.hpp>
#if PARLEY_HAS_REST
#include <parley/codecs/http/rest_provider.hpp>
#include <parley/core/api/settings.hpp>
#endif

namespace parley::cli {

#if PARLEY_HAS_REST
namespace {

constexpr duration usual_patience = std::chrono::seconds(5);

duration in_time(double seconds) {
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

result<std::unique_ptr<provider>> make_rest(loop& home, const options& o, transports& lower,
                                            observer& watch) {
  auto where = uri::parse(o.url);
  if (!where) return std::unexpected(std::move(where).error());
  // What follows '?' is for us, as with other protocols; the path is where the channels are.
  const std::string path_and_query = where->is_local() ? "/" : where->target();
  const std::size_t mark = std::min(path_and_query.find('?'), path_and_query.size());
  auto at = origin(o, path_and_query.substr(mark));
  if (!at) return std::unexpected(std::move(at).error());
  auto config = rest_config::from_uri(*at);
  if (!config) return std::unexpected(std::move(config).error());
  if (mark > 1) config->events_path = path_and_query.substr(0, mark);
  // As with the other protocols; a call of its own would have half a minute.
  if (o.timeout) {
    config->timeout = config->connect_timeout = in_time(*o.timeout);
  } else if (!where->parameter("timeout")) {
    config->timeout = usual_patience;
  }
  config->with = &lower;
  config->watch = &watch;
  return std::make_unique<rest_provider>(home, *std::move(config));
}
#else
result<std::unique_ptr<provider>> make_rest(loop&, const options&, transports&, observer&) {
  return std::unexpected(unavailable_part("rest"));
}
#endif

}  // namespace parley::cli
