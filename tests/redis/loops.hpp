// The loops that the provider's suite runs on, behind one shape:
//   loop& home();                         where the provider lives
//   result<T> wait(operation<T>);         runs until the operation has ended
//   bool run_until(condition, limit);     runs until it holds
//   address bind_address();               where a fake server listens
#pragma once

#include <gtest/gtest.h>

#include <parley/adapters/blocking/loop.hpp>
#include <parley/build_config.hpp>
#include <parley/core/loop/loop.hpp>
#if PARLEY_HAS_UV
#include <uv.h>

#include <parley/adapters/uv/loop.hpp>
#endif
#if PARLEY_HAS_SIM
#include <parley/adapters/sim/world.hpp>
#endif

namespace parley::test {

using namespace std::chrono_literals;

struct on_blocking {
  static constexpr const char* name = "blocking";
  loop& home() { return loop_; }

  template <class T>
  result<T> wait(operation<T> op) {
    return loop_.wait(std::move(op));
  }
  template <class F>
  bool run_until(F condition, duration limit = 10s) {
    const time_point end = loop_.now() + limit;
    while (!condition() && loop_.now() < end) loop_.run_once(10ms);
    return condition();
  }
  address bind_address() { return *address::parse_ip("127.0.0.1", 0); }

 private:
  blocking::loop loop_;
};

#if PARLEY_HAS_UV
struct on_uv {
  static constexpr const char* name = "uv";
  on_uv() {
    uv_loop_init(&uv_);
    uv_timer_init(&uv_, &tick_);
    loop_ = std::make_unique<uv::loop>(&uv_);
  }
  ~on_uv() {
    loop_.reset();
    uv_close(reinterpret_cast<uv_handle_t*>(&tick_), nullptr);
    uv_run(&uv_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&uv_), 0) << "a handle was left open";
  }
  loop& home() { return *loop_; }

  template <class T>
  result<T> wait(operation<T> op) {
    std::optional<result<T>> got;
    std::move(op).then([&](result<T> r) { got.emplace(std::move(r)); });
    if (!run_until([&] { return got.has_value(); }, 20s)) return fail(errc::timed_out, "test");
    return *std::move(got);
  }
  template <class F>
  bool run_until(F condition, duration limit = 10s) {
    uv_timer_start(&tick_, [](uv_timer_t*) {}, 0, 10);  // so that RUN_ONCE returns
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition() && std::chrono::steady_clock::now() < end) uv_run(&uv_, UV_RUN_ONCE);
    uv_timer_stop(&tick_);
    return condition();
  }
  address bind_address() { return *address::parse_ip("127.0.0.1", 0); }

 private:
  uv_loop_t uv_;
  uv_timer_t tick_;
  std::unique_ptr<uv::loop> loop_;
};
#endif

#if PARLEY_HAS_SIM
struct on_sim {
  static constexpr const char* name = "sim";
  loop& home() { return host_; }

  template <class T>
  result<T> wait(operation<T> op) {
    return host_.wait(std::move(op));
  }
  template <class F>
  bool run_until(F condition, duration limit = 10s) {
    return world_.run_until(condition, limit);
  }
  address bind_address() { return *address::parse_ip("127.0.0.1", 0); }

 private:
  sim::world world_{1};
  sim::host& host_ = world_.add_host("here");
};
#endif

// What a test of a provider on loop L needs often.
template <class L>
class loop_suite : public ::testing::Test {
 protected:
  L at;
  loop& home = at.home();
};

// Loops that reach real servers, and all.
#if PARLEY_HAS_UV && PARLEY_HAS_SIM
using real_loops = ::testing::Types<on_blocking, on_uv>;
using all_loops = ::testing::Types<on_blocking, on_uv, on_sim>;
#else
using real_loops = ::testing::Types<on_blocking>;
using all_loops = real_loops;
#endif

struct loop_names {
  template <class L>
  static std::string GetName(int) {
    return L::name;
  }
};

}  // namespace parley::test
