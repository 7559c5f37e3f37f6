#pragma once

#include <functional>
#include <optional>
#include <parley/core/loop/loop.hpp>

#include "support/real_network.hpp"

namespace parley::test {

// A loop whose turns the test runs by run_once().
template <class Loop>
class turning_world : public real_network {
 public:
  parley::loop& port() { return *loop_; }
  Loop& own() { return *loop_; }

  bool run_until(const std::function<bool()>& done, duration limit = long_enough) {
    for (const patience left(limit); !done();) {
      if (left.is_over()) return false;
      loop_->run_once(left.left());
    }
    return true;
  }
  void idle() {
    for (int i = 0; i < 5; ++i) loop_->run_once(std::chrono::milliseconds(2));
  }
  void destroy() { loop_.reset(); }
  bool exists() const { return loop_.has_value(); }

 private:
  std::optional<Loop> loop_{std::in_place};
};

}  // namespace parley::test
