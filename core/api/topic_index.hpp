// Who listens to what: filters to subscribers. Filters without wildcards are looked up, the others
// are tried one after the other, which is right for some hundreds of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <parley/core/api/topics.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parley {

// Refers to subscribers and never touches them. One may stand under several filters, and under the
// same one as often as it was added.
template <class Subscriber>
class topic_index {
 public:
  void add(std::string_view filter, Subscriber& who) {
    if (!has_wildcard(filter)) {
      const auto found = exact_.find(filter);
      auto& to = found == exact_.end() ? exact_[std::string(filter)] : found->second;
      to.push_back(&who);
      return;
    }
    const auto found = find_wild(filter);
    auto& entry = found == wild_.end() ? wild_.emplace_back(std::string(filter)) : *found;
    entry.who.push_back(&who);
  }

  // False if it was not there.
  bool remove(std::string_view filter, const Subscriber& who) noexcept {
    if (!has_wildcard(filter)) {
      const auto found = exact_.find(filter);
      if (found == exact_.end() || !take(found->second, who)) return false;
      if (found->second.empty()) exact_.erase(found);
      return true;
    }
    const auto found = find_wild(filter);
    if (found == wild_.end() || !take(found->who, who)) return false;
    if (found->who.empty()) wild_.erase(found);
    return true;
  }

  // Calls tell(Subscriber&, filter) for each that listens to `name`; for one with several filters
  // that match, several times. Nothing may be added or removed meanwhile.
  template <class Tell>
  void match(std::string_view name, Tell tell) const {
    if (const auto found = exact_.find(name); found != exact_.end()) {
      for (Subscriber* who : found->second) tell(*who, std::string_view(found->first));
    }
    for (const wild_entry& entry : wild_) {
      if (!topic_matches(entry.filter, name)) continue;
      for (Subscriber* who : entry.who) tell(*who, std::string_view(entry.filter));
    }
  }

  // Different filters.
  std::size_t size() const noexcept { return exact_.size() + wild_.size(); }

 private:
  using list = std::vector<Subscriber*>;
  struct wild_entry {
    explicit wild_entry(std::string f) : filter(std::move(f)) {}
    std::string filter;
    list who;
  };
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept {
      return std::hash<std::string_view>()(s);
    }
  };

  static bool take(list& from, const Subscriber& who) noexcept {
    const auto found = std::find(from.begin(), from.end(), &who);
    if (found == from.end()) return false;
    // The order of the others stays: who came first is told first.
    from.erase(found);
    return true;
  }
  auto find_wild(std::string_view filter) noexcept {
    return std::find_if(wild_.begin(), wild_.end(),
                        [&](const wild_entry& e) { return e.filter == filter; });
  }

  std::unordered_map<std::string, list, hash, std::equal_to<>> exact_;
  std::vector<wild_entry> wild_;
};

}  // namespace parley
