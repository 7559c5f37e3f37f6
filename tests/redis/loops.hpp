// The loops that the provider's suite runs on (support/worlds.hpp), behind one shape:
//   loop& home();                         where the provider lives
//   result<T> wait(operation<T>);         runs until the operation has ended
//   bool run_until(condition, limit);     runs until it holds
//   address bind_address();               where a fake server listens
//   std::string socket_path(name);        of a Unix socket, for it
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <parley/core/async/operation.hpp>

#include "support/worlds.hpp"

namespace parley::test {

using namespace std::chrono_literals;

template <class World>
class on_loop {
 public:
  static constexpr const char* name = World::name;

  loop& home() { return world_.port(); }

  template <class T>
  result<T> wait(operation<T> op) {
    std::optional<result<T>> got;
    std::move(op).then([&](result<T> r) { got.emplace(std::move(r)); });
    if (!world_.run_until([&] { return got.has_value(); }, 20s)) {
      return fail(errc::timed_out, "the test has waited for long enough");
    }
    return *std::move(got);
  }
  // Looks again every 10 ms, for what happens outside of the loop.
  template <class F>
  bool run_until(F condition, duration limit = 10s) {
    struct ticker final : timer {
      explicit ticker(loop& l) : home(l) { fired(home.now()); }
      void fired(time_point now) override { home.set_timer(*this, now + 10ms); }
      loop& home;
    } const ticks(home());
    return world_.run_until(condition, limit);
  }
  // For what must not happen.
  void run_for(duration d) {
    (void)run_until([] { return false; }, d);
  }
  address bind_address() { return *address::parse_ip("127.0.0.1", 0); }
  std::string socket_path(const std::string& file) {
    return std::string(world_.local_path(file).path());
  }

 private:
  World world_;
};

// What a test of a provider on loop L needs often.
template <class L>
class loop_suite : public ::testing::Test {
 protected:
  L at;
  loop& home = at.home();
};

// The same lists for gtest.
template <class List>
struct on_each;
template <class... Worlds>
struct on_each<::testing::Types<Worlds...>> {
  using types = ::testing::Types<on_loop<Worlds>...>;
};

// Loops that reach real servers, and all.
using real_loops = on_each<real_worlds>::types;
using all_loops = on_each<every_world>::types;

}  // namespace parley::test
