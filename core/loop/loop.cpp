#include <cassert>
#include <parley/core/loop/loop.hpp>

namespace parley {
namespace {

// A scope, so that what a work item throws leaves the loop usable.
class running {
 public:
  explicit running(bool& flag) noexcept : flag_(flag) { flag_ = true; }
  ~running() { flag_ = false; }
  running(const running&) = delete;
  running& operator=(const running&) = delete;

 private:
  bool& flag_;
};

}  // namespace

loop::loop() : pool_(state_pool::make()) {}

loop::~loop() {
  assert(attached_ == 0 && "destroy providers before their loop, and let it deliver");
  pool_->abandon();
}

void loop::post(work& item) {
  if (posted_.push(item)) notify();
}

void loop::enqueue(work& item) {
  const bool first = ready_.empty();
  ready_.push(item);
  if (first && !in_turn_) request_turn();
}

void loop::set_timer(timer& t, std::optional<time_point> at) {
  const auto before = timers_.next();
  timers_.set(t, at);
  // An earlier deadline than the one that the loop waits for.
  if (timers_.next() != before && !in_turn_) request_turn();
}

bool loop::run_ready() {
  // Bounded, so that work which queues work cannot keep input and timers away.
  constexpr int most = 4096;
  posted_.take_all(ready_);
  int done = 0;
  {
    const running inside(in_turn_);
    for (; done < most; ++done) {
      work* item = ready_.pop();
      if (!item) break;
      item->run();
    }
  }
  if (has_ready()) request_turn();
  return done > 0;
}

void loop::finish() {
  while (has_ready()) run_ready();
}

}  // namespace parley
