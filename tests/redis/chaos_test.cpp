// The provider in a simulated world of latency, splits, resets, partitions,
// half-open links and server restarts: each seed is another schedule. A failing
// seed is printed and replays: PARLEY_SEED=n runs it alone.
#include <gtest/gtest.h>

#include <map>
#include <parley/adapters/sim/world.hpp>
#include <parley/codecs/resp/redis_provider.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>
#include <parley/core/net/endpoint.hpp>

#include "redis/watcher.hpp"
#include "support/fake_redis.hpp"
#include "support/seeds.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

struct outcome {
  int accepted = 0;
  int ended = 0;
  int twice = 0;
  int foreign = 0;  // replies of another command
  int succeeded = 0;
  int cancelled = 0;
};

// One user: echoes with distinct texts, some of them cancelled, all counted.
class user {
 public:
  user(sim::world& world, redis_provider& redis) : world_(world), redis_(redis) {}

  void begin(int commands) {
    for (int i = 0; i < commands; ++i) {
      world_.after(std::chrono::milliseconds(37 * i), [this, i] { one(i); });
    }
  }
  const outcome& seen() const { return seen_; }

 private:
  void one(int i) {
    if (i % 9 == 4) return wait_at_the_server(i);
    if (i % 13 == 6) return borrow();
    if (i % 11 == 7) return call(i);
    const std::size_t slot = begin_one();
    const std::string text = "echo " + std::to_string(i);
    auto op = redis_.command_as<std::string>("ECHO", text);
    if (i % 7 == 3) op.cancel();
    std::move(op).then([this, slot, text](result<std::string> r) {
      end_one(slot, r.has_value(), r ? nullptr : &r.error());
      if (r && *r != text) ++seen_.foreign;
    });
  }

  // P38: on connections of the pool, some of them cancelled while they wait.
  void wait_at_the_server(int i) {
    const std::size_t slot = begin_one();
    const std::string key = "list " + std::to_string(i);
    auto op = redis_.command_as<std::pair<std::string, std::string>>("BLPOP", key, "0.5");
    if (i % 2 == 0) redis_.command("RPUSH", key, key).then([](result<resp::reply>) {});
    if (i % 5 == 0) op.cancel();
    std::move(op).then([this, slot, key](result<std::pair<std::string, std::string>> r) {
      end_one(slot, r.has_value(), r ? nullptr : &r.error());
      if (r && (r->first != key || r->second != key)) ++seen_.foreign;
    });
  }

  // Of the callable that is served beside.
  void call(int i) {
    const std::size_t made = begin_one();
    redis_.create_callable("echo").then([this, i, made](result<callable> c) {
      end_one(made, c.has_value(), c ? nullptr : &c.error());
      if (!c) return;
      const std::size_t slot = begin_one();
      auto op = c->call(i);
      if (i % 3 == 0) op.cancel();
      std::move(op).then([this, i, slot](const result<value>& r) {
        end_one(slot, r.has_value(), r ? nullptr : &r.error());
        if (r && *r != value(i)) ++seen_.foreign;
      });
    });
  }

  void borrow() {
    const std::size_t slot = begin_one();
    redis_.acquire().then([this, slot](result<redis_connection> own) {
      end_one(slot, own.has_value(), own ? nullptr : &own.error());
      if (!own) return;
      const std::size_t inner = begin_one();
      const std::string text = "own " + std::to_string(inner);
      auto op = own->command_as<std::string>("ECHO", text);
      // Given back at once: the reply is lost with the connection, the operation is not.
      std::move(op).then([this, inner, text](result<std::string> r) {
        end_one(inner, r.has_value(), r ? nullptr : &r.error());
        if (r && *r != text) ++seen_.foreign;
      });
    });
  }

  std::size_t begin_one() {
    ++seen_.accepted;
    ended_.push_back(0);
    return ended_.size() - 1;
  }
  void end_one(std::size_t slot, bool good, const error* why) {
    ++seen_.ended;
    if (++ended_[slot] > 1) ++seen_.twice;
    if (why && *why == errc::cancelled) ++seen_.cancelled;
    seen_.succeeded += good;
  }

  sim::world& world_;
  redis_provider& redis_;
  outcome seen_;
  std::vector<int> ended_;
};

// Answers `echo`, and counts how often each call runs. False if it cannot.
bool serve(sim::world& world, redis_provider& redis, std::map<std::int64_t, int>& runs) {
  bool is_served = false;
  const auto echo = [&runs](const value& v) -> result<value> {
    ++runs[v.as_int().value_or(-1)];
    return v;
  };
  redis.create_callable("echo", echo).then([&](const result<callable>& r) {
    is_served = r.has_value();
  });
  return world.run_until([&] { return is_served; }, 5s) && is_served;
}

// Returns what went wrong, or nothing.
std::string run(std::uint64_t seed, outcome& total) {
  sim::world world(seed);
  sim::host& there = world.add_host("server");
  sim::host& here = world.add_host("client");
  redis_server_config at;
  at.host = endpoint(there.at(6379)).host();
  at.password = "secret";
  std::optional<parley::redis_server> server;
  const auto listen = [&] {
    server.emplace(there, at);
    EXPECT_TRUE(server->listen());
  };
  listen();
  there.on_boot(listen);
  watcher watch;
  redis_config c;
  c.host = "server";
  c.watch = &watch;
  c.password = at.password;
  if (seed % 2 == 0) c.protocol = resp::version_choice::resp2;
  if (seed % 3 == 0) c.max_connections = 4;  // the pool is contended
  auto redis = std::make_unique<redis_provider>(here, c);
  bool up = false;
  redis->initialize().then([&](result<void> r) { up = r.has_value(); });
  world.run_until([&] { return up; }, 5s);
  if (!up) return "no connection without faults";

  int heard = 0;
  std::optional<speaker> listening;
  auto on_message = [&](const message&) { ++heard; };
  redis->create_speaker("chaos", on_message).then([&](result<speaker> r) {
    if (r) listening = *std::move(r);
  });
  world.run_until([&] { return listening.has_value(); }, 5s);
  if (!listening) return "no subscription without faults";

  std::map<std::int64_t, int> runs;
  if (!serve(world, *redis, runs)) return "nothing is served without faults";

  sim::fault_plan plan;
  plan.mean_interval = 400ms;
  plan.span = 6s;
  world.inject(plan);
  user u(world, *redis);
  u.begin(160);
  world.run_for(60s);

  const outcome& seen = u.seen();
  if (seen.ended != seen.accepted) return "an operation did not end";
  if (seen.twice > 0) return "an operation ended twice";
  if (seen.foreign > 0) return "a reply reached another caller";
  for (const auto& [call, times] : runs) {
    if (times > 1) return "a call ran twice";
  }
  total.succeeded += seen.succeeded;
  total.cancelled += seen.cancelled;
  if (redis->status().state != provider_state::up) return "not up again after the faults";

  // Desired state holds: a message arrives once all is quiet. (A half-open session may
  // still count as a receiver at the server.)
  const int before = heard;
  bool sent = false;
  listening->shout("still there?").then([&](result<delivery> r) { sent = r && r->receivers >= 1; });
  world.run_until([&] { return sent && heard > before; }, 10s);
  if (!sent) return "the subscription was not restored";
  if (heard == before) return "the message did not arrive";

  // The end in any state: what is pending is cancelled, nothing is left.
  int pending = 3;
  for (int i = 0; i < 3; ++i) {
    redis->get("k").then([&](result<value>) { --pending; });
  }
  listening.reset();
  redis.reset();
  world.run_for(1s);
  if (pending != 0) return "destruction left operations behind";
  if (here.open_connections() != 0) return "a connection was left open";
  return {};
}

// Unreliable networks. P4, P10, P12, P16, P29.
TEST(redis_chaos, every_schedule_ends_well) {
  const auto seeds = chaos_seeds(10'000);
  outcome total;  // a single schedule may be down all the time
  for (const std::uint64_t seed : seeds) {
    const std::string wrong = run(seed, total);
    ASSERT_EQ(wrong, "") << replay(seed);
  }
  EXPECT_GT(total.succeeded, 0);
  EXPECT_GT(total.cancelled, 0);
}

// Killed between any two bytes of a conversation: nothing is lost or doubled.
TEST(redis_chaos, a_server_killed_at_any_byte) {
  for (std::uint64_t bytes = 0; bytes < 400; bytes += 1) {
    sim::world world(bytes + 1);
    sim::host& there = world.add_host("server");
    sim::host& here = world.add_host("client");
    fake_redis server(there);
    ASSERT_TRUE(server.listen(there.at(6379)));
    there.on_boot([&] {
      server.kill();
      ASSERT_TRUE(server.listen(there.at(6379)));
    });
    redis_config c;
    c.host = "server";
    redis_provider redis(here, c);
    bool toward_server = bytes % 2 == 0;
    world.break_after(toward_server ? here : there, toward_server ? there : here, bytes / 2,
                      sim::fault::reset);
    redis.initialize().then([](result<void>) {});
    int heard = 0;
    auto on_message = [&](const message&) { ++heard; };
    std::optional<speaker> speaker;
    redis.create_speaker("c", on_message).then([&](result<parley::speaker> r) {
      if (r) speaker = *std::move(r);
    });
    int ended = 0;
    for (int i = 0; i < 10; ++i) {
      world.after(std::chrono::milliseconds(20 * i),
                  [&] { redis.command("INCR", "n").then([&](auto) { ++ended; }); });
    }
    world.run_for(30s);
    ASSERT_EQ(ended, 10) << "cut after " << bytes / 2 << " bytes";
    ASSERT_TRUE(speaker) << "cut after " << bytes / 2 << " bytes";
    bool sent = false;
    speaker->shout("x").then([&](result<delivery> r) { sent = r.has_value(); });
    ASSERT_TRUE(world.run_until([&] { return sent && heard > 0; }, 10s))
        << "cut after " << bytes / 2 << " bytes";
  }
}

// P10: the name is resolved anew; the server moved to another address.
TEST(redis_chaos, a_server_that_moves_is_found) {
  sim::world world(7);
  sim::host& old_place = world.add_host("old");
  sim::host& new_place = world.add_host("new");
  sim::host& here = world.add_host("client");
  world.set_name("redis", {old_place.addresses().front()});
  fake_redis first(old_place), second(new_place);
  ASSERT_TRUE(first.listen(old_place.at(6379)));
  ASSERT_TRUE(second.listen(new_place.at(6379)));
  redis_config c;
  c.host = "redis";
  redis_provider redis(here, c);
  ASSERT_TRUE(here.wait(redis.initialize()));
  world.set_name("redis", {new_place.addresses().front()});
  old_place.crash();
  ASSERT_TRUE(world.run_until([&] { return redis.status().connects == 2; }, 30s));
  EXPECT_GT(second.accepted, 0u);
}

// P11: many clients do not come back at the same moment.
TEST(redis_chaos, reconnects_are_spread) {
  sim::world world(11);
  sim::host& there = world.add_host("server");
  fake_redis server(there);
  ASSERT_TRUE(server.listen(there.at(6379)));
  std::vector<std::unique_ptr<redis_provider>> clients;
  for (int i = 0; i < 50; ++i) {
    sim::host& here = world.add_host("client" + std::to_string(i));
    redis_config c;
    c.host = "server";
    clients.push_back(std::make_unique<redis_provider>(here, c));
    clients.back()->initialize().then([](result<void>) {});
  }
  world.run_for(2s);
  EXPECT_EQ(server.accepted, 50u);
  server.kill();
  world.run_for(3s);  // everybody backs off by now
  const std::size_t before = server.accepted;
  ASSERT_TRUE(server.listen(there.at(6379)));
  world.run_for(20ms);
  EXPECT_LT(server.accepted - before, 25u) << "half of them came within 20 ms";
  world.run_for(60s);
  for (auto& c : clients) EXPECT_EQ(c->status().state, provider_state::up);
}

}  // namespace
}  // namespace parley::test
