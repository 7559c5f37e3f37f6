// Deadlines: timers of the loop, and those of machines.
#include "loops/fixtures.hpp"

namespace parley::test {
namespace {

PARLEY_LOOP_SUITE(loop_timers);

struct alarm final : timer {
  explicit alarm(std::function<void(alarm&)> f = {}) : body(std::move(f)) {}
  void fired(time_point now) override {
    ++count;
    last = now;
    if (body) body(*this);
  }
  std::function<void(alarm&)> body;
  int count = 0;
  time_point last;
};

using std::chrono::milliseconds;

TYPED_TEST(loop_timers, fire_in_the_order_of_their_deadlines_and_never_early) {
  std::vector<int> order;
  std::vector<std::unique_ptr<alarm>> alarms;
  const time_point begin = this->port().now();
  for (const int ms : {30, 5, 20, 0, 10}) {
    alarms.push_back(std::make_unique<alarm>([&order, ms, begin](alarm& self) {
      order.push_back(ms);
      EXPECT_GE(self.last, begin + milliseconds(ms));
    }));
    this->port().set_timer(*alarms.back(), begin + milliseconds(ms));
  }
  EXPECT_TRUE(order.empty());
  ASSERT_TRUE(this->world.run_until([&] { return order.size() == 5; }));
  EXPECT_EQ(order, (std::vector{0, 5, 10, 20, 30}));
}

TYPED_TEST(loop_timers, can_be_armed_anew_and_disarmed) {
  alarm moved, dropped, last;
  const time_point begin = this->port().now();
  this->port().set_timer(moved, begin + milliseconds(1));
  this->port().set_timer(dropped, begin + milliseconds(2));
  this->port().set_timer(last, begin + milliseconds(30));
  this->port().set_timer(moved, begin + std::chrono::hours(1));
  this->port().set_timer(dropped, std::nullopt);
  ASSERT_TRUE(this->world.run_until([&] { return last.count == 1; }));
  EXPECT_EQ(moved.count + dropped.count, 0);
  this->port().set_timer(moved, begin);  // from far to past
  ASSERT_TRUE(this->world.run_until([&] { return moved.count == 1; }));
}

TYPED_TEST(loop_timers, may_arm_themselves_again) {
  alarm tick([this](alarm& self) {
    if (self.count < 10) this->port().set_timer(self, self.last + milliseconds(1));
  });
  this->port().set_timer(tick, this->port().now());
  ASSERT_TRUE(this->world.run_until([&] { return tick.count == 10; }));
  this->world.idle();
  EXPECT_EQ(tick.count, 10);
}

TYPED_TEST(loop_timers, may_be_destroyed_by_one_that_fires) {
  auto victim = std::make_unique<alarm>();
  alarm killer([&](alarm&) { victim.reset(); });
  alarm after;
  const time_point begin = this->port().now();
  this->port().set_timer(killer, begin + milliseconds(1));
  this->port().set_timer(*victim, begin + milliseconds(2));
  this->port().set_timer(after, begin + milliseconds(3));
  ASSERT_TRUE(this->world.run_until([&] { return after.count == 1; }));
  EXPECT_EQ(victim, nullptr);
}

TYPED_TEST(loop_timers, an_earlier_one_shortens_a_wait_that_was_planned) {
  alarm late, early;
  this->port().set_timer(late, this->port().now() + std::chrono::hours(1));
  this->world.idle();
  this->port().set_timer(early, this->port().now() + milliseconds(1));
  ASSERT_TRUE(this->world.run_until([&] { return early.count == 1; }));
  EXPECT_EQ(late.count, 0);
}

// Liveness rests on it.
TYPED_TEST(loop_timers, a_machine_is_told_when_its_deadline_has_come) {
  auto& server = this->serve();
  auto pair = this->connected(server);
  // Given outside of a callback: wake() arms it.
  const time_point at = this->port().now() + milliseconds(5);
  pair.client.driven().expect_until(at);
  pair.client.transport->wake();
  ASSERT_TRUE(this->world.run_until([&] { return pair.client.expired_count == 1; }));
  EXPECT_GE(this->port().now(), at);
  this->world.idle();
  EXPECT_EQ(pair.client.expired_count, 1);
}

TYPED_TEST(loop_timers, a_deadline_may_be_set_again_when_it_comes) {
  auto& server = this->serve();
  auto pair = this->connected(server);
  auto again = [this](line_peer& self) {
    if (self.expired_count < 3) {
      self.driven().expect_until(this->port().now() + milliseconds(1));
    }
    self.driven().send("ping");
  };
  pair.client.on_expired = again;
  pair.client.driven().expect_until(this->port().now());
  pair.client.transport->wake();
  ASSERT_TRUE(this->world.run_until([&] { return pair.client.lines.size() == 3; }));
  EXPECT_EQ(pair.client.expired_count, 3);
}

TYPED_TEST(loop_timers, no_deadline_fires_for_a_connection_that_closes) {
  auto& server = this->serve();
  auto pair = this->connected(server);
  pair.client.driven().expect_until(this->port().now() + milliseconds(1));
  pair.client.transport->wake();
  pair.client.close();
  alarm after;
  this->port().set_timer(after, this->port().now() + milliseconds(10));
  ASSERT_TRUE(this->world.run_until([&] { return after.count == 1; }));
  EXPECT_EQ(pair.client.expired_count, 0);
}

TYPED_TEST(loop_timers, time_only_goes_forward) {
  time_point before = this->port().now();
  for (int i = 0; i < 1000; ++i) {
    const time_point now = this->port().now();
    ASSERT_GE(now, before);
    before = now;
  }
  EXPECT_GT(this->port().wall_now(), wall_time{});
}

TYPED_TEST(loop_timers, random_bytes_differ) {
  std::array<std::byte, 32> a{}, b{};
  this->port().random(a);
  this->port().random(b);
  EXPECT_NE(a, b);
}

}  // namespace
}  // namespace parley::test
