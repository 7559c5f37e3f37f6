// What core gives to every loop: the ready queue, timers, and who asks for a turn.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "fake_loop.hpp"
#include "support/allocations.hpp"

namespace parley {
namespace {

using test::fake_loop;

struct job : work {
  explicit job(std::function<void()> f = {}) : body(std::move(f)) {}
  void run() override {
    ++count;
    if (body) body();
  }
  std::function<void()> body;
  int count = 0;
};

struct alarm : timer {
  void fired(time_point now) override { times.push_back(now); }
  std::vector<time_point> times;
};

TEST(loop, runs_what_was_queued_in_order) {
  fake_loop loop;
  std::vector<int> order;
  job a([&] { order.push_back(1); });
  job b([&] { order.push_back(2); });
  job c([&] { order.push_back(3); });
  loop.enqueue(a);
  loop.enqueue(b);
  EXPECT_TRUE(order.empty());
  loop.turn();
  EXPECT_EQ(order, (std::vector{1, 2}));
  loop.post(c);
  EXPECT_TRUE(loop.has_ready());
  loop.turn();
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
  EXPECT_FALSE(loop.has_ready());
  EXPECT_FALSE(loop.turn());
}

TEST(loop, asks_for_a_turn_once_per_batch) {
  fake_loop loop;
  job a, b;
  loop.enqueue(a);
  loop.enqueue(b);
  EXPECT_EQ(loop.turns_requested, 1);
  loop.turn();
  job c, d;
  loop.post(c);
  loop.post(d);
  EXPECT_EQ(loop.notified, 1);
  EXPECT_EQ(loop.turns_requested, 1);
  loop.turn();
  EXPECT_EQ(c.count + d.count, 2);
}

TEST(loop, work_may_queue_work) {
  fake_loop loop;
  job second;
  job first([&] { loop.enqueue(second); });
  loop.enqueue(first);
  loop.turn();
  EXPECT_EQ(second.count, 1);
}

TEST(loop, work_that_queues_itself_for_ever_lets_the_loop_breathe) {
  fake_loop loop;
  bool stop = false;
  job endless;
  endless.body = [&] {
    if (!stop) loop.enqueue(endless);
  };
  loop.enqueue(endless);
  EXPECT_EQ(loop.turns_requested, 1);
  EXPECT_TRUE(loop.turn());  // comes back
  EXPECT_GT(endless.count, 1);
  EXPECT_TRUE(loop.has_ready());
  EXPECT_EQ(loop.turns_requested, 2);  // and asks for another turn
  stop = true;
  loop.run();
  EXPECT_FALSE(loop.has_ready());
}

TEST(loop, work_may_destroy_itself) {
  fake_loop loop;
  int count = 0;
  struct once final : work {
    explicit once(int& n) : count(n) {}
    void run() override {
      ++count;
      delete this;
    }
    int& count;
  };
  for (int i = 0; i < 3; ++i) loop.enqueue(*new once(count));
  loop.turn();
  EXPECT_EQ(count, 3);
}

TEST(loop, an_earlier_timer_asks_for_a_turn) {
  fake_loop loop;
  alarm a, b;
  loop.set_timer(a, loop.now() + std::chrono::seconds(2));
  EXPECT_EQ(loop.turns_requested, 1);
  loop.set_timer(b, loop.now() + std::chrono::seconds(3));  // later: nothing to change
  EXPECT_EQ(loop.turns_requested, 1);
  loop.set_timer(b, loop.now() + std::chrono::seconds(1));
  EXPECT_EQ(loop.turns_requested, 2);
  EXPECT_EQ(loop.next_timer(), loop.now() + std::chrono::seconds(1));
  loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(b.times.size(), 1u);
  EXPECT_TRUE(a.times.empty());
  loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(a.times.size(), 1u);
  EXPECT_FALSE(loop.next_timer());
}

TEST(loop, knows_while_user_code_runs) {
  fake_loop loop;
  bool seen = false;
  job a([&] { seen = loop.in_turn(); });
  EXPECT_FALSE(loop.in_turn());
  loop.enqueue(a);
  loop.turn();
  EXPECT_TRUE(seen);
  EXPECT_FALSE(loop.in_turn());
}

TEST(loop, counts_what_lives_on_it) {
  fake_loop loop;
  EXPECT_FALSE(loop.has_attached());
  loop.attach();
  loop.attach();
  loop.detach();
  EXPECT_TRUE(loop.has_attached());
  loop.detach();
  EXPECT_FALSE(loop.has_attached());
}

TEST(state_pool, reuses_blocks_of_a_size) {
  fake_loop loop;
  state_pool& pool = loop.pool();
  for (const std::size_t size : {1u, 64u, 65u, 128u, 200u, 512u}) {
    state_pool::put(pool.take(size));
    const std::size_t before = test::allocations();
    void* again = pool.take(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(again) % alignof(std::max_align_t), 0u);
    EXPECT_EQ(test::allocations(), before) << size;
    state_pool::put(again);
  }
}

TEST(state_pool, blocks_may_outlive_the_loop) {
  auto loop = std::make_unique<fake_loop>();
  void* small = loop->pool().take(10);
  void* large = loop->pool().take(10000);
  state_pool::put(loop->pool().take(10));
  loop.reset();
  static_cast<char*>(small)[9] = 1;  // still ours
  static_cast<char*>(large)[9999] = 1;
  state_pool::put(large);
  state_pool::put(small);
}

TEST(state_pool, gives_a_burst_back) {
  fake_loop loop;
  std::vector<void*> blocks(5000);
  for (auto& b : blocks) b = loop.pool().take(64);
  for (auto& b : blocks) state_pool::put(b);
  const std::size_t before = test::allocations();
  for (auto& b : blocks) b = loop.pool().take(64);
  const std::size_t made = test::allocations() - before;
  EXPECT_GT(made, 0u);             // not everything was kept
  EXPECT_LT(made, blocks.size());  // but something was
  for (auto& b : blocks) state_pool::put(b);
}

}  // namespace
}  // namespace parley
