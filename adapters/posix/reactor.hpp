// What a loop that waits for readiness (poll, epoll, libuv, Qt ...) has to do for
// the sockets of this room: watch descriptors, and say when one is ready.
//
//   class my_loop : public parley::loop, private parley::posix::reactor {
//     connection& connect(const address& to, driver& d) override {
//       return posix::connect(*this, *this, to, d);
//     }
//     void watch(posix::pollable& p, bool read, bool write) override;   // epoll_ctl
//     void forget(posix::pollable& p) noexcept override;
#pragma once

#include <cstdint>
#include <parley/core/error.hpp>

namespace parley::posix {

// A descriptor that a loop watches: a connection or a listening socket.
class pollable {
 public:
  int descriptor() const noexcept { return fd_; }

  // The descriptor can be read or written without waiting; errors and hang-ups
  // count as both. Call it between turns: step 2 of parley::loop. It may forget
  // any pollable of the loop, this one included.
  virtual void on_ready(bool readable, bool writable) = 0;
  // The reactor could not watch it. May be called from inside watch().
  virtual void on_unwatchable(const error& why) = 0;

  // For the reactor: an index or a pointer of its own; 0 before the first watch().
  std::uintptr_t slot = 0;

 protected:
  explicit pollable(int fd) noexcept : fd_(fd) {}
  pollable(const pollable&) = delete;
  pollable& operator=(const pollable&) = delete;
  ~pollable() = default;

  int fd_;
};

class reactor {
 public:
  // What `p` waits for from now on, level-triggered; nothing at all: do not even
  // report errors. Called only when it changes.
  virtual void watch(pollable& p, bool read, bool write) = 0;
  // The descriptor is about to be closed: never touch `p` again. Called once for
  // each pollable that was watched.
  virtual void forget(pollable& p) noexcept = 0;

 protected:
  ~reactor() = default;
};

}  // namespace parley::posix
