// Names: what they resolve to, when, and that this changes while a program runs.
#include "sim/sim_fixture.hpp"

namespace parley::test {
namespace {

class question final : public resolve_request {
 public:
  void ask(loop& l, std::string name) {
    host = std::move(name);
    port = 7;
    l.resolve(*this);
  }
  void resolved(result<std::vector<address>> addresses) override {
    answer.emplace(std::move(addresses));
    ++answers;
  }
  std::optional<result<std::vector<address>>> answer;
  int answers = 0;
};

class sim_names : public sim_fixture {
 protected:
  result<std::vector<address>> resolve(const std::string& name) {
    question q;
    q.ask(a, name);
    EXPECT_FALSE(q.answer) << "never from inside of resolve()";
    EXPECT_TRUE(world.run_until([&] { return q.answer.has_value(); }));
    return *q.answer;
  }
};

TEST_F(sim_names, of_hosts_give_all_their_addresses_in_order) {
  EXPECT_EQ(resolve("b"), (std::vector<address>{sim::ip("10.0.0.2").with_port(7),
                                                sim::ip("fd00::2").with_port(7)}));
  b.remove_address(sim::ip("10.0.0.2"));
  EXPECT_EQ(resolve("b"), std::vector<address>{sim::ip("fd00::2").with_port(7)});
}

TEST_F(sim_names, may_be_numbers_or_localhost) {
  EXPECT_EQ(resolve("192.168.1.1"), std::vector<address>{sim::ip("192.168.1.1").with_port(7)});
  ASSERT_TRUE(resolve("localhost"));
  EXPECT_TRUE(resolve("localhost")->front().is_loopback());
}

TEST_F(sim_names, that_nobody_has_are_unresolvable) {
  EXPECT_EQ(resolve("nobody").error(), errc::unresolvable);
  world.set_name("b", {});
  EXPECT_EQ(resolve("b").error(), errc::unresolvable);
  world.forget_name("b");
  EXPECT_TRUE(resolve("b"));
}

// P10: a fail-over by DNS is followed.
TEST_F(sim_names, change_while_the_world_runs) {
  world.set_name("service", {sim::ip("10.0.0.1"), sim::ip("10.0.0.2")});
  EXPECT_EQ(resolve("service")->size(), 2U);
  world.set_name("service", {sim::ip("10.0.0.9")});
  EXPECT_EQ(resolve("service"), std::vector<address>{sim::ip("10.0.0.9").with_port(7)});
}

TEST_F(sim_names, take_their_time) {
  world.set_name("slow", {sim::ip("10.0.0.9")}, 30s);
  const time_point start = world.now();
  EXPECT_TRUE(resolve("slow"));
  EXPECT_GE(world.now() - start, 30s);
  EXPECT_LE(world.now() - start, 31s);
}

TEST_F(sim_names, may_never_be_answered) {
  world.mute_name("b");
  question q;
  q.ask(a, "b");
  EXPECT_EQ(world.run_until_idle(), sim::stopped::idle);
  EXPECT_FALSE(q.answer);
  a.cancel(q);
}

TEST_F(sim_names, are_not_told_after_a_cancel) {
  question before;
  before.ask(a, "b");
  a.cancel(before);
  // The answer stands in the ready queue already.
  question late;
  late.ask(a, "10.0.0.1");
  a.cancel(late);
  question other;
  other.ask(a, "b");
  world.run_until_idle();
  EXPECT_EQ(before.answers, 0);
  EXPECT_EQ(late.answers, 0);
  EXPECT_EQ(other.answers, 1);
  a.cancel(other);  // too late, and harmless
}

TEST_F(sim_names, fail_on_a_host_that_is_down) {
  a.crash();
  EXPECT_EQ(resolve("b").error(), errc::unresolvable);
}

}  // namespace
}  // namespace parley::test
