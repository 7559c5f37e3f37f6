// A loop on poll(2), for programs that have none: the reference, as short as it
// can be. Run it, or wait for one operation after the other:
//
//   parley::blocking::loop loop;
//   auto ok = loop.wait(redis.initialize());
//   loop.run();
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <parley/adapters/posix/reactor.hpp>
#include <parley/adapters/posix/resolver.hpp>
#include <parley/adapters/posix/system.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::blocking {

// One thread uses it; post() and stop() may be called by any.
class loop final : public parley::loop, private posix::reactor {
 public:
  // Opens one descriptor. Without it (too many open files) the loop works, but
  // looks for posted work only every 10 ms.
  loop();
  // Delivers what was posted. Destroy providers and listeners before.
  ~loop() override;

  // One turn: waits at most `at_most` (nothing: until something happens), reports
  // it, fires timers and runs what is ready. A signal ends the wait as well.
  // Misuse inside a callback: does nothing and returns false.
  bool run_once(std::optional<duration> at_most = std::nullopt);

  // Turns until stop(), or until nothing is left that could happen: nothing is
  // connected, listening, attached, armed or ready. False after stop().
  bool run();

  // Ends run() or wait() after the present turn, or the next one at once. Any
  // thread and any signal handler may call it.
  void stop() noexcept;

  // Runs the loop until `op` has ended, and gives its result. Errors besides its
  // own: errc::misuse inside a callback, where it would wait for itself;
  // errc::cancelled after stop(), which also cancels the operation.
  template <class T>
  result<T> wait(operation<T> op) {
    while (!op.is_complete()) {
      if (auto ok = wait_once(); !ok) {
        op.cancel();
        return std::unexpected(std::move(ok).error());
      }
    }
    return op.await_resume();
  }

  // --- the loop port
  // Inside a turn, the time at which its wait ended: commands in callbacks cost no
  // system's clock.
  time_point now() override { return turn_began_ ? *turn_began_ : posix::steady_now(); }
  wall_time wall_now() override { return posix::system_now(); }
  void random(std::span<std::byte> out) override { posix::fill_random(out); }
  void resolve(resolve_request& request) override { resolver_.resolve(request); }
  void cancel(resolve_request& request) override { resolver_.cancel(request); }
  connection& connect(const address& to, driver& d) override;
  result<std::unique_ptr<listener>> listen(const address& at, acceptor& a,
                                           const listen_options& how = {}) override;

 private:
  struct poll_set;

  // A turn follows by itself: the loop looks at has_ready() before it waits.
  void request_turn() override {}
  void notify() override { waker_.signal(); }
  void watch(posix::pollable& p, bool read, bool write) override;
  void forget(posix::pollable& p) noexcept override;

  result<void> wait_once();
  void wait_for_events(std::optional<duration> at_most);
  void report_events();

  posix::waker waker_;
  posix::threaded_resolver resolver_{*this};
  std::unique_ptr<poll_set> set_;
  std::atomic<bool> stopped_ = false;
  std::optional<time_point> turn_began_;  // inside run_once(), behind its wait
  bool running_ = false;
  bool looked_ = false;  // the last turn looked at the descriptors
};

}  // namespace parley::blocking
