// Connecting to a name with several addresses: each scenario is a script of
// reports at times in milliseconds, and the steps that the plan must answer with.
#include <gtest/gtest.h>
#include <parley/core/net/connect_plan.hpp>

#include <initializer_list>
#include <string>
#include <vector>

namespace parley {
namespace {

using std::chrono::milliseconds;

constexpr time_point begin{};
time_point at(int ms) { return begin + milliseconds(ms); }

address four(std::uint8_t last) { return address::v4({10, 0, 0, last}, 6379); }
address six(std::uint8_t last) {
  address::bytes_v6 ip{0x20, 0x01};
  ip[15] = last;
  return address::v6(ip, 6379);
}

// All steps until the plan waits or ends, as text: "start 0, wait 250".
std::string steps(connect_plan& plan, int now) {
  std::string out;
  for (int guard = 0; guard < 100; ++guard) {
    const connect_plan::step s = plan.next(at(now));
    if (!out.empty()) out += ", ";
    switch (s.what) {
      case connect_plan::action::start:
        out += "start " + std::to_string(s.index);
        continue;
      case connect_plan::action::cancel:
        out += "cancel " + std::to_string(s.index);
        continue;
      case connect_plan::action::wait:
        EXPECT_GT(s.until, at(now)) << "a wait that is over already would spin";
        return out + "wait " +
               std::to_string(std::chrono::duration_cast<milliseconds>(s.until - begin).count());
      case connect_plan::action::connected:
        return out + "connected " + std::to_string(s.index);
      case connect_plan::action::give_up:
        return out + "give up";
    }
  }
  return out + " and on for ever";
}

enum class report { none, ok, refused, unreachable };
struct line {
  int now;
  report what;
  std::size_t index;
  std::string_view answer;
};
struct scenario {
  std::string_view name;
  std::vector<address> addresses;
  std::vector<line> script;
};

const std::vector<scenario>& scenarios() {
  static const std::vector<scenario> all = {
      {"one address that answers",
       {four(1)},
       {{0, report::none, 0, "start 0, wait 5000"}, {40, report::ok, 0, "connected 0"}}},
      {"one address that refuses",
       {four(1)},
       {{0, report::none, 0, "start 0, wait 5000"}, {1, report::refused, 0, "give up"}}},
      {"one address that is silent",
       {four(1)},
       {{0, report::none, 0, "start 0, wait 5000"},
        {4999, report::none, 0, "wait 5000"},
        {5000, report::none, 0, "cancel 0, give up"}}},
      {"no address", {}, {{0, report::none, 0, "give up"}}},
      {"the second is tried beside the first after the stagger, and wins",
       {six(1), four(1)},
       {{0, report::none, 0, "start 0, wait 250"},
        {100, report::none, 0, "wait 250"},
        {250, report::none, 0, "start 1, wait 5000"},
        {270, report::ok, 1, "cancel 0, connected 1"}}},
      {"the first still wins after the second was started",
       {six(1), four(1)},
       {{0, report::none, 0, "start 0, wait 250"},
        {250, report::none, 0, "start 1, wait 5000"},
        {260, report::ok, 0, "cancel 1, connected 0"}}},
      {"a failure starts the next at once",
       {six(1), four(1)},
       {{0, report::none, 0, "start 0, wait 250"},
        {2, report::unreachable, 0, "start 1, wait 5002"},
        {30, report::ok, 1, "connected 1"}}},
      {"all refuse, one after the other",
       {six(1), four(1), four(2)},
       {{0, report::none, 0, "start 0, wait 250"},
        {1, report::refused, 0, "start 1, wait 251"},
        {2, report::refused, 1, "start 2, wait 5002"},
        {3, report::refused, 2, "give up"},
        {4, report::none, 0, "give up"}}},
      {"the last in flight decides when the others failed",
       {six(1), four(1)},
       {{0, report::none, 0, "start 0, wait 250"},
        {250, report::none, 0, "start 1, wait 5000"},
        {251, report::refused, 1, "wait 5000"},
        {4000, report::ok, 0, "connected 0"}}},
      {"silent ones run out one by one",
       {six(1), four(1)},
       {{0, report::none, 0, "start 0, wait 250"},
        {250, report::none, 0, "start 1, wait 5000"},
        {5000, report::none, 0, "cancel 0, wait 5250"},
        {5250, report::none, 0, "cancel 1, give up"}}},
      {"not more than four at one time",
       {four(1), four(2), four(3), four(4), four(5), four(6)},
       {{0, report::none, 0, "start 0, wait 250"},
        {250, report::none, 0, "start 1, wait 500"},
        {500, report::none, 0, "start 2, wait 750"},
        {750, report::none, 0, "start 3, wait 5000"},
        {1000, report::none, 0, "wait 5000"},
        {1100, report::refused, 2, "start 4, wait 5000"},
        {5000, report::none, 0, "cancel 0, start 5, wait 5250"},
        {5100, report::ok, 5, "cancel 1, cancel 3, cancel 4, connected 5"}}},
      {"a timer that comes late skips nothing",
       {four(1), four(2), four(3)},
       {{0, report::none, 0, "start 0, wait 250"},
        {9000, report::none, 0, "cancel 0, start 1, wait 9250"},
        {9001, report::ok, 1, "connected 1"}}},
      {"reports about what was cancelled are ignored",
       {four(1), four(2)},
       {{0, report::none, 0, "start 0, wait 250"},
        {250, report::none, 0, "start 1, wait 5000"},
        {5000, report::none, 0, "cancel 0, wait 5250"},
        {5001, report::ok, 0, "wait 5250"},
        {5002, report::refused, 0, "wait 5250"},
        {5003, report::ok, 1, "connected 1"},
        {5004, report::refused, 1, "connected 1"},
        {5005, report::ok, 7, "connected 1"}}},
  };
  return all;
}

TEST(connect_plan, answers_each_scenario_step_by_step) {
  for (const scenario& each : scenarios()) {
    SCOPED_TRACE(each.name);
    connect_plan plan(each.addresses, 0);
    for (const line& l : each.script) {
      if (l.what == report::ok) plan.attempt_succeeded(l.index);
      if (l.what == report::refused) plan.attempt_failed(l.index, errc::refused);
      if (l.what == report::unreachable) plan.attempt_failed(l.index, errc::unreachable);
      EXPECT_EQ(steps(plan, l.now), l.answer) << "at " << l.now;
    }
  }
}

TEST(connect_plan, the_total_time_ends_it) {
  connect_plan_config config;
  config.attempt_timeout = milliseconds(2000);
  config.total_timeout = milliseconds(3000);
  config.max_in_flight = 1;
  connect_plan plan({four(1), four(2), four(3)}, 0, config);
  EXPECT_EQ(steps(plan, 0), "start 0, wait 2000");
  EXPECT_EQ(steps(plan, 2000), "cancel 0, start 1, wait 3000");
  EXPECT_EQ(steps(plan, 3000), "cancel 1, give up");
  const error why = plan.failure();
  EXPECT_EQ(why, errc::timed_out);
  EXPECT_EQ(why.message(),
            "10.0.0.1:6379 (the deadline passed), 10.0.0.2:6379 (the deadline passed), "
            "10.0.0.3:6379 (not tried)");
}

std::string order(std::vector<address> addresses, std::uint64_t round) {
  std::string out;
  for (const address& a : connect_order(std::move(addresses), round)) {
    out += a.family() == address_family::ipv6 ? " six" : " four";
    out += std::to_string(a.ip().back());
  }
  return out;
}

TEST(connect_plan, families_take_turns_in_the_resolvers_order) {
  EXPECT_EQ(order({six(1), six(2), six(3), four(1)}, 0), " six1 four1 six2 six3");
  EXPECT_EQ(order({four(1), four(2), six(1), six(2)}, 0), " four1 six1 four2 six2");
  EXPECT_EQ(order({four(1), four(1), six(1), four(1), six(1)}, 0), " four1 six1");
  EXPECT_EQ(order({}, 3), "");
}

TEST(connect_plan, each_round_starts_at_the_next_address) {
  const std::vector<address> all = {six(1), four(1), six(2)};
  EXPECT_EQ(order(all, 1), " four1 six2 six1");
  EXPECT_EQ(order(all, 2), " six2 six1 four1");
  EXPECT_EQ(order(all, 3), order(all, 0));
  EXPECT_EQ(order(all, UINT64_MAX), order(all, UINT64_MAX % 3));
}

TEST(connect_plan, the_failure_names_every_address_and_the_telling_cause) {  // S157
  connect_plan plan({six(1), four(1)}, 0);
  EXPECT_EQ(steps(plan, 0), "start 0, wait 250");
  plan.attempt_failed(0, errc::unreachable);  // this machine has no IPv6
  EXPECT_EQ(steps(plan, 1), "start 1, wait 5001");
  plan.attempt_failed(1, error(errc::refused, "connect: errno 111"));
  EXPECT_EQ(steps(plan, 2), "give up");
  const error why = plan.failure();
  EXPECT_EQ(why, errc::refused);
  EXPECT_TRUE(why.is_transient());
  EXPECT_EQ(why.message(),
            "[2001::1]:6379 (the address cannot be reached), 10.0.0.1:6379 (connection refused)");
  EXPECT_TRUE(why.hint().contains("firewall"));
  ASSERT_TRUE(why.cause());
  EXPECT_EQ(why.cause()->message(), "connect: errno 111");
}

TEST(connect_plan, without_an_address_the_name_is_unresolvable) {
  connect_plan plan({}, 0);
  EXPECT_EQ(steps(plan, 0), "give up");
  EXPECT_EQ(plan.failure(), errc::unresolvable);
}

}  // namespace
}  // namespace parley
