// What other threads may do: push to a work_stack, and loop::post.
#include <gtest/gtest.h>

#include <memory>
#include <parley/core/error.hpp>
#include <thread>
#include <vector>

#include "fake_loop.hpp"

namespace parley {
namespace {

struct item : work {
  void run() override { done = true; }
  int thread = 0;
  int number = 0;
  bool done = false;
};

TEST(work_stack_threads, loses_nothing_and_keeps_the_order_of_each_thread) {
  constexpr int threads = 4, each = 5000;
  std::vector<std::unique_ptr<item[]>> items;
  for (int t = 0; t < threads; ++t) {
    items.push_back(std::make_unique<item[]>(each));
    for (int i = 0; i < each; ++i) {
      items.back()[static_cast<std::size_t>(i)].thread = t;
      items.back()[static_cast<std::size_t>(i)].number = i;
    }
  }
  work_stack stack;
  std::vector<std::thread> pushers;
  for (int t = 0; t < threads; ++t) {
    pushers.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        stack.push(items[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)]);
      }
    });
  }
  std::vector<int> next(threads, 0);
  int taken = 0;
  while (taken < threads * each) {
    work_queue queue;
    stack.take_all(queue);
    while (work* w = queue.pop()) {
      const auto* i = static_cast<item*>(w);
      ASSERT_EQ(i->number, next[static_cast<std::size_t>(i->thread)]++);
      ++taken;
    }
  }
  for (auto& p : pushers) p.join();
  EXPECT_TRUE(stack.empty());
}

TEST(loop_threads, post_wakes_the_loop_and_publishes_what_was_written_before) {
  test::fake_loop loop;
  constexpr int count = 2000;
  std::vector<int> written(count, 0);
  struct reader : work {
    void run() override { *sum += (*from)[index]; }
    std::vector<int>* from = nullptr;
    std::size_t index = 0;
    long* sum = nullptr;
  };
  long sum = 0;
  auto jobs = std::make_unique<reader[]>(count);
  std::thread poster([&] {
    for (std::size_t i = 0; i < count; ++i) {
      written[i] = static_cast<int>(i);
      jobs[i].from = &written;
      jobs[i].index = i;
      jobs[i].sum = &sum;
      loop.post(jobs[i]);
    }
  });
  const long all = static_cast<long>(count) * (count - 1) / 2;
  while (sum != all) loop.turn();
  poster.join();
  EXPECT_GT(loop.notified, 0);
}

TEST(error_threads, copies_may_live_in_different_threads) {
  const error original = error(errc::io, "text").with_cause(error(errc::reset, "below"));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([original] {
      for (int i = 0; i < 2000; ++i) {
        error copy = original;
        copy = std::move(copy).with_message("mine");
        ASSERT_EQ(original.message(), "text");
        ASSERT_EQ(copy.cause()->message(), "below");
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(original.message(), "text");
}

}  // namespace
}  // namespace parley
