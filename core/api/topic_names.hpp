// The other direction of topic_index: names are stored, and found by filters with wildcards. For
// retained messages.
#pragma once

#include <cstddef>
#include <memory>
#include <parley/core/api/topic_tree.hpp>
#include <parley/core/api/topics.hpp>
#include <string_view>
#include <utility>

namespace parley {

// One T for each name. Memory: about 180 bytes for a name, its text and a T; forks as in
// topic_index.
template <class T>
class topic_names {
 public:
  // Give a seed from the loop's random source where peers choose the names.
  explicit topic_names(hash_seed seed = {}) noexcept : tree_(seed) {}
  topic_names(const topic_names&) = delete;
  topic_names& operator=(const topic_names&) = delete;
  ~topic_names() {
    tree_.clear([](void* entry) noexcept { delete static_cast<T*>(entry); });
  }

  // `name` is sound (is_topic_name). Replaces what is there. The reference is valid until this name
  // is erased. May throw bad_alloc, and then nothing has changed.
  T& set(std::string_view name, T what) {
    if (T* there = find(name)) return *there = std::move(what);
    auto made = std::make_unique<T>(std::move(what));
    tree_.insert(name, made.get());
    return *made.release();
  }
  T* find(std::string_view name) noexcept {
    auto* found = tree_.find(name);
    return found == nullptr ? nullptr : static_cast<T*>(found->entry);
  }
  // False if it was not there.
  bool erase(std::string_view name) noexcept {
    auto* found = tree_.find(name);
    if (found == nullptr) return false;
    delete static_cast<T*>(found->entry);
    tree_.erase(*found);
    return true;
  }

  // Calls tell(T&, name) for each name that the filter matches; those that came first at each level
  // are told first. A filter without wildcards is a look-up; '+' tries all names at its level, '#'
  // visits all below. Nothing may be set or erased meanwhile. Allocates nothing.
  template <class Tell>
  void match(std::string_view filter, Tell&& tell) {
    detail::name_walk walk(tree_, filter);
    while (const auto* found = walk.next()) {
      tell(*static_cast<T*>(found->entry), std::string_view(found->path));
    }
  }

  std::size_t size() const noexcept { return tree_.size(); }

 private:
  detail::topic_tree tree_;
};

}  // namespace parley
