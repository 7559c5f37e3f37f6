// Waiting for operations, and tasks, in simulated time.
#include <parley/core/async/task.hpp>

#include "sim/chat_caller.hpp"
#include "sim/sim_fixture.hpp"

namespace parley::test {
namespace {

class sim_wait : public sim_fixture {};

task<std::string> converse(chat_caller& c) {
  auto first = co_await c.ask("one");
  auto second = co_await c.ask("two");
  co_return first.value_or("?") + ", " + second.value_or("?");
}

TEST_F(sim_wait, runs_the_world_until_the_operation_ends) {
  chat_caller caller(a, b.at(7));
  EXPECT_EQ(a.wait(caller.ask("early")).error(), errc::not_connected);
  world.run_for(1s);
  EXPECT_EQ(a.wait(caller.ask("hello")), "re: hello");
  EXPECT_EQ(a.wait(spawn(a, converse(caller))), "re: one, re: two");
  caller.close();
  world.run_until_idle();
}

TEST_F(sim_wait, ends_when_nothing_can_happen_any_more) {
  completer<int> never(a);
  const time_point start = world.now();
  const auto r = a.wait(never.op());
  EXPECT_EQ(r.error(), errc::timed_out);
  EXPECT_NE(r.error().message().find("nothing is left"), std::string_view::npos);
  EXPECT_EQ(world.now(), start) << "no time is spent on nothing";
}

TEST_F(sim_wait, ends_at_its_bound) {
  struct ticking : timer {
    void fired(time_point now) override { home->set_timer(*this, now + 1s); }
    loop* home = nullptr;
  } clock;
  clock.home = &a;
  a.set_timer(clock, a.now() + 1s);
  completer<int> never(a);
  const time_point start = world.now();
  EXPECT_EQ(a.wait(never.op(), 1min).error(), errc::timed_out);
  EXPECT_EQ(world.now() - start, 1min);
  never.complete(7);
}

TEST_F(sim_wait, is_misuse_inside_of_a_callback) {
  completer<int> outer(a);
  std::optional<error> inner;
  world.after(1s, [&] {
    completer<int> other(a);
    inner = a.wait(other.op()).error();
    outer.complete(1);
  });
  EXPECT_EQ(a.wait(outer.op()), 1);
  ASSERT_TRUE(inner);
  EXPECT_EQ(*inner, errc::misuse);
}

TEST_F(sim_wait, gets_a_result_that_is_there_already) {
  EXPECT_EQ(a.wait(operation<int>::finished(a, 5)), 5);
}

}  // namespace
}  // namespace parley::test
