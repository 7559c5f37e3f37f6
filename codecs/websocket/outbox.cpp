#include <algorithm>
#include <parley/codecs/websocket/outbox.hpp>
#include <utility>

namespace parley::websocket {

outbox_fate outbox::push(const shared_message& message, std::string_view key, std::size_t used) {
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

// In the place of the one that it replaces: others of its channel may not overtake.
bool outbox::replace(const shared_message& message, std::string_view key) {
  const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(first_);
  const auto found =
      std::find_if(begin, entries_.end(), [&](const entry& e) { return e.key == key; });
  if (found == entries_.end()) return false;
  bytes_ = bytes_ - found->message.size() + message.size();
  found->message = message;
  ++lost_;
  return true;
}

void outbox::drop_oldest() noexcept {
  (void)pop();
  ++lost_;
}

std::optional<shared_message> outbox::pop() {
  if (empty()) return std::nullopt;
  shared_message oldest = std::move(entries_[first_].message);
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

}  // namespace parley::websocket
