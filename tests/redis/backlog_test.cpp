// What is given while there is no connection: bounded by bytes and by time, in order,
// and ended exactly once (P15, P16).
#include <gtest/gtest.h>

#include "redis/redis_on.hpp"

namespace parley::test {
namespace {

template <class L>
class redis_backlog_on : public redis_on<L> {
 protected:
  // A provider whose server has gone.
  std::unique_ptr<redis_provider> down(redis_config c) {
    auto redis = this->up(std::move(c));
    this->server.kill();
    EXPECT_TRUE(this->at.run_until([&] { return redis->status().state != provider_state::up; }));
    this->server.seen.clear();
    return redis;
  }
  // Of 20 that were given without a server, those that reach it; the others must end with
  // errc::dropped.
  std::vector<std::string> survivors(const redis_config& c) {
    auto redis = this->down(c);
    std::vector<std::string> ok;
    std::size_t dropped = 0;
    for (int i = 0; i < 20; ++i) {
      redis->template command_as<std::string>("ECHO", i).then([&](result<std::string> r) {
        if (r) return ok.push_back(*r);
        EXPECT_EQ(r.error(), errc::dropped);
        ++dropped;
      });
    }
    this->listen();
    EXPECT_TRUE(this->at.run_until([&] { return ok.size() + dropped == 20; }));
    return ok;
  }
  std::vector<std::string> seen_ends() {
    std::vector<std::string> all;
    for (const auto& words : this->server.seen) {
      if (words[0] == "ECHO") all.push_back(words[1]);
    }
    return all;
  }
};
TYPED_TEST_SUITE(redis_backlog_on, all_loops, loop_names);

TYPED_TEST(redis_backlog_on, commands_wait_for_the_server_in_their_order) {
  auto redis = this->down(this->config());
  std::vector<std::string> got;
  for (const char* word : {"a", "b", "c"}) {
    redis->template command_as<std::string>("ECHO", word).then([&](result<std::string> r) {
      ASSERT_TRUE(r) << r.error().to_string();
      got.push_back(*r);
    });
  }
  EXPECT_GT(redis->status().queued_bytes, 0u);
  EXPECT_EQ(redis->status().pending, 3u);
  this->listen();
  ASSERT_TRUE(this->at.run_until([&] { return got.size() == 3; }));
  EXPECT_EQ(got, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(redis->status().queued_bytes, 0u);
}

// The first connection is treated as any other: P1, P2.
TYPED_TEST(redis_backlog_on, commands_may_come_before_the_first_connection) {
  redis_provider redis(this->home, this->config());
  auto up = redis.initialize();
  auto speaker = this->at.wait(redis.create_speaker("x"));
  ASSERT_TRUE(speaker);
  auto sent = this->at.wait(speaker->shout("early"));
  ASSERT_TRUE(sent) << sent.error().to_string();
  EXPECT_TRUE(this->at.wait(std::move(up)));
}

TYPED_TEST(redis_backlog_on, waiting_ends_with_the_timeout_and_the_cause) {
  auto c = this->config();
  c.command_timeout = 40ms;
  auto redis = this->down(c);
  auto got = this->at.wait(redis->command("ECHO", "x"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), errc::timed_out);
  EXPECT_NE(got.error().to_string().find("refused"), std::string::npos) << got.error().to_string();
  EXPECT_EQ(redis->status().pending, 0u);
}

TYPED_TEST(redis_backlog_on, too_much_is_rejected_with_numbers) {
  auto c = this->config();
  c.offline_bytes = 1000;
  auto redis = this->down(c);
  int accepted = 0, rejected = 0;
  std::string text;
  for (int i = 0; i < 20; ++i) {
    auto op = redis->command("ECHO", i);
    if (!op.is_complete()) {
      ++accepted;
      std::move(op).then([](result<resp::reply>) {});
      continue;
    }
    auto r = this->at.wait(std::move(op));
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error(), errc::queue_full);
    text = r.error().to_string();
    ++rejected;
  }
  EXPECT_GT(accepted, 3);
  EXPECT_GT(rejected, 10);
  EXPECT_NE(text.find("offline_bytes (1000)"), std::string::npos) << text;
  EXPECT_LE(redis->status().queued_bytes, 1000u);
}

TYPED_TEST(redis_backlog_on, the_oldest_make_room) {
  auto c = this->config();
  c.offline_bytes = 500;
  c.offline_policy = overflow::drop_oldest;
  const std::vector<std::string> ok = this->survivors(c);
  ASSERT_FALSE(ok.empty());
  ASSERT_LT(ok.size(), 20u);
  EXPECT_EQ(ok.back(), "19");
  EXPECT_EQ(ok.front(), std::to_string(20 - ok.size()));
}

TYPED_TEST(redis_backlog_on, the_newest_are_dropped) {
  auto c = this->config();
  c.offline_bytes = 500;
  c.offline_policy = overflow::drop_newest;
  const std::vector<std::string> ok = this->survivors(c);
  ASSERT_FALSE(ok.empty());
  ASSERT_LT(ok.size(), 20u);
  EXPECT_EQ(ok.front(), "0");
}

// A single one above the bound must not throw out those that fit.
TYPED_TEST(redis_backlog_on, one_that_never_fits_drops_nobody) {
  auto c = this->config();
  c.offline_bytes = 500;
  c.offline_policy = overflow::drop_oldest;
  auto redis = this->down(c);
  auto small = redis->command("ECHO", "x");
  auto large = this->at.wait(redis->command("ECHO", std::string(1000, 'x')));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error(), errc::queue_full);
  EXPECT_FALSE(small.is_complete());
}

TYPED_TEST(redis_backlog_on, nothing_waits_if_the_bound_is_zero) {
  auto c = this->config();
  c.offline_bytes = 0;
  auto redis = this->down(c);
  auto got = this->at.wait(redis->command("ECHO", "x"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), errc::not_connected);
  EXPECT_NE(got.error().cause(), nullptr);
}

TYPED_TEST(redis_backlog_on, what_waits_can_be_cancelled) {
  auto redis = this->down(this->config());
  auto first = redis->template command_as<std::string>("ECHO", "first");
  auto second = redis->template command_as<std::string>("ECHO", "second");
  first.cancel();
  auto gone = this->at.wait(std::move(first));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error(), errc::cancelled);
  this->listen();
  auto got = this->at.wait(std::move(second));
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(*got, "second");
  EXPECT_EQ(this->seen_ends(), (std::vector<std::string>{"second"}));
}

TYPED_TEST(redis_backlog_on, what_waits_ends_with_the_provider) {
  auto redis = this->down(this->config());
  int ended = 0;
  for (int i = 0; i < 3; ++i) {
    redis->command("ECHO", i).then(
        [&](result<resp::reply> r) { ended += !r && r.error() == errc::cancelled; });
  }
  redis.reset();
  ASSERT_TRUE(this->at.run_until([&] { return ended == 3; }));
}

// A provider that gave up promises nothing: commands fail at once, with the reason.
TYPED_TEST(redis_backlog_on, what_waits_ends_when_the_provider_gives_up) {
  auto redis = this->down(this->config());
  auto waiting = redis->command("ECHO", "x");
  this->server.password = "changed";
  this->listen();
  auto got = this->at.wait(std::move(waiting));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind(), error_class::authentication);
  auto late = this->at.wait(redis->command("ECHO", "y"));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error(), errc::not_connected);
}

TYPED_TEST(redis_backlog_on, what_cannot_be_sent_is_refused_at_once) {
  auto redis = this->down(this->config());
  auto got = this->at.wait(redis->command("SUBSCRIBE", "x"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), errc::not_supported);
}

}  // namespace
}  // namespace parley::test
