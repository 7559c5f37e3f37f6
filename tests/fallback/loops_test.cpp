// Fall-back over the servers in the box, on every loop: the carrier is killed under a speaker,
// messages go on over the next, and come back to the first when it is there again (S121).
#include <gmock/gmock.h>

#include <memory>
#include <parley/adapters/all/built_in.hpp>
#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>
#include <parley/codecs/websocket/websocket_provider.hpp>
#include <parley/core/fallback/interface_factory.hpp>
#include <string>
#include <vector>

#include "redis/loops.hpp"
#include "redis/watcher.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;
using strings = std::vector<std::string>;

template <class L>
class fallback_on : public loop_suite<L> {
 protected:
  fallback_on() {
    add_built_in(table, lower);
    config.supervision.fail_back_after = 200ms;
    config.supervision.grace = 50ms;
    config.supervision.retry = {.base = 20ms, .cap = 100ms};
    config.watch_interval = 20ms;
    config.options.dedupe = true;
    config.watch = &watch;
  }
  ~fallback_on() override {
    if (factory) (void)this->at.wait(factory->close());
    factory.reset();
  }

  void serve_redis() {
    redis_server_config c;
    c.port = redis_port;
    redis = std::make_unique<redis_server>(this->home, c);
    const auto ok = redis->listen();
    ASSERT_TRUE(ok) << ok.error().to_string();
    redis_port = redis->local_address()->port();
  }
  void serve_mqtt() {
    mqtt_broker_config c;
    c.port = mqtt_port;
    mqtt = std::make_unique<mqtt_broker>(this->home, c);
    const auto ok = mqtt->listen();
    ASSERT_TRUE(ok) << ok.error().to_string();
    mqtt_port = mqtt->local_address()->port();
  }
  void serve_sockets() {
    websocket_config c;
    c.host = "127.0.0.1";
    c.port = 0;
    c.relay = true;
    sockets = std::make_unique<websocket_provider>(this->home, c);
    const auto ok = this->at.wait(sockets->initialize());
    ASSERT_TRUE(ok) << ok.error().to_string();
    sockets_port = sockets->local_address()->port();
  }
  interface_configs places() const {
    interface_configs where;
    where.add(protocol_type::redis,
              "redis://127.0.0.1:" + std::to_string(redis_port) + "?timeout=1");
    where.add(protocol_type::mqtt, "mqtt://127.0.0.1:" + std::to_string(mqtt_port));
    where.add(protocol_type::websocket, "ws://127.0.0.1:" + std::to_string(sockets_port));
    return where;
  }
  bool carries(std::string_view protocol) {
    return this->at.run_until([&] {
      const auto s = factory->channel("events");
      return s && s->is_carrying && s->carriers[*s->carrier].protocol == protocol;
    });
  }
  bool heard_all(std::size_t n) {
    return this->at.run_until([&] { return heard.size() >= n; });
  }

  watcher watch;
  transports lower;
  protocols table;
  interface_factory_config config;
  std::unique_ptr<redis_server> redis;
  std::unique_ptr<mqtt_broker> mqtt;
  std::unique_ptr<websocket_provider> sockets;
  std::uint16_t redis_port = 0, mqtt_port = 0, sockets_port = 0;
  std::optional<interface_factory> factory;
  strings heard;
};

TYPED_TEST_SUITE(fallback_on, all_loops, loop_names);

TYPED_TEST(fallback_on, messages_go_on_over_the_next_and_back) {  // S121
  this->serve_redis();
  this->serve_mqtt();
  this->serve_sockets();
  this->factory.emplace(this->home, this->table, this->places(), this->config);
  const preference order(protocol_type::redis, protocol_type::mqtt, protocol_type::websocket);
  auto speaker = this->at.wait(this->factory->create_speaker(
      "events", [this](const message& m) { this->heard.emplace_back(m.text()); }, order));
  ASSERT_TRUE(speaker) << speaker.error().to_string();
  // It listens everywhere.
  ASSERT_TRUE(this->at.run_until([&] {
    const auto s = this->factory->channel("events");
    return std::ranges::all_of(s->carriers,
                               [](const auto& c) { return c.report.state == carrier_state::up; });
  })) << this->factory->channel("events")->to_string();
  EXPECT_TRUE(this->at.wait(speaker->shout("by redis")));
  ASSERT_TRUE(this->heard_all(1));

  this->redis.reset();
  auto sent = this->at.wait(speaker->shout("by mqtt"));
  EXPECT_TRUE(sent) << sent.error().to_string();
  EXPECT_TRUE(this->carries("mqtt"));
  ASSERT_TRUE(this->heard_all(2));

  this->serve_redis();
  EXPECT_TRUE(this->carries("redis"));
  // To be heard by it, it must also listen there again.
  ASSERT_TRUE(this->at.run_until([&] { return this->watch.restored > 0; }));
  sent = this->at.wait(speaker->shout("by redis again"));
  EXPECT_TRUE(sent) << sent.error().to_string();
  ASSERT_TRUE(this->heard_all(3));
  EXPECT_THAT(this->heard, testing::ElementsAre("by redis", "by mqtt", "by redis again"));
  EXPECT_GE(this->factory->channel("events")->fail_backs, 1U);
}

TYPED_TEST(fallback_on, two_losses_lead_to_the_third) {
  this->serve_redis();
  this->serve_mqtt();
  this->serve_sockets();
  this->factory.emplace(this->home, this->table, this->places(), this->config);
  auto speaker = this->at.wait(this->factory->create_speaker("events", preference()));
  ASSERT_TRUE(speaker) << speaker.error().to_string();
  this->redis.reset();
  this->mqtt.reset();
  auto sent = this->at.wait(speaker->shout("by websocket"));
  EXPECT_TRUE(sent) << sent.error().to_string();
  EXPECT_TRUE(this->carries("websocket"));
}

// A server that refuses costs the others no time, although its provider goes on trying.
TYPED_TEST(fallback_on, one_that_refuses_is_passed_at_once) {
  this->serve_redis();
  this->serve_mqtt();
  this->serve_sockets();
  interface_configs places;
  places.add("redis://127.0.0.1:" + std::to_string(this->redis_port) + "?timeout=3600");
  places.add("ws://127.0.0.1:" + std::to_string(this->sockets_port));
  places.add("mqtt://127.0.0.1:" + std::to_string(this->mqtt_port));
  this->redis.reset();
  this->sockets.reset();
  this->config.supervision.attempt_timeout = 2h;
  this->config.supervision.total_timeout = 3h;
  this->config.supervision.stagger = 1h;
  this->factory.emplace(this->home, this->table, std::move(places), this->config);
  auto speaker = this->at.wait(this->factory->create_speaker("events", preference()));
  ASSERT_TRUE(speaker) << speaker.error().to_string();
  const auto status = *this->factory->channel("events");
  EXPECT_EQ(status.carrier, 2U);
  EXPECT_EQ(status.carriers[0].report.state, carrier_state::trying);
  EXPECT_EQ(status.carriers[0].report.last_error, errc::refused);
}

TYPED_TEST(fallback_on, without_any_server_one_error_tells_of_all) {  // S157
  this->serve_redis();
  this->serve_mqtt();
  this->serve_sockets();
  const auto where = [&] { return this->places(); };
  auto places = where();
  this->redis.reset();
  this->mqtt.reset();
  this->sockets.reset();
  this->config.supervision.attempt_timeout = 300ms;
  this->config.supervision.stagger = 100ms;
  this->factory.emplace(this->home, this->table, std::move(places), this->config);
  auto speaker = this->at.wait(this->factory->create_speaker("events", preference()));
  ASSERT_FALSE(speaker);
  for (const char* word :
       {"redis (redis://127.0.0.1:", "mqtt (mqtt://127.0.0.1:", "websocket (ws://127.0.0.1:"}) {
    EXPECT_THAT(std::string(speaker.error().message()), HasSubstr(word));
  }
}

}  // namespace
}  // namespace parley::test
