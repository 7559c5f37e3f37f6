#include <parley/core/store/group_commit.hpp>
#include <utility>

namespace parley {

// What the loop's queue holds, since an item cannot be taken out of it.
class group_commit::turn final : public work {
 public:
  explicit turn(group_commit& owner) noexcept : owner_(&owner) {}

  void request() noexcept {
    if (std::exchange(is_queued_, true)) return;
    owner_->loop_.enqueue(*this);
  }
  // The owner is going.
  void abandon() noexcept {
    owner_ = nullptr;
    if (!is_queued_ && !is_running_) delete this;
  }
  bool is_abandoned() const noexcept { return owner_ == nullptr; }

  void run() override {
    is_queued_ = false;
    is_running_ = true;
    const guard leaving{*this};
    if (owner_ != nullptr) owner_->run();
  }

 private:
  // Also when a waiter throws.
  struct guard {
    turn& self;
    ~guard() {
      self.is_running_ = false;
      if (self.owner_ == nullptr && !self.is_queued_) delete &self;
    }
  };

  group_commit* owner_;
  bool is_queued_ = false;
  bool is_running_ = false;
};

commit_waiter::~commit_waiter() {
  if (at_ != nullptr) at_->cancel(*this);
}

group_commit::group_commit(loop& home, store& under)
    : loop_(home), store_(under), turn_(new turn(*this)) {}

group_commit::~group_commit() {
  while (waiting_.first != nullptr) cancel(*waiting_.first);
  while (telling_.first != nullptr) cancel(*telling_.first);
  turn_->abandon();
}

void group_commit::wait(commit_waiter& who) noexcept {
  // One whose sync() was made before this change needs the next one.
  if (who.at_ == this && !who.is_next_) return;
  if (who.at_ != nullptr) who.at_->cancel(who);
  who.at_ = this;
  who.is_next_ = false;
  waiting_.push_back(who);
  turn_->request();
}

void group_commit::cancel(commit_waiter& who) noexcept {
  if (who.at_ != this) return;
  who.at_ = nullptr;
  (who.is_next_ ? telling_ : waiting_).erase(who);
}

void group_commit::run() {
  if (waiting_.first == nullptr) return;
  ++syncs_;
  const result<void> outcome = store_.sync();
  while (commit_waiter* who = waiting_.first) {
    waiting_.erase(*who);
    who->is_next_ = true;
    telling_.push_back(*who);
  }
  // A waiter may destroy this object; `turn_` then outlives it, as it is running.
  const turn* const running = turn_;
  while (!running->is_abandoned() && telling_.first != nullptr) {
    commit_waiter& who = *telling_.first;
    cancel(who);
    who.committed(outcome);
  }
}

}  // namespace parley
