// A loop that a user might write: on epoll(7), from core/loop/writing_a_loop.md
// alone. Part of the tests, not of parley.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <optional>
#include <parley/adapters/posix/reactor.hpp>
#include <parley/adapters/posix/resolver.hpp>
#include <parley/adapters/posix/socket.hpp>
#include <parley/adapters/posix/system.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::test {

class epoll_loop final : public loop, private posix::reactor {
 public:
  epoll_loop();
  ~epoll_loop() override;

  // One turn, which waits no longer than that.
  void run_once(std::optional<duration> at_most = std::nullopt);

  // --- the loop port
  time_point now() override { return posix::steady_now(); }
  wall_time wall_now() override { return posix::system_now(); }
  void random(std::span<std::byte> out) override { posix::fill_random(out); }
  void resolve(resolve_request& request) override { resolver_.resolve(request); }
  void cancel(resolve_request& request) override { resolver_.cancel(request); }
  connection& connect(const address& to, driver& d) override {
    return posix::connect(*this, *this, to, d);
  }
  result<std::unique_ptr<listener>> listen(const address& at, acceptor& a,
                                           const listen_options& how = {}) override {
    return posix::listen(*this, *this, at, a, how);
  }

 private:
  // A turn looks at has_ready() and next_timer() before it waits.
  void request_turn() override {}
  void notify() override { waker_.signal(); }
  void watch(posix::pollable& p, bool read, bool write) override;
  void forget(posix::pollable& p) noexcept override;

  int timeout(std::optional<duration> at_most) const;

  int epoll_;
  posix::waker waker_;
  posix::threaded_resolver resolver_{*this};
  std::array<epoll_event, 64> events_;
  std::size_t count_ = 0;  // of the events that are being reported
};

}  // namespace parley::test
