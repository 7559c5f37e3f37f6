#include <cassert>
#include <parley/core/loop/loop.hpp>

namespace parley {

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
  in_turn_ = true;
  int done = 0;
  for (; done < most; ++done) {
    work* item = ready_.pop();
    if (!item) break;
    item->run();
  }
  in_turn_ = false;
  if (has_ready()) request_turn();
  return done > 0;
}

}  // namespace parley
