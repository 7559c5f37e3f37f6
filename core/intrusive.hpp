// Containers whose links lie in the nodes, so that moving a node between them allocates nothing and
// cannot fail: a list, a hash table, a free list. They own no node.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace parley::detail {

// Links: before, after.
template <class Node>
struct intrusive_list {
  Node* first = nullptr;
  Node* last = nullptr;

  void push_back(Node& n) noexcept {
    n.before = last;
    n.after = nullptr;
    (last == nullptr ? first : last->after) = &n;
    last = &n;
  }
  void erase(Node& n) noexcept {
    (n.before == nullptr ? first : n.before->after) = n.after;
    (n.after == nullptr ? last : n.after->before) = n.before;
  }
  // Puts one that is in no list in the place of one that is in this.
  void replace(Node& old, Node& n) noexcept {
    n.before = old.before;
    n.after = old.after;
    (n.before == nullptr ? first : n.before->after) = &n;
    (n.after == nullptr ? last : n.after->before) = &n;
  }
};

// Link: chain; hash is the node's own. Chained, because nodes never move.
template <class Node>
class chained_table {
 public:
  // Room for `count` nodes. May throw bad_alloc, and then nothing has changed.
  void reserve(std::size_t count) {
    if (count <= slots_.size()) return;
    std::vector<Node*> wider(slots_.empty() ? 16 : 2 * slots_.size(), nullptr);
    wider.swap(slots_);
    for (Node* each : wider) {
      while (each != nullptr) {
        Node* next = each->chain;
        insert(*each);
        each = next;
      }
    }
  }
  // Room was reserved.
  void insert(Node& n) noexcept {
    Node*& slot = slots_[n.hash & (slots_.size() - 1)];
    n.chain = slot;
    slot = &n;
  }
  void erase(Node& n) noexcept {
    Node** at = &slots_[n.hash & (slots_.size() - 1)];
    while (*at != &n) at = &(*at)->chain;
    *at = n.chain;
  }
  template <class Same>
  Node* find(std::uint64_t hash, Same same) const noexcept {
    if (slots_.empty()) return nullptr;
    Node* each = slots_[hash & (slots_.size() - 1)];
    while (each != nullptr && !(each->hash == hash && same(*each))) each = each->chain;
    return each;
  }

 private:
  std::vector<Node*> slots_;  // a power of two
};

// Nodes without a use, for the next ones. Long keys are not kept with them.
template <class Node>
class spare_nodes {
 public:
  static constexpr std::size_t max_spare = 1024;  // a burst of a full window, 100 KiB
  static constexpr std::size_t max_key = 256;

  Node* take() {
    if (first_ == nullptr) return new Node;
    Node* taken = first_;
    first_ = taken->chain;
    --count_;
    return taken;
  }
  void put(Node* n) noexcept {
    if (count_ == max_spare) {
      delete n;
      return;
    }
    if (n->key.capacity() > max_key) n->key = std::string();
    n->chain = first_;
    first_ = n;
    ++count_;
  }
  void free_all() noexcept {
    while (first_ != nullptr) {
      Node* next = first_->chain;
      delete first_;
      first_ = next;
    }
    count_ = 0;
  }

 private:
  Node* first_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace parley::detail
