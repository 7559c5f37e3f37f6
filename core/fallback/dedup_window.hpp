// Which messages have been heard: the last so many identifiers, whoever sent them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/core/fallback/message_tag.hpp>
#include <parley/core/hash_seed.hpp>
#include <vector>

namespace parley {

// Bounded: 24 bytes for each identifier, taken once. What is older than the window is taken for
// new, so that a window that is too small lets a message through twice and never loses one.
class dedup_window {
 public:
  // Senders choose their identifiers, so that the table is seeded. `size` is at least 1.
  dedup_window(std::size_t size, hash_seed seed);

  // True, and it is remembered, if it is not among the last ones. Allocates nothing.
  bool is_new(const message_id& id) noexcept;

  // How many are remembered.
  std::size_t size() const noexcept { return count_; }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;

  std::size_t home_of(const message_id& id) const noexcept;
  void erase_slot(std::size_t slot) noexcept;

  std::vector<message_id> ring_;      // in the order in which they came
  std::vector<std::uint32_t> table_;  // places in the ring; open addressing
  std::size_t next_ = 0, count_ = 0;
  hash_seed seed_;
};

}  // namespace parley
