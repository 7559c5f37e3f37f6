// Servers that do what no Redis would, against the provider: each costs a bounded amount of
// memory and time, each operation ends once with an error that says what was wrong, and
// the provider goes on as soon as the server behaves. In simulated time.
#include <gmock/gmock.h>
#include <malloc.h>

#include <parley/adapters/sim/world.hpp>
#include <parley/codecs/resp/redis_provider.hpp>
#include <parley/core/net/endpoint.hpp>

#include "redis/watcher.hpp"
#include "support/allocations.hpp"
#include "support/fake_redis.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class malicious_server : public ::testing::Test {
 protected:
  malicious_server() { EXPECT_TRUE(server.listen(there.at(6379))); }

  redis_config config() {
    redis_config c;
    c.host = endpoint(there.at(6379)).host();
    c.watch = &watch;
    return c;
  }
  std::unique_ptr<redis_provider> up() {
    auto p = std::make_unique<redis_provider>(here, config());
    const auto ok = wait(p->initialize());
    EXPECT_TRUE(ok) << ok.error().to_string();
    return p;
  }
  // Nobody waits longer than a minute of simulated time.
  template <class T>
  result<T> wait(operation<T> op) {
    EXPECT_TRUE(world.run_until([&] { return op.is_complete(); }, 1min)) << "it never ended";
    return op.await_resume();
  }
  // GET answers `raw`: the operation fails, and the next one on a new connection works.
  error get_with(std::string raw) {
    auto redis = up();
    server.instead["GET"] = std::move(raw);
    const auto got = wait(redis->get("key"));
    EXPECT_FALSE(got.has_value());
    server.instead.clear();
    const auto again = wait(redis->command_as<std::string>("ECHO", "fine"));
    EXPECT_TRUE(again.has_value()) << again.error().to_string();
    return got ? error(errc::misuse) : got.error();
  }

  sim::world world{1};
  sim::host& here = world.add_host("client");
  sim::host& there = world.add_host("server");
  fake_redis server{there};
  watcher watch;
};

TEST_F(malicious_server, sizes_that_nobody_could_keep) {
  for (const char* raw :
       {"$9223372036854775807\r\n", "$99999999999999999999\r\n", "*9223372036854775807\r\n",
        "%4611686018427387904\r\n", "$68719476736\r\n", "$-2\r\n", "*-7\r\n", "=1\r\nx\r\n"}) {
    const std::size_t before = allocations();
    const error why = get_with(raw);
    EXPECT_TRUE(why.kind() == error_class::protocol || why.kind() == error_class::limit) << raw;
    EXPECT_LT(allocations() - before, 1000u) << raw;
  }
}

TEST_F(malicious_server, a_reply_that_is_announced_and_never_comes) {
  auto redis = up();
  // A million values are allowed: what is kept is what came.
  server.instead["GET"] = "*1000000\r\n$5\r\nfirst\r\n";
  const auto got = wait(redis->get("key"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), errc::timed_out);
}

TEST_F(malicious_server, lines_and_nesting_without_end) {
  EXPECT_THAT(get_with("+" + std::string(1 << 20, 'x')).to_string(), HasSubstr("max_line"));
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "*1\r\n";
  EXPECT_THAT(get_with(deep).to_string(), HasSubstr("max_depth"));
  EXPECT_THAT(get_with("|1\r\n" + deep).to_string(), HasSubstr("max_depth"));
}

TEST_F(malicious_server, replies_that_nobody_asked_for) {
  auto redis = up();
  server.say("+OK\r\n");
  ASSERT_TRUE(world.run_until([&] { return redis->status().state != provider_state::up; }, 1min));
  EXPECT_THAT(redis->status().last_error->to_string(), HasSubstr("no command asked for"));
  // Two for one: the second must not answer the next command.
  ASSERT_TRUE(wait(redis->initialize()));
  server.instead["ECHO"] = "$4\r\nmine\r\n$5\r\nyours\r\n";
  auto first = redis->command_as<std::string>("ECHO", "mine");
  EXPECT_EQ(wait(std::move(first)).value_or(""), "mine");
  world.run_for(1s);
  EXPECT_EQ(redis->status().connects, 3u);
  server.instead.clear();
  const auto second = wait(redis->command_as<std::string>("ECHO", "other"));
  EXPECT_EQ(second.value_or(""), "other");
}

TEST_F(malicious_server, a_login_that_is_none) {
  for (const char* raw : {"%1\r\n+server\r\n", ":1\r\n", "*0\r\n", "%-1\r\n", ">2\r\n+a\r\n+b\r\n",
                          "+OK\r\n+OK\r\n", "_\r\n", "%1\r\n+proto\r\n+three\r\n"}) {
    server.instead["HELLO"] = raw;
    redis_config c = config();
    c.connect_timeout = 3s;
    redis_provider redis(here, c);
    auto ok = wait(redis.initialize());
    // Whether it is taken for an old server or refused: nothing hangs, nothing is believed.
    if (ok) {
      EXPECT_TRUE(wait(redis.command_as<std::string>("ECHO", "x"))) << raw;
    } else {
      EXPECT_FALSE(ok.error().to_string().empty());
    }
  }
}

TEST_F(malicious_server, one_that_hangs_up_at_once_is_not_hammered) {
  server.instead["HELLO"] = "-ERR unknown command `HELLO`\r\n";
  server.instead["CLIENT"] = "-ERR\r\n:1\r\n:2\r\n";  // out of step, so that we hang up
  redis_provider redis(here, config());
  (void)wait(redis.initialize());
  const std::size_t before = server.accepted;
  world.run_for(1min);
  // Each pause is longer than the one before.
  EXPECT_LT(server.accepted - before, 40u);
}

TEST_F(malicious_server, values_of_another_type) {
  auto redis = up();
  for (const char* raw : {"*2\r\n:1\r\n:2\r\n", "%1\r\n+a\r\n+b\r\n", "_\r\n", "#t\r\n", ",1.5\r\n",
                          "(12345678901234567890\r\n", "=7\r\ntxt:abc\r\n", "~1\r\n:1\r\n",
                          "$3\r\n\xff\xfe\xfd\r\n"}) {
    server.instead["INCR"] = raw;
    server.instead["GET"] = raw;
    const auto n = wait(redis->command_as<std::vector<std::string>>("INCR", "n"));
    const auto v = wait(redis->get("n"));
    EXPECT_TRUE(n || n.error() == errc::bad_value) << raw;
    // Whatever became of it: the pairing still holds.
    EXPECT_EQ(wait(redis->command_as<std::string>("ECHO", raw)).value_or(""), raw);
  }
  EXPECT_EQ(redis->status().connects, 1u);
}

TEST_F(malicious_server, error_texts_are_shown_safely) {
  auto redis = up();
  server.instead["GET"] = "-ERR \x1b[2J\x07" + std::string(60'000, 'e') + "\r\n";
  const auto got = wait(redis->get("key"));
  ASSERT_FALSE(got);
  const std::string shown = got.error().to_string();
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
  EXPECT_EQ(shown.find('\x07'), std::string::npos);
  EXPECT_LT(shown.size(), 2000u);
}

TEST_F(malicious_server, pushes_without_end_and_for_nobody) {
  auto redis = up();
  std::size_t heard = 0;
  const auto on_message = [&](const message&) { ++heard; };
  auto speaker = wait(redis->create_speaker("mine", on_message));
  ASSERT_TRUE(speaker);
  std::string flood;
  for (int i = 0; i < 1000; ++i) {
    flood += ">3\r\n$7\r\nmessage\r\n$6\r\nothers\r\n$1\r\nx\r\n";
    flood += ">3\r\n$9\r\nsubscribe\r\n$6\r\nnobody\r\n:9\r\n";
    flood += ">3\r\n$11\r\nunsubscribe\r\n$4\r\nmine\r\n:0\r\n";
    flood += ">1\r\n$10\r\ninvalidate\r\n>2\r\n+unheard-of\r\n:1\r\n";
  }
  std::size_t before = 0;
  for (int i = 0; i < 20; ++i) {
    server.say(flood);
    world.run_for(3s);
    server.seen.clear();
    watch.metrics.clear();
    if (i == 4) before = ::mallinfo2().uordblks;
  }
  EXPECT_EQ(heard, 0u);
  EXPECT_EQ(wait(redis->command_as<std::string>("ECHO", "fine")).value_or(""), "fine");
  // Nothing is remembered of what concerned nobody.
  EXPECT_LT(::mallinfo2().uordblks, before + 200'000);
}

}  // namespace
}  // namespace parley::test
