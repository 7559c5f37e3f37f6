#include <parley/core/buffer/receive_buffer.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace parley {
namespace {

// The distance between bytes that may lie in different allocations.
// As integers: subtracting pointers into different arrays is undefined.
std::ptrdiff_t distance(const std::byte* from, const std::byte* to) noexcept {
  const auto difference =
      reinterpret_cast<std::uintptr_t>(to) - reinterpret_cast<std::uintptr_t>(from);
  return static_cast<std::ptrdiff_t>(difference);
}

}  // namespace

receive_buffer::receive_buffer(receive_limits limits) noexcept : limits_(limits) {
  // Limits that contradict each other are bent and not refused: prepare() relies on
  // 1 <= initial <= step <= max.
  limits_.max = std::max<std::size_t>(limits_.max, 1);
  limits_.initial = std::clamp<std::size_t>(limits_.initial, 1, limits_.max);
  limits_.step = std::clamp(limits_.step, limits_.initial, limits_.max);
}

receive_buffer& receive_buffer::operator=(receive_buffer&& other) noexcept {
  receive_buffer taken(std::move(other));
  swap(taken);
  return *this;
}

receive_buffer::~receive_buffer() {
  // The allocator may hand this memory to code that knows nothing of poison.
  if (storage_) detail::open_access(storage_.get(), capacity_);
}

void receive_buffer::swap(receive_buffer& other) noexcept {
  std::swap(limits_, other.limits_);
  std::swap(storage_, other.storage_);
  std::swap(capacity_, other.capacity_);
  std::swap(released_, other.released_);
  std::swap(begin_, other.begin_);
  std::swap(end_, other.end_);
  std::swap(prepared_, other.prepared_);
  std::swap(moved_, other.moved_);
}

std::span<std::byte> receive_buffer::prepare(std::size_t hint) {
  discard_consumed();
  moved_ = 0;
  prepared_ = 0;
  // Back to the front without moving a byte: the usual case, since most reads hold
  // whole messages.
  if (empty()) released_ = begin_ = end_ = 0;

  const std::size_t wanted = std::clamp(hint, limits_.initial, limits_.step);
  const std::size_t target = target_capacity(wanted);
  const std::size_t room = capacity_ - end_;
  // Growing copies the unread bytes to the front anyway, so that it never needs to
  // be preceded by compacting.
  if (target > capacity_) {
    grow(target);
  } else if (room < std::min(wanted, capacity_ / 2) && begin_ > room) {
    // Moving pays if it at least doubles the room. This also serves a buffer
    // that is full to the end: then any released byte in front is worth it.
    compact();
  }
  prepared_ = capacity_ - end_;
  detail::open_access(storage_.get() + end_, prepared_);
  return {storage_.get() + end_, prepared_};
}

// Never computed from a length that the peer declared: only from the reader's
// hint, which is capped, and from what has really arrived.
std::size_t receive_buffer::target_capacity(std::size_t wanted) const noexcept {
  std::size_t target = std::max(capacity_, wanted);
  // Doubling once half of it is unread keeps the copying linear in what has come.
  if (size() > target / 2) target = checked_mul<std::size_t>(target, 2).value_or(limits_.max);
  return std::min(target, limits_.max);
}

void receive_buffer::grow(std::size_t capacity) {
  // Not zeroed: the system is about to write here, and nobody sees what it does
  // not.
  auto storage = std::make_unique_for_overwrite<std::byte[]>(capacity);
  const byte_view unread = data();
  if (!unread.empty()) {
    std::memcpy(storage.get(), unread.data(), unread.size());
    moved_ = distance(unread.data(), storage.get());
  }
  end_ = unread.size();
  released_ = begin_ = 0;
  // The old memory goes back to the allocator, as in the destructor.
  if (storage_) detail::open_access(storage_.get(), capacity_);
  storage_ = std::move(storage);
  capacity_ = capacity;
}

void receive_buffer::compact() noexcept {
  const std::size_t unread = size();
  moved_ = -static_cast<std::ptrdiff_t>(begin_);
  detail::open_access(storage_.get(), begin_);
  std::memmove(storage_.get(), storage_.get() + begin_, unread);
  // What lies behind the moved bytes becomes the prepared span: overwrite the
  // old copies, so that a view that was not rebased is seen.
  detail::poison(storage_.get() + unread, end_ - unread);
  released_ = begin_ = 0;
  end_ = unread;
}

void receive_buffer::commit(std::size_t n) noexcept {
  // Bounded: an adapter that claims more than it was given must not make unwritten
  // bytes readable.
  end_ += std::min(n, prepared_);
  prepared_ = 0;
  if constexpr (detail::poisoning) {
    if (storage_) detail::close_access(storage_.get() + end_, capacity_ - end_);
  }
}

bool receive_buffer::release() noexcept {
  // Somebody may still look at these bytes, or is about to write: it stays.
  if (!empty() || released_ != begin_ || prepared_ != 0) return !storage_;
  if (storage_) detail::open_access(storage_.get(), capacity_);
  storage_.reset();
  capacity_ = released_ = begin_ = end_ = 0;
  return true;
}

}  // namespace parley
