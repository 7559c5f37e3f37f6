#include <parley/core/buffer/block_pool.hpp>

#include <parley/core/buffer/poison.hpp>
#include <parley/core/bytes.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace parley::detail {
namespace {

// Large blocks are as big as what they are for, in whole pages: so that the next
// message of about that size finds one that fits.
std::size_t rounded(std::size_t capacity) noexcept {
  if (capacity <= block_pool::ordinary) return block_pool::ordinary;
  const std::size_t page = 4096;
  const auto sum = checked_add(capacity, sizeof(block) + page - 1);
  if (!sum) return SIZE_MAX;
  return *sum / page * page - sizeof(block);
}

block* unlink(block*& list) noexcept { return std::exchange(list, list->next); }

}  // namespace

block* block_pool::take(std::size_t capacity) {
  block** list = capacity <= ordinary ? &ordinary_ : &large_;
  while (*list != nullptr && (*list)->capacity < capacity) list = &(*list)->next;

  block* taken = nullptr;
  if (*list != nullptr) {
    taken = unlink(*list);
    spare_ -= taken->capacity;
  } else {
    const std::size_t size = rounded(capacity);
    // A sum that wraps must fail like any other impossible allocation.
    void* memory = ::operator new(checked_add(size, sizeof(block)).value_or(SIZE_MAX));
    taken = ::new (memory) block{nullptr, size, 0};
  }
  in_use_ += taken->capacity;
  peak_ = std::max(peak_, in_use_);
  open_access(taken->begin(), taken->capacity);
  return taken;
}

void block_pool::give_back(block* spare) noexcept {
  block*& list = spare->capacity == ordinary ? ordinary_ : large_;
  spare->next = std::exchange(list, spare);
  in_use_ -= spare->capacity;
  spare_ += spare->capacity;
  poison(spare->begin(), spare->capacity);
}

void block_pool::count_drain() noexcept {
  if (++drains_ < window) return;
  drains_ = 0;
  trim(std::max(peak_, previous_peak_));
  previous_peak_ = std::exchange(peak_, in_use_);
}

void block_pool::trim(std::size_t target) noexcept {
  while (held() > target && spare_ != 0) {
    block*& list = large_ != nullptr ? large_ : ordinary_;
    spare_ -= list->capacity;
    free_one(list);
  }
}

void block_pool::free_one(block*& list) noexcept {
  block* dead = unlink(list);
  open_access(dead->begin(), dead->capacity);
  ::operator delete(dead);
}

void block_pool::free_spares() noexcept {
  trim(0);
  peak_ = in_use_;
  previous_peak_ = 0;
  drains_ = 0;
}

void block_pool::swap(block_pool& other) noexcept {
  std::swap(ordinary_, other.ordinary_);
  std::swap(large_, other.large_);
  std::swap(in_use_, other.in_use_);
  std::swap(spare_, other.spare_);
  std::swap(peak_, other.peak_);
  std::swap(previous_peak_, other.previous_peak_);
  std::swap(drains_, other.drains_);
}

}  // namespace parley::detail
