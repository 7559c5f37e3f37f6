// The machine that decides which carrier carries: scripts of what happens, and what it says (S121).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <parley/core/fallback/supervisor.hpp>
#include <string>
#include <vector>

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using words = std::vector<std::string>;

// Each pause between attempts is 400 ms.
struct no_jitter final : random_source {
  void random(std::span<std::byte> out) override {
    const auto bits = std::bit_cast<std::array<std::byte, 8>>(std::uint64_t{400'000'000});
    std::ranges::copy(bits, out.begin());
  }
};

struct script {
  explicit script(std::size_t n = 3, const supervisor_config& config = {}) : s(n, config, source) {}

  // What it says since the last time, in short: "try 0", "abandon 0", "to 1", "to -", "none".
  words said() {
    words all;
    while (auto e = s.next_event()) {
      if (auto* t = std::get_if<try_carrier>(&*e)) {
        all.push_back("try " + std::to_string(t->carrier));
      } else if (auto* a = std::get_if<abandon_carrier>(&*e)) {
        all.push_back("abandon " + std::to_string(a->carrier));
      } else if (auto* c = std::get_if<carrier_switched>(&*e)) {
        all.push_back(c->to ? "to " + std::to_string(*c->to) : "to -");
      } else {
        all.emplace_back(std::get<carriers_exhausted>(*e).is_final ? "none for ever" : "none");
      }
    }
    return all;
  }
  words start() {
    s.start(now);
    return said();
  }
  words up(std::size_t i) {
    s.attempt_ended(i, {}, now);
    return said();
  }
  words back(std::size_t i) {
    s.carrier_up(i, now);
    return said();
  }
  words failed(std::size_t i, errc why = errc::refused) {
    s.attempt_ended(i, fail(why), now);
    return said();
  }
  words lost(std::size_t i, errc why = errc::reset) {
    s.carrier_down(i, error(why), now);
    return said();
  }
  // Lets time pass, stopping at each deadline.
  words after(duration d) {
    words all;
    const time_point end = now + d;
    for (int turns = 0; turns < 100'000; ++turns) {
      const auto at = s.next_deadline();
      if (!at || *at > end) break;
      now = std::max(now, *at);
      s.handle_timeout(now);
      const words some = said();
      all.insert(all.end(), some.begin(), some.end());
    }
    now = end;
    return all;
  }

  no_jitter source;
  supervisor s;
  time_point now = time_point(1h);
};

TEST(supervisor, tries_in_order_and_the_first_that_works_carries) {  // S121
  script at;
  EXPECT_FALSE(at.s.next_deadline());
  EXPECT_THAT(at.start(), ElementsAre("try 0"));
  EXPECT_THAT(at.failed(0), ElementsAre("try 1"));
  EXPECT_FALSE(at.s.is_carrying());
  EXPECT_THAT(at.up(1), ElementsAre("to 1"));
  EXPECT_TRUE(at.s.is_carrying());
  EXPECT_EQ(at.s.carrier(), 1U);
  EXPECT_EQ(at.s.switches(), 0U);
  EXPECT_EQ(at.s.report(0).last_error, errc::refused);
  EXPECT_EQ(at.s.report(0).state, carrier_state::waiting);
  EXPECT_EQ(at.s.report(2).state, carrier_state::untried);  // was not needed
}

TEST(supervisor, one_that_is_silent_is_not_waited_for_alone) {
  script at;
  EXPECT_THAT(at.start(), ElementsAre("try 0"));
  EXPECT_THAT(at.after(1999ms), IsEmpty());
  EXPECT_THAT(at.after(1ms), ElementsAre("try 1"));
  EXPECT_THAT(at.after(2s), ElementsAre("try 2"));
  EXPECT_THAT(at.after(1s), ElementsAre("abandon 0"));
  EXPECT_EQ(at.s.report(0).last_error, errc::timed_out);
  EXPECT_THAT(at.up(2), ElementsAre("to 2"));
}

// A provider goes on trying by itself; nobody waits for it after its first failure.
TEST(supervisor, one_that_has_been_refused_holds_nobody_up) {
  script at;
  EXPECT_THAT(at.start(), ElementsAre("try 0"));
  EXPECT_THAT(at.lost(0, errc::refused), ElementsAre("try 1"));
  EXPECT_EQ(at.s.report(0).state, carrier_state::trying);
  EXPECT_EQ(at.s.report(0).last_error, errc::refused);
  EXPECT_THAT(at.lost(0, errc::refused), IsEmpty());
  EXPECT_THAT(at.after(1999ms), IsEmpty());  // the second one is silent
  EXPECT_THAT(at.after(1ms), ElementsAre("try 2"));
  EXPECT_THAT(at.up(0), ElementsAre("to 0"));  // it was only starting
}

TEST(supervisor, all_that_have_been_refused_are_waited_for) {
  script at(2);
  at.start();
  at.lost(0, errc::refused);
  EXPECT_THAT(at.lost(1, errc::refused), IsEmpty());
  EXPECT_THAT(at.failed(0), IsEmpty());
  EXPECT_THAT(at.failed(1), ElementsAre("none"));
}

TEST(supervisor, one_that_is_refused_again_is_waited_for_no_longer) {
  script at(2);
  at.start();
  at.lost(0, errc::refused);
  at.failed(0);
  EXPECT_THAT(at.up(1), ElementsAre("to 1"));
  EXPECT_THAT(at.lost(1), IsEmpty());
  EXPECT_THAT(at.after(400ms), ElementsAre("try 0"));
  EXPECT_THAT(at.lost(0, errc::refused), ElementsAre("try 1"));
}

// What another channel has found out.
TEST(supervisor, one_that_was_not_needed_is_not_judged) {
  script at;
  at.start();
  EXPECT_THAT(at.lost(2, errc::refused), IsEmpty());
  EXPECT_EQ(at.s.report(2).state, carrier_state::untried);
  at.failed(0);
  EXPECT_THAT(at.failed(1), ElementsAre("try 2"));
}

TEST(supervisor, all_are_tried_before_a_short_search_ends) {
  supervisor_config c;
  c.total_timeout = 900ms;
  script at(3, c);
  EXPECT_THAT(at.start(), ElementsAre("try 0"));
  EXPECT_THAT(at.after(300ms), ElementsAre("try 1"));
  EXPECT_THAT(at.after(300ms), ElementsAre("try 2"));
  EXPECT_THAT(at.after(299ms), IsEmpty());
  EXPECT_THAT(at.after(1ms), ElementsAre("none"));
}

TEST(supervisor, the_first_search_is_bounded) {
  supervisor_config c;
  c.total_timeout = 3s;
  script at(2, c);
  EXPECT_THAT(at.start(), ElementsAre("try 0"));
  EXPECT_THAT(at.after(3s), ElementsAre("try 1", "none"));
  // It goes on for who wants to wait.
  EXPECT_THAT(at.up(1), ElementsAre("to 1"));
}

TEST(supervisor, when_all_have_failed_it_says_so_once) {
  script at(2);
  at.start();
  EXPECT_THAT(at.failed(0), ElementsAre("try 1"));
  EXPECT_THAT(at.failed(1), ElementsAre("none"));
  EXPECT_THAT(at.failed(1), IsEmpty());
}

TEST(supervisor, what_only_a_person_mends_is_not_tried_again) {
  script at(2);
  at.start();
  EXPECT_THAT(at.failed(0, errc::unavailable), ElementsAre("try 1"));  // S161
  EXPECT_EQ(at.s.report(0).state, carrier_state::out);
  EXPECT_THAT(at.failed(1, errc::bad_configuration), ElementsAre("none for ever"));
  EXPECT_THAT(at.after(24h), IsEmpty());
  EXPECT_FALSE(at.s.next_deadline());
  at.s.retry(at.now);
  EXPECT_THAT(at.said(), ElementsAre("try 0"));
  EXPECT_THAT(at.up(0), ElementsAre("to 0"));
}

TEST(supervisor, nobody_is_none_for_ever) {
  script at(0);
  EXPECT_THAT(at.start(), ElementsAre("none for ever"));
}

TEST(supervisor, a_short_break_does_not_switch) {
  script at;
  at.start();
  at.up(0);
  EXPECT_THAT(at.lost(0), ElementsAre("try 1"));  // its successor is made ready meanwhile
  EXPECT_FALSE(at.s.is_carrying());
  EXPECT_EQ(at.s.carrier(), 0U);
  EXPECT_THAT(at.after(100ms), ElementsAre());
  EXPECT_THAT(at.up(1), IsEmpty());
  EXPECT_THAT(at.back(0), IsEmpty());
  EXPECT_TRUE(at.s.is_carrying());
  EXPECT_EQ(at.s.switches(), 0U);
}

TEST(supervisor, fails_over_after_the_grace_and_back_after_a_stable_time) {
  script at;
  at.start();
  at.up(0);
  at.lost(0);
  at.up(1);
  EXPECT_THAT(at.after(500ms), ElementsAre("try 0", "to 1"));
  EXPECT_EQ(at.s.switches(), 1U);
  at.back(0);
  EXPECT_THAT(at.after(29'999ms), IsEmpty());
  EXPECT_THAT(at.after(1ms), ElementsAre("to 0"));
  EXPECT_EQ(at.s.fail_backs(), 1U);
}

TEST(supervisor, one_that_is_out_is_not_waited_for) {
  script at;
  at.start();
  at.up(0);
  at.s.set_warm(true, at.now);
  EXPECT_THAT(at.said(), ElementsAre("try 1", "try 2"));
  at.up(1);
  EXPECT_THAT(at.lost(0, errc::bad_configuration), ElementsAre("to 1"));
}

TEST(supervisor, a_loss_restarts_the_stable_time) {
  script at;
  at.start();
  at.failed(0);
  at.up(1);
  EXPECT_THAT(at.after(500ms), ElementsAre("try 0"));
  at.up(0);
  at.after(29s);
  at.lost(0);
  at.back(0);
  EXPECT_THAT(at.after(29s), IsEmpty());
  EXPECT_THAT(at.after(1s), ElementsAre("to 0"));
}

// Each loss while it carries doubles the time that it must be up before it carries again.
TEST(supervisor, who_flaps_is_held_off_for_longer_and_longer) {
  supervisor_config c;
  c.max_hold_off = 2min;
  script at(2, c);
  at.start();
  at.up(0);
  at.s.set_warm(true, at.now);
  at.said();
  at.up(1);
  std::vector<std::chrono::seconds> holds;
  for (int i = 0; i < 4; ++i) {
    at.lost(0);
    at.after(500ms);
    EXPECT_EQ(at.s.carrier(), 1U);
    at.back(0);
    const time_point from = at.now;
    while (at.s.carrier() != 0U) at.after(1s);
    holds.push_back(std::chrono::duration_cast<std::chrono::seconds>(at.now - from));
  }
  EXPECT_THAT(holds, ElementsAre(30s, 60s, 120s, 120s));
  // It has carried well for long: forgiven.
  at.after(11min);
  at.lost(0);
  EXPECT_EQ(at.s.report(0).hold_off, 30s);
}

TEST(supervisor, one_that_is_held_off_is_better_than_none) {
  script at(2);
  at.start();
  at.up(0);
  at.lost(0);
  at.up(1);
  at.after(500ms);
  at.back(0);
  at.lost(1);
  EXPECT_THAT(at.after(500ms), ElementsAre("to 0"));
}

TEST(supervisor, among_those_that_are_up_a_stable_one_is_chosen) {
  script at;
  at.start();
  at.up(0);
  at.s.set_warm(true, at.now);
  at.said();
  at.up(1);
  at.up(2);
  at.lost(0);
  EXPECT_THAT(at.after(500ms), ElementsAre("try 0", "to 1"));
  at.back(0);
  at.lost(1);
  EXPECT_THAT(at.after(500ms), ElementsAre("try 1", "to 2"));
}

TEST(supervisor, without_any_there_is_none_until_one_comes_back) {
  script at(2);
  at.start();
  at.up(0);
  EXPECT_THAT(at.lost(0), ElementsAre("try 1"));
  at.failed(1);
  EXPECT_THAT(at.after(501ms), testing::Contains("to -"));
  EXPECT_FALSE(at.s.carrier());
  EXPECT_THAT(at.back(1), testing::Contains("to 1"));
}

// Each is tried once before one is tried again, and then not without a pause.
TEST(supervisor, the_search_goes_round) {
  script at(3);
  at.start();
  EXPECT_THAT(at.failed(0), ElementsAre("try 1"));
  at.now += 1s;  // the pause of the first is over
  EXPECT_THAT(at.failed(1), ElementsAre("try 2"));
  EXPECT_THAT(at.failed(2), ElementsAre("try 0", "none"));
  EXPECT_THAT(at.failed(0), IsEmpty());
  EXPECT_THAT(at.after(399ms), IsEmpty());
  EXPECT_THAT(at.after(1ms), ElementsAre("try 0"));
}

TEST(supervisor, a_preferred_one_is_tried_again_with_pauses) {
  script at(2);
  at.start();
  at.failed(0);
  at.up(1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(at.after(399ms), IsEmpty());
    EXPECT_THAT(at.after(1ms), ElementsAre("try 0"));
    at.s.carrier_down(0, error(errc::reset), at.now);
    EXPECT_EQ(at.s.report(0).state, carrier_state::trying);  // judged by its own end
    EXPECT_THAT(at.failed(0), IsEmpty());
  }
}

TEST(supervisor, what_was_abandoned_and_comes_after_all_counts) {
  script at(1);
  at.start();
  EXPECT_THAT(at.after(5s), testing::Contains("abandon 0"));
  EXPECT_THAT(at.back(0), testing::Contains("to 0"));
}

TEST(supervisor, after_stop_it_says_nothing) {
  script at;
  at.s.start(at.now);
  at.s.stop();
  EXPECT_THAT(at.said(), IsEmpty());
  EXPECT_FALSE(at.s.next_deadline());
  EXPECT_THAT(at.up(0), IsEmpty());
}

TEST(supervisor, the_longest_periods_are_no_short_ones) {
  supervisor_config c;
  c.attempt_timeout = c.total_timeout = c.stagger = duration::max();
  c.grace = c.fail_back_after = c.max_hold_off = duration::max();  // never back
  script at(2, c);
  EXPECT_THAT(at.start(), ElementsAre("try 0"));
  EXPECT_THAT(at.after(24h), IsEmpty());  // as patient as it was told
  EXPECT_THAT(at.failed(0), ElementsAre("try 1"));
  EXPECT_THAT(at.up(1), ElementsAre("to 1"));
  EXPECT_THAT(at.after(1s), ElementsAre("try 0"));
  EXPECT_THAT(at.up(0), IsEmpty());
  EXPECT_THAT(at.after(24h), IsEmpty());
}

TEST(supervisor, a_configuration_tells_all_its_faults) {
  EXPECT_TRUE(supervisor_config().validate());
  supervisor_config c;
  c.grace = -1s;
  c.hold_off_factor = 0.5;
  c.max_hold_off = 1s;
  const auto ok = c.validate();
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error(), errc::bad_configuration);
  for (const char* word : {"grace", "hold_off_factor", "max_hold_off"}) {
    EXPECT_THAT(std::string(ok.error().message()), testing::HasSubstr(word));
  }
}

}  // namespace
}  // namespace parley::test
