#include <parley/core/buffer/shared_bytes.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

namespace parley {

void detail::drop_reference(shared_block* block) noexcept {
  if (block == nullptr) return;
  // Release, so that what this thread read happens before the last one frees it;
  // acquire, so that the last one sees that.
  if (block->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block->~shared_block();
  ::operator delete(block);
}

shared_bytes shared_bytes::allocate(std::size_t size, std::span<std::byte>& storage) {
  storage = {};
  shared_bytes made;
  if (size == 0) return made;
  // A sum that wraps must fail like any other impossible allocation.
  const auto total = checked_add(sizeof(detail::shared_block), size).value_or(SIZE_MAX);
  void* memory = ::operator new(total);
  made.block_ = ::new (memory) detail::shared_block{1};
  // Count and bytes lie in one allocation; the caller fills it once, before it is
  // shared.
  storage = {static_cast<std::byte*>(memory) + sizeof(detail::shared_block), size};
  made.data_ = storage.data();
  made.size_ = size;
  return made;
}

shared_bytes shared_bytes::copy(byte_view bytes) {
  std::span<std::byte> storage;
  shared_bytes made = allocate(bytes.size(), storage);
  if (!bytes.empty()) std::memcpy(storage.data(), bytes.data(), bytes.size());
  return made;
}

shared_bytes shared_bytes::slice(std::size_t offset, std::size_t length) const noexcept {
  if (offset >= size_ || length == 0) return {};
  // A slice holds the whole block: small slices of large blocks keep all of it.
  shared_bytes part = *this;
  part.data_ += offset;
  part.size_ = std::min(length, size_ - offset);
  return part;
}

}  // namespace parley
