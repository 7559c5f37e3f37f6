#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <parley/core/async/operation.hpp>
#include <parley/core/async/task.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "fake_loop.hpp"
#include "support/allocations.hpp"

namespace parley {
namespace {

using test::fake_loop;

template <class T>
struct outcome {
  int times = 0;
  std::optional<result<T>> last;
  auto callback() {
    return [this](result<T> r) {
      ++times;
      last = std::move(r);
    };
  }
};

TEST(operation, completes_through_the_loop_and_never_inside_the_call) {
  fake_loop loop;
  completer<int> done(loop);
  outcome<int> seen;
  auto op = done.op();
  EXPECT_FALSE(op.is_complete());
  std::move(op).then(seen.callback());
  done.complete(42);
  EXPECT_EQ(seen.times, 0);
  EXPECT_TRUE(loop.has_ready());
  loop.run();
  ASSERT_EQ(seen.times, 1);
  EXPECT_EQ(**seen.last, 42);
  loop.run();
  EXPECT_EQ(seen.times, 1);
}

TEST(operation, may_be_complete_before_somebody_asks) {
  fake_loop loop;
  completer<std::string> done(loop);
  auto op = done.op();
  done.complete("early");
  EXPECT_TRUE(op.is_complete());
  loop.run();
  outcome<std::string> seen;
  std::move(op).then(seen.callback());
  EXPECT_EQ(seen.times, 0);
  loop.run();
  ASSERT_EQ(seen.times, 1);
  EXPECT_EQ(**seen.last, "early");
}

TEST(operation, finished_ones_are_delivered_alike) {
  fake_loop loop;
  outcome<int> good, bad;
  operation<int>::finished(loop, 1).then(good.callback());
  operation<int>::finished(loop, fail(errc::queue_full)).then(bad.callback());
  EXPECT_EQ(good.times + bad.times, 0);
  loop.run();
  EXPECT_EQ(**good.last, 1);
  EXPECT_EQ(bad.last->error(), errc::queue_full);
}

TEST(operation, first_outcome_counts) {
  fake_loop loop;
  completer<int> done(loop);
  auto* state = done.state();
  state->retain();
  outcome<int> seen;
  done.op().then(seen.callback());
  done.complete(1);
  done.complete(2);  // the completer is used up
  state->complete(3);
  state->complete_error(error(errc::io));
  loop.run();
  EXPECT_EQ(seen.times, 1);
  EXPECT_EQ(**seen.last, 1);
  state->release();
}

TEST(operation, ends_as_cancelled_when_nobody_will_complete_it) {
  fake_loop loop;
  outcome<int> seen;
  {
    completer<int> done(loop);
    done.op().then(seen.callback());
  }
  EXPECT_EQ(seen.times, 0);  // never from inside a destructor
  loop.run();
  ASSERT_EQ(seen.times, 1);
  EXPECT_EQ(seen.last->error(), errc::cancelled);
}

TEST(operation, moving_a_completer_does_not_complete) {
  fake_loop loop;
  outcome<void> seen;
  completer<void> a(loop);
  a.op().then(seen.callback());
  completer<void> b = std::move(a);
  EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(b);
  completer<void> c;
  c = std::move(b);
  loop.run();
  EXPECT_EQ(seen.times, 0);
  c.complete({});
  EXPECT_FALSE(c);
  loop.run();
  EXPECT_EQ(seen.times, 1);
}

// Dropping detaches: the work goes on and nobody is told.
TEST(operation, can_be_dropped_before_and_after_it_ends) {
  fake_loop loop;
  completer<std::unique_ptr<int>> before(loop);
  (void)before.op();
  before.complete(std::make_unique<int>(1));
  completer<std::unique_ptr<int>> after(loop);
  {
    auto op = after.op();
    after.complete(std::make_unique<int>(2));
  }
  EXPECT_FALSE(loop.has_ready());
  loop.run();
}

struct owner : canceller {
  void cancel(operation_base& op) override {
    ++cancels;
    op.complete_error(error(errc::cancelled));
  }
  int cancels = 0;
};

TEST(operation, cancelling_asks_the_owner_and_ends_once) {
  fake_loop loop;
  owner who;
  completer<int> done(loop);
  done.state()->set_canceller(&who);
  outcome<int> seen;
  auto op = done.op();
  op.cancel();
  op.cancel();
  EXPECT_EQ(who.cancels, 1);
  done.complete(5);  // too late
  std::move(op).then(seen.callback());
  loop.run();
  ASSERT_EQ(seen.times, 1);
  EXPECT_EQ(seen.last->error(), errc::cancelled);
}

TEST(operation, cancelling_after_the_end_reaches_nobody) {
  fake_loop loop;
  owner who;
  completer<int> done(loop);
  done.state()->set_canceller(&who);
  auto op = done.op();
  done.complete(5);
  op.cancel();
  EXPECT_EQ(who.cancels, 0);
  EXPECT_EQ(*op.await_resume(), 5);
}

TEST(operation, cancelling_without_an_owner_changes_nothing) {
  fake_loop loop;
  completer<int> done(loop);
  auto op = done.op();
  op.cancel();
  EXPECT_FALSE(op.is_complete());
  done.complete(1);
}

struct sink : fault_sink {
  void callback_failed(const error& why) override { faults.push_back(why); }
  std::vector<error> faults;
};

TEST(operation, an_exception_in_a_callback_is_reported_and_nothing_else) {
  fake_loop loop;
  sink faults;
  completer<int> throws(loop), works(loop);
  throws.state()->set_fault_sink(&faults);
  outcome<int> seen;
  throws.op().then([](result<int>) { throw std::runtime_error("from the user"); });
  works.op().then(seen.callback());
  throws.complete(1);
  works.complete(2);
  loop.run();
  ASSERT_EQ(faults.faults.size(), 1u);
  EXPECT_EQ(faults.faults[0], errc::callback_threw);
  EXPECT_EQ(faults.faults[0].message(), "from the user");
  EXPECT_EQ(seen.times, 1);
}

TEST(operation, an_exception_without_a_sink_is_swallowed) {
  fake_loop loop;
  completer<int> done(loop);
  done.op().then([](result<int>) { throw 1; });
  done.complete(1);
  loop.run();
  EXPECT_FALSE(loop.has_ready());
}

TEST(operation, a_callback_may_start_and_end_others) {
  fake_loop loop;
  completer<int> second(loop);
  completer<int> first(loop);
  outcome<int> seen;
  second.op().then(seen.callback());
  first.op().then([&](result<int> r) { second.complete(*r + 1); });
  first.complete(1);
  loop.run();
  EXPECT_EQ(**seen.last, 2);
}

TEST(operation, a_callback_is_destroyed_with_what_it_holds) {
  fake_loop loop;
  auto held = std::make_shared<int>(1);
  {
    completer<int> done(loop);
    done.op().then([held](result<int>) {});
    EXPECT_EQ(held.use_count(), 2);
    done.complete(1);
    loop.run();
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(operation, costs_no_allocation_in_the_steady_state) {
  fake_loop loop;
  int sum = 0;
  auto round = [&] {
    completer<int> done(loop);
    done.op().then([&sum](result<int> r) { sum += *r; });
    done.complete(1);
    loop.run();
  };
  round();
  const std::size_t before = test::allocations();
  for (int i = 0; i < 100; ++i) round();
  EXPECT_EQ(test::allocations(), before);
  EXPECT_EQ(sum, 101);
}

TEST(operation, state_may_outlive_the_loop) {
  auto loop = std::make_unique<fake_loop>();
  completer<std::string> done(*loop);
  auto op = done.op();
  done.complete(std::string(100, 'x'));
  loop.reset();
  EXPECT_EQ(op.await_resume()->size(), 100u);
}

}  // namespace
}  // namespace parley
