// Who waits for the reply to a command: one pooled block per operation, found
// again by the tag of the command.
#pragma once

#include <cstdint>
#include <memory>
#include <parley/codecs/resp/client.hpp>
#include <parley/codecs/resp/tree.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/async/state_pool.hpp>
#include <parley/core/time.hpp>
#include <string_view>
#include <utility>

namespace parley::detail {

// Doubly linked, so that it leaves its list wherever it stands.
class redis_waiter {
 public:
  virtual void on_reply(resp::element reply) = 0;
  virtual void on_error(const error& why) = 0;
  virtual void destroy() noexcept = 0;

  std::uint64_t tag() const noexcept { return reinterpret_cast<std::uintptr_t>(this); }
  static redis_waiter* of(std::uint64_t tag) noexcept {
    return reinterpret_cast<redis_waiter*>(static_cast<std::uintptr_t>(tag));
  }

  // For metrics: the command, and when it was given.
  std::string_view verb;  // static, or empty
  time_point since{};

 protected:
  redis_waiter() = default;
  ~redis_waiter() = default;

 private:
  friend class redis_waiters;
  redis_waiter* next_ = nullptr;
  redis_waiter* previous_ = nullptr;
};

// The waiters of one provider.
class redis_waiters {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept { return size_; }
  redis_waiter* first() const noexcept { return first_; }

  void add(redis_waiter& w) noexcept {
    w.next_ = first_;
    if (first_) first_->previous_ = &w;
    first_ = &w;
    ++size_;
  }
  void remove(redis_waiter& w) noexcept {
    (w.previous_ ? w.previous_->next_ : first_) = w.next_;
    if (w.next_) w.next_->previous_ = w.previous_;
    w.next_ = w.previous_ = nullptr;
    --size_;
  }

 private:
  redis_waiter* first_ = nullptr;
  std::size_t size_ = 0;
};

// A waiter whose reply becomes a T by `Convert`: result<T>(resp::element).
template <class T, class Convert>
class redis_command_waiter final : public redis_waiter {
 public:
  static redis_command_waiter* make(loop& home, Convert convert) {
    return ::new (home.pool().take(sizeof(redis_command_waiter)))
        redis_command_waiter(home, std::move(convert));
  }

  completer<T>& done() noexcept { return done_; }

  void on_reply(resp::element reply) override {
    if (reply.is_error()) return done_.complete(std::unexpected(resp::classify(reply.text())));
    done_.complete(convert_(reply));
  }
  void on_error(const error& why) override { done_.complete(std::unexpected(why)); }
  void destroy() noexcept override {
    this->~redis_command_waiter();
    state_pool::put(this);
  }

 private:
  redis_command_waiter(loop& home, Convert convert) : done_(home), convert_(std::move(convert)) {}

  completer<T> done_;
  Convert convert_;
};

}  // namespace parley::detail
