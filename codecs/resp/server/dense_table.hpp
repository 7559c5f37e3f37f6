// A hash table whose items lie side by side, found by a text that they contain:
//
//   items | b | f | a | c | d |          in order of insertion
//           ^   ^   ^
//   index | 3 |   | 1 | . | 2 | ...      (hash, position), open addressing
//
// The last item fills the hole that an erased one leaves. What the standard tables
// lack and Redis needs follows from it: a random item in O(1), and a walk that survives
// every change (see `walk`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/codecs/resp/server/hash_seed.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::resp {

// `key_of(const Item&)` is the item's text, and does not change while it is inside.
// Pointers and positions are valid until the next insertion or removal. Borrows the
// seed. May throw bad_alloc, and then changes nothing.
template <class Item, auto key_of>
class dense_table {
 public:
  static constexpr std::size_t none = SIZE_MAX;

  explicit dense_table(const hash_seed& seed) noexcept : seed_(&seed) {}

  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }
  Item& operator[](std::size_t position) noexcept { return items_[position]; }
  const Item& operator[](std::size_t position) const noexcept { return items_[position]; }
  auto begin() const noexcept { return items_.begin(); }
  auto end() const noexcept { return items_.end(); }

  // The position of the item with this key, or none.
  std::size_t position_of(std::string_view key) const noexcept {
    if (index_.empty()) return search(key);
    return probe(key, short_hash(key));
  }
  Item* find(std::string_view key) noexcept {
    const std::size_t position = position_of(key);
    return position == none ? nullptr : &items_[position];
  }
  const Item* find(std::string_view key) const noexcept {
    const std::size_t position = position_of(key);
    return position == none ? nullptr : &items_[position];
  }

  // The item with this key, made by `make()` if there is none; true if it was made.
  template <class Make>
  std::pair<Item*, bool> find_or_insert(std::string_view key, Make make) {
    if (index_.empty()) {
      if (const std::size_t at = search(key); at != none) return {&items_[at], false};
      if (items_.size() < unindexed) return {&items_.emplace_back(make()), true};
    }
    const std::uint32_t hash = short_hash(key);
    if (!index_.empty()) {
      if (const std::size_t at = probe(key, hash); at != none) return {&items_[at], false};
    }
    // Only here, because it may fail: what erases never does.
    shrink();
    // The index first: it only has room then, and an item without a slot would be lost.
    grow_index(items_.size() + 1);
    Item& made = items_.emplace_back(make());
    put_slot(index_, {hash, static_cast<std::uint32_t>(items_.size())});
    return {&made, true};
  }

  // Takes an item out. The one that was last has its position afterwards.
  Item take(std::size_t position) noexcept {
    const std::size_t last = items_.size() - 1;
    if (!index_.empty()) {
      remove_slot(slot_of(position));
      if (position != last) {
        index_[slot_of(last)].number = static_cast<std::uint32_t>(position + 1);
      }
    }
    Item taken = std::move(items_[position]);
    if (position != last) items_[position] = std::move(items_[last]);
    items_.pop_back();
    if (items_.empty() && items_.capacity() > smallest_index) clear();
    return taken;
  }
  bool erase(std::string_view key) {
    const std::size_t position = position_of(key);
    if (position == none) return false;
    (void)take(position);
    return true;
  }

  // The guarantee of SCAN: whatever is inserted or erased between the steps, an item
  // that is there from the first step to the last is visited; one that moves may be
  // visited twice. That is so because the walk goes downwards: what fills a hole comes
  // from the end, so that an item not yet visited can only move further down.
  // Starts with cursor 0 and ends when 0 is returned.
  template <class Visit>
  std::size_t walk(std::size_t cursor, std::size_t count, Visit visit) const {
    std::size_t at = cursor == 0 || cursor > items_.size() ? items_.size() : cursor;
    for (; at != 0 && count != 0; --count) visit(items_[--at]);
    return at;
  }

  void clear() noexcept {
    // Into temporaries, which free the memory as well.
    std::vector<Item>().swap(items_);
    std::vector<slot>().swap(index_);
  }
  void swap(dense_table& other) noexcept {
    items_.swap(other.items_);
    index_.swap(other.index_);
    std::swap(seed_, other.seed_);
  }

 private:
  // Position + 1; 0 is an empty slot. Thirty-two bits address more items than the
  // memory limit allows.
  struct slot {
    std::uint32_t hash = 0;
    std::uint32_t number = 0;
  };
  // Below so many items comparing them all is faster than hashing, and they need no
  // index: most hashes and sets are small.
  static constexpr std::size_t unindexed = 8;
  static constexpr std::size_t smallest_index = 32;

  std::uint32_t short_hash(std::string_view key) const noexcept {
    return static_cast<std::uint32_t>(hash_of(key, *seed_));
  }

  std::size_t search(std::string_view key) const noexcept {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (key_of(items_[i]) == key) return i;
    }
    return none;
  }

  std::size_t probe(std::string_view key, std::uint32_t hash) const noexcept {
    const std::size_t mask = index_.size() - 1;
    for (std::size_t i = hash & mask; index_[i].number != 0; i = (i + 1) & mask) {
      if (index_[i].hash != hash) continue;
      if (key_of(items_[index_[i].number - 1]) == key) return index_[i].number - 1;
    }
    return none;
  }

  // Where the index holds the item at `position`, which is there.
  std::size_t slot_of(std::size_t position) const noexcept {
    const std::size_t mask = index_.size() - 1;
    std::size_t i = short_hash(key_of(items_[position])) & mask;
    while (index_[i].number != position + 1) i = (i + 1) & mask;
    return i;
  }

  static void put_slot(std::vector<slot>& index, slot what) noexcept {
    const std::size_t mask = index.size() - 1;
    std::size_t i = what.hash & mask;
    while (index[i].number != 0) i = (i + 1) & mask;
    index[i] = what;
  }

  // Moves back what was displaced, so that no tombstones are needed.
  void remove_slot(std::size_t hole) noexcept {
    const std::size_t mask = index_.size() - 1;
    for (std::size_t i = (hole + 1) & mask; index_[i].number != 0; i = (i + 1) & mask) {
      const std::size_t distance = (i - index_[i].hash) & mask;
      if (distance < ((i - hole) & mask)) continue;
      index_[hole] = index_[i];
      hole = i;
    }
    index_[hole] = {};
  }

  void grow_index(std::size_t items) {
    if (index_.empty()) {
      std::vector<slot> fresh(smallest_index);
      for (std::size_t i = 0; i < items_.size(); ++i) {
        put_slot(fresh, {short_hash(key_of(items_[i])), static_cast<std::uint32_t>(i + 1)});
      }
      index_.swap(fresh);
    } else if (items * 4 > index_.size() * 3) {
      resize_index(index_.size() * 2);
    }
  }

  // The hashes stand in the slots: no key is read.
  void resize_index(std::size_t slots) {
    std::vector<slot> fresh(slots);
    for (const slot& one : index_) {
      if (one.number != 0) put_slot(fresh, one);
    }
    index_.swap(fresh);
  }

  // Gives memory back in halves, well below where it would grow again.
  void shrink() {
    if (items_.size() >= items_.capacity() / 4 || items_.capacity() <= smallest_index) return;
    std::vector<Item> fewer;
    fewer.reserve(items_.capacity() / 2);
    for (Item& item : items_) fewer.push_back(std::move(item));
    items_.swap(fewer);
    if (index_.size() > smallest_index && items_.size() < index_.size() / 8) {
      resize_index(index_.size() / 2);
    }
  }

  const hash_seed* seed_;
  std::vector<Item> items_;
  std::vector<slot> index_;  // a power of two, or empty
};

}  // namespace parley::resp
