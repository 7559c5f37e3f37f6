#include <parley/codecs/resp/server/waiting_list.hpp>

namespace parley::resp {

waiter& waiting_list::add(std::unique_ptr<waiter> one) {
  waiter& w = *one;
  w.number = ++arrivals_;
  waiters_.emplace(w.number, std::move(one));
  for (const std::string& key : w.keys) queues_[{w.database, key}].emplace(w.number, &w);
  if (w.deadline) deadlines_.emplace(*w.deadline, w.number);
  return w;
}

void waiting_list::remove(waiter& one) noexcept {
  for (const std::string& key : one.keys) {
    const auto at = queues_.find(place_view(one.database, key));
    // A key that was named twice has only one place.
    if (at == queues_.end()) continue;
    at->second.erase(one.number);
    if (at->second.empty()) queues_.erase(at);
  }
  if (one.deadline) deadlines_.erase({*one.deadline, one.number});
  waiters_.erase(one.number);
}

waiter* waiting_list::first(std::uint32_t database, std::string_view key) const noexcept {
  const auto at = queues_.find(place_view(database, key));
  return at == queues_.end() ? nullptr : at->second.begin()->second;
}

waiter* waiting_list::first_expired(time_point now) const noexcept {
  if (deadlines_.empty() || deadlines_.begin()->first > now) return nullptr;
  return waiters_.find(deadlines_.begin()->second)->second.get();
}

std::optional<time_point> waiting_list::next_deadline() const noexcept {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

std::vector<std::string> waiting_list::keys_of(std::uint32_t database) const {
  std::vector<std::string> keys;
  const auto begin = queues_.lower_bound(place_view(database, {}));
  for (auto at = begin; at != queues_.end() && at->first.first == database; ++at) {
    keys.push_back(at->first.second);
  }
  return keys;
}

}  // namespace parley::resp
