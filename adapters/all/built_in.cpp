#include <parley/adapters/all/built_in.hpp>
#include <parley/core/version.hpp>
#if PARLEY_HAS_FILES
#include <parley/adapters/files/tls_maker.hpp>
#endif
#if PARLEY_HAS_GRPC
#include <parley/adapters/grpc/grpc_provider.hpp>
#endif
#if PARLEY_HAS_JSON
#include <parley/codecs/json/payload.hpp>
#endif
#if PARLEY_HAS_REDIS
#include <parley/codecs/resp/redis_provider.hpp>
#endif
#if PARLEY_HAS_REST
#include <parley/codecs/http/rest_provider.hpp>
#endif
#if PARLEY_HAS_MQTT_PROVIDER
#include <parley/codecs/mqtt/mqtt_provider.hpp>
#endif
#if PARLEY_HAS_WEBSOCKET
#include <parley/codecs/websocket/layer_maker.hpp>
#endif
#if PARLEY_HAS_WEBSOCKET_PROVIDER
#include <parley/codecs/websocket/websocket_provider.hpp>
#endif

namespace parley {
#if PARLEY_HAS_JSON
namespace {

result<std::string> encode(const value& v) {
  auto payload = json::payload::of(v);
  if (!payload) return std::unexpected(std::move(payload).error());
  return std::string(payload->text());
}

}  // namespace
#endif

void add_built_in([[maybe_unused]] protocols& upper, [[maybe_unused]] transports& lower) {
#if PARLEY_HAS_FILES
  lower.add("tls", files::tls_maker());
  lower.add("tls_server", files::tls_server_maker());
#endif
#if PARLEY_HAS_WEBSOCKET
  lower.add("websocket/mqtt", websocket::client_layer_maker("mqtt"));
  lower.add("websocket_server/mqtt", websocket::server_layer_maker("mqtt"));
#endif
#if PARLEY_HAS_JSON
  upper.encode_with(&encode);
#endif
#if PARLEY_HAS_REDIS
  upper.add("redis", redis_maker(&lower));
#endif
#if PARLEY_HAS_REST
  upper.add("rest", rest_maker(&lower));
#endif
#if PARLEY_HAS_MQTT_PROVIDER
  upper.add("mqtt", mqtt_maker(&lower));
#endif
#if PARLEY_HAS_WEBSOCKET_PROVIDER
  upper.add("websocket", websocket_maker(&lower));
#endif
#if PARLEY_HAS_GRPC
  upper.add("grpc", grpc_maker());
#endif
}

}  // namespace parley
