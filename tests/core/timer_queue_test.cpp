#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <parley/core/loop/timer.hpp>
#include <random>
#include <vector>

namespace parley {
namespace {

time_point at(int ms) { return time_point{} + std::chrono::milliseconds(ms); }

struct probe final : timer {
  void fired(time_point now) override {
    ++count;
    if (on_fire) on_fire(*this, now);
  }
  int count = 0;
  int id = 0;
  void (*on_fire)(probe&, time_point) = nullptr;
};

struct recorder final : timer {
  recorder(int number, std::vector<int>& to) : id(number), order(to) {}
  void fired(time_point) override { order.push_back(id); }
  int id;
  std::vector<int>& order;
};

TEST(timer_queue, fires_in_the_order_of_deadlines) {
  timer_queue queue;
  std::vector<int> order;
  std::vector<std::unique_ptr<recorder>> timers;
  for (const int ms : {50, 10, 40, 20, 30}) {
    timers.push_back(std::make_unique<recorder>(ms, order));
    queue.set(*timers.back(), at(ms));
  }
  EXPECT_EQ(queue.next(), at(10));
  queue.run(at(9));
  EXPECT_TRUE(order.empty());
  queue.run(at(30));
  EXPECT_EQ(order, (std::vector{10, 20, 30}));
  queue.run(at(100));
  EXPECT_EQ(order, (std::vector{10, 20, 30, 40, 50}));
  EXPECT_FALSE(queue.next());
}

TEST(timer_queue, re_arms_and_disarms) {
  timer_queue queue;
  probe t;
  queue.set(t, at(10));
  queue.set(t, at(20));
  queue.run(at(15));
  EXPECT_EQ(t.count, 0);
  queue.set(t, at(5));
  EXPECT_EQ(queue.next(), at(5));
  queue.set(t, std::nullopt);
  EXPECT_FALSE(t.is_armed());
  queue.set(t, std::nullopt);
  queue.run(at(100));
  EXPECT_EQ(t.count, 0);
}

TEST(timer_queue, forgets_a_timer_that_is_destroyed) {
  timer_queue queue;
  probe stays;
  {
    probe goes;
    queue.set(goes, at(1));
    queue.set(stays, at(2));
  }
  EXPECT_EQ(queue.next(), at(2));
  queue.run(at(5));
  EXPECT_EQ(stays.count, 1);
}

TEST(timer_queue, may_end_before_its_timers) {
  probe t;
  {
    timer_queue queue;
    queue.set(t, at(1));
    EXPECT_TRUE(t.is_armed());
  }
  EXPECT_FALSE(t.is_armed());
}

struct self_destroyer final : timer {
  explicit self_destroyer(int& n) : count(n) {}
  void fired(time_point) override {
    ++count;
    delete this;
  }
  int& count;
};

TEST(timer_queue, a_timer_may_destroy_itself_when_it_fires) {
  timer_queue queue;
  int count = 0;
  for (int i = 0; i < 10; ++i) queue.set(*new self_destroyer(count), at(i));
  queue.run(at(4));
  EXPECT_EQ(count, 5);
  queue.run(at(100));
  EXPECT_EQ(count, 10);
}

struct destroys_another : timer {
  explicit destroys_another(std::unique_ptr<probe>& o) : other(o) {}
  void fired(time_point) override { other.reset(); }
  std::unique_ptr<probe>& other;
};

TEST(timer_queue, a_timer_may_destroy_another_that_has_expired_too) {
  timer_queue queue;
  auto victim = std::make_unique<probe>();
  destroys_another first(victim);
  probe last;
  queue.set(first, at(1));
  queue.set(*victim, at(2));
  queue.set(last, at(3));
  queue.run(at(10));
  EXPECT_EQ(victim, nullptr);
  EXPECT_EQ(last.count, 1);
}

struct past_armer : timer {
  explicit past_armer(timer_queue& q) : queue(q) {}
  void fired(time_point) override {
    ++count;
    queue.set(*this, time_point{});  // as early as can be
  }
  timer_queue& queue;
  int count = 0;
};

// A timer that arms itself for the past must not hold the loop, nor keep others
// from being heard.
TEST(timer_queue, what_is_armed_for_the_past_waits_for_the_next_run) {
  timer_queue queue;
  past_armer greedy(queue);
  std::vector<std::unique_ptr<probe>> others;
  queue.set(greedy, at(1));
  for (int i = 0; i < 5; ++i) {
    others.push_back(std::make_unique<probe>());
    queue.set(*others.back(), at(2 + i));
  }
  queue.run(at(10));
  EXPECT_EQ(greedy.count, 1);
  for (const auto& other : others) EXPECT_EQ(other->count, 1);
  EXPECT_TRUE(greedy.is_armed());
  queue.run(at(11));
  EXPECT_EQ(greedy.count, 2);
}

// Random operations, compared with a list that is searched.
TEST(timer_queue, does_what_a_simple_list_does) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    timer_queue queue;
    std::vector<std::unique_ptr<probe>> timers(40);
    std::vector<std::optional<int>> model(timers.size());
    std::vector<int> expected(timers.size(), 0);
    for (auto& t : timers) t = std::make_unique<probe>();
    for (int step = 0; step < 600; ++step) {
      const std::size_t i = random() % timers.size();
      const int ms = static_cast<int>(random() % 1000);
      switch (random() % 8) {
        case 0:
          queue.set(*timers[i], std::nullopt);
          model[i].reset();
          break;
        case 1:
          timers[i] = std::make_unique<probe>();
          model[i].reset();
          expected[i] = 0;
          break;
        case 2: {
          const int now = ms / 4;
          queue.run(at(now));
          for (std::size_t k = 0; k < model.size(); ++k) {
            if (!model[k] || *model[k] > now) continue;
            ++expected[k];
            model[k].reset();
          }
          break;
        }
        default:
          queue.set(*timers[i], at(ms));
          model[i] = ms;
      }
      std::optional<time_point> first;
      for (const auto& m : model) {
        if (m) first = earliest(first, at(*m));
      }
      ASSERT_EQ(queue.next(), first) << "seed " << seed << " step " << step;
      for (std::size_t k = 0; k < timers.size(); ++k) {
        ASSERT_EQ(timers[k]->count, expected[k]) << "seed " << seed << " step " << step;
        ASSERT_EQ(timers[k]->is_armed(), model[k].has_value());
      }
    }
  }
}

}  // namespace
}  // namespace parley
