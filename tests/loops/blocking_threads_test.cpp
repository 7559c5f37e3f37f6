#include <gtest/gtest.h>

#include <parley/adapters/blocking/loop.hpp>
#include <thread>

namespace parley::test {
namespace {

struct endless final : timer {
  explicit endless(loop& l) : home(l) { home.set_timer(*this, home.now()); }
  void fired(time_point now) override { home.set_timer(*this, now + std::chrono::hours(1)); }
  loop& home;
};

TEST(blocking_threads, any_thread_may_stop_the_loop) {
  blocking::loop loop;
  endless forever(loop);
  std::thread other([&] { loop.stop(); });
  EXPECT_FALSE(loop.run());
  other.join();
}

TEST(blocking_threads, a_stop_before_the_run_is_not_lost) {
  blocking::loop loop;
  endless forever(loop);
  loop.stop();
  EXPECT_FALSE(loop.run());
}

}  // namespace
}  // namespace parley::test
