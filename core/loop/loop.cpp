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
  // Only who finds the queue empty wakes the loop: later ones are taken along, and
  // save a system call.
  if (posted_.push(item)) notify();
}

void loop::enqueue(work& item) {
  const bool first = ready_.empty();
  ready_.push(item);
  // Within a turn the queue is looked at again before the loop waits.
  if (first && !in_turn_) request_turn();
}

void loop::set_timer(timer& t, std::optional<time_point> at) {
  // Each turn of a connection says its deadline, and nearly always the same one.
  if (at == t.armed_at()) return;
  const auto before = timers_.next();
  timers_.set(t, at);
  // An earlier deadline than the one that the loop waits for.
  if (timers_.next() != before && !in_turn_) request_turn();
}

// In front: who walks through the list does not meet what is made meanwhile.
void loop::enlist(connection& c) noexcept {
  attach();
  c.next_ = first_;
  if (first_) first_->previous_ = &c;
  first_ = &c;
}

void loop::delist(connection& c) noexcept {
  (c.previous_ ? c.previous_->next_ : first_) = c.next_;
  if (c.next_) c.next_->previous_ = c.previous_;
  detach();
  if (first_) return;
  while (work* item = unconnected_.pop()) enqueue(*item);
}

void loop::finish_connections() {
  for (connection* c = first_; c; c = c->next_) c->finish();
}

std::size_t loop::break_connections(const error& why) {
  assert(draining_ == 0 && "never inside an event");
  std::size_t count = 0;
  // No connection goes inside of these calls: each waits for its released().
  for (connection* c = first_; c; c = c->next_) {
    if (c->is_closing()) continue;
    ++count;
    c->on_broken(why);
  }
  return count;
}

void loop::when_unconnected(work& item) {
  if (first_) return unconnected_.push(item);
  enqueue(item);
}

bool loop::run_ready() {
  // Bounded, so that work which queues work cannot keep input and timers away.
  constexpr int most = 4096;
  // Behind what is queued already, once per turn: other threads cannot delay our
  // own work without bound.
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
  // What is left may hold the last references: connections that wait to be
  // released, and operations that wait to be told.
  while (has_ready()) run_ready();
}

}  // namespace parley
