#include <parley/adapters/all/built_in.hpp>
#include <parley/core/version.hpp>
#if PARLEY_HAS_FILES
#include <parley/adapters/files/tls_maker.hpp>
#endif
#if PARLEY_HAS_REDIS
#include <parley/codecs/resp/redis_provider.hpp>
#endif
#if PARLEY_HAS_WEBSOCKET_PROVIDER
#include <parley/codecs/websocket/websocket_provider.hpp>
#endif

namespace parley {

void add_built_in([[maybe_unused]] protocols& upper, [[maybe_unused]] transports& lower) {
#if PARLEY_HAS_FILES
  lower.add("tls", files::tls_maker());
  lower.add("tls_server", files::tls_server_maker());
#endif
#if PARLEY_HAS_REDIS
  upper.add("redis", redis_maker(&lower));
#endif
#if PARLEY_HAS_WEBSOCKET_PROVIDER
  upper.add("websocket", websocket_maker(&lower));
#endif
}

}  // namespace parley
