// Packet identifiers of exactly-once messages that came in, sorted. Few at any time: the receive
// maximum bounds them.
//
// Internal to codecs/mqtt.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace parley::mqtt::detail {

class id_set {
 public:
  struct entry {
    std::uint16_t id = 0;
    bool counted = false;  // it came on this connection
  };

  entry* find(std::uint16_t id) noexcept {
    const auto at = place(id);
    return at != all_.end() && at->id == id ? &*at : nullptr;
  }
  bool contains(std::uint16_t id) const noexcept {
    return std::ranges::binary_search(all_, id, {}, &entry::id);
  }
  // So that insert() cannot fail.
  void reserve_one() {
    if (all_.size() == all_.capacity()) all_.reserve(std::max<std::size_t>(8, 2 * all_.size()));
  }
  void insert(entry e) noexcept { all_.insert(place(e.id), e); }
  void erase(std::uint16_t id) noexcept { all_.erase(place(id)); }
  void uncount_all() noexcept {
    for (entry& e : all_) e.counted = false;
  }
  void clear() noexcept { all_.clear(); }
  void release() noexcept {
    if (all_.empty()) std::vector<entry>().swap(all_);
  }
  std::size_t size() const noexcept { return all_.size(); }
  const std::vector<entry>& all() const noexcept { return all_; }

 private:
  std::vector<entry>::iterator place(std::uint16_t id) noexcept {
    return std::ranges::lower_bound(all_, id, {}, &entry::id);
  }

  std::vector<entry> all_;
};

}  // namespace parley::mqtt::detail
