// The order of what waits to be sent: a gather list, and who owns each piece.
//
// Internal to core/buffer.
#pragma once

#include <parley/core/buffer/block_pool.hpp>
#include <parley/core/buffer/shared_bytes.hpp>
#include <parley/core/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <new>

namespace parley::detail {

// What keeps a segment alive: a block, a reference, or (both null) nothing,
// because the bytes are static.
struct segment_owner {
  block* inline_block = nullptr;
  shared_block* shared = nullptr;
};

// Two arrays side by side in one allocation, used like a queue. The gather list
// is one of them, so that showing it costs nothing. Not a std::deque: that
// allocates even when it is empty.
class segment_list {
 public:
  segment_list() noexcept = default;
  segment_list(const segment_list&) = delete;
  segment_list& operator=(const segment_list&) = delete;
  ~segment_list() { ::operator delete(pieces_); }

  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  const const_buffer* data() const noexcept { return pieces() + first_; }

  const_buffer& piece(std::size_t i) noexcept { return pieces()[first_ + i]; }
  segment_owner& owner(std::size_t i) noexcept { return owners()[first_ + i]; }
  const const_buffer& piece(std::size_t i) const noexcept { return pieces()[first_ + i]; }
  const segment_owner& owner(std::size_t i) const noexcept { return owners()[first_ + i]; }

  // Makes room for `n` more segments at the end. May throw bad_alloc; nothing
  // below does.
  void reserve(std::size_t n) {
    if (n > capacity_ - first_ - count_) make_room(n);
  }
  // Appends; the room must have been reserved.
  void push_back(const_buffer, segment_owner) noexcept;
  void pop_front() noexcept;
  // Inserts before `i`; the room must have been reserved.
  void insert(std::size_t i, const_buffer, segment_owner) noexcept;
  // Removes the segments [from, to).
  void erase(std::size_t from, std::size_t to) noexcept;
  // Frees the arrays; the list must be empty.
  void release() noexcept;
  void swap(segment_list&) noexcept;

 private:
  void make_room(std::size_t n);
  const_buffer* pieces() const noexcept { return pieces_; }
  segment_owner* owners() const noexcept { return owners_; }
  void move_into(const_buffer* pieces, segment_owner* owners) noexcept;

  const_buffer* pieces_ = nullptr;   // the allocation: capacity_ pieces, then
  segment_owner* owners_ = nullptr;  // capacity_ owners
  std::uint32_t capacity_ = 0;
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace parley::detail
