#pragma once

#include <functional>
#include <optional>
#include <parley/adapters/blocking/loop.hpp>

#include "support/real_network.hpp"

namespace parley::test {

// The loop on poll(2).
class blocking_world : public real_network {
 public:
  static constexpr const char* name = "blocking";

  parley::loop& port() { return *loop_; }
  blocking::loop& own() { return *loop_; }

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
  std::optional<blocking::loop> loop_{std::in_place};
};

}  // namespace parley::test
