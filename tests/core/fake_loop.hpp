// A loop without an operating system: time stands still until a test moves it,
// and nothing runs until a test asks for a turn.
#pragma once

#include <parley/core/loop/loop.hpp>
#include <utility>

namespace parley::test {

class fake_loop : public loop {
 public:
  fake_loop() = default;
  ~fake_loop() override { run(); }

  time_point now() override { return now_; }
  wall_time wall_now() override { return wall_time{} + (now_ - time_point{}); }
  void random(std::span<std::byte> out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(++seed_);
  }
  void resolve(resolve_request&) override {}
  void cancel(resolve_request&) override {}
  connection& connect(const address&, driver&) override { __builtin_trap(); }
  result<std::unique_ptr<listener>> listen(const address&, acceptor&,
                                           const listen_options&) override {
    return fail(errc::not_supported);
  }

  // One turn: timers, then what is ready. True if something was ready.
  bool turn() {
    run_timers(now_);
    return run_ready();
  }
  // Turns until nothing is ready.
  void run() {
    while (turn() || has_ready()) {
    }
  }
  void advance(duration by) {
    now_ += by;
    run();
  }

  using loop::has_ready;
  using loop::in_turn;
  using loop::next_timer;

  int turns_requested = 0;
  std::atomic<int> notified = 0;

 protected:
  void request_turn() override { ++turns_requested; }
  void notify() override { ++notified; }

 private:
  time_point now_ = time_point{} + std::chrono::hours(1);
  unsigned seed_ = 0;
};

}  // namespace parley::test
