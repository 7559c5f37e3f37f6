// Members with scores, in order of score and then of bytes: a skip list whose links know
// how far they reach, so that ranks cost O(log n), and a table from member to node.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <parley/codecs/resp/server/dense_table.hpp>
#include <parley/codecs/resp/server/keyspace_shared.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::resp {

class sorted_set {
 public:
  class node;

  // A place in the order; `rank` counts from 0. At the end: null and size().
  struct place {
    const node* at = nullptr;
    std::size_t rank = 0;
  };

  explicit sorted_set(keyspace_shared& shared);
  sorted_set(const sorted_set&) = delete;
  sorted_set& operator=(const sorted_set&) = delete;
  ~sorted_set();

  std::size_t size() const noexcept { return members_.size(); }
  // O(1). Null if there is no such member.
  const node* find(std::string_view member) const noexcept;
  // The ends; null if empty. O(1).
  const node* front() const noexcept { return heads_[0].next; }
  const node* back() const noexcept { return last_; }
  // By chance; not empty. `position` is below size().
  const node* by_position(std::size_t position) const noexcept { return members_[position]; }

  // Adds the member or moves it. The score is no NaN. True if it is new. O(log n).
  bool set(std::string_view member, double score);
  bool erase(std::string_view member);
  // Invalidates `which`.
  void erase(const node& which);

  std::size_t rank_of(const node& which) const noexcept;
  // The node with this rank; null behind the last. O(log n).
  const node* at(std::size_t rank) const noexcept;
  // The first place where `is_behind(node)` is true; it must be false for all nodes
  // before some place, and true from there on. O(log n).
  template <class Predicate>
  place partition(Predicate is_behind) const;

  // See dense_table::walk.
  template <class Visit>
  std::size_t walk(std::size_t cursor, std::size_t count, Visit visit) const {
    return members_.walk(cursor, count, [&](const node* one) { visit(*one); });
  }

 private:
  static constexpr std::size_t max_levels = 24;  // 4^24 members

  struct link {
    node* next = nullptr;
    std::size_t span = 0;  // how many nodes further; to the end, if there is no next
  };
  // For each level the links that lead past a node, and the rank behind them.
  struct path {
    std::array<link*, max_levels> links;
    std::array<std::size_t, max_levels> rank;
  };

  static std::string_view key(node* const& one) noexcept;
  static std::size_t bytes(const node& one) noexcept;
  node* make(std::string_view member, double score);
  static void destroy(node* which) noexcept;
  path path_to(double score, std::string_view member) noexcept;
  std::size_t random_levels() noexcept;
  void insert(node& which) noexcept;
  void remove(node& which) noexcept;

  memory_share memory_;
  dense_table<node*, &sorted_set::key> members_;
  std::vector<link> heads_;  // the links in front of the first node; grows, never shrinks
  node* last_ = nullptr;
};

// Its links lie behind it in the same allocation.
class sorted_set::node {
 public:
  double score() const noexcept { return score_; }
  std::string_view member() const noexcept { return member_; }
  const node* next() const noexcept { return links()[0].next; }
  const node* previous() const noexcept { return previous_; }

 private:
  friend class sorted_set;
  node(std::string_view member, double score, std::size_t levels)
      : score_(score), levels_(levels), member_(member) {}

  link* links() noexcept { return reinterpret_cast<link*>(this + 1); }
  const link* links() const noexcept { return reinterpret_cast<const link*>(this + 1); }

  double score_;
  std::size_t levels_;
  node* previous_ = nullptr;
  std::string member_;
};

template <class Predicate>
sorted_set::place sorted_set::partition(Predicate is_behind) const {
  place found;
  const link* links = heads_.data();
  for (std::size_t level = heads_.size(); level-- != 0;) {
    while (links[level].next != nullptr && !is_behind(*links[level].next)) {
      found.rank += links[level].span;
      links = links[level].next->links();
    }
  }
  found.at = links[0].next;
  return found;
}

}  // namespace parley::resp
