#include <parley/core/buffer/send_buffer.hpp>

#include <parley/core/buffer/poison.hpp>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace parley {
namespace {

// For sums of lengths that wrap: they fail like an impossible allocation.
void check_sum(std::size_t a, std::size_t b) {
  if (!checked_add(a, b)) ::operator delete(::operator new(SIZE_MAX));
}

// The bytes of blocks may be overwritten once nobody is to read them; shared and
// static ones never.
void poison_inline(const detail::segment_owner& owner, const void* data,
                   std::size_t size) noexcept {
  if (!detail::poisoning || owner.inline_block == nullptr) return;
  // The list shows them as const; the block behind it is ours and is not.
  detail::poison(static_cast<std::byte*>(const_cast<void*>(data)), size);
}

// Takes back what was appended, unless all of it was: a command must not leave
// half a message in the stream when memory ends.
struct undo_guard {
  send_buffer& buffer;
  std::size_t size;
  bool armed = true;

  ~undo_guard() {
    if (armed) (void)buffer.erase(size, buffer.size() - size);
  }
};

}  // namespace

send_buffer& send_buffer::operator=(send_buffer&& other) noexcept {
  // By way of a third: what this one held dies with `taken`, and assigning a buffer
  // to itself changes nothing.
  send_buffer taken(std::move(other));
  swap(taken);
  return *this;
}

send_buffer::~send_buffer() {
  // The segments are what holds shared slices and blocks; without them only the
  // tail is left, and the pool frees the rest.
  consume(size_);
  put_tail_back();
}

void send_buffer::swap(send_buffer& other) noexcept {
  segments_.swap(other.segments_);
  pool_.swap(other.pool_);
  std::swap(tail_, other.tail_);
  std::swap(write_, other.write_);
  std::swap(end_, other.end_);
  std::swap(size_, other.size_);
  std::swap(handed_out_, other.handed_out_);
}

// Replaces the tail by a block with room for `n` bytes. What the old one has
// left is wasted: reserved space must be contiguous.
void send_buffer::make_room(std::size_t n) {
  // Taken before the old tail goes: if memory ends here, nothing has changed.
  detail::block* fresh = pool_.take(n);
  put_tail_back();
  tail_ = fresh;
  write_ = fresh->begin();
  end_ = fresh->end();
}

void send_buffer::put_tail_back() noexcept {
  // With segments it goes back when the last of them is consumed.
  if (tail_ != nullptr && tail_->segments == 0) pool_.give_back(tail_);
  tail_ = nullptr;
  write_ = end_ = nullptr;
}

void send_buffer::append(byte_view bytes) {
  check_sum(size_, bytes.size());
  undo_guard guard{*this, size_};
  while (!bytes.empty()) {
    // What is left in the tail first: copied bytes need not be contiguous.
    const auto space =
        reserve(room() != 0 ? 1 : std::min(bytes.size(), detail::block_pool::ordinary));
    const std::size_t part = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), part);
    commit(part);
    bytes = bytes.subspan(part);
  }
  guard.armed = false;
}

void send_buffer::append(shared_bytes bytes) {
  if (bytes.size() <= copy_limit) return append(bytes.view());
  check_sum(size_, bytes.size());
  // Before the reference is detached: it would leak if the list could not grow
  // then.
  segments_.reserve(1);
  const byte_view view = bytes.view();
  append_segment(view, bytes.detach());
}

void send_buffer::append(static_bytes bytes) {
  if (bytes.size() <= copy_limit) return append(bytes.view());
  // The same static bytes may be appended again and again, which costs hardly any
  // memory: the sum can wrap.
  check_sum(size_, bytes.size());
  segments_.reserve(1);
  append_segment(bytes.view(), nullptr);
}

void send_buffer::append(send_buffer&& other) {
  check_sum(size_, other.size_);
  segments_.reserve(other.segments_.size());
  undo_guard guard{*this, size_};
  for (std::size_t i = 0; i < other.segments_.size(); ++i) {
    const const_buffer piece = other.segments_.piece(i);
    const byte_view bytes(static_cast<const std::byte*>(piece.data), piece.size);
    detail::segment_owner& owner = other.segments_.owner(i);
    if (owner.inline_block != nullptr) {
      append(bytes);
    } else {
      segments_.reserve(1);  // copies may have taken what was reserved
      append_segment(bytes, std::exchange(owner.shared, nullptr));
    }
  }
  guard.armed = false;
  other.consume(other.size_);
}

void send_buffer::append_segment(byte_view bytes, detail::shared_block* owner) noexcept {
  segments_.push_back({bytes.data(), bytes.size()}, {nullptr, owner});
  size_ += bytes.size();
}

buffer_list send_buffer::output() noexcept {
  // Segments are stored as the adapter wants them, so that output() costs nothing.
  const buffer_list list{segments_.data(), std::min(segments_.size(), max_list)};
  const std::size_t shown = list.size() < segments_.size() ? total_size(list) : size_;
  handed_out_ = std::max(handed_out_, shown);
  return list;
}

void send_buffer::consume(std::size_t n) noexcept {
  if (size_ == 0) return;
  n = std::min(n, size_);
  size_ -= n;
  handed_out_ -= std::min(handed_out_, n);
  while (n != 0) {
    const std::size_t front = segments_.piece(0).size;
    if (n < front) return cut_front(0, n);
    n -= front;
    drop(0);
    segments_.pop_front();
  }
  // The pool measures its need from one empty buffer to the next.
  if (size_ == 0) pool_.count_drain();
}

bool send_buffer::erase(std::size_t offset, std::size_t length) {
  // Written without a sum, which could wrap and let a range through that does not
  // exist.
  if (offset < handed_out_ || offset > size_ || length > size_ - offset) return false;
  if (length == 0) return true;
  std::size_t i = 0;
  while (offset >= segments_.piece(i).size) offset -= segments_.piece(i++).size;

  std::size_t left = length;
  // The range begins inside a segment: its front stays, and so may its back.
  if (offset != 0) {
    const std::size_t behind = segments_.piece(i).size - offset;
    if (left < behind) {
      split(i, offset, left);
      size_ -= length;
      return true;
    }
    // Only splitting allocates, and before anything is changed: from here on
    // nothing fails.
    cut_back(i++, behind);
    left -= behind;
  }
  const std::size_t first = i;
  // Whole segments go by one erase() at the end: moving the list once for each
  // would make dropping a long queue quadratic.
  for (; left != 0 && left >= segments_.piece(i).size; ++i) {
    left -= segments_.piece(i).size;
    drop(i);
  }
  if (left != 0) cut_front(i, left);
  segments_.erase(first, i);
  size_ -= length;
  rewind_tail();
  return true;
}

// Takes `length` bytes out of the middle of segment `i`: it becomes two.
void send_buffer::split(std::size_t i, std::size_t offset, std::size_t length) {
  segments_.reserve(1);
  const const_buffer whole = segments_.piece(i);
  const detail::segment_owner owner = segments_.owner(i);
  // Both halves hold the block or the slice: whichever is consumed last frees it.
  if (owner.inline_block != nullptr) ++owner.inline_block->segments;
  if (owner.shared != nullptr) owner.shared->references.fetch_add(1, std::memory_order_relaxed);
  const auto* data = static_cast<const std::byte*>(whole.data);
  segments_.insert(i + 1, {data + offset, whole.size - offset}, owner);
  segments_.piece(i).size = offset;
  cut_front(i + 1, length);
}

void send_buffer::cut_front(std::size_t i, std::size_t n) noexcept {
  const_buffer& piece = segments_.piece(i);
  poison_inline(segments_.owner(i), piece.data, n);
  piece.data = static_cast<const std::byte*>(piece.data) + n;
  piece.size -= n;
}

void send_buffer::cut_back(std::size_t i, std::size_t n) noexcept {
  const_buffer& piece = segments_.piece(i);
  piece.size -= n;
  poison_inline(segments_.owner(i), static_cast<const std::byte*>(piece.data) + piece.size, n);
}

// Ends the ownership that segment `i` has; the caller removes it from the list.
void send_buffer::drop(std::size_t i) noexcept {
  const detail::segment_owner owner = segments_.owner(i);
  detail::drop_reference(owner.shared);
  if (owner.inline_block == nullptr) return;
  poison_inline(owner, segments_.piece(i).data, segments_.piece(i).size);
  if (--owner.inline_block->segments != 0) return;
  if (owner.inline_block != tail_) return pool_.give_back(owner.inline_block);
  // Without a segment all of the tail is free: it begins again at its front, so
  // that a connection with little to say uses the same few bytes for ever.
  write_ = tail_->begin();
  detail::open_access(tail_->begin(), tail_->capacity);
}

// After bytes were removed at the end: what they took in the tail is free again.
void send_buffer::rewind_tail() noexcept {
  if (segments_.empty() || tail_ == nullptr) return;
  const std::size_t last = segments_.size() - 1;
  if (segments_.owner(last).inline_block != tail_) return;
  const const_buffer& piece = segments_.piece(last);
  // No byte behind the last segment of the tail is in use: the tail is filled in
  // order.
  write_ =
      tail_->begin() + (static_cast<const std::byte*>(piece.data) + piece.size - tail_->begin());
  detail::open_access(write_, room());
}

void send_buffer::release() noexcept {
  if (size_ == 0) put_tail_back();
  segments_.release();
  pool_.free_spares();
}

output_chain send_buffer::release_output() noexcept {
  output_chain chain(std::move(*this));
  chain.bytes_.pool_.free_spares();
  return chain;
}

}  // namespace parley
