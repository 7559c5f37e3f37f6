// The embedded server on each loop, and redis-server itself.
#include <parley/build_config.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>

#include "provider.hpp"
#include "served.hpp"
#include "server.hpp"

#if PARLEY_HAS_ASIO
#include "on_asio.hpp"
#endif

namespace parley::bench {
namespace {

template <class Loop>
void serve(const std::string& path) {
  Loop on;
  redis_server_config config;
  config.unix_socket = path;
  redis_server server(on.loop, config);
  if (auto ok = server.listen(); !ok) wrong(Loop::name, ok.error().to_string());
  for (;;) on.turn();
}

template <class Loop>
served start() {
  static const served one = fork_server(std::string(Loop::name), serve<Loop>);
  return one;
}

served start_redis() { return {server_pid(), server_path()}; }

[[maybe_unused]] const bool registered = add_served("parley", start<on_blocking>) &&
                                         add_served("parley_uv", start<on_uv>) &&
#if PARLEY_HAS_ASIO
                                         add_served("parley_asio", start<on_asio>) &&
#endif
                                         add_served("redis-server", start_redis);

}  // namespace
}  // namespace parley::bench
