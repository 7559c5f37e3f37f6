// Work that waits to be run by a loop: intrusive, so that queueing allocates
// nothing and cannot fail.
#pragma once

#include <atomic>

namespace parley {

class work_queue;
class work_stack;

// Derive from it, and keep the object alive until run() was called. An item can
// stand in one queue at a time.
class work {
 public:
  // Called once, by the loop's thread, at the end of a turn. May destroy the
  // object, queue it again, and call anything.
  virtual void run() = 0;

 protected:
  work() = default;
  work(const work&) = delete;
  work& operator=(const work&) = delete;
  ~work() = default;

 private:
  friend work_queue;
  friend work_stack;
  work* next_ = nullptr;
};

// First in, first out; one thread.
class work_queue {
 public:
  bool empty() const noexcept { return head_ == nullptr; }

  void push(work& item) noexcept {
    item.next_ = nullptr;
    *tail_ = &item;
    tail_ = &item.next_;
  }

  work* pop() noexcept {
    work* item = head_;
    if (!item) return nullptr;
    head_ = item->next_;
    if (!head_) tail_ = &head_;
    return item;
  }

  work_queue() = default;
  work_queue(const work_queue&) = delete;
  work_queue& operator=(const work_queue&) = delete;

 private:
  work* head_ = nullptr;
  work** tail_ = &head_;
};

// Filled by any thread without a lock, emptied by the loop's thread.
class work_stack {
 public:
  // True if it was empty: then the loop has to be woken.
  bool push(work& item) noexcept {
    work* old = head_.load(std::memory_order_relaxed);
    do {
      item.next_ = old;
    } while (!head_.compare_exchange_weak(old, &item, std::memory_order_release,
                                          std::memory_order_relaxed));
    return old == nullptr;
  }

  // Moves everything to `to`, in the order in which it was pushed.
  void take_all(work_queue& to) noexcept {
    work* item = head_.exchange(nullptr, std::memory_order_acquire);
    work* first = nullptr;
    while (item) {
      work* next = item->next_;
      item->next_ = first;
      first = item;
      item = next;
    }
    while (first) {
      work* next = first->next_;
      to.push(*first);
      first = next;
    }
  }

  bool empty() const noexcept { return head_.load(std::memory_order_relaxed) == nullptr; }

 private:
  std::atomic<work*> head_{nullptr};
};

}  // namespace parley
