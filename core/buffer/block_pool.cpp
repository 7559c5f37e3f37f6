#include <parley/core/buffer/block_pool.hpp>

#include <parley/core/buffer/poison.hpp>
#include <parley/core/bytes.hpp>

#include <cstdint>
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
  // First fit: all ordinary blocks are alike, and of large ones there are few.
  block** list = capacity <= ordinary ? &ordinary_ : &large_;
  while (*list != nullptr && (*list)->capacity < capacity) list = &(*list)->next;

  block* taken = nullptr;
  if (*list != nullptr) {
    taken = unlink(*list);
  } else {
    const std::size_t size = rounded(capacity);
    // A sum that wraps must fail like any other impossible allocation.
    void* memory = ::operator new(checked_add(size, sizeof(block)).value_or(SIZE_MAX));
    taken = ::new (memory) block{nullptr, size, 0, window_};
    held_ += size;
  }
  open_access(taken->begin(), taken->capacity);
  return taken;
}

void block_pool::give_back(block* spare) noexcept {
  block*& list = spare->capacity == ordinary ? ordinary_ : large_;
  // In front, so that the block used last is used next and is still in the cache.
  spare->next = std::exchange(list, spare);
  // Marked when it comes back: a block that was in use for long is not unused.
  spare->used_in = window_;
  poison(spare->begin(), spare->capacity);
}

void block_pool::end_window() noexcept {
  // Compared for equality only, so that the count of windows may wrap.
  const auto unused = [this](const block& spare) { return spare.used_in != window_; };
  free_if(ordinary_, unused);
  free_if(large_, unused);
  drains_ = 0;
  ++window_;
}

void block_pool::free_spares() noexcept {
  free_if(ordinary_, [](const block&) { return true; });
  free_if(large_, [](const block&) { return true; });
}

template <class Unwanted>
void block_pool::free_if(block*& list, Unwanted unwanted) noexcept {
  for (block** at = &list; *at != nullptr;) {
    if (!unwanted(**at)) {
      at = &(*at)->next;
      continue;
    }
    block* dead = unlink(*at);
    held_ -= dead->capacity;
    // The allocator may hand this memory to code that knows nothing of poison.
    open_access(dead->begin(), dead->capacity);
    ::operator delete(dead);
  }
}

void block_pool::swap(block_pool& other) noexcept {
  std::swap(ordinary_, other.ordinary_);
  std::swap(large_, other.large_);
  std::swap(held_, other.held_);
  std::swap(drains_, other.drains_);
  std::swap(window_, other.window_);
}

}  // namespace parley::detail
