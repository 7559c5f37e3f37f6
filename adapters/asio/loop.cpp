#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cassert>
#include <parley/adapters/asio/detail/readiness.hpp>
#include <parley/adapters/asio/loop.hpp>
#include <parley/adapters/posix/os_error.hpp>
#include <parley/adapters/posix/socket.hpp>
#include <parley/adapters/posix/system.hpp>
#include <utility>

namespace parley::asio {

using boost::asio::any_io_executor;
using boost::system::error_code;

// What handlers need that may run when the loop is gone. All of it belongs to the
// strand, but for `notified`.
struct loop::handles {
  handles(const any_io_executor& borrowed, loop* of) : owner(of), home(borrowed), timer(home) {}

  loop* owner;  // null once it is destroyed
  strand home;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>, strand>
      timer;
  std::optional<time_point> armed_at;
  std::uint64_t armed = 0;             // counts, to tell old expiries from new ones
  bool requested = false;              // a turn is on its way
  std::atomic<bool> notified = false;  // the same, for other threads
  // Holds the context while names are resolved: no handler of it waits then.
  std::optional<boost::asio::executor_work_guard<any_io_executor>> working;
};

// Tells the connections, and keeps the turn that follows.
class loop::watched final : public readiness {
 public:
  explicit watched(std::shared_ptr<handles> by) : readiness(by->home), handles_(std::move(by)) {}

 private:
  void report() override {
    loop& home = *handles_->owner;
    home.reporting_ = true;
    collect();
    // At once and not posted: a round trip needs one handler of the context.
    home.turn();
  }

  std::shared_ptr<handles> handles_;
};

loop::loop(const any_io_executor& borrowed)
    : handles_(std::make_shared<handles>(borrowed, this)),
      watched_(std::make_shared<watched>(handles_)) {}

loop::loop(boost::asio::io_context& borrowed) : loop(any_io_executor(borrowed.get_executor())) {}
loop::loop(boost::asio::thread_pool& borrowed) : loop(any_io_executor(borrowed.get_executor())) {}

loop::~loop() {
  assert(!in_turn() && "destroy a loop outside of its callbacks");
  finish();
  handles_->owner = nullptr;
  watched_->close();
  handles_->timer.cancel();
  handles_->working.reset();
}

any_io_executor loop::get_executor() const noexcept { return handles_->home; }

time_point loop::now() { return posix::steady_now(); }
wall_time loop::wall_now() { return posix::system_now(); }
void loop::random(std::span<std::byte> out) { posix::fill_random(out); }

void loop::resolve(resolve_request& request) {
  resolver_.resolve(request);
  settle();
}

void loop::cancel(resolve_request& request) {
  resolver_.cancel(request);
  settle();
}

connection& loop::connect(const address& to, driver& d) {
  return posix::connect(*this, *this, to, d);
}

result<std::unique_ptr<listener>> loop::listen(const address& at, acceptor& a,
                                               const listen_options& how) {
  return posix::listen(*this, *this, at, a, how);
}

void loop::request_turn() {
  if (reporting_ || std::exchange(handles_->requested, true)) return;
  boost::asio::post(handles_->home, [h = handles_] {
    h->requested = false;
    if (h->owner) h->owner->turn();
  });
}

void loop::notify() {
  // One handler on its way is enough: it clears the flag before it looks.
  if (handles_->notified.exchange(true, std::memory_order_acq_rel)) return;
  try {
    boost::asio::post(handles_->home, [h = handles_] {
      h->notified.exchange(false, std::memory_order_acq_rel);
      if (h->owner) h->owner->turn();
    });
  } catch (...) {
    handles_->notified.store(false, std::memory_order_release);
    throw;
  }
}

void loop::turn() {
  // What a work item throws goes to who runs the context, and leaves us usable.
  struct scope {
    loop& self;
    ~scope() {
      self.reporting_ = false;
      if (self.has_ready()) self.request_turn();
      self.settle();
    }
  } const leave{*this};
  reporting_ = true;
  run_timers(now());
  reporting_ = false;
  run_ready();
}

// What the context waits for on our behalf.
void loop::settle() {
  arm_timer();
  if (resolver_.is_busy() == handles_->working.has_value()) return;
  if (handles_->working) {
    handles_->working.reset();
  } else {
    handles_->working.emplace(handles_->home.get_inner_executor());
  }
}

void loop::arm_timer() {
  handles& h = *handles_;
  const auto next = next_timer();
  if (!next) {
    if (h.armed_at) h.timer.cancel();
    h.armed_at.reset();
    return;
  }
  // A deadline that moved away lets the timer expire once for nothing, which is
  // cheaper than a system call for each time that it moves.
  if (h.armed_at && *h.armed_at <= *next) return;
  h.armed_at = next;
  h.timer.expires_at(*next);
  h.timer.async_wait([keep = handles_, ticket = ++h.armed](error_code ec) {
    if (ec || !keep->owner || ticket != keep->armed) return;
    keep->armed_at.reset();
    keep->owner->turn();
  });
}

void loop::watch(posix::pollable& p, bool read, bool write) { watched_->watch(p, read, write); }
void loop::forget(posix::pollable& p) noexcept { watched_->forget(p); }

}  // namespace parley::asio
