// Pauses between attempts: the bound grows and is capped, jitter is full, a stable
// connection forgives, a peer's wish is obeyed.
#include <gtest/gtest.h>
#include <parley/core/net/back_off.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace parley {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr time_point start{};

TEST(back_off, the_bound_doubles_up_to_the_cap) {
  back_off policy;
  EXPECT_EQ(policy.bound(), duration::zero());
  std::vector<milliseconds::rep> bounds;
  for (int i = 0; i < 10; ++i) {
    policy.failed(start);
    bounds.push_back(std::chrono::duration_cast<milliseconds>(policy.bound()).count());
  }
  EXPECT_EQ(bounds, (std::vector<milliseconds::rep>{100, 200, 400, 800, 1600, 3200, 6400, 10000,
                                                    10000, 10000}));
}

TEST(back_off, jitter_covers_the_whole_range_and_nothing_else) {
  back_off policy;
  policy.failed(start);
  const auto most = static_cast<std::uint64_t>(policy.bound().count());
  EXPECT_EQ(policy.next(0), duration::zero());
  EXPECT_EQ(policy.next(most), policy.bound());
  EXPECT_EQ(policy.next(most + 1), duration::zero());
  EXPECT_LE(*policy.next(std::numeric_limits<std::uint64_t>::max()), policy.bound());
}

TEST(back_off, the_same_bits_give_the_same_pause) {
  back_off a;
  back_off b;
  for (std::uint64_t random = 1; random < 1U << 20U; random *= 3) {
    a.failed(start);
    b.failed(start);
    EXPECT_EQ(a.next(random * 0x9E3779B97F4A7C15U), b.next(random * 0x9E3779B97F4A7C15U));
  }
}

TEST(back_off, before_the_first_failure_there_is_no_pause) {
  EXPECT_EQ(back_off().next(12345), duration::zero());
}

TEST(back_off, a_stable_connection_forgives_and_a_short_one_does_not) {
  back_off policy;
  for (int i = 0; i < 5; ++i) policy.failed(start);
  policy.succeeded(start);
  policy.failed(start + seconds(29));
  EXPECT_EQ(policy.failures(), 6U);
  policy.succeeded(start + seconds(40));
  policy.failed(start + seconds(70));
  EXPECT_EQ(policy.failures(), 1U);
  EXPECT_EQ(policy.bound(), milliseconds(100));
  // The time up counts once: the next failure follows no success.
  policy.failed(start + seconds(200));
  EXPECT_EQ(policy.failures(), 2U);
}

TEST(back_off, a_peers_wish_is_added_once_and_limited) {
  back_off policy;
  policy.failed(start, milliseconds(2000));
  EXPECT_EQ(policy.next(0), milliseconds(2000));
  EXPECT_EQ(policy.next(5), milliseconds(2000) + duration(5));
  policy.failed(start);
  EXPECT_EQ(policy.next(0), duration::zero());
  policy.failed(start, milliseconds::max());
  EXPECT_EQ(policy.next(0), std::chrono::minutes(5));
  policy.failed(start, milliseconds(-5));
  EXPECT_EQ(policy.next(0), duration::zero());
}

TEST(back_off, gives_up_after_the_last_attempt) {
  back_off_config config;
  config.max_attempts = 2;
  back_off policy(config);
  policy.failed(start);
  EXPECT_TRUE(policy.next(0));
  policy.failed(start);
  EXPECT_FALSE(policy.next(0));
  policy.succeeded(start);
  policy.failed(start + seconds(30));
  EXPECT_TRUE(policy.next(0));
}

TEST(back_off, nonsense_in_the_configuration_is_bounded) {
  back_off_config config;
  config.base = milliseconds(-1);
  config.cap = milliseconds(-2);
  config.factor = std::nan("");
  back_off policy(config);
  for (int i = 0; i < 100; ++i) policy.failed(start);
  EXPECT_EQ(policy.bound(), duration::zero());

  back_off_config steep;
  steep.factor = 1e300;
  back_off far(steep);
  for (int i = 0; i < 100; ++i) far.failed(start);
  EXPECT_EQ(far.bound(), seconds(10));

  back_off_config low_cap;
  low_cap.cap = milliseconds(1);  // below the base: the base counts
  back_off low(low_cap);
  low.failed(start);
  EXPECT_EQ(low.bound(), milliseconds(100));
}

TEST(back_off, only_what_may_heal_is_retried) {
  EXPECT_TRUE(is_retried(errc::refused));  // S157
  EXPECT_TRUE(is_retried(errc::timed_out));
  EXPECT_TRUE(is_retried(errc::queue_full));
  EXPECT_FALSE(is_retried(errc::bad_configuration));
  EXPECT_FALSE(is_retried(errc::unavailable));  // S161
  EXPECT_FALSE(is_retried(errc::cancelled));
  EXPECT_FALSE(is_retried(errc::misuse));
}

}  // namespace
}  // namespace parley
