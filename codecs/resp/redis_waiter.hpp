// Who waits for the reply to a command: the state of the operation itself, found again
// by the tag of the command, so that an operation is one pooled block. A waiter stands in one list
// at a time: of the backlog, of the pool's queue, or of the connection that its command was sent
// on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/resp/client.hpp>
#include <parley/codecs/resp/tree.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/async/state_pool.hpp>
#include <parley/core/time.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::detail {

class redis_waiters;

// A command that waits for a connection: its words, copied.
class redis_held {
 public:
  redis_held(std::span<const std::string_view> words, std::optional<time_point> until);

  // The words again; none: a connection is wanted and no command sent (acquire()).
  std::span<const std::string_view> words() const noexcept { return words_; }
  // What it takes of a queue's bound.
  std::size_t bytes() const noexcept { return text_.size() + cost; }
  // When it gives up waiting; nothing: never.
  std::optional<time_point> until() const noexcept { return until_; }

 private:
  static constexpr std::size_t cost = 128;  // the objects around the text

  std::string text_;
  std::vector<std::string_view> words_;
  std::optional<time_point> until_;
};

class redis_waiter {
 public:
  virtual void on_reply(resp::element reply) = 0;
  virtual void on_error(const error& why) = 0;
  // Its last call: the operation has ended, or ends with errc::cancelled.
  virtual void let_go() noexcept = 0;

  std::uint64_t tag() const noexcept { return reinterpret_cast<std::uintptr_t>(this); }
  static redis_waiter* of(std::uint64_t tag) noexcept {
    return reinterpret_cast<redis_waiter*>(static_cast<std::uintptr_t>(tag));
  }
  // Where it stands: what waits for a connection, or for the replies of one.
  redis_waiters* list() const noexcept { return list_; }

  // For metrics: the command, and when it was given.
  std::string_view verb;  // static, or empty
  time_point since{};
  // While it waits for a connection.
  std::unique_ptr<redis_held> held;

 protected:
  redis_waiter() = default;
  ~redis_waiter() = default;

 private:
  friend class redis_waiters;
  redis_waiters* list_ = nullptr;
  redis_waiter* next_ = nullptr;
  redis_waiter* previous_ = nullptr;
};

// First in, first out; doubly linked, so that one leaves wherever it stands.
class redis_waiters {
 public:
  redis_waiters() = default;
  redis_waiters(const redis_waiters&) = delete;
  redis_waiters& operator=(const redis_waiters&) = delete;

  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept { return size_; }
  redis_waiter* first() const noexcept { return first_; }

  void add(redis_waiter& w) noexcept {
    w.list_ = this;
    w.previous_ = last_;
    (last_ ? last_->next_ : first_) = &w;
    last_ = &w;
    ++size_;
  }
  void remove(redis_waiter& w) noexcept {
    (w.previous_ ? w.previous_->next_ : first_) = w.next_;
    (w.next_ ? w.next_->previous_ : last_) = w.previous_;
    w.next_ = w.previous_ = nullptr;
    w.list_ = nullptr;
    --size_;
  }

 private:
  redis_waiter* first_ = nullptr;
  redis_waiter* last_ = nullptr;
  std::size_t size_ = 0;
};

// A waiter and the operation that it ends.
template <class T>
class redis_operation : public operation_state<T>, public redis_waiter {
 public:
  operation<T> op() noexcept { return operation<T>(this); }

  void on_error(const error& why) override { this->complete(std::unexpected(why)); }
  void let_go() noexcept override {
    held.reset();
    if (!this->is_complete()) on_error(error(errc::cancelled));
    this->release();
  }

 protected:
  // With the reference that let_go() gives back.
  explicit redis_operation(loop& home) noexcept : operation_state<T>(home) { this->retain(); }
  ~redis_operation() override = default;
};

// One whose reply becomes a T by `Convert`: result<T>(resp::element).
template <class T, class Convert>
class redis_command_waiter final : public redis_operation<T> {
 public:
  static redis_command_waiter* make(loop& home, Convert convert) {
    return ::new (home.pool().take(sizeof(redis_command_waiter)))
        redis_command_waiter(home, std::move(convert));
  }

  void on_reply(resp::element reply) override {
    if (reply.is_error()) return this->complete(std::unexpected(resp::classify(reply.text())));
    this->complete(convert_(reply));
  }

 private:
  redis_command_waiter(loop& home, Convert convert)
      : redis_operation<T>(home), convert_(std::move(convert)) {}
  void destroy() noexcept override {
    this->~redis_command_waiter();
    state_pool::put(this);
  }

  Convert convert_;
};

}  // namespace parley::detail
