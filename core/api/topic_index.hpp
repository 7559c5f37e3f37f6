// Who listens to what: filters to subscribers, for hundreds of thousands of filters. A name costs
// as many look-ups as it has levels, and one more for each '+' on its way, however many filters
// there are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <parley/core/api/topic_tree.hpp>
#include <parley/core/api/topics.hpp>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace parley {

// Nothing is noted beside a subscriber.
struct no_options {};

// Refers to subscribers and never touches them. One may stand under several filters, and under the
// same one as often as it was added. `Options` is what a broker keeps beside each (quality of
// service, subscription identifier ...): small, as it is moved when others leave.
//
// Memory: about 230 bytes for a filter with one subscriber, and its text; a fork of the tree takes
// 150 and the text up to there. One fork for each filter at most, whatever the number of levels.
template <class Subscriber, class Options = no_options>
class topic_index {
 public:
  // Give a seed from the loop's random source where peers choose filters or names.
  explicit topic_index(hash_seed seed = {}) noexcept : tree_(seed) {}
  topic_index(const topic_index&) = delete;
  topic_index& operator=(const topic_index&) = delete;
  ~topic_index() {
    tree_.clear([](void* entry) noexcept { delete static_cast<list*>(entry); });
  }

  // `filter` is sound (is_topic_filter). May throw bad_alloc, and then nothing has changed.
  void add(std::string_view filter, Subscriber& who, Options options = {}) {
    if (auto* found = tree_.find(filter)) {
      list_of(*found).push_back({&who, std::move(options)});
      return;
    }
    auto made = std::make_unique<list>();
    made->push_back({&who, std::move(options)});
    tree_.insert(filter, made.get());
    (void)made.release();
  }

  // False if it was not there. Looks through the subscribers of this filter.
  bool remove(std::string_view filter, const Subscriber& who) noexcept {
    auto* found = tree_.find(filter);
    if (found == nullptr) return false;
    list& from = list_of(*found);
    const auto place = place_of(from, who);
    if (place == from.end()) return false;
    // The order of the others stays: who came first is told first.
    from.erase(place);
    if (from.empty()) {
      delete &from;
      tree_.erase(*found);
    }
    return true;
  }

  // The options of the first that `who` was added with, to be read or changed; null if it was not.
  // Valid until the next add or remove.
  Options* find(std::string_view filter, const Subscriber& who) noexcept {
    auto* found = tree_.find(filter);
    if (found == nullptr) return nullptr;
    list& in = list_of(*found);
    const auto place = place_of(in, who);
    return place == in.end() ? nullptr : &place->options;
  }

  // Calls tell(Subscriber&, filter) or tell(Subscriber&, const Options&, filter) for each that
  // listens to `name`; for one with several filters that match, several times. The order is that of
  // the filters' levels (x before "x/#", that before what continues x, a literal level before '+'),
  // and for one filter that of adding. Nothing may be added or removed meanwhile. Allocates
  // nothing.
  template <class Tell>
  void match(std::string_view name, Tell&& tell) const {
    detail::filter_walk walk(tree_, name);
    while (const auto* found = walk.next()) {
      const std::string_view filter = found->path;
      for (const subscription& each : list_of(*found)) {
        if constexpr (std::is_invocable_v<Tell&, Subscriber&, const Options&, std::string_view>) {
          tell(*each.who, each.options, filter);
        } else {
          tell(*each.who, filter);
        }
      }
    }
  }

  // Different filters.
  std::size_t size() const noexcept { return tree_.size(); }

 private:
  struct subscription {
    Subscriber* who;
    [[no_unique_address]] Options options;
  };
  using list = std::vector<subscription>;

  static list& list_of(const detail::topic_tree::node& n) noexcept {
    return *static_cast<list*>(n.entry);
  }
  static auto place_of(list& in, const Subscriber& who) noexcept {
    return std::ranges::find(in, &who,
                             [](const subscription& s) -> const Subscriber* { return s.who; });
  }

  detail::topic_tree tree_;
};

}  // namespace parley
