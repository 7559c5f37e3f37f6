// The commands whose replies are still to come, in the order in which they were
// sent: RESP has no identifiers, order alone pairs replies with commands (P29).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/core/time.hpp>
#include <utility>
#include <vector>

namespace parley::resp {

// How a name is subscribed to.
enum class subscription : std::uint8_t { channel, pattern, shard };

// What a slot waits for.
enum class slot_kind : std::uint8_t {
  command,    // one reply
  handshake,  // one reply, for the handshake
  ping,       // one reply, for the liveness check
  subscribe,  // `confirmations` messages, or one error reply
};

// One command. A slot stays until its reply has come, whatever became of the
// caller: cancelling or timing out removes the waiter and never the slot.
struct in_flight_slot {
  std::uint64_t tag = 0;
  time_point deadline = time_point::max();
  std::uint32_t confirmations = 0;
  slot_kind what = slot_kind::command;
  subscription kind = subscription::channel;  // what is confirmed,
  bool on = true;                             // and whether it begins or ends
  bool abandoned = false;                     // nobody waits: parse the reply and drop it

  bool confirms(subscription k, bool begins) const noexcept {
    return what == slot_kind::subscribe && kind == k && on == begins;
  }
};

// A ring that grows and is not given back until release().
class in_flight {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  in_flight_slot& front() noexcept { return slots_[head_]; }
  const in_flight_slot& front() const noexcept { return slots_[head_]; }

  // May throw bad_alloc, and then changes nothing.
  void push(const in_flight_slot& slot) {
    if (size_ == slots_.size()) grow();
    slots_[(head_ + size_) & (slots_.size() - 1)] = slot;
    ++size_;
    if (slot.deadline < next_check_) next_check_ = slot.deadline;
  }

  void pop() noexcept {
    head_ = (head_ + 1) & (slots_.size() - 1);
    if (checked_ > 0) --checked_;
    // An answered slot leaves its deadline behind: a check that finds nothing to
    // do costs less than a search at each reply.
    if (--size_ == 0) next_check_ = later_ = time_point::max();
  }

  // The slot of a waiter, or null.
  in_flight_slot* find(std::uint64_t tag) noexcept {
    if (tag == 0) return nullptr;  // our own PING and handshake
    for (std::size_t i = 0; i < size_; ++i) {
      in_flight_slot& slot = at(i);
      if (slot.tag == tag && !slot.abandoned) return &slot;
    }
    return nullptr;
  }

  // Not later than the earliest deadline of a waiter.
  std::optional<time_point> next_check() const noexcept {
    if (next_check_ == time_point::max()) return std::nullopt;
    return next_check_;
  }

  // False: take_expired() has nothing to do.
  bool is_due(time_point now) const noexcept { return now >= next_check_; }

  // Abandons the first slot whose deadline has come and returns its tag. When
  // there is none, works out the next check and returns nothing.
  std::optional<std::uint64_t> take_expired(time_point now) noexcept {
    // Goes on where it stopped, so that many that expire together cost one pass.
    while (next_check_ != time_point::max() && now >= next_check_) {
      while (checked_ < size_) {
        in_flight_slot& slot = at(checked_++);
        if (slot.abandoned) continue;
        if (slot.deadline <= now) {
          slot.abandoned = true;
          return slot.tag;
        }
        later_ = std::min(later_, slot.deadline);
      }
      checked_ = 0;
      next_check_ = std::exchange(later_, time_point::max());
    }
    return std::nullopt;
  }

  void release() noexcept {
    if (empty()) std::vector<in_flight_slot>().swap(slots_);
  }

 private:
  in_flight_slot& at(std::size_t i) noexcept { return slots_[(head_ + i) & (slots_.size() - 1)]; }

  // Apart, so that push() stays small enough to be inlined.
  [[gnu::noinline]] void grow() {
    std::vector<in_flight_slot> larger(std::max<std::size_t>(8, slots_.size() * 2));
    for (std::size_t i = 0; i < size_; ++i) larger[i] = at(i);
    slots_.swap(larger);
    head_ = 0;
  }

  std::vector<in_flight_slot> slots_;  // a power of two of them, or none
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  std::size_t checked_ = 0;  // slots that the pass of take_expired() has seen
  time_point next_check_ = time_point::max();
  time_point later_ = time_point::max();  // the earliest deadline among them
};

}  // namespace parley::resp
