// Who waits until the peer has confirmed what is listened to. For providers.
#pragma once

#include <cstddef>
#include <map>
#include <parley/core/api/speaker.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/error.hpp>
#include <parley/core/loop/timer.hpp>
#include <string_view>

namespace parley::detail {

// A speaker that the peer may refuse.
class refusable_speaker : public speaker_core {
 public:
  // It leaves its provider and forgets its callback, as if it had never listened. Whoever calls it
  // has a reference.
  virtual void refused() noexcept = 0;
};

// What a confirmation that did not come in time means to a provider.
class confirmations_owner {
 public:
  virtual error not_confirmed() const = 0;

 protected:
  ~confirmations_owner() = default;
};

// One speaker may wait several times. Completions run later; what refused() drops may destroy the
// owner of this, which is not looked at afterwards.
class confirmations final : private timer {
 public:
  confirmations(loop& home, const confirmations_owner& owner) noexcept
      : loop_(home), owner_(owner) {}

  // It has joined, and waits for so long; zero: until the answer. May throw bad_alloc.
  void add(refusable_speaker& who, completer<void> done, duration patience);
  // It leaves: whatever waits is told cancelled. Also one that does not wait.
  void remove(const speaker_core& who) noexcept;
  // Whether anybody waits for the filter that is its name.
  bool has(std::string_view filter) const noexcept { return all_.contains(filter); }
  std::size_t size() const noexcept { return all_.size(); }

  void confirm(std::string_view filter);
  // They do not listen, and may try again. Whoever was confirmed before stays.
  void refuse(std::string_view filter, const error& why);
  void refuse_all(const error& why);
  // The end of a provider: all are told cancelled.
  void clear() noexcept;

 private:
  struct waiter {
    refusable_speaker* who;
    completer<void> done;
    time_point until;
  };
  // By the name of its speaker. Is taken apart without memory.
  using waiters = std::multimap<std::string_view, waiter>;

  template <class Which>
  waiters take(waiters::iterator from, waiters::iterator to, Which&& is_meant) noexcept;
  waiters take_all(std::string_view filter) noexcept;
  static void tell_refused(waiters gone, const error& why);
  void fired(time_point now) override;

  loop& loop_;
  const confirmations_owner& owner_;
  waiters all_;
};

}  // namespace parley::detail
