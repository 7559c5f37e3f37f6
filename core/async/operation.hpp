// operation<T>: something that was started and will end exactly once, with a
// T or an error. It is awaited, given a callback, or waited for:
//
//   auto r = co_await redis.get("key");                    // in a parley::task
//   redis.get("key").then([](result<value> r) { ... });      // any loop
//   auto r = loop.wait(redis.get("key"));                  // blocking loop
//
// Dropping an operation detaches it: it goes on, nobody is told. Completions run
// through the loop's ready queue, so never inside the call that started them.
#pragma once

#include <coroutine>
#include <optional>
#include <parley/core/async/callback.hpp>
#include <parley/core/async/guard.hpp>
#include <parley/core/async/state_pool.hpp>
#include <parley/core/error.hpp>
#include <parley/core/loop/loop.hpp>
#include <utility>

namespace parley {

class operation_base;

// Who can cancel an operation: whatever holds its completer.
class canceller {
 public:
  // Complete `op` with errc::cancelled if it has not ended. Exactly-once is kept
  // by the operation; what it stood for (a reply on its way) is still consumed.
  virtual void cancel(operation_base& op) = 0;

 protected:
  ~canceller() = default;
};

// What an exception that a callback threw is told to. An operation keeps it
// alive, since a callback may be given long after the operation has ended.
class fault_sink {
 public:
  virtual void callback_failed(const error& why) = 0;
  virtual void retain() noexcept {}
  virtual void release() noexcept {}

 protected:
  ~fault_sink() = default;
};

// The shared state, without its type. Reference counted by the operation, the
// completer and the ready queue; one thread.
class operation_base : public work {
 public:
  bool is_complete() const noexcept { return complete_; }

  // Asks the owner to end the operation with errc::cancelled.
  void cancel() {
    if (!complete_ && canceller_) canceller_->cancel(*this);
  }

  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) destroy();
  }

  void set_canceller(canceller* c) noexcept { canceller_ = c; }
  void set_fault_sink(fault_sink* s) noexcept {
    if (s) s->retain();
    if (faults_) faults_->release();
    faults_ = s;
  }
  loop& home() noexcept { return loop_; }
  // Free for the owner: finds what belongs to the operation.
  std::uintptr_t owner_data = 0;

  // Ends the operation with an error, whatever its type.
  virtual void complete_error(error why) = 0;

 protected:
  explicit operation_base(loop& home) noexcept : loop_(home) {}
  virtual ~operation_base() {
    if (faults_) faults_->release();
  }

  // The result is there: tell the waiter, if there is one.
  void completed() {
    complete_ = true;
    canceller_ = nullptr;
    if (has_waiter()) schedule();
  }
  void schedule() {
    retain();
    loop_.enqueue(*this);
  }
  void callback_failed(const error& why) {
    if (faults_) faults_->callback_failed(why);
  }

  virtual bool has_waiter() const noexcept = 0;
  virtual void deliver() = 0;
  virtual void destroy() noexcept = 0;

 private:
  void run() final {
    deliver();
    release();
  }

  loop& loop_;
  canceller* canceller_ = nullptr;
  fault_sink* faults_ = nullptr;
  std::uint32_t references_ = 0;
  bool complete_ = false;
};

// The shared state of an operation<T>, with room for its outcome. Its memory comes from
// a pool of the loop, as each call takes one. May be derived from, by who wants what
// carries the operation out in the same block: such a class overrides destroy(), and
// holds a reference where others hold a completer.
template <class T>
class operation_state : public operation_base {
 public:
  static operation_state* make(loop& home) {
    return ::new (home.pool().take(sizeof(operation_state))) operation_state(home);
  }

  void complete(result<T>&& r) {
    if (is_complete()) return;
    outcome_.emplace(std::move(r));
    completed();
  }
  void complete_error(error why) override { complete(std::unexpected(std::move(why))); }

  result<T> take() { return std::move(*outcome_); }

  void set_waiter(std::coroutine_handle<> h) noexcept {
    coroutine_ = h;
    if (is_complete()) schedule();
  }
  void forget_coroutine() noexcept { coroutine_ = nullptr; }
  void set_waiter(callback<void(result<T>)> f) {
    then_ = std::move(f);
    if (is_complete()) schedule();
  }

 protected:
  explicit operation_state(loop& home) noexcept : operation_base(home) {}
  ~operation_state() override = default;

  void destroy() noexcept override {
    this->~operation_state();
    state_pool::put(this);
  }

 private:
  bool has_waiter() const noexcept override { return coroutine_ || then_; }
  void deliver() override {
    if (auto h = std::exchange(coroutine_, nullptr)) return h.resume();
    if (!then_) return;
    // In place: the queue's reference keeps this state, whatever the callback drops.
    if (auto ok = guarded([&] { then_.call(std::move(*outcome_)); }); !ok) {
      callback_failed(ok.error());
    }
    then_.reset();
  }

  std::optional<result<T>> outcome_;
  std::coroutine_handle<> coroutine_;
  callback<void(result<T>)> then_;
};

// The user's end.
template <class T = void>
class [[nodiscard]] operation {
 public:
  using value_type = T;

  explicit operation(operation_state<T>* state) noexcept : state_(state) { state_->retain(); }
  operation(operation&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  operation& operator=(operation&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~operation() {
    if (!state_) return;
    // A coroutine that is destroyed while it awaits must not be resumed.
    state_->forget_coroutine();
    state_->release();
  }

  // An operation that has ended already.
  static operation finished(loop& home, result<T> r) {
    auto* state = operation_state<T>::make(home);
    operation op(state);
    state->complete(std::move(r));
    return op;
  }

  bool is_complete() const noexcept { return state_->is_complete(); }

  // Calls `f(result<T>)` once, from the loop. What it throws is reported to the
  // provider's observer. The operation is used up.
  template <class F>
  void then(F&& f) && {
    state_->set_waiter(callback<void(result<T>)>(std::forward<F>(f)));
    std::exchange(state_, nullptr)->release();
  }

  // Ends it with errc::cancelled, unless it has ended.
  void cancel() {
    if (state_) state_->cancel();
  }
  // A handle with which it can be cancelled while it is awaited.
  operation_state<T>* state() const noexcept { return state_; }

  // --- awaitable
  bool await_ready() const noexcept { return state_->is_complete(); }
  void await_suspend(std::coroutine_handle<> h) noexcept { state_->set_waiter(h); }
  result<T> await_resume() { return state_->take(); }

 private:
  operation_state<T>* state_;
};

// The other end: whoever carries the operation out. Completes it exactly once;
// destroyed without that, the operation ends with errc::cancelled.
template <class T = void>
class completer {
 public:
  completer() noexcept = default;
  explicit completer(loop& home) : state_(operation_state<T>::make(home)) { state_->retain(); }
  completer(completer&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  completer& operator=(completer&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~completer() {
    if (state_) complete(std::unexpected(error(errc::cancelled)));
  }

  explicit operator bool() const noexcept { return state_ != nullptr; }
  operation<T> op() const { return operation<T>(state_); }
  operation_state<T>* state() const noexcept { return state_; }

  void complete(result<T>&& r) {
    auto* state = std::exchange(state_, nullptr);
    if (!state) return;
    state->complete(std::move(r));
    state->release();
  }
  void complete(const result<T>& r) { complete(result<T>(r)); }

 private:
  operation_state<T>* state_ = nullptr;
};

}  // namespace parley
