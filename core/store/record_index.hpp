// What both stores are made of: records by space and key, each space in the order in which its
// records came. `Payload` is the value itself, or where it lies in a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <parley/core/hash_seed.hpp>
#include <parley/core/intrusive.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::detail {

// Erased nodes are kept for the next records, up to `max_spare`, with the memory of short keys: in
// the steady state a record that comes and goes costs no allocation. Payload needs reset(): what
// happens to the payload of a spare node.
template <class Payload>
class record_index {
 public:
  struct space_node;
  struct record_node {
    std::string key;
    Payload payload{};
    space_node* home = nullptr;
    record_node* chain = nullptr;  // others in the same slot
    std::uint64_t hash = 0;
    record_node* before = nullptr;
    record_node* after = nullptr;
  };
  struct space_node {
    std::string key;  // its name
    intrusive_list<record_node> records;
    std::size_t count = 0;
    space_node* chain = nullptr;
    std::uint64_t hash = 0;
    space_node* before = nullptr;
    space_node* after = nullptr;
  };

  explicit record_index(hash_seed seed) noexcept : seed_(seed) {}
  record_index(const record_index&) = delete;
  record_index& operator=(const record_index&) = delete;
  ~record_index() {
    clear();
    spare_records_.free_all();
    spare_spaces_.free_all();
  }

  std::size_t size() const noexcept { return size_; }
  space_node* first_space() const noexcept { return order_.first; }

  space_node* find_space(std::string_view name) const noexcept {
    return spaces_.find(hash_of(name, seed_), [&](const space_node& s) { return s.key == name; });
  }
  record_node* find(std::string_view space, std::string_view key) const noexcept {
    space_node* home = find_space(space);
    return home == nullptr ? nullptr : find_in(*home, key);
  }

  // Adds a record that is not there yet, as the last of its space. May throw bad_alloc, and then
  // nothing has changed.
  record_node& add(std::string_view space, std::string_view key, Payload&& payload) {
    records_.reserve(size_ + 1);
    space_node* home = find_space(space);
    std::unique_ptr<space_node> made;
    if (home == nullptr) {
      spaces_.reserve(spaces_count_ + 1);
      made.reset(spare_spaces_.take());
      made->key.assign(space);
      home = made.get();
    }
    std::unique_ptr<record_node> record(spare_records_.take());
    record->key.assign(key);
    // From here on nothing throws.
    if (made) enter(*made.release(), space);
    record->payload = std::move(payload);
    record->home = home;
    record->hash = key_hash(*home, key);
    records_.insert(*record);
    home->records.push_back(*record);
    ++home->count;
    ++size_;
    return *record.release();
  }

  void erase(record_node& record) noexcept {
    space_node& home = *record.home;
    records_.erase(record);
    home.records.erase(record);
    --size_;
    record.payload.reset();
    spare_records_.put(&record);
    if (--home.count == 0) leave(home);
  }
  void erase_space(space_node& home) noexcept {
    // The last erase takes the space away.
    for (std::size_t left = home.count; left > 0; --left) erase(*home.records.first);
  }
  void clear() noexcept {
    while (order_.first != nullptr) erase_space(*order_.first);
  }

 private:
  // The same key in many spaces must not be one chain.
  std::uint64_t key_hash(const space_node& home, std::string_view key) const noexcept {
    return hash_of(key, {seed_.first ^ home.hash, seed_.second});
  }
  record_node* find_in(const space_node& home, std::string_view key) const noexcept {
    return records_.find(key_hash(home, key),
                         [&](const record_node& r) { return r.home == &home && r.key == key; });
  }
  void enter(space_node& s, std::string_view name) noexcept {
    s.hash = hash_of(name, seed_);
    spaces_.insert(s);
    order_.push_back(s);
    ++spaces_count_;
  }
  void leave(space_node& s) noexcept {
    spaces_.erase(s);
    order_.erase(s);
    --spaces_count_;
    spare_spaces_.put(&s);
  }

  hash_seed seed_;
  chained_table<record_node> records_;
  chained_table<space_node> spaces_;
  intrusive_list<space_node> order_;
  spare_nodes<record_node> spare_records_;
  spare_nodes<space_node> spare_spaces_;
  std::size_t size_ = 0;
  std::size_t spaces_count_ = 0;
};

}  // namespace parley::detail
