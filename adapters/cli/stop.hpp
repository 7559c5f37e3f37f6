// Why the program ends, said by whoever is first: a signal, the last message that
// was wanted, a deadline, a failure. Everything that the program awaits ends then.
#pragma once

#include <atomic>
#include <optional>
#include <parley/core/async/task.hpp>
#include <parley/core/error.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::cli {

// Must outlive the loop: what was posted may be delivered last.
class stop {
 public:
  stop() = default;
  stop(const stop&) = delete;
  stop& operator=(const stop&) = delete;

  // Before anything else, on the loop's thread.
  void bind(loop& home) noexcept { home_ = &home; }

  // The first request counts. Takes effect at the end of the loop's turn, so that
  // it may be made inside any callback.
  void request(int exit_code, std::optional<error> why = std::nullopt);
  // The same, from another thread; to be called once.
  void post(int exit_code);

  bool is_requested() const noexcept { return requested_; }
  int exit_code() const noexcept { return exit_code_; }
  // What is to be reported, or null.
  const error* why() const noexcept { return why_ ? &*why_ : nullptr; }

  // Awaits `op`, which a request cancels.
  template <class T>
  task<result<T>> unless_stopped(operation<T> op) {
    if (requested_) op.cancel();
    current_ = op.state();
    auto outcome = co_await op;
    current_ = nullptr;
    co_return outcome;
  }
  // Ends when the stop was requested.
  operation<void> requested();

 private:
  struct effect : work {
    explicit effect(stop& s) : owner(s) {}
    void run() override;
    stop& owner;
  };
  struct signal : work {
    explicit signal(stop& s) : owner(s) {}
    void run() override { owner.request(exit_code); }
    stop& owner;
    int exit_code = 0;
  };

  loop* home_ = nullptr;
  effect effect_{*this};
  signal signal_{*this};
  operation_base* current_ = nullptr;
  completer<void> waiting_;
  std::optional<error> why_;
  int exit_code_ = 0;
  bool requested_ = false;
};

}  // namespace parley::cli
