// What happens to the provider when a real redis-server dies or hangs.
#include <gtest/gtest.h>

#include <parley/codecs/resp/redis_provider.hpp>

#include "redis/loops.hpp"
#include "redis/watcher.hpp"
#include "support/redis_server.hpp"

namespace parley::test {
namespace {

template <class L>
class real_redis : public loop_suite<L> {
 protected:
  std::unique_ptr<redis_provider> up(redis_config c) {
    c.host = "127.0.0.1";
    c.port = own.port();
    c.reconnect.base = 5ms;
    c.reconnect.cap = 100ms;
    c.watch = &watch;
    auto p = std::make_unique<redis_provider>(this->home, std::move(c));
    auto ok = this->at.wait(p->initialize());
    EXPECT_TRUE(ok) << ok.error().to_string();
    return p;
  }

  redis_server own;
  watcher watch;
};

TYPED_TEST_SUITE(real_redis, real_loops, loop_names);

// Killed and restarted in the middle: exactly once, and subscriptions come back.
TYPED_TEST(real_redis, a_killed_server_loses_no_completion_and_no_subscription) {
  std::unique_ptr<redis_provider> redis = this->up({});
  int heard = 0;
  auto on_message = [&](const message&) { ++heard; };
  auto speaker = this->at.wait(redis->create_speaker("k", on_message));
  ASSERT_TRUE(speaker);
  for (int round = 1; round <= 3; ++round) {
    int ended = 0;
    for (int i = 0; i < 500; ++i) {
      speaker->shout("x").then([&](result<delivery>) { ++ended; });
    }
    this->at.run_until([&] { return ended > 50 * round; });
    this->own.kill9();
    ASSERT_TRUE(this->at.run_until([&] { return ended == 500; })) << ended;
    this->own.restart();
    ASSERT_TRUE(this->at.run_until([&] {
      return redis->status().state == provider_state::up &&
             this->watch.restored == static_cast<std::size_t>(round);
    }));
    const int before = heard;
    auto sent = this->at.wait(speaker->shout("back"));
    ASSERT_TRUE(sent) << sent.error().to_string();
    EXPECT_EQ(sent->receivers, 1);
    ASSERT_TRUE(this->at.run_until([&] { return heard > before; }));
  }
}

// P12: a server that hangs is noticed without any traffic of the user.
TYPED_TEST(real_redis, a_frozen_server_is_noticed) {
  redis_config c;
  c.ping_interval = 50ms;
  c.liveness = 150ms;
  std::unique_ptr<redis_provider> redis = this->up(c);
  this->own.freeze();
  EXPECT_TRUE(this->at.run_until([&] { return redis->status().state != provider_state::up; }));
  this->own.thaw();
  EXPECT_TRUE(this->at.run_until([&] { return redis->status().state == provider_state::up; }));
}

}  // namespace
}  // namespace parley::test
