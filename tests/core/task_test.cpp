// task<T> and spawn(). The forms that g++ 12 miscompiles or refuses are in
// README and examples avoided; those that must work are here, and run under ASan.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <parley/core/api/callable.hpp>
#include <parley/core/api/speaker.hpp>
#include <parley/core/async/task.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "fake_loop.hpp"

namespace parley {
namespace {

using test::fake_loop;

task<int> number(int n) { co_return n; }
task<std::string> text(std::string t) { co_return t; }
task<void> nothing() { co_return; }
task<int> throws(std::string what) {
  if (!what.empty()) throw std::runtime_error(what);
  co_return 1;
}

// Runs a task to its end on a loop of its own.
template <class T>
result<T> run(fake_loop& loop, task<T> body) {
  std::optional<result<T>> end;
  spawn(loop, std::move(body)).then([&](result<T> r) { end = std::move(r); });
  loop.run();
  if (!end) return fail(errc::misuse, "still running");
  return *std::move(end);
}

TEST(task, gives_its_value_to_who_awaits_it) {
  fake_loop loop;
  auto sum = [](fake_loop&) -> task<std::string> {
    const int n = co_await number(2);
    const std::string t = co_await text("three");
    co_await nothing();
    co_return std::to_string(n) + t;
  };
  EXPECT_EQ(*run(loop, sum(loop)), "2three");
}

TEST(task, starts_only_when_it_is_awaited) {
  bool started = false;
  auto body = [](bool& s) -> task<void> {
    s = true;
    co_return;
  };
  {
    auto t = body(started);
    EXPECT_FALSE(started);
  }  // never run, and freed
  EXPECT_FALSE(started);
  fake_loop loop;
  EXPECT_TRUE(run(loop, body(started)));
  EXPECT_TRUE(started);
}

TEST(task, move_only_results_come_through) {
  fake_loop loop;
  auto body = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
  auto outer = [&]() -> task<std::unique_ptr<int>> { co_return co_await body(); };
  EXPECT_EQ(**run(loop, outer()), 7);
}

TEST(task, waits_for_operations) {
  fake_loop loop;
  completer<int> done(loop);
  auto body = [](operation<int> op) -> task<int> {
    const result<int> r = co_await std::move(op);
    co_return r ? *r : -1;
  };
  auto running = spawn(loop, body(done.op()));
  loop.run();
  EXPECT_FALSE(running.is_complete());
  done.complete(9);
  EXPECT_FALSE(running.is_complete());  // not from inside complete()
  loop.run();
  ASSERT_TRUE(running.is_complete());
  EXPECT_EQ(*running.await_resume(), 9);
}

TEST(task, an_operation_that_has_ended_is_not_waited_for) {
  fake_loop loop;
  auto body = [](fake_loop& home) -> task<int> {
    co_return *co_await operation<int>::finished(home, 3);
  };
  auto running = spawn(loop, body(loop));
  EXPECT_TRUE(running.is_complete());
}

TEST(task, an_exception_comes_out_of_the_await) {
  fake_loop loop;
  auto body = []() -> task<std::string> {
    try {
      co_await throws("deep");
    } catch (const std::runtime_error& e) {
      co_return e.what();
    }
    co_return "not thrown";
  };
  EXPECT_EQ(*run(loop, body()), "deep");
}

TEST(spawn, turns_an_exception_into_an_error) {
  fake_loop loop;
  auto r = run(loop, throws("top"));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), errc::callback_threw);
  EXPECT_EQ(r.error().message(), "top");
  auto odd = []() -> task<void> {
    throw 1;
    co_return;
  };
  EXPECT_EQ(run(loop, odd()).error(), errc::callback_threw);
}

TEST(spawn, an_exception_after_a_suspension_is_caught_as_well) {
  fake_loop loop;
  completer<void> done(loop);
  auto inner = [](operation<void> op) -> task<int> {
    (void)co_await std::move(op);
    throw std::logic_error("late");
  };
  auto outer = [&](operation<void> op) -> task<int> { co_return co_await inner(std::move(op)); };
  auto running = spawn(loop, outer(done.op()));
  done.complete({});
  loop.run();
  ASSERT_TRUE(running.is_complete());
  EXPECT_EQ(running.await_resume().error().message(), "late");
}

TEST(spawn, a_dropped_operation_lets_the_task_run_on) {
  fake_loop loop;
  completer<void> done(loop);
  bool reached = false;
  auto body = [](operation<void> op, bool& flag) -> task<void> {
    (void)co_await std::move(op);
    flag = true;
  };
  (void)spawn(loop, body(done.op(), reached));
  done.complete({});
  loop.run();
  EXPECT_TRUE(reached);
}

task<int> depth(fake_loop& loop, int n, operation<int> op) {
  if (n == 0) co_return *co_await std::move(op);
  co_return 1 + co_await depth(loop, n - 1, std::move(op));
}

TEST(task, a_chain_of_tasks_resumes_from_the_inside) {
  fake_loop loop;
  completer<int> done(loop);
  auto running = spawn(loop, depth(loop, 100, done.op()));
  loop.run();
  done.complete(5);
  loop.run();
  ASSERT_TRUE(running.is_complete());
  EXPECT_EQ(*running.await_resume(), 105);
}

// Symmetric transfer would need a stack frame for each of these at -O0.
TEST(task, a_hundred_thousand_synchronous_awaits_keep_the_stack_flat) {
  fake_loop loop;
  auto body = [](fake_loop& home) -> task<int> {
    int sum = 0;
    for (int i = 0; i < 100000; ++i) {
      sum += co_await number(1);
      sum += *co_await operation<int>::finished(home, 1);
    }
    co_return sum;
  };
  EXPECT_EQ(*run(loop, body(loop)), 200000);
}

TEST(task, a_hundred_thousand_awaits_through_the_loop_keep_the_stack_flat) {
  fake_loop loop;
  auto wait = [](fake_loop& home) -> task<int> {
    completer<int> done(home);
    auto op = done.op();
    auto complete_later = [](completer<int> c) -> task<void> {
      c.complete(1);
      co_return;
    };
    // Completed after the await began: the op is waited for in the ready queue.
    struct later : work {
      void run() override { c.complete(1); }
      completer<int> c;
    } job;
    (void)complete_later;
    job.c = std::move(done);
    home.enqueue(job);
    co_return *co_await std::move(op);
  };
  auto body = [&](fake_loop& home) -> task<int> {
    int sum = 0;
    for (int i = 0; i < 100000; ++i) sum += co_await wait(home);
    co_return sum;
  };
  EXPECT_EQ(*run(loop, body(loop)), 100000);
}

// A coroutine that goes away while it waits: the operation must not resume it.
TEST(task, may_be_destroyed_while_it_waits) {
  fake_loop loop;
  completer<int> done(loop);
  auto held = std::make_shared<int>(1);
  bool resumed = false;
  auto body = [](operation<int> op, std::shared_ptr<int> keep, bool& flag) -> task<int> {
    (void)co_await std::move(op);
    flag = true;
    co_return *keep;
  };
  {
    auto t = body(done.op(), held, resumed);
    // Begun by hand, as a task that awaits it would.
    EXPECT_TRUE(t.await_suspend(std::noop_coroutine()));
    EXPECT_GE(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
  done.complete(1);
  loop.run();
  EXPECT_FALSE(resumed);
}

TEST(task, may_be_destroyed_between_completion_and_delivery) {
  fake_loop loop;
  completer<int> done(loop);
  bool resumed = false;
  auto body = [](operation<int> op, bool& flag) -> task<int> {
    (void)co_await std::move(op);
    flag = true;
    co_return 0;
  };
  {
    auto t = body(done.op(), resumed);
    EXPECT_TRUE(t.await_suspend(std::noop_coroutine()));
    done.complete(1);
    EXPECT_TRUE(loop.has_ready());
  }
  loop.run();
  EXPECT_FALSE(resumed);
}

// --- what stands inside the operand of co_await with g++ 12 ------------------

operation<int> measured(fake_loop& loop, std::string s) {
  return operation<int>::finished(loop, static_cast<int>(s.size()));
}
operation<int> with_options(fake_loop& loop, call_options o) {
  return operation<int>::finished(loop, static_cast<int>(o.method.size()));
}
operation<bool> with_pattern(fake_loop& loop, speaker_options o) {
  return operation<bool>::finished(loop, bool(o.pattern));
}
operation<int> with_callback(fake_loop& loop, callback<int()> f) {
  return operation<int>::finished(loop, f());
}

TEST(task, temporaries_with_constructors_may_stand_in_an_await) {
  fake_loop loop;
  const std::string long_text(100, 'x');
  auto body = [&](fake_loop& home) -> task<int> {
    int sum = 0;
    sum += *co_await measured(home, std::string(40, 'y'));
    sum += *co_await measured(home, long_text + "z");
    sum += *co_await with_options(home, call_options());
    sum += *co_await with_pattern(home, pattern()) ? 1 : 0;
    co_return sum;
  };
  EXPECT_EQ(*run(loop, body(loop)), 40 + 101 + 0 + 1);
}

TEST(task, lambdas_by_reference_may_stand_in_an_await_and_named_ones_with_captures) {
  fake_loop loop;
  auto held = std::make_shared<int>(20);
  auto body = [&](fake_loop& home) -> task<int> {
    int base = 1;
    int sum = *co_await with_callback(home, [&] { return base; });
    auto named = [held] { return *held; };
    sum += *co_await with_callback(home, std::move(named));
    auto op = with_callback(
        home, [held, t = std::string(50, 'q')] { return *held + static_cast<int>(t.size()); });
    sum += *co_await std::move(op);
    co_return sum;
  };
  EXPECT_EQ(*run(loop, body(loop)), 1 + 20 + 70);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(task, a_named_lambda_may_be_the_coroutine) {
  fake_loop loop;
  int seen = 0;
  auto body = [&]() -> task<void> {
    auto inner = [&]() -> task<int> { co_return ++seen; };
    seen += co_await inner();
  };
  EXPECT_TRUE(run(loop, body()));
  EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace parley
