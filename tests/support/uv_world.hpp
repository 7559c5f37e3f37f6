#pragma once

#include <uv.h>

#include <cassert>
#include <functional>
#include <optional>
#include <parley/adapters/uv/loop.hpp>

#include "support/real_network.hpp"

namespace parley::test {

// libuv, run by the test as a user's program would.
class uv_world : public real_network {
 public:
  static constexpr const char* name = "uv";

  uv_world() {
    uv_loop_init(&raw_);
    uv_timer_init(&raw_, &tick_);
    loop_.emplace(&raw_);
  }
  ~uv_world() {
    destroy();
    uv_close(reinterpret_cast<uv_handle_t*>(&tick_), nullptr);
    uv_run(&raw_, UV_RUN_DEFAULT);
    [[maybe_unused]] const int closed = uv_loop_close(&raw_);
    assert(closed == 0 && "a handle was left open");
  }

  parley::loop& port() { return *loop_; }
  uv_loop_t* raw() { return &raw_; }

  bool run_until(const std::function<bool()>& done, duration limit = long_enough) {
    for (const patience left(limit); !done();) {
      if (left.is_over()) return false;
      turn(left.left());
    }
    return true;
  }
  void idle() {
    for (int i = 0; i < 5; ++i) turn(std::chrono::milliseconds(2));
  }
  void destroy() { loop_.reset(); }
  bool exists() const { return loop_.has_value(); }

 private:
  // One turn that waits no longer than that.
  void turn(duration at_most) {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(at_most).count();
    uv_timer_start(&tick_, [](uv_timer_t*) {}, static_cast<std::uint64_t>(ms), 0);
    uv_run(&raw_, UV_RUN_ONCE);
    uv_timer_stop(&tick_);
  }

  uv_loop_t raw_;
  uv_timer_t tick_;
  std::optional<uv::loop> loop_;
};

}  // namespace parley::test
