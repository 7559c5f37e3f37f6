// The pool of a provider on every loop: commands that wait at the server, connections
// that are lent, the bound, the line, and the numbers in its errors.
#include <gtest/gtest.h>

#include "redis/redis_on.hpp"

namespace parley::test {
namespace {

template <class L>
class redis_pool_on : public redis_on<L> {
 protected:
  std::size_t count_seen(std::string_view verb) {
    return static_cast<std::size_t>(std::ranges::count_if(
        this->server.seen,
        [&](const std::vector<std::string>& words) { return words[0] == verb; }));
  }
  // Waits until the server has got `n` of these.
  bool until_seen(std::string_view verb, std::size_t n) {
    return this->at.run_until([&] { return count_seen(verb) == n; });
  }
};
TYPED_TEST_SUITE(redis_pool_on, all_loops, loop_names);

using item = std::pair<std::string, std::string>;

// P38: what waits at the server stalls nobody else.
TYPED_TEST(redis_pool_on, a_blocking_command_stalls_nobody) {
  auto redis = this->up();
  auto waiting = redis->template command_as<item>("BLPOP", "jobs", 0);
  ASSERT_TRUE(this->until_seen("BLPOP", 1));
  auto n = this->at.wait(redis->template command_as<std::int64_t>("INCR", "n"));
  ASSERT_TRUE(n) << n.error().to_string();
  EXPECT_FALSE(waiting.is_complete());
  EXPECT_EQ(redis->pool_status().in_use, 1u);
  EXPECT_EQ(redis->pool_status().held_by, "BLPOP");
  ASSERT_TRUE(this->at.wait(redis->command("LPUSH", "jobs", "first")));
  auto got = this->at.wait(std::move(waiting));
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(*got, item("jobs", "first"));
  EXPECT_EQ(redis->pool_status().in_use, 0u);
}

TYPED_TEST(redis_pool_on, a_connection_is_used_again) {
  auto redis = this->up();
  for (int i = 0; i < 3; ++i) {
    auto waiting = redis->command("BLPOP", "jobs", 0);
    ASSERT_TRUE(this->until_seen("BLPOP", static_cast<std::size_t>(i) + 1));
    ASSERT_TRUE(this->at.wait(redis->command("LPUSH", "jobs", i)));
    ASSERT_TRUE(this->at.wait(std::move(waiting)));
  }
  EXPECT_EQ(this->server.accepted, 2u) << "one for commands, one for all that waited";
}

// S31, S151, P21: the bound holds, the line is fair, and the error has the numbers.
TYPED_TEST(redis_pool_on, the_bound_holds_and_the_line_is_fair) {
  auto c = this->config();
  c.max_connections = 4;  // two for others
  c.pool_timeout = duration::zero();
  auto redis = this->up(c);
  std::vector<int> order;
  for (int i = 0; i < 6; ++i) {
    redis->command("BLPOP", "k", 0).then([&order, i](result<resp::reply> r) {
      if (r) order.push_back(i);
    });
  }
  ASSERT_TRUE(this->until_seen("BLPOP", 2));
  EXPECT_EQ(redis->pool_status().in_use, 2u);
  EXPECT_EQ(redis->pool_status().waiting, 4u);
  EXPECT_EQ(this->server.clients(), 3u) << "the subscriber's is not open yet";
  for (std::size_t i = 1; i <= 6; ++i) {
    ASSERT_TRUE(this->at.wait(redis->command("LPUSH", "k", i)));
    ASSERT_TRUE(this->at.run_until([&] { return order.size() == i; }));
    ASSERT_TRUE(this->until_seen("BLPOP", std::min<std::size_t>(2 + i, 6)));
  }
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5}));
  EXPECT_LE(this->server.accepted, 4u);
}

TYPED_TEST(redis_pool_on, waiting_in_line_ends_with_numbers) {
  auto c = this->config();
  c.max_connections = 3;
  c.pool_timeout = 50ms;
  auto redis = this->up(c);
  auto held = redis->command("BLPOP", "k", 0);
  ASSERT_TRUE(this->until_seen("BLPOP", 1));
  auto late = this->at.wait(redis->command("BLPOP", "k", 0));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error(), errc::timed_out);
  const std::string text = late.error().to_string();
  EXPECT_NE(text.find("max_connections (3)"), std::string::npos) << text;
  EXPECT_NE(text.find("1 of them held, 1 wait"), std::string::npos) << text;
  EXPECT_NE(text.find("by BLPOP"), std::string::npos) << text;
  EXPECT_FALSE(held.is_complete());
}

TYPED_TEST(redis_pool_on, the_line_has_an_end) {
  auto c = this->config();
  c.max_connections = 3;
  c.pool_waiting = 1;
  auto redis = this->up(c);
  auto held = redis->command("BLPOP", "k", 0);
  ASSERT_TRUE(this->until_seen("BLPOP", 1));
  auto second = redis->command("BLPOP", "k", 0);
  auto third = this->at.wait(redis->command("BLPOP", "k", 0));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error(), errc::queue_full);
}

TYPED_TEST(redis_pool_on, too_small_a_bound_says_so) {
  auto c = this->config();
  c.max_connections = 2;
  auto redis = this->up(c);
  auto none = this->at.wait(redis->command("BLPOP", "k", 0));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), errc::queue_full);
  EXPECT_NE(none.error().to_string().find("max_connections"), std::string::npos);
}

// What the server would pop for one that has left would be lost: its connection ends.
TYPED_TEST(redis_pool_on, cancelling_a_wait_ends_its_connection) {
  auto redis = this->up();
  auto waiting = redis->command("BLPOP", "jobs", 0);
  ASSERT_TRUE(this->until_seen("BLPOP", 1));
  EXPECT_EQ(this->server.clients(), 2u);
  waiting.cancel();
  auto got = this->at.wait(std::move(waiting));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), errc::cancelled);
  ASSERT_TRUE(this->at.run_until([&] { return this->server.clients() == 1; }) ||
              this->server.clients() == 1);
  EXPECT_EQ(redis->pool_status().in_use, 0u);
}

TYPED_TEST(redis_pool_on, cancelling_in_line_takes_no_connection) {
  auto c = this->config();
  c.max_connections = 3;
  auto redis = this->up(c);
  auto held = redis->command("BLPOP", "k", 0);
  ASSERT_TRUE(this->until_seen("BLPOP", 1));
  auto second = redis->command("BLPOP", "k", 0);
  second.cancel();
  auto got = this->at.wait(std::move(second));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), errc::cancelled);
  EXPECT_EQ(redis->pool_status().waiting, 0u);
  EXPECT_FALSE(held.is_complete());
}

// A server that never ends its own wait is given up after it.
TYPED_TEST(redis_pool_on, a_wait_with_an_end_has_a_deadline) {
  auto c = this->config();
  c.command_timeout = 50ms;
  auto redis = this->up(c);
  auto got = this->at.wait(redis->command("BLPOP", "k", "0.05"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), errc::timed_out);
  EXPECT_EQ(redis->pool_status().open, 1u) << "its connection went with it";
}

TYPED_TEST(redis_pool_on, a_break_ends_the_waits_and_new_ones_connect_again) {
  auto redis = this->up();
  auto waiting = redis->command("BLPOP", "k", 0);
  ASSERT_TRUE(this->until_seen("BLPOP", 1));
  this->server.kill();
  auto lost = this->at.wait(std::move(waiting));
  ASSERT_FALSE(lost);
  EXPECT_TRUE(lost.error().is_transient()) << lost.error().to_string();
  auto next = redis->template command_as<item>("BLPOP", "k", 0);  // while nobody listens
  this->listen();
  ASSERT_TRUE(this->until_seen("BLPOP", 2));
  ASSERT_TRUE(this->at.wait(redis->command("LPUSH", "k", "v")));
  auto got = this->at.wait(std::move(next));
  ASSERT_TRUE(got) << got.error().to_string();
}

TYPED_TEST(redis_pool_on, idle_connections_are_closed) {
  auto c = this->config();
  c.pool_idle = 30ms;
  auto redis = this->up(c);
  auto waiting = redis->command("BLPOP", "k", 0);
  ASSERT_TRUE(this->until_seen("BLPOP", 1));
  ASSERT_TRUE(this->at.wait(redis->command("LPUSH", "k", 1)));
  ASSERT_TRUE(this->at.wait(std::move(waiting)));
  EXPECT_EQ(redis->pool_status().open, 2u);
  ASSERT_TRUE(this->at.run_until([&] { return redis->pool_status().open == 1; }));
}

TYPED_TEST(redis_pool_on, destroying_the_provider_ends_waits_and_line) {
  auto c = this->config();
  c.max_connections = 3;
  auto redis = this->up(c);
  int ended = 0;
  for (int i = 0; i < 3; ++i) {
    redis->command("BLPOP", "k", 0).then([&](result<resp::reply> r) {
      ASSERT_FALSE(r);
      EXPECT_EQ(r.error(), errc::cancelled);
      ++ended;
    });
  }
  redis->acquire().then([&](result<redis_connection> r) {
    ASSERT_FALSE(r);
    ++ended;
  });
  ASSERT_TRUE(this->until_seen("BLPOP", 1));
  redis.reset();
  EXPECT_EQ(ended, 0);
  ASSERT_TRUE(this->at.run_until([&] { return ended == 4; }));
}

// P39: lent and given back, not opened anew each time.
TYPED_TEST(redis_pool_on, a_lent_connection_is_its_holders_alone) {
  auto redis = this->up();
  for (int i = 0; i < 3; ++i) {
    auto own = this->at.wait(redis->acquire());
    ASSERT_TRUE(own) << own.error().to_string();
    EXPECT_TRUE(own->is_up());
    EXPECT_EQ(redis->pool_status().held_by, "acquire");
    auto n = this->at.wait(own->template command_as<std::int64_t>("INCR", "n"));
    ASSERT_TRUE(n);
    EXPECT_EQ(*n, i + 1);
  }
  EXPECT_EQ(this->server.accepted, 2u);
}

TYPED_TEST(redis_pool_on, a_transaction_that_was_left_open_is_not_given_on) {
  auto redis = this->up();
  {
    auto own = this->at.wait(redis->acquire());
    ASSERT_TRUE(own);
    ASSERT_TRUE(this->at.wait(own->command("MULTI")));
    ASSERT_TRUE(this->at.wait(own->command("EXEC")));
  }
  EXPECT_EQ(redis->pool_status().open, 2u) << "ended in order: kept";
  {
    auto own = this->at.wait(redis->acquire());
    ASSERT_TRUE(own);
    ASSERT_TRUE(this->at.wait(own->command("MULTI")));
  }
  EXPECT_EQ(redis->pool_status().open, 1u);
}

TYPED_TEST(redis_pool_on, a_lent_connection_that_breaks_says_why) {
  auto redis = this->up();
  auto own = this->at.wait(redis->acquire());
  ASSERT_TRUE(own);
  auto asked = own->command("BLPOP", "k", 0);
  ASSERT_TRUE(this->until_seen("BLPOP", 1));
  this->server.kill();
  ASSERT_FALSE(this->at.wait(std::move(asked)));
  EXPECT_FALSE(own->is_up());
  auto late = this->at.wait(own->command("PING"));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error(), errc::not_connected);
  EXPECT_NE(late.error().cause(), nullptr);
}

TYPED_TEST(redis_pool_on, a_lent_connection_may_outlive_the_provider) {
  auto redis = this->up();
  auto own = this->at.wait(redis->acquire());
  ASSERT_TRUE(own);
  redis.reset();
  EXPECT_FALSE(own->is_up());
  auto late = this->at.wait(own->command("PING"));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error(), errc::not_connected);
}

TYPED_TEST(redis_pool_on, a_wrong_password_is_told_to_those_in_line) {
  auto redis = this->up();
  this->server.password = "changed";
  auto got = this->at.wait(redis->command("BLPOP", "k", 0));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind(), error_class::authentication) << got.error().to_string();
  EXPECT_EQ(redis->pool_status().open, 1u);
}

}  // namespace
}  // namespace parley::test
