#include <parley/adapters/grpc/grpc_port.hpp>
#include <thread>

namespace parley {

grpc_call::grpc_call(std::shared_ptr<grpc_port> port) noexcept : port_(std::move(port)) {
  port_->busy_.fetch_add(1, std::memory_order_relaxed);
}

void grpc_call::tell(std::uint32_t events) {
  // Whoever hears it may destroy this before the line is over.
  const std::shared_ptr<grpc_port> port = port_;
  if (events_.fetch_or(events, std::memory_order_acq_rel) != 0) return;  // it waits already
  if (!port->push(*this)) port->deliver(*this, true);
}

void grpc_call::enlist() noexcept {
  is_enlisted_ = true;
  port_->live_.push_back(place_);
}

void grpc_call::delist() noexcept {
  if (std::exchange(is_enlisted_, false)) port_->live_.erase(place_);
}

void grpc_call::has_ended() noexcept {
  delist();
  const std::shared_ptr<grpc_port> port = port_;
  release();
  port->call_ended();
}

// No loop knows of gRPC's threads; all of them wait for a deadline, however far.
grpc_port::grpc_port(loop& home) : loop_(&home) { fired(home.now()); }

void grpc_port::fired(time_point now) { loop_->set_timer(*this, now + std::chrono::hours(1)); }

void grpc_port::close() noexcept {
  if (is_armed()) loop_->set_timer(*this, std::nullopt);
  while (live_.first) {
    grpc_call* const c = live_.first->call;
    c->delist();
    c->retain();
    c->abort();
    c->release();
  }
  {
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
  }
  // Who is just waking the loop is done in no time.
  while (waking_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  while (grpc_call* const c = hearing_.pop()) deliver(*c, true);
  // No thread adds to it any more.
  while (grpc_call* const c = told_.pop()) deliver(*c, true);
}

void grpc_port::wait_until_idle() const noexcept {
  while (const std::size_t busy = busy_.load(std::memory_order_acquire)) busy_.wait(busy);
}

void grpc_port::run() {
  // Bounded, so that the loop's other work has its turn. What comes meanwhile is heard at once, and
  // nobody has to wake the loop for it.
  constexpr int most = 16;
  // The last reference may be this one, and a call may close the port.
  const std::shared_ptr<grpc_port> self = shared_from_this();
  for (int round = 0; has_more(round == most); ++round) {
    while (grpc_call* const c = hearing_.pop()) deliver(*c, false);
  }
}

// Also ends the state of being work of the loop, unless it goes on by another turn.
bool grpc_port::has_more(bool is_enough) {
  const std::lock_guard lock(mutex_);
  if (loop_ == nullptr || told_.empty()) {
    self_.reset();
    return false;
  }
  if (is_enough) {
    loop_->enqueue(*this);
    return false;
  }
  hearing_.swap(told_);
  return true;
}

bool grpc_port::push(grpc_call& c) {
  loop* asleep = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (loop_ == nullptr) return false;
    told_.push(c);
    if (self_) return true;
    self_ = shared_from_this();
    asleep = loop_;
    waking_.fetch_add(1, std::memory_order_relaxed);
  }
  // Not under the lock: the loop's thread often takes over at once, and would have to wait for it.
  asleep->post(*this);
  waking_.fetch_sub(1, std::memory_order_release);
  return true;
}

void grpc_port::deliver(grpc_call& c, bool too_late) {
  c.retain();
  const std::uint32_t events = c.events_.exchange(0, std::memory_order_acq_rel);
  const bool ended = (events & grpc_call::ended) != 0;
  // A callback may destroy the provider, which then waits for the others alone.
  if (ended && !too_late) {
    c.delist();
    call_ended();
  }
  too_late ? c.happened_too_late(events) : c.happened(events);
  if (ended) c.release();
  c.release();
  // What the call kept of gRPC's is gone by now.
  if (ended && too_late) call_ended();
}

void grpc_port::call_ended() noexcept {
  if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_all();
}

}  // namespace parley
