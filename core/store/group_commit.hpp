// One sync() for all who wait in a turn of the loop: a hundred messages that arrived together cost
// one wait for the disk, not a hundred.
#pragma once

#include <parley/core/error.hpp>
#include <parley/core/intrusive.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/store/store.hpp>

namespace parley {

class group_commit;
class commit_waiter;

namespace detail {
struct commit_links {
  commit_waiter* before = nullptr;
  commit_waiter* after = nullptr;
};
}  // namespace detail

// Waits until what was staged so far is durable. Intrusive: waiting allocates nothing.
class commit_waiter : private detail::commit_links {
 public:
  // The outcome of sync(), from the loop's ready queue: outside of every drain. On success wake
  // the connection, whose machine now shows what it held back; on an error break it, as nothing
  // may be acknowledged. May wait again, and destroy anything.
  virtual void committed(const result<void>& outcome) = 0;

 protected:
  commit_waiter() = default;
  commit_waiter(const commit_waiter&) = delete;
  commit_waiter& operator=(const commit_waiter&) = delete;
  // Cancels, so that nobody is told who is gone.
  ~commit_waiter();

 private:
  friend group_commit;
  friend detail::intrusive_list<commit_waiter>;
  group_commit* at_ = nullptr;  // while it waits
  bool is_next_ = false;        // its sync() was made: it stands in telling_
};

// Borrows loop and store. May be destroyed at any moment of the loop's thread: who waits then is
// not told any more.
class group_commit {
 public:
  group_commit(loop& home, store& under);
  group_commit(const group_commit&) = delete;
  group_commit& operator=(const group_commit&) = delete;
  ~group_commit();

  // Tells `who` once, at the end of this turn at the latest. Waiting already: nothing to do.
  void wait(commit_waiter& who) noexcept;
  void cancel(commit_waiter& who) noexcept;
  // How often sync() was called.
  std::uint64_t syncs() const noexcept { return syncs_; }

 private:
  class turn;

  void run();

  loop& loop_;
  store& store_;
  turn* turn_;  // stays alive while it is queued, longer than this object if need be
  detail::intrusive_list<commit_waiter> waiting_;
  detail::intrusive_list<commit_waiter> telling_;
  std::uint64_t syncs_ = 0;
};

}  // namespace parley
