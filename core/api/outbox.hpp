// What waits for one slow receiver among many, bounded in bytes, with the policy of the user's
// choice for what no longer fits (P18, P19).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/core/api/overflow.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley {

// What became of a message that was pushed.
enum class outbox_fate : std::uint8_t {
  queued,    // it waits; perhaps older ones went for it
  rejected,  // overflow::reject: the caller is to be told
  dropped,   // overflow::drop_newest, or it is larger than the whole box
  overrun,   // overflow::close: the receiver is to be dropped
};

// Message is cheap to copy, as many boxes hold the same one, and knows its size().
template <class Message>
class outbox {
 public:
  outbox(std::size_t max_bytes, overflow policy) noexcept
      : max_bytes_(max_bytes), policy_(policy) {}

  // `used`: bytes that wait elsewhere and count as well (the machine's output). With conflate,
  // `key` names the messages that replace each other; it is copied.
  outbox_fate push(const Message& message, std::string_view key, std::size_t used) {
    const std::size_t size = message.size();
    if (policy_ == overflow::conflate && replace(message, key)) return outbox_fate::queued;
    const auto fits = [&] { return used + bytes_ + size <= max_bytes_; };
    if (policy_ == overflow::drop_oldest || policy_ == overflow::conflate) {
      while (!empty() && !fits()) drop_oldest();
    }
    // One that would never fit is let through if nothing else waits: the limit is for queues.
    if (!fits() && used + bytes_ > 0) {
      ++lost_;
      if (policy_ == overflow::reject) return outbox_fate::rejected;
      return policy_ == overflow::close ? outbox_fate::overrun : outbox_fate::dropped;
    }
    if (first_ == entries_.size()) {
      entries_.clear();
      first_ = 0;
    }
    entries_.push_back({message, policy_ == overflow::conflate ? std::string(key) : std::string()});
    bytes_ += size;
    return outbox_fate::queued;
  }

  // The oldest, or nothing.
  std::optional<Message> pop() {
    if (empty()) return std::nullopt;
    Message oldest = std::move(entries_[first_].message);
    bytes_ -= oldest.size();
    ++first_;
    // What is gone is given back from time to time, and all of it once nothing waits.
    if (empty() || first_ >= 1024) {
      entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
      if (entries_.empty()) entries_.shrink_to_fit();
    }
    return oldest;
  }

  bool empty() const noexcept { return first_ == entries_.size(); }
  std::size_t count() const noexcept { return entries_.size() - first_; }
  std::size_t bytes() const noexcept { return bytes_; }
  // Messages that were given up so far: dropped, replaced or rejected.
  std::uint64_t lost() const noexcept { return lost_; }

 private:
  struct entry {
    Message message;
    std::string key;
  };

  // In the place of the one that it replaces: others of its channel may not overtake.
  bool replace(const Message& message, std::string_view key) {
    const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(first_);
    const auto found =
        std::find_if(begin, entries_.end(), [&](const entry& e) { return e.key == key; });
    if (found == entries_.end()) return false;
    bytes_ = bytes_ - found->message.size() + message.size();
    found->message = message;
    ++lost_;
    return true;
  }
  void drop_oldest() {
    (void)pop();
    ++lost_;
  }

  std::vector<entry> entries_;
  std::size_t first_ = 0;  // of entries_, those before are gone
  std::size_t bytes_ = 0;
  std::size_t max_bytes_;
  std::uint64_t lost_ = 0;
  overflow policy_;
};

}  // namespace parley
