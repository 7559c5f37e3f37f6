// What only the blocking loop has: running and waiting.
#include <gtest/gtest.h>

#include <parley/adapters/blocking/loop.hpp>
#include <parley/core/async/task.hpp>

#include "support/line_peer.hpp"
#include "support/real_network.hpp"

namespace parley::test {
namespace {

struct job final : work {
  explicit job(std::function<void()> f) : body(std::move(f)) {}
  void run() override { body(); }
  std::function<void()> body;
};

struct alarm final : timer {
  explicit alarm(std::function<void()> f) : body(std::move(f)) {}
  void fired(time_point) override { body(); }
  std::function<void()> body;
};

TEST(blocking_loop, wait_gives_the_result_of_the_operation) {
  blocking::loop loop;
  completer<int> done(loop);
  alarm later([&] { done.complete(7); });
  loop.set_timer(later, loop.now() + std::chrono::milliseconds(2));
  EXPECT_EQ(*loop.wait(done.op()), 7);
}

TEST(blocking_loop, wait_returns_at_once_for_what_has_ended) {
  blocking::loop loop;
  EXPECT_EQ(*loop.wait(operation<int>::finished(loop, 3)), 3);
  const auto failed = loop.wait(operation<int>::finished(loop, fail(errc::refused)));
  EXPECT_TRUE(failed.error() == errc::refused);
}

task<int> twice(operation<int> op) {
  const result<int> r = co_await op;
  co_return 2 * r.value_or(0);
}

TEST(blocking_loop, wait_runs_a_task) {
  blocking::loop loop;
  completer<int> done(loop);
  job completes([&] { done.complete(21); });
  loop.post(completes);
  EXPECT_EQ(*loop.wait(spawn(loop, twice(done.op()))), 42);
}

TEST(blocking_loop, waiting_inside_a_callback_is_misuse) {
  blocking::loop loop;
  std::optional<result<int>> inner;
  completer<int> outer(loop), never(loop);
  outer.op().then([&](result<int>) { inner.emplace(loop.wait(never.op())); });
  outer.complete(1);
  while (!inner) ASSERT_TRUE(loop.run_once());
  EXPECT_TRUE(inner->error() == errc::misuse) << inner->error().to_string();
  EXPECT_FALSE(inner->error().hint().empty());
}

TEST(blocking_loop, waiting_inside_an_event_or_a_timer_is_misuse) {
  real_network network;
  blocking::loop loop;
  line_server server;
  ASSERT_TRUE(server.listen(loop, network.any_port()));
  completer<int> never(loop);
  int misuses = 0;
  auto try_it = [&] { misuses += loop.wait(never.op()).error() == errc::misuse; };
  line_peer client(loop, server.where());
  client.on_opened = [&](line_peer& self) {
    try_it();
    self.close();
  };
  alarm timer(try_it);
  loop.set_timer(timer, loop.now());
  while (client.released_count == 0) ASSERT_TRUE(loop.run_once());
  EXPECT_EQ(misuses, 2);
  server.stop();
  server.close_all();
  EXPECT_TRUE(loop.run());
}

TEST(blocking_loop, running_inside_a_callback_is_misuse) {
  blocking::loop loop;
  std::optional<bool> nested;
  job tries([&] { nested = loop.run_once(); });
  loop.post(tries);
  EXPECT_TRUE(loop.run_once());
  EXPECT_EQ(nested, false);
}

TEST(blocking_loop, run_ends_when_nothing_is_left) {
  real_network network;
  blocking::loop loop;
  EXPECT_TRUE(loop.run());
  line_server server;
  ASSERT_TRUE(server.listen(loop, network.any_port()));
  line_peer client(loop, server.where());
  client.driven().send("hello");
  client.on_line = [&](line_peer& self, std::string_view) {
    self.driven().finish();
    server.stop();
  };
  EXPECT_TRUE(loop.run());
  EXPECT_EQ(client.released_count, 1);
  EXPECT_EQ(server.open_count(), 0u);
}

TEST(blocking_loop, run_waits_for_timers_and_names) {
  blocking::loop loop;
  int fired = 0;
  alarm timer([&] { ++fired; });
  struct request final : resolve_request {
    void resolved(result<std::vector<address>>) override { ++count; }
    int count = 0;
  } name;
  name.host = "localhost";
  loop.set_timer(timer, loop.now() + std::chrono::milliseconds(3));
  loop.resolve(name);
  EXPECT_TRUE(loop.run());
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(name.count, 1);
}

TEST(blocking_loop, stop_ends_run_and_lets_it_run_again) {
  blocking::loop loop;
  int turns = 0;
  alarm timer([&] { ++turns; });
  job stops([&] { loop.stop(); });
  loop.set_timer(timer, loop.now() + std::chrono::milliseconds(1));
  loop.post(stops);
  EXPECT_FALSE(loop.run());
  EXPECT_TRUE(loop.run());
  EXPECT_EQ(turns, 1);
}

TEST(blocking_loop, stop_ends_wait_and_cancels) {
  blocking::loop loop;
  struct owner final : canceller {
    void cancel(operation_base& op) override {
      ++count;
      op.complete_error(error(errc::cancelled));
    }
    int count = 0;
  } who;
  completer<int> never(loop);
  never.state()->set_canceller(&who);
  job stops([&] { loop.stop(); });
  loop.post(stops);
  const auto outcome = loop.wait(never.op());
  EXPECT_TRUE(outcome.error() == errc::cancelled) << outcome.error().to_string();
  EXPECT_EQ(who.count, 1);
  EXPECT_EQ(*loop.wait(operation<int>::finished(loop, 1)), 1);  // goes on
}

TEST(blocking_loop, a_turn_without_anything_waits_no_longer_than_told) {
  blocking::loop loop;
  const time_point begin = loop.now();
  EXPECT_TRUE(loop.run_once(std::chrono::milliseconds(5)));
  EXPECT_GE(loop.now(), begin + std::chrono::milliseconds(5));
  EXPECT_TRUE(loop.run_once(duration::zero()));
}

// A hang-up is reported by poll even to who waits for nothing: it must not spin.
TEST(blocking_loop, sleeps_although_a_peer_it_does_not_hear_has_gone) {
  real_network network;
  blocking::loop loop;
  line_server server;
  ASSERT_TRUE(server.listen(loop, network.local_path("gone")));
  line_peer client(loop, server.where());
  while (!client.is_open() || server.peers.empty()) loop.run_once();
  client.pause(true);
  server.close_all();
  while (server.open_count() > 0) loop.run_once();
  loop.run_once(duration::zero());
  const time_point begin = loop.now();
  EXPECT_TRUE(loop.run_once(std::chrono::milliseconds(5)));
  EXPECT_GE(loop.now(), begin + std::chrono::milliseconds(5));
  EXPECT_TRUE(client.is_open());
  client.pause(false);
  while (client.ended_count == 0) loop.run_once();
  client.close();
  server.stop();
  EXPECT_TRUE(loop.run());
}

// The user's exception comes out of run_once, and the loop can be used further.
TEST(blocking_loop, what_posted_work_throws_unwinds_cleanly) {
  blocking::loop loop;
  job throws([] { throw std::runtime_error("from work"); });
  int ran = 0;
  job next([&] { ++ran; });
  loop.post(throws);
  loop.post(next);
  EXPECT_THROW(loop.run_once(), std::runtime_error);
  EXPECT_TRUE(loop.run_once());
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace parley::test
