#include <algorithm>
#include <parley/codecs/resp/server/keyspace.hpp>

namespace parley::resp {

std::size_t keyspace::bytes(const entry& one) noexcept {
  // With its share of the index and of the room that the vector keeps free.
  return sizeof(entry) + 32 + heap_bytes(one.key_) + one.value_.bytes();
}

bool keyspace::is_expired(const entry& one, time_point now) const noexcept {
  return one.timer_ != entry::never && timers_[one.timer_].when < in_milliseconds(now);
}

std::uint32_t keyspace::position_of(const entry& one) const noexcept {
  return static_cast<std::uint32_t>(&one - &entries_[0]);
}

// ---- keys

entry* keyspace::find(std::string_view key, time_point now) {
  const std::size_t position = entries_.position_of(key);
  if (position == entries_.none) return nullptr;
  if (!is_expired(entries_[position], now)) return &entries_[position];
  erase_at(position);
  return nullptr;
}

entry& keyspace::set(std::string_view key, std::string_view text, time_point now) {
  const auto [found, made] = entries_.find_or_insert(key, [&] { return entry(key, object(text)); });
  if (made) {
    shared_->used_bytes += bytes(*found);
    return *found;
  }
  assign(*found, text);
  // An expired key is a new one.
  if (is_expired(*found, now)) clear_expiry(*found);
  return *found;
}

entry& keyspace::put(std::string_view key, object&& value) {
  const auto [found, made] = entries_.find_or_insert(key, [&] { return entry(key, object()); });
  if (!made) {
    shared_->used_bytes -= bytes(*found);
    clear_expiry(*found);
  }
  found->value_ = std::move(value);
  shared_->used_bytes += bytes(*found);
  return *found;
}

bool keyspace::erase(std::string_view key, time_point now) {
  entry* const found = find(key, now);
  if (found == nullptr) return false;
  erase(*found);
  return true;
}

void keyspace::erase(entry& which) { erase_at(position_of(which)); }

object keyspace::take(entry& which) {
  const std::size_t before = which.value_.bytes();
  object value = std::move(which.value_);
  which.value_ = object();
  shared_->used_bytes -= before - which.value_.bytes();
  erase(which);
  return value;
}

void keyspace::erase_at(std::size_t position) {
  clear_expiry(entries_[position]);
  const entry taken = entries_.take(position);
  shared_->used_bytes -= bytes(taken);
  // The last entry stands there now, and its timer must know.
  if (position < entries_.size() && entries_[position].timer_ != entry::never) {
    timers_[entries_[position].timer_].position = static_cast<std::uint32_t>(position);
  }
}

void keyspace::clear() noexcept {
  for (const entry& one : entries_) shared_->used_bytes -= bytes(one);
  entries_.clear();
  std::vector<timer>().swap(timers_);
}

void keyspace::swap(keyspace& other) noexcept {
  entries_.swap(other.entries_);
  timers_.swap(other.timers_);
}

void keyspace::assign(entry& which, std::string_view text) {
  const recount counted{*this, which.value_, which.value_.bytes()};
  which.value_.assign(text);
}

const shared_bytes* keyspace::share(entry& which) {
  const recount counted{*this, which.value_, which.value_.bytes()};
  return which.value_.share();
}

entry* keyspace::random(time_point now) {
  // Each expired key that is met is gone: this ends.
  while (!entries_.empty()) {
    const std::size_t position = shared_->random.below(entries_.size());
    if (!is_expired(entries_[position], now)) return &entries_[position];
    erase_at(position);
  }
  return nullptr;
}

keyspace::pop_status keyspace::pop_list(std::string_view key, bool front, time_point now,
                                        std::string& out) {
  entry* const found = find(key, now);
  if (found == nullptr) return pop_status::missing;
  list_object* const list = found->value_.as<list_object>();
  if (list == nullptr) return pop_status::wrong_type;
  out = front ? list->pop_front() : list->pop_back();
  if (list->size() == 0) erase(*found);
  return pop_status::popped;
}

// ---- expiry

std::optional<milliseconds_at> keyspace::expiry(const entry& which) const noexcept {
  if (which.timer_ == entry::never) return std::nullopt;
  return timers_[which.timer_].when;
}

void keyspace::set_expiry(entry& which, milliseconds_at when) {
  if (which.timer_ == entry::never) {
    timers_.push_back({});
    place_timer(timers_.size() - 1, {when, position_of(which)});
  } else {
    timers_[which.timer_].when = when;
  }
  sift_up(which.timer_);
  sift_down(which.timer_);
}

bool keyspace::clear_expiry(entry& which) noexcept {
  if (which.timer_ == entry::never) return false;
  drop_timer(which.timer_);
  which.timer_ = entry::never;
  return true;
}

std::optional<time_point> keyspace::next_expiry() const noexcept {
  if (timers_.empty()) return std::nullopt;
  // A key lives through its last millisecond. Times that the clock cannot name are never.
  using std::chrono::milliseconds;
  const milliseconds_at when = timers_.front().when;
  constexpr auto latest =
      std::chrono::floor<milliseconds>(time_point::max().time_since_epoch()).count();
  if (when >= latest) return time_point::max();
  if (when <= -latest) return time_point::min();
  return time_point(milliseconds(when + 1));
}

std::size_t keyspace::expire_some(time_point now, std::size_t most) {
  const milliseconds_at limit = in_milliseconds(now);
  std::size_t count = 0;
  for (; count < most && !timers_.empty() && timers_.front().when < limit; ++count) {
    erase_at(timers_.front().position);
  }
  return count;
}

void keyspace::place_timer(std::size_t at, timer what) noexcept {
  timers_[at] = what;
  entries_[what.position].timer_ = static_cast<std::uint32_t>(at);
}

void keyspace::sift_up(std::size_t at) noexcept {
  const timer what = timers_[at];
  for (; at != 0 && timers_[(at - 1) / 2].when > what.when; at = (at - 1) / 2) {
    place_timer(at, timers_[(at - 1) / 2]);
  }
  place_timer(at, what);
}

void keyspace::sift_down(std::size_t at) noexcept {
  const timer what = timers_[at];
  while (true) {
    std::size_t child = 2 * at + 1;
    if (child >= timers_.size()) break;
    if (child + 1 < timers_.size() && timers_[child + 1].when < timers_[child].when) ++child;
    if (timers_[child].when >= what.when) break;
    place_timer(at, timers_[child]);
    at = child;
  }
  place_timer(at, what);
}

void keyspace::drop_timer(std::size_t at) noexcept {
  const timer last = timers_.back();
  timers_.pop_back();
  if (at == timers_.size()) return;
  place_timer(at, last);
  sift_up(at);
  sift_down(entries_[last.position].timer_);
}

}  // namespace parley::resp
