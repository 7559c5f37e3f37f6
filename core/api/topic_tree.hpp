// The tree of topics behind topic_index and topic_names. A node is what several filters (or names)
// have in common, whole levels of it:
//
//   sensors/kitchen/temperature        root -- sensors -+- kitchen/temperature
//   sensors/+/humidity                                  +- +/humidity
//
// so that a filter costs two nodes at most, however many levels it has. Literal children of all
// nodes stand in one hash table; '+' and '#' have a place of their own. Every walk is a loop that
// finds its way back by the parents: no recursion, no allocation, nothing noted in the tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <parley/core/hash_seed.hpp>
#include <parley/core/intrusive.hpp>
#include <string>
#include <string_view>

namespace parley::detail {

class topic_tree {
 public:
  struct node {
    std::string path;          // from the root to here: the whole filter or name
    std::uint32_t begin = 0;   // of its own part
    std::uint32_t levels = 0;  // in that
    node* parent = nullptr;
    void* entry = nullptr;            // the user's; without one the node is only a fork
    node* plus = nullptr;             // the child whose label begins with the level '+'
    node* multi = nullptr;            // the child whose label is '#'
    intrusive_list<node> children{};  // all of them, in the order in which they came
    node* before = nullptr;
    node* after = nullptr;
    node* chain = nullptr;
    std::uint64_t hash = 0;  // of parent and first level
    std::uint64_t id = 0;    // what children are hashed with

    // One level or more, without the separator before it.
    std::string_view label() const noexcept { return std::string_view(path).substr(begin); }
  };

  explicit topic_tree(hash_seed seed) noexcept : seed_(seed) {}
  topic_tree(const topic_tree&) = delete;
  topic_tree& operator=(const topic_tree&) = delete;
  // Cleared before: the entries are the user's.
  ~topic_tree() = default;

  // The node with this path and an entry, or null.
  node* find(std::string_view topic) const noexcept;
  // Sets the entry of a path that has none. May throw bad_alloc, and then nothing has changed.
  void insert(std::string_view topic, void* entry);
  // Takes the entry away, and the nodes that nobody needs any more.
  void erase(node& n) noexcept;
  // Takes all away; `free_entry` gets each entry.
  void clear(void (*free_entry)(void*) noexcept) noexcept;
  // Entries.
  std::size_t size() const noexcept { return size_; }
  // What the tree is made of, for tests of its bounds.
  std::size_t nodes() const noexcept { return count_; }

 private:
  friend class filter_walk;
  friend class name_walk;

  node* child_of(const node& parent, std::string_view level) const noexcept;
  node* literal_child(const node& parent, std::string_view level) const noexcept;
  std::uint64_t hash_in(const node& parent, std::string_view level) const noexcept;
  void link(node& parent, node& child) noexcept;
  void key(node& parent, node& child) noexcept;
  void unkey(node& child) noexcept;
  void take_place(node& old, node& other) noexcept;
  void split(node& lower, node& upper) noexcept;
  void join_with_child(node& upper) noexcept;
  void drop(node& leaf) noexcept;
  std::unique_ptr<node> make(std::string_view path, std::size_t begin);

  hash_seed seed_;
  node root_;
  chained_table<node> table_;
  std::uint64_t ids_ = 0;
  std::size_t count_ = 0;
  std::size_t size_ = 0;
};

// Visits the nodes with entries whose filters match a name (MQTT 5 section 4.7). The order depends
// on nothing but the filters: "x/#" before what continues x, a literal level before '+'.
class filter_walk {
 public:
  filter_walk(const topic_tree& tree, std::string_view name) noexcept;
  // The next one, or null. The tree must not change meanwhile.
  const topic_tree::node* next() noexcept;

 private:
  enum class step : std::uint8_t { arrive, multi, literal, plus, leave };

  // Moves into `child` if its levels match. Returns it if it ends with '#': then it matches
  // already, and there is nothing to move into.
  const topic_tree::node* enter(const topic_tree::node* child) noexcept;
  void leave() noexcept;

  const topic_tree& tree_;
  std::string_view name_;
  const topic_tree::node* at_;
  std::size_t position_ = 0;  // where the next level begins; one behind the end: there is none
  step step_ = step::arrive;
  bool is_reserved_;  // "$SYS/...": not for filters that begin with a wildcard
};

// The other direction: the nodes whose names a filter matches, names that came first before
// others at each fork.
class name_walk {
 public:
  name_walk(const topic_tree& tree, std::string_view filter) noexcept;
  const topic_tree::node* next() noexcept;

 private:
  bool is_used_up() const noexcept { return position_ > filter_.size(); }
  const topic_tree::node* next_child() const noexcept;
  bool enter(const topic_tree::node& child) noexcept;
  void leave() noexcept;

  const topic_tree& tree_;
  std::string_view filter_;
  const topic_tree::node* at_;
  const topic_tree::node* last_ = nullptr;  // the child that was visited before
  std::size_t position_ = 0;                // in the filter; stays at a '#'
  std::size_t depth_ = 0;                   // levels of the name so far
  std::size_t filter_depth_ = 0;            // levels of the filter before position_
  bool is_arriving_ = true;
};

}  // namespace parley::detail
