#include <algorithm>
#include <array>
#include <bit>
#include <parley/core/fallback/dedup_window.hpp>
#include <string_view>

namespace parley {
namespace {

constexpr std::size_t largest = std::size_t{1} << 24;

}  // namespace

dedup_window::dedup_window(std::size_t size, hash_seed seed)
    : ring_(std::clamp<std::size_t>(size, 1, largest)),
      table_(std::bit_ceil(2 * ring_.size()), none),
      seed_(seed) {}

std::size_t dedup_window::home_of(const message_id& id) const noexcept {
  const std::array<std::uint64_t, 2> words{id.sender, id.number};
  const auto bytes = std::bit_cast<std::array<char, sizeof words>>(words);
  return hash_of(std::string_view(bytes.data(), bytes.size()), seed_) & (table_.size() - 1);
}

bool dedup_window::is_new(const message_id& id) noexcept {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t slot = home_of(id); table_[slot] != none; slot = (slot + 1) & mask) {
    if (ring_[table_[slot]] == id) return false;
  }
  if (count_ == ring_.size()) {
    // The oldest makes room.
    std::size_t old = home_of(ring_[next_]);
    while (table_[old] != next_) old = (old + 1) & mask;
    erase_slot(old);
  } else {
    ++count_;
  }
  ring_[next_] = id;
  std::size_t slot = home_of(id);
  while (table_[slot] != none) slot = (slot + 1) & mask;
  table_[slot] = static_cast<std::uint32_t>(next_);
  next_ = (next_ + 1) % ring_.size();
  return true;
}

// What stands behind moves up, so that no search ends too early and no mark of the dead is needed.
void dedup_window::erase_slot(std::size_t slot) noexcept {
  const std::size_t mask = table_.size() - 1;
  std::size_t hole = slot;
  for (std::size_t at = (hole + 1) & mask; table_[at] != none; at = (at + 1) & mask) {
    const std::size_t home = home_of(ring_[table_[at]]);
    // It may fill the hole unless its home lies between the two.
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    table_[hole] = table_[at];
    hole = at;
  }
  table_[hole] = none;
}

}  // namespace parley
