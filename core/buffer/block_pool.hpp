// The blocks that inline output lives in, and how many of them are kept.
//
// Internal to core/buffer.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parley::detail {

// The head of one allocation; its bytes follow.
struct block {
  block* next;           // while kept for reuse
  std::size_t capacity;  // bytes that follow
  std::size_t segments;  // how many segments show bytes of it

  std::byte* begin() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  std::byte* end() noexcept { return begin() + capacity; }
};

// Hands out blocks and keeps what comes back, up to the peak of recent use, so
// that the steady state allocates nothing. Everything is counted in bytes of
// capacity.
class block_pool {
 public:
  // What one ordinary block holds: with its head it fills 4 KiB.
  static constexpr std::size_t ordinary = 4096 - sizeof(block);

  block_pool() noexcept = default;
  block_pool(const block_pool&) = delete;
  block_pool& operator=(const block_pool&) = delete;
  ~block_pool() { free_spares(); }

  // A block of at least `capacity` bytes without segments. May throw bad_alloc.
  block* take(std::size_t capacity);
  // Takes a block back and keeps it.
  void give_back(block*) noexcept;
  // Tells the pool that its user has become empty; now and then it frees what
  // recent peaks did not need.
  void count_drain() noexcept;
  // Frees what is kept, and forgets the peaks.
  void free_spares() noexcept;

  std::size_t held() const noexcept { return in_use_ + spare_; }
  void swap(block_pool&) noexcept;

 private:
  // Drains per window. Peaks of two windows count, so traffic that repeats
  // within this many drains never allocates.
  static constexpr std::uint32_t window = 64;

  static void free_one(block*& list) noexcept;
  void trim(std::size_t target) noexcept;

  block* ordinary_ = nullptr;  // kept blocks of the ordinary size
  block* large_ = nullptr;     // kept blocks of other sizes: few, so searched
  std::size_t in_use_ = 0;
  std::size_t spare_ = 0;
  std::size_t peak_ = 0;           // of in_use_, in this window
  std::size_t previous_peak_ = 0;  // in the one before
  std::uint32_t drains_ = 0;
};

}  // namespace parley::detail
