#include <gtest/gtest.h>

#include <parley/core/loop/work.hpp>
#include <vector>

namespace parley {
namespace {

struct item : work {
  explicit item(int n = 0) : id(n) {}
  void run() override {}
  int id;
};

std::vector<int> ids(work_queue& queue) {
  std::vector<int> found;
  while (work* w = queue.pop()) found.push_back(static_cast<item*>(w)->id);
  return found;
}

TEST(work_queue, is_first_in_first_out) {
  work_queue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.pop(), nullptr);
  item a(1), b(2), c(3);
  queue.push(a);
  queue.push(b);
  queue.push(c);
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(ids(queue), (std::vector{1, 2, 3}));
  EXPECT_TRUE(queue.empty());
}

TEST(work_queue, takes_an_item_again_after_it_has_come_out) {
  work_queue queue;
  item a(1), b(2);
  queue.push(a);
  EXPECT_EQ(queue.pop(), &a);
  queue.push(b);
  queue.push(a);
  EXPECT_EQ(queue.pop(), &b);
  queue.push(b);
  EXPECT_EQ(ids(queue), (std::vector{1, 2}));
}

TEST(work_stack, only_the_first_push_asks_for_a_wake_up) {
  work_stack stack;
  item a(1), b(2);
  EXPECT_TRUE(stack.empty());
  EXPECT_TRUE(stack.push(a));
  EXPECT_FALSE(stack.push(b));
  work_queue queue;
  stack.take_all(queue);
  EXPECT_TRUE(stack.empty());
  item c(3);
  EXPECT_TRUE(stack.push(c));
  stack.take_all(queue);
  // In the order in which they were pushed, behind what was there.
  EXPECT_EQ(ids(queue), (std::vector{1, 2, 3}));
  stack.take_all(queue);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace parley
