#include <parley/core/loop/timer.hpp>

namespace parley {

// A timer that dies leaves its queue, so that owners need not remember to disarm
// it.
timer::~timer() {
  if (queue_) queue_->set(*this, std::nullopt);
}

timer_queue::~timer_queue() {
  // Timers may outlive the queue; theirs must not point to it any more.
  for (timer* t : heap_) t->queue_ = nullptr;
}

void timer_queue::set(timer& t, std::optional<time_point> at) {
  if (!at) {
    if (t.queue_) remove(t);
    return;
  }
  // What is armed for the past while timers run waits for the next run: one
  // timer can neither hold the loop nor keep others from being heard.
  if (running_ && *at <= *running_) at = *running_ + duration(1);
  if (!t.queue_) {
    heap_.push_back(&t);
    t.queue_ = this;
    t.index_ = heap_.size() - 1;
    t.at_ = *at;
    return move_up(t.index_);
  }
  t.at_ = *at;
  // It may have become earlier or later: one of the two does nothing.
  move_up(t.index_);
  move_down(t.index_);
}

std::optional<time_point> timer_queue::next() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front()->at_;
}

void timer_queue::run(time_point now) {
  // A scope, so that what fired() throws leaves the queue usable.
  struct scope {
    std::optional<time_point>& running;
    ~scope() { running.reset(); }
  };
  running_ = now;
  const scope end{running_};
  while (!heap_.empty() && heap_.front()->at_ <= now) {
    // Disarmed before the call, because fired() may arm it again or destroy it.
    timer& t = *heap_.front();
    remove(t);
    t.fired(now);
  }
}

void timer_queue::place(std::size_t i, timer* t) {
  heap_[i] = t;
  t->index_ = i;
}

void timer_queue::remove(timer& t) {
  const std::size_t i = t.index_;
  timer* last = heap_.back();
  heap_.pop_back();
  t.queue_ = nullptr;
  if (last == &t) return;
  // The last leaf may be of another branch and earlier than its new parent: up is
  // tried as well as down.
  place(i, last);
  move_up(i);
  move_down(last->index_);
}

// A binary heap whose timers know their places: changing and cancelling need no
// search, and cost no allocation.
void timer_queue::move_up(std::size_t i) {
  timer* t = heap_[i];
  while (i > 0) {
    const std::size_t parent = (i - 1) / 2;
    if (heap_[parent]->at_ <= t->at_) break;
    place(i, heap_[parent]);
    i = parent;
  }
  place(i, t);
}

void timer_queue::move_down(std::size_t i) {
  timer* t = heap_[i];
  for (;;) {
    std::size_t child = 2 * i + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->at_ < heap_[child]->at_) ++child;
    if (heap_[child]->at_ >= t->at_) break;
    place(i, heap_[child]);
    i = child;
  }
  place(i, t);
}

}  // namespace parley
