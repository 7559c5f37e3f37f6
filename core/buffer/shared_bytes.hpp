// Bytes that a machine may keep without copying them: `shared_bytes` owns them
// together with others, `static_bytes` says that they outlive everything.
//
// Every other view that is given to a command is copied, because output outlives
// the views of an event.
#pragma once

#include <parley/core/bytes.hpp>

#include <atomic>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace parley {

namespace detail {

// The head of the one allocation behind shared_bytes; the bytes follow it.
struct shared_block {
  std::atomic<std::size_t> references;
};

// Drops one reference and frees the block with the last. Null is allowed.
void drop_reference(shared_block*) noexcept;

}  // namespace detail

// Immutable bytes with a reference count: copying shares them, and so does
// taking a slice. The count is atomic: copies may live in different threads.
//
//   auto frame = shared_bytes::copy(payload);
//   for (auto& peer : peers) peer.send(frame);       // encoded and stored once
class shared_bytes {
 public:
  // No bytes; allocates nothing.
  shared_bytes() noexcept = default;

  // Copies `bytes` into one new allocation (none if there are no bytes).
  static shared_bytes copy(byte_view bytes);

  // Allocates `size` uninitialised bytes and shows them in `storage`, to be
  // written before the object is shared with anybody: an encoder writes here
  // what is then broadcast.
  static shared_bytes allocate(std::size_t size, std::span<std::byte>& storage);

  shared_bytes(const shared_bytes& other) noexcept
      : block_(other.block_), data_(other.data_), size_(other.size_) {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  shared_bytes(shared_bytes&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  shared_bytes& operator=(shared_bytes other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~shared_bytes() { detail::drop_reference(block_); }

  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  // Valid as long as this object or a copy or slice of it lives.
  byte_view view() const noexcept { return {data_, size_}; }
  std::string_view text() const noexcept { return as_text(view()); }

  // `length` bytes from `offset`, or as many of them as exist. Shares the
  // allocation: a small slice keeps all of it alive.
  shared_bytes slice(std::size_t offset, std::size_t length) const noexcept;

 private:
  friend class send_buffer;

  // Gives the reference away; the caller drops it.
  detail::shared_block* detach() noexcept {
    data_ = nullptr;
    size_ = 0;
    return std::exchange(block_, nullptr);
  }

  detail::shared_block* block_ = nullptr;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// Bytes that live longer than every machine that is given them: literals and
// tables. A type of its own, so that nobody says it by accident.
class static_bytes {
 public:
  constexpr static_bytes() noexcept = default;
  explicit constexpr static_bytes(byte_view bytes) noexcept : view_(bytes) {}
  explicit static_bytes(std::string_view text) noexcept : view_(as_bytes(text)) {}

  constexpr byte_view view() const noexcept { return view_; }
  constexpr std::size_t size() const noexcept { return view_.size(); }

 private:
  byte_view view_;
};

}  // namespace parley
