#include "support/epoll_loop.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <parley/adapters/posix/os_error.hpp>

namespace parley::test {

epoll_loop::epoll_loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  epoll_event wakes{};
  wakes.events = EPOLLIN;
  wakes.data.ptr = nullptr;  // no pollable: the waker
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, waker_.descriptor(), &wakes);
}

epoll_loop::~epoll_loop() {
  finish();
  ::close(epoll_);
}

void epoll_loop::watch(posix::pollable& p, bool read, bool write) {
  epoll_event wanted{};
  wanted.events = (read ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u);
  wanted.data.ptr = &p;
  // epoll reports hang-ups to everybody in its set: who wants nothing is not in it.
  const bool is_in = p.slot != 0;
  const bool stays = read || write;
  if (!is_in && !stays) return;
  const int how = !stays ? EPOLL_CTL_DEL : is_in ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(epoll_, how, p.descriptor(), &wanted) != 0) {
    return p.on_unwatchable(posix::from_errno(errno, "watching a socket"));
  }
  p.slot = stays ? 1 : 0;
}

void epoll_loop::forget(posix::pollable& p) noexcept {
  if (p.slot != 0) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, p.descriptor(), nullptr);
  p.slot = 0;
  // It may be among those that are still to be reported in this turn.
  for (std::size_t i = 0; i < count_; ++i) {
    if (events_[i].data.ptr == &p) events_[i].events = 0;
  }
}

int epoll_loop::timeout(std::optional<duration> at_most) const {
  if (has_ready()) return 0;
  if (const auto timer = next_timer()) {
    const duration left = *timer - posix::steady_now();
    at_most = at_most ? std::min(*at_most, left) : left;
  }
  if (!at_most) return -1;
  // Rounded up: never early.
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*at_most).count();
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, INT_MAX));
}

void epoll_loop::run_once(std::optional<duration> at_most) {
  const int n =
      ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout(at_most));
  count_ = n > 0 ? static_cast<std::size_t>(n) : 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const epoll_event event = events_[i];
    if (event.events == 0) continue;
    if (!event.data.ptr) {
      waker_.drain();
      continue;
    }
    const bool both = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    static_cast<posix::pollable*>(event.data.ptr)
        ->on_ready(both || (event.events & EPOLLIN) != 0, both || (event.events & EPOLLOUT) != 0);
  }
  count_ = 0;
  run_timers(now());
  run_ready();
}

}  // namespace parley::test
