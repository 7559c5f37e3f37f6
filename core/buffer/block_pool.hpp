// The blocks that inline output lives in, and which of them are kept.
//
// Internal to core/buffer.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parley::detail {

// The head of one allocation; its bytes follow.
struct block {
  block* next;             // while kept for reuse
  std::size_t capacity;    // bytes that follow
  std::uint32_t segments;  // how many segments show bytes of it
  std::uint32_t used_in;   // the last window in which it was used

  std::byte* begin() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  std::byte* end() noexcept { return begin() + capacity; }
};

// Hands out blocks and keeps what comes back as long as recent traffic used it,
// so that the steady state allocates nothing. Time is counted in drains, because
// nobody here has a clock.
class block_pool {
 public:
  // What one ordinary block holds: with its head it fills 4 KiB.
  static constexpr std::size_t ordinary = 4096 - sizeof(block);
  // Drains per window. A block is freed when it lay unused for a whole window,
  // so traffic that repeats within this many drains never allocates.
  static constexpr std::uint32_t window = 64;

  block_pool() noexcept = default;
  block_pool(const block_pool&) = delete;
  block_pool& operator=(const block_pool&) = delete;
  ~block_pool() { free_spares(); }

  // A block of at least `capacity` bytes without segments. May throw bad_alloc.
  block* take(std::size_t capacity);
  // Takes a block back and keeps it.
  void give_back(block*) noexcept;

  // Tells the pool that its user has become empty. Each window ends with freeing
  // what was not used in it.
  void count_drain() noexcept {
    if (++drains_ == window) end_window();
  }
  // Frees everything that is kept.
  void free_spares() noexcept;

  // Bytes of capacity, in use or kept.
  std::size_t held() const noexcept { return held_; }
  void swap(block_pool&) noexcept;

 private:
  void end_window() noexcept;
  template <class Unwanted>
  void free_if(block*& list, Unwanted) noexcept;

  block* ordinary_ = nullptr;  // kept blocks of the ordinary size, last used first
  block* large_ = nullptr;     // kept blocks of other sizes: few, so searched
  std::size_t held_ = 0;
  std::uint32_t drains_ = 0;
  std::uint32_t window_ = 0;  // counts windows, and may wrap
};

}  // namespace parley::detail
