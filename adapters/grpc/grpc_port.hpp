// The way from gRPC's threads to the loop's: a call tells what has happened to it from any thread,
// and hears of it again in the loop's. For the provider, and for who wraps typed calls of their own
// (grpc_typed.hpp does so for most).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <parley/core/intrusive.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/loop/timer.hpp>
#include <parley/core/loop/work.hpp>
#include <utility>

namespace parley {

class grpc_port;

// One call that gRPC is busy with. Counted; the first reference is gRPC's own, and ends with the
// event `ended`. Events are bits; those that come before the loop has heard of the ones before it
// are heard together. Each kind of event is told at most once at a time.
class grpc_call {
 public:
  // The event that gRPC is done with the call: no other comes afterwards. The other 31 bits are
  // free.
  static constexpr std::uint32_t ended = 1U << 31;

  grpc_call(const grpc_call&) = delete;
  grpc_call& operator=(const grpc_call&) = delete;

  // In any thread.
  void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  // Something has happened. In any thread. With `ended` this may be gone when it returns.
  void tell(std::uint32_t events);

  // In the loop's thread: this is to be aborted when the port is closed before it has ended.
  void enlist() noexcept;
  // No more; also where it is not enlisted. The end of a call does so by itself.
  void delist() noexcept;
  // Instead of the event `ended`, by who knows that gRPC touches this no more: gRPC's reference
  // ends. In the loop's thread, or inside happened_too_late().
  void has_ended() noexcept;
  // In the loop's thread: the port is being closed. To be cancelled or finished now; who waits is
  // told errc::cancelled.
  virtual void abort() noexcept {}
  // In the loop's thread: all that was told since the last time.
  virtual void happened(std::uint32_t events) = 0;
  // The same, when the port is closed: nobody waits any more. In any thread. What has been
  // received and not been answered is to be ended here.
  virtual void happened_too_late(std::uint32_t) noexcept {}

 protected:
  explicit grpc_call(std::shared_ptr<grpc_port> port) noexcept;
  virtual ~grpc_call() = default;
  const std::shared_ptr<grpc_port>& port() const noexcept { return port_; }

 private:
  friend grpc_port;
  const std::shared_ptr<grpc_port> port_;
  std::atomic<std::uint32_t> events_{0};  // told, and not heard
  std::atomic<std::uint32_t> references_{1};
  grpc_call* next_ = nullptr;

  // Among those that are enlisted.
  struct place {
    grpc_call* call;
    place* before = nullptr;
    place* after = nullptr;
  };
  place place_{this};
  bool is_enlisted_ = false;
};

// Shared by a provider and its calls, and outlives both. Made, closed and waited for in the loop's
// thread. While it is open it keeps a loop running that ends when nothing is left to wait for.
class grpc_port final : public work, public std::enable_shared_from_this<grpc_port>, private timer {
 public:
  explicit grpc_port(loop& home);

  // Aborts all calls. From here on the loop is not touched any more, and no call hears of anything
  // but by happened_too_late(), inside this function for those that wait.
  void close() noexcept;
  // Blocks until gRPC is done with every call. After close(), when all calls were cancelled or
  // finished: gRPC needs microseconds for that, and nothing of this thread.
  void wait_until_idle() const noexcept;
  // Calls that gRPC is busy with. In any thread.
  std::size_t busy() const noexcept { return busy_.load(std::memory_order_acquire); }

 private:
  friend grpc_call;
  // First in, first out.
  class queue {
   public:
    void push(grpc_call& c) noexcept {
      c.next_ = nullptr;
      *(last_ ? &last_->next_ : &first_) = &c;
      last_ = &c;
    }
    grpc_call* pop() noexcept {
      grpc_call* const c = first_;
      if (c != nullptr && (first_ = c->next_) == nullptr) last_ = nullptr;
      return c;
    }
    bool empty() const noexcept { return first_ == nullptr; }
    void swap(queue& other) noexcept {
      std::swap(first_, other.first_);
      std::swap(last_, other.last_);
    }

   private:
    grpc_call* first_ = nullptr;
    grpc_call* last_ = nullptr;
  };

  void run() override;
  void fired(time_point now) override;
  bool has_more(bool is_enough);
  bool push(grpc_call& c);
  void deliver(grpc_call& c, bool too_late);
  void call_ended() noexcept;

  mutable std::mutex mutex_;
  loop* loop_;                                     // null: closed
  queue told_;                                     // under the mutex
  std::shared_ptr<grpc_port> self_;                // while the loop has this as work
  queue hearing_;                                  // the loop's thread
  detail::intrusive_list<grpc_call::place> live_;  // the loop's thread
  std::atomic<std::size_t> busy_{0};
  std::atomic<int> waking_{0};  // threads that wake the loop just now
};

}  // namespace parley
