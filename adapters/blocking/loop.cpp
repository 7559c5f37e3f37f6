#include <poll.h>

#include <algorithm>
#include <cassert>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/adapters/posix/socket.hpp>
#include <vector>

namespace parley::blocking {

// What poll(2) is given. The first entry is the waker; the others have their
// pollable beside them, which knows its place.
struct loop::poll_set {
  std::vector<pollfd> fds;
  std::vector<posix::pollable*> owners;
};

loop::loop() : set_(std::make_unique<poll_set>()) {
  set_->fds.push_back({waker_.descriptor(), POLLIN, 0});
  set_->owners.push_back(nullptr);
}

loop::~loop() { finish(); }

connection& loop::connect(const address& to, driver& d) {
  return posix::connect(*this, *this, to, d);
}

result<std::unique_ptr<listener>> loop::listen(const address& at, acceptor& a,
                                               const listen_options& how) {
  return posix::listen(*this, *this, at, a, how);
}

void loop::watch(posix::pollable& p, bool read, bool write) {
  if (p.slot == 0) {
    // Both or none, should memory end: their places belong together.
    set_->fds.push_back({});
    try {
      set_->owners.push_back(&p);
    } catch (...) {
      set_->fds.pop_back();
      throw;
    }
    p.slot = set_->fds.size() - 1;
  }
  pollfd& entry = set_->fds[p.slot];
  // poll reports hang-ups even to who waits for nothing, but ignores negatives.
  entry.fd = read || write ? p.descriptor() : -1;
  entry.events = static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0));
}

void loop::forget(posix::pollable& p) noexcept {
  // The last entry takes the place. If it had something to report in this turn,
  // the next poll reports it again.
  set_->fds[p.slot] = set_->fds.back();
  set_->owners[p.slot] = set_->owners.back();
  set_->owners[p.slot]->slot = p.slot;
  set_->fds.pop_back();
  set_->owners.pop_back();
  p.slot = 0;
}

bool loop::run_once(std::optional<duration> at_most) {
  // Called from inside a callback: a second turn would run it within itself.
  if (running_ || in_turn()) return false;
  struct scope {
    loop& self;
    ~scope() {
      self.running_ = false;
      self.turn_began_.reset();
    }
  } const leave{*this};
  running_ = true;
  // What is ready need not wait for a look at the descriptors, which costs as much as
  // a write; but every second turn looks, so that work cannot keep input away.
  looked_ = !has_ready() || !looked_;
  if (looked_) wait_for_events(at_most);
  turn_began_ = posix::steady_now();
  if (looked_) report_events();
  run_timers(*turn_began_);
  run_ready();
  return true;
}

void loop::wait_for_events(std::optional<duration> at_most) {
  // Without a waker (no descriptors left) other threads cannot interrupt the wait:
  // looking every 10 ms is slow but not deaf.
  if (!waker_.is_open())
    at_most = std::min(at_most.value_or(duration::max()), duration(10'000'000));
  if (auto timer = next_timer()) {
    const duration left = *timer - now();
    at_most = at_most ? std::min(*at_most, left) : left;
  }
  // Work that waits must not sleep with us; input is still looked at once.
  if (has_ready() || stopped_.load(std::memory_order_relaxed)) at_most = duration::zero();
  timespec limit{};
  if (at_most) {
    const auto wait = std::max(*at_most, duration::zero());
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(wait);
    limit.tv_sec = whole.count();
    limit.tv_nsec = std::chrono::nanoseconds(wait - whole).count();
  }
  const int n = ::ppoll(set_->fds.data(), set_->fds.size(), at_most ? &limit : nullptr, nullptr);
  // Interrupted by a signal: what revents say is old.
  if (n <= 0) {
    for (pollfd& entry : set_->fds) entry.revents = 0;
  }
}

void loop::report_events() {
  if (set_->fds[0].revents != 0) waker_.drain();
  // By index: connections come and go meanwhile.
  for (std::size_t i = 1; i < set_->fds.size(); ++i) {
    const short happened = std::exchange(set_->fds[i].revents, short{});
    if (happened == 0) continue;
    const bool both = (happened & ~(POLLIN | POLLOUT)) != 0;  // an error or a hang-up
    set_->owners[i]->on_ready(both || (happened & POLLIN) != 0, both || (happened & POLLOUT) != 0);
  }
}

bool loop::run() {
  while (has_attached() || next_timer() || has_ready()) {
    if (stopped_.exchange(false)) return false;
    if (!run_once()) return false;
  }
  return !stopped_.exchange(false);
}

void loop::stop() noexcept {
  stopped_.store(true);
  waker_.signal();
}

result<void> loop::wait_once() {
  if (stopped_.exchange(false)) return fail(errc::cancelled, "the loop was stopped");
  if (run_once()) return {};
  return std::unexpected(
      error(errc::misuse, "wait() inside a callback of the same loop")
          .with_hint("use co_await or then() there; wait() is for the thread that runs the loop"));
}

}  // namespace parley::blocking
