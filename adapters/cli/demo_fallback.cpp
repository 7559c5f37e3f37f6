#include <parley/adapters/cli/demo_fallback.hpp>
#include <parley/core/version.hpp>

#if PARLEY_HAS_REDIS && PARLEY_HAS_MQTT_PROVIDER && PARLEY_HAS_WEBSOCKET_PROVIDER
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <parley/adapters/all/built_in.hpp>
#include <parley/adapters/cli/on_loop.hpp>
#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>
#include <parley/codecs/websocket/websocket_provider.hpp>
#include <parley/core/fallback/interface_factory.hpp>
#include <string>

namespace parley::demo {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t messages = 500;  // of each phase
constexpr duration patience = std::chrono::seconds(20);

// Ends after a while.
class pause final : private timer {
 public:
  pause(loop& home, duration d) : done_(home), end_(done_.op()) {
    home.set_timer(*this, home.now() + d);
  }
  operation<void>& end() noexcept { return end_; }

 private:
  void fired(time_point) override { done_.complete({}); }

  completer<void> done_;
  operation<void> end_;
};

// The three servers, each on a port that it keeps.
class servers {
 public:
  explicit servers(loop& home) : home_(home) {}

  result<void> start_redis() {
    redis_server_config at;
    at.port = redis_port_;
    redis.emplace(home_, at);
    auto ok = redis->listen();
    if (ok) redis_port_ = redis->local_address()->port();
    return ok;
  }
  result<void> start_mqtt() {
    mqtt_broker_config at;
    at.port = 0;
    mqtt.emplace(home_, at);
    return mqtt->listen();
  }
  void make_gateway() {
    websocket_config at;
    at.host = "127.0.0.1";
    at.port = 0;
    at.relay = true;
    gateway.emplace(home_, at);
  }
  interface_configs configs() const {
    interface_configs where;
    where.add("redis://127.0.0.1:" + std::to_string(redis_port_))
        .add("mqtt://127.0.0.1:" + std::to_string(mqtt->local_address()->port()) + "?qos=1")
        .add("ws://127.0.0.1:" + std::to_string(gateway->local_address()->port()));
    return where;
  }

  std::optional<redis_server> redis;
  std::optional<mqtt_broker> mqtt;
  std::optional<websocket_provider> gateway;

 private:
  loop& home_;
  std::uint16_t redis_port_ = 0;
};

// Counts each number once.
struct hearing {
  std::vector<bool> seen = std::vector<bool>(4 * messages);
  std::size_t count = 0;
  std::size_t wrong = 0;

  void take(const message& m) {
    const auto n = m.value()["value"].as_uint();
    if (!n || *n >= seen.size() || seen[*n]) return void(++wrong);
    seen[*n] = true;
    ++count;
  }
};

// Who talks, who listens, and over what.
struct conversation {
  loop& home;
  hearing& heard;
  interface_factory& talking;
  speaker mouth;
  std::size_t said = 0;

  std::string carrier() const {
    const auto s = talking.channel("demo/events");
    return s && s->carrier ? s->carriers[*s->carrier].protocol : "-";
  }
};

// Says `messages` more; true if each was heard, and `protocol` carries then.
task<bool> go_on(conversation& c, std::string_view what, std::string_view protocol) {
  const auto began = clock::now();
  for (std::size_t i = 0; i < messages; ++i) {
    auto ok = co_await c.mouth.shout(fields("type", "update", "value", std::uint64_t(c.said++)));
    if (ok) continue;
    fmt::print("  {:<34} WRONG: {}\n", what, ok.error().to_string());
    co_return false;
  }
  const time_point until = c.home.now() + patience;
  while ((c.heard.count < c.said || c.carrier() != protocol) && c.home.now() < until) {
    pause p(c.home, milliseconds(5));
    auto& end = p.end();
    (void)co_await end;
  }
  const auto took = std::chrono::duration<double, std::milli>(clock::now() - began).count();
  const bool good = c.heard.count == c.said && c.heard.wrong == 0 && c.carrier() == protocol;
  fmt::print("  {:<34} {:>5} heard, carried by {:<10} {:>6.0f} ms  {}\n", what, c.heard.count,
             c.carrier(), took, good ? "ok" : "WRONG");
  std::fflush(stdout);
  co_return good;
}

interface_factory_config impatient() {
  interface_factory_config c;
  c.options.dedupe = true;
  c.supervision.grace = milliseconds(100);
  c.supervision.fail_back_after = milliseconds(500);
  c.supervision.retry.base = milliseconds(50);
  c.supervision.retry.cap = milliseconds(200);
  return c;
}

task<int> talk(loop& home, servers& s, interface_factory& talking, interface_factory& listening) {
  hearing heard;
  const preference order(protocol_type::redis, protocol_type::mqtt, protocol_type::websocket);
  const auto on_message = [&heard](const message& m) { heard.take(m); };
  message_callback told(on_message);
  auto ear = co_await listening.create_speaker("demo/events", std::move(told), order);
  if (!ear) co_return fmt::print("  {}\n", ear.error().to_string()), 1;
  auto mouth = co_await talking.create_speaker("demo/events", order);
  if (!mouth) co_return fmt::print("  {}\n", mouth.error().to_string()), 1;

  conversation c{home, heard, talking, *mouth};
  int wrong = !co_await go_on(c, "all three are there", "redis");
  s.redis.reset();
  wrong += !co_await go_on(c, "Redis has gone", "mqtt");
  s.mqtt.reset();
  wrong += !co_await go_on(c, "MQTT has gone as well", "websocket");
  if (auto ok = s.start_redis(); !ok) co_return fmt::print("  {}\n", ok.error().to_string()), 1;
  wrong += !co_await go_on(c, "Redis has come back", "redis");
  co_return wrong;
}

task<int> run_on_loop(loop& home, cli::loop_kind kind, protocols& table) {
  fmt::print("{}\n", cli::to_string(kind));
  servers s(home);
  s.make_gateway();
  auto up = co_await s.gateway->initialize();
  if (up) up = s.start_redis();
  if (up) up = s.start_mqtt();
  if (!up) co_return fmt::print("  {}\n", up.error().to_string()), 1;
  interface_factory talking(home, table, s.configs(), impatient());
  interface_factory listening(home, table, s.configs(), impatient());
  const int wrong = co_await talk(home, s, talking, listening);
  (void)co_await talking.close();
  (void)co_await listening.close();
  (void)co_await s.gateway->close();
  co_return wrong;
}

}  // namespace

int run_fallback() {
  protocols upper;
  transports lower;
  add_built_in(upper, lower);
  int wrong = 0;
  for (const cli::loop_kind kind : cli::loop_kinds) {
    auto outcome = cli::run_on(kind, [&](loop& home) { return run_on_loop(home, kind, upper); });
    if (!outcome) fmt::print("{:<9} {}\n", cli::to_string(kind), outcome.error().to_string());
    wrong += outcome ? *outcome : 1;
  }
  return wrong;
}

}  // namespace parley::demo

#else

namespace parley::demo {

int run_fallback() { return 0; }

}  // namespace parley::demo

#endif
