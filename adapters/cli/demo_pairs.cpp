#include <parley/adapters/cli/demo_pairs.hpp>
#include <parley/core/version.hpp>
#include <utility>
#if PARLEY_HAS_REDIS
#include <parley/codecs/resp/redis_provider.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>
#endif
#if PARLEY_HAS_MQTT_PROVIDER
#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#include <parley/codecs/mqtt/mqtt_provider.hpp>
#endif
#if PARLEY_HAS_WEBSOCKET_PROVIDER
#include <parley/codecs/websocket/websocket_provider.hpp>
#endif
#if PARLEY_HAS_REST
#include <parley/codecs/http/rest_provider.hpp>
#endif
#if PARLEY_HAS_GRPC
#include <parley/adapters/grpc/grpc_provider.hpp>
#endif

namespace parley::demo {
namespace {

tls_settings served_with(const certificates& tls) {
  tls_settings s;
  s.certfile = tls.chain;
  s.keyfile = tls.key;
  return s;
}

#if PARLEY_HAS_REDIS
task<result<pair>> redis_pair(loop& home, transports& lower, certificates tls) {
  redis_server_config at;
  at.port = 0;
  at.ssl = !tls.empty();
  at.tls = served_with(tls);
  at.with = &lower;
  auto server = std::make_shared<redis_server>(home, std::move(at));
  if (auto ok = server->listen(); !ok) co_return std::unexpected(ok.error());
  redis_config config;
  config.port = server->local_address()->port();
  config.ssl = !tls.empty();
  config.ssl_ca_certs = tls.ca;
  config.with = &lower;
  co_return pair{server, std::make_unique<redis_provider>(home, config),
                 std::make_unique<redis_provider>(home, config), "calculate"};
}
#endif

#if PARLEY_HAS_MQTT_PROVIDER
task<result<pair>> mqtt_pair(loop& home, transports& lower, certificates tls) {
  mqtt_broker_config at;
  at.port = 0;
  at.ssl = !tls.empty();
  at.tls = served_with(tls);
  at.with = &lower;
  auto broker = std::make_shared<mqtt_broker>(home, std::move(at));
  if (auto ok = broker->listen(); !ok) co_return std::unexpected(ok.error());
  mqtt_config config;
  config.port = broker->local_address()->port();
  config.qos = mqtt::qos::at_least_once;
  config.tls_enable = !tls.empty();
  config.tls_ca_certs = tls.ca;
  config.with = &lower;
  co_return pair{broker, std::make_unique<mqtt_provider>(home, config),
                 std::make_unique<mqtt_provider>(home, config), "calculate"};
}
#endif

// A provider that serves, up and with its address, for one that calls it.
template <class Provider>
task<result<std::unique_ptr<Provider>>> serve(std::unique_ptr<Provider> server) {
  if (auto up = co_await server->initialize(); !up) co_return std::unexpected(up.error());
  co_return server;
}

#if PARLEY_HAS_WEBSOCKET_PROVIDER
task<result<pair>> websocket_pair(loop& home, transports& lower, certificates tls) {
  websocket_config at;
  at.host = "127.0.0.1";
  at.port = 0;
  at.ssl_cert = tls.chain;
  at.ssl_key = tls.key;
  at.with = &lower;
  auto made = std::make_unique<websocket_provider>(home, std::move(at));
  auto server = co_await serve(std::move(made));
  if (!server) co_return std::unexpected(server.error());
  websocket_config config;
  config.is_server = false;
  config.uri = tls.empty() ? "ws://127.0.0.1:" : "wss://127.0.0.1:";
  config.uri += std::to_string((*server)->local_address()->port());
  config.ssl_ca_certs = tls.ca;
  config.with = &lower;
  auto client = std::make_unique<websocket_provider>(home, std::move(config));
  co_return pair{nullptr, *std::move(server), std::move(client), "calculate"};
}
#endif

#if PARLEY_HAS_REST
task<result<pair>> rest_pair(loop& home, transports& lower, certificates tls) {
  rest_config at;
  at.host = "127.0.0.1";
  at.port = 0;
  at.ssl_cert = tls.chain;
  at.ssl_key = tls.key;
  at.with = &lower;
  auto made = std::make_unique<rest_provider>(home, std::move(at));
  auto server = co_await serve(std::move(made));
  if (!server) co_return std::unexpected(server.error());
  rest_config config;
  config.is_server = false;
  config.base_url = tls.empty() ? "http://127.0.0.1:" : "https://127.0.0.1:";
  config.base_url += std::to_string((*server)->local_address()->port());
  config.ssl_ca_certs = tls.ca;
  config.with = &lower;
  auto client = std::make_unique<rest_provider>(home, std::move(config));
  co_return pair{nullptr, *std::move(server), std::move(client), "/calculate"};
}
#endif

#if PARLEY_HAS_GRPC
task<result<pair>> grpc_pair(loop& home, certificates tls) {
  grpc_config at;
  at.host = "127.0.0.1";
  at.port = 0;
  at.ssl = !tls.empty();
  at.tls = served_with(tls);
  auto made = std::make_unique<grpc_provider>(home, std::move(at));
  auto server = co_await serve(std::move(made));
  if (!server) co_return std::unexpected(server.error());
  grpc_config config;
  config.is_server = false;
  config.host = "127.0.0.1";
  config.port = (*server)->local_address()->port();
  config.ssl = !tls.empty();
  config.tls.ca_certs = tls.ca;
  auto client = std::make_unique<grpc_provider>(home, std::move(config));
  co_return pair{nullptr, *std::move(server), std::move(client), "calculate"};
}
#endif

task<result<pair>> make(loop& home, std::string_view protocol, [[maybe_unused]] transports& lower,
                        certificates tls) {
#if PARLEY_HAS_REDIS
  if (protocol == "redis") co_return co_await redis_pair(home, lower, std::move(tls));
#endif
#if PARLEY_HAS_MQTT_PROVIDER
  if (protocol == "mqtt") co_return co_await mqtt_pair(home, lower, std::move(tls));
#endif
#if PARLEY_HAS_WEBSOCKET_PROVIDER
  if (protocol == "websocket") co_return co_await websocket_pair(home, lower, std::move(tls));
#endif
#if PARLEY_HAS_REST
  if (protocol == "rest") co_return co_await rest_pair(home, lower, std::move(tls));
#endif
#if PARLEY_HAS_GRPC
  if (protocol == "grpc") co_return co_await grpc_pair(home, std::move(tls));
#endif
  co_return std::unexpected(unavailable_part(protocol));
}

}  // namespace

task<result<pair>> connect_pair(loop& home, std::string_view protocol, transports& lower,
                                certificates tls) {
  auto made = co_await make(home, protocol, lower, std::move(tls));
  if (!made) co_return made;
  // A provider that serves is up already; one of a server of its own is not.
  if (made->embedded) {
    if (auto up = co_await made->giver->initialize(); !up) co_return std::unexpected(up.error());
  }
  if (auto up = co_await made->taker->initialize(); !up) co_return std::unexpected(up.error());
  co_return made;
}

}  // namespace parley::demo
