#include <gtest/gtest.h>

#include <parley/core/machine/timer_table.hpp>

namespace parley {
namespace {

enum class alarm { idle, request, close, count_ };

time_point at(int ms) { return time_point{} + std::chrono::milliseconds(ms); }

TEST(timer_table, begins_without_a_deadline) {
  timer_table<alarm> timers;
  EXPECT_FALSE(timers.next());
  EXPECT_FALSE(timers.is_set(alarm::idle));
  EXPECT_FALSE(timers.take_expired(alarm::idle, time_point::max()));
}

TEST(timer_table, the_earliest_counts) {
  timer_table<alarm> timers;
  timers.set(alarm::request, at(20));
  timers.set(alarm::close, at(10));
  EXPECT_EQ(timers.next(), at(10));
  timers.set(alarm::close, at(30));  // re-armed
  EXPECT_EQ(timers.next(), at(20));
  timers.stop(alarm::request);
  EXPECT_EQ(timers.next(), at(30));
  EXPECT_EQ(timers.deadline(alarm::close), at(30));
  timers.stop_all();
  EXPECT_FALSE(timers.next());
}

TEST(timer_table, expires_once_and_not_before_its_time) {
  timer_table<alarm> timers;
  timers.set(alarm::idle, at(10));
  EXPECT_FALSE(timers.take_expired(alarm::idle, at(9)));
  EXPECT_TRUE(timers.is_set(alarm::idle));
  EXPECT_TRUE(timers.take_expired(alarm::idle, at(10)));
  EXPECT_FALSE(timers.is_set(alarm::idle));
  EXPECT_FALSE(timers.take_expired(alarm::idle, at(11)));
}

// A far date is no way to say "never": the last moment is a deadline as well.
TEST(timer_table, the_end_of_time_is_a_deadline) {
  timer_table<alarm> timers;
  timers.set(alarm::idle, time_point::max());
  EXPECT_TRUE(timers.is_set(alarm::idle));
  EXPECT_EQ(timers.next(), time_point::max());
}

}  // namespace
}  // namespace parley
