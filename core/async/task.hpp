// task<T>: a coroutine that awaits operations and other tasks, and spawn(), which
// starts one on a loop. No symmetric transfer: g++ 12 overflows the stack with
// it at -O0 and under ASan.
#pragma once

#include <coroutine>
#include <optional>
#include <parley/core/async/operation.hpp>
#ifdef __cpp_exceptions
#include <exception>
#endif

namespace parley {

template <class T>
class task;

namespace detail {

// The part of a promise that does not depend on T: who waits for the task.
class task_promise_base {
 public:
  std::suspend_always initial_suspend() const noexcept { return {}; }

  // Resumes who awaits the task, unless the awaiting side is still inside its
  // await_suspend: it then sees that the task is done and goes on by itself.
  struct final_awaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> h) const noexcept {
      task_promise_base& p = h.promise();
      if (!p.starting_ && p.continuation_) p.continuation_.resume();
    }
    void await_resume() const noexcept {}
  };
  final_awaiter final_suspend() const noexcept { return {}; }

#ifdef __cpp_exceptions
  void unhandled_exception() noexcept { thrown_ = std::current_exception(); }
  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }
  bool has_thrown() const noexcept { return thrown_ != nullptr; }
#else
  void unhandled_exception() noexcept { __builtin_trap(); }
  void rethrow() const {}
#endif

  std::coroutine_handle<> continuation_;
  bool starting_ = false;

 private:
#ifdef __cpp_exceptions
  std::exception_ptr thrown_;
#endif
};

template <class T>
class task_promise : public task_promise_base {
 public:
  task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& v) {
    value_.emplace(std::forward<U>(v));
  }
  T take() {
    rethrow();
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class task_promise<void> : public task_promise_base {
 public:
  task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const { rethrow(); }
};

}  // namespace detail

// Starts when it is awaited or spawned. What its body throws comes out of the
// co_await of whoever awaits it.
template <class T = void>
class [[nodiscard]] task {
 public:
  using promise_type = detail::task_promise<T>;

  explicit task(std::coroutine_handle<promise_type> h) noexcept : handle_(h) {}
  task(task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiter) noexcept {
    auto& promise = handle_.promise();
    promise.continuation_ = waiter;
    promise.starting_ = true;
    handle_.resume();
    promise.starting_ = false;
    return !handle_.done();
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

template <class T>
task<T> detail::task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> detail::task_promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

namespace detail {

// The outermost frame of a spawned task; frees itself.
struct detached {
  struct promise_type {
    detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { __builtin_trap(); }
  };
};

// What an operation made of a task<T> ends with: of a task<result<U>> it is U, so
// that a task can fail.
template <class T>
struct spawned {
  using type = T;
};
template <class U>
struct spawned<result<U>> {
  using type = U;
};

template <class T>
detached run_detached(task<T> body, completer<typename spawned<T>::type> done) {
#ifdef __cpp_exceptions
  std::optional<error> thrown;
  try {
#endif
    if constexpr (std::is_void_v<T>) {
      co_await body;
      done.complete({});
    } else {
      T outcome = co_await body;
      done.complete(std::move(outcome));
    }
#ifdef __cpp_exceptions
  } catch (const std::exception& e) {
    thrown.emplace(errc::callback_threw, e.what());
  } catch (...) {
    thrown.emplace(errc::callback_threw);
  }
  if (thrown) done.complete(std::unexpected(std::move(*thrown)));
#endif
}

}  // namespace detail

// Starts `body` at once and returns an operation that ends with it: of a
// task<result<U>> an operation<U>. What the body throws becomes
// errc::callback_threw. Dropping the operation lets the task run on.
template <class T>
operation<typename detail::spawned<T>::type> spawn(loop& home, task<T> body) {
  completer<typename detail::spawned<T>::type> done(home);
  auto op = done.op();
  detail::run_detached(std::move(body), std::move(done));
  return op;
}

}  // namespace parley
