// Time, entropy and a way to wake a loop: what the port asks of every loop.
#pragma once

#include <cstddef>
#include <parley/adapters/posix/reactor.hpp>
#include <parley/core/time.hpp>
#include <span>

namespace parley::posix {

// The clocks of a loop: now() and wall_now().
inline time_point steady_now() { return std::chrono::steady_clock::now(); }
inline wall_time system_now() { return std::chrono::system_clock::now(); }

// Fills the span with entropy of the kernel (getrandom). Ends the program when the
// kernel has none to give: predictable masks and keys are worse.
void fill_random(std::span<std::byte> out) noexcept;

// Interrupts a wait from any thread, or from a signal handler. Watch descriptor()
// for reading; once it is readable, call drain() before run_ready().
class waker {
 public:
  // Opens an eventfd(2). is_open() is false when there are too many files.
  waker() noexcept;
  waker(const waker&) = delete;
  waker& operator=(const waker&) = delete;
  ~waker();

  bool is_open() const noexcept { return fd_ >= 0; }
  int descriptor() const noexcept { return fd_; }
  void signal() noexcept;
  void drain() noexcept;

 private:
  int fd_;
};

}  // namespace parley::posix
