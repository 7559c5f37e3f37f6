// Blocks of memory for the states of operations. One per loop: in the steady
// state an operation costs no heap allocation.
#pragma once

#include <array>
#include <cstddef>

namespace parley {

// Single-threaded, as its loop. A block may be given back after the loop is
// gone: the last block then frees the pool.
class state_pool {
 public:
  // For the owner: `make` creates one, `abandon` gives up the owner's share.
  static state_pool* make();
  void abandon() noexcept;

  // `size` bytes, aligned for any type. Free with `put`, which finds the pool.
  void* take(std::size_t size);
  static void put(void* block) noexcept;

 private:
  state_pool() = default;
  ~state_pool() = default;
  struct header;

  // Free lists by size class: multiples of 64 bytes, up to 512. Larger ones go to the
  // heap. Each list keeps at most `max_kept` blocks: a burst is given back.
  static constexpr std::size_t step = 64;
  static constexpr std::size_t classes = 8;
  static constexpr std::size_t max_kept = 1024;
  void destroy() noexcept;

  std::array<header*, classes> free_{};
  std::array<std::size_t, classes> kept_{};
  std::size_t live_ = 0;
  bool abandoned_ = false;
};

}  // namespace parley
