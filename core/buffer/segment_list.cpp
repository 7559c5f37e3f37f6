#include <parley/core/buffer/segment_list.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace parley::detail {
namespace {

constexpr std::size_t smallest = 8;
// Counters of 32 bits keep the list, and with it each idle connection, small.
constexpr std::size_t largest = UINT32_MAX;

}  // namespace

void segment_list::make_room(std::size_t n) {
  const std::size_t needed = checked_add<std::size_t>(count_, n).value_or(SIZE_MAX);
  if (first_ != 0 && needed <= capacity_ / 2) {
    // At least half of the slots in front are free: moving costs less than what
    // was spent on filling them.
    move_into(pieces_, owners_);
    return;
  }
  const std::size_t capacity = std::max({smallest, std::size_t{capacity_} * 2, needed});
  // One allocation holds two arrays: the pieces lie together in the form that a
  // gather write takes, their owners behind them.
  const std::size_t slot = sizeof(const_buffer) + sizeof(segment_owner);
  const auto bytes = checked_mul(capacity, slot);
  // More than the counters hold must fail like any other impossible allocation.
  void* memory = ::operator new(capacity <= largest && bytes ? *bytes : SIZE_MAX);
  const_buffer* pieces = static_cast<const_buffer*>(memory);
  segment_owner* owners = reinterpret_cast<segment_owner*>(pieces + capacity);
  const_buffer* old = pieces_;
  move_into(pieces, owners);
  ::operator delete(old);
  capacity_ = static_cast<std::uint32_t>(capacity);
}

// Also within the same memory: copying towards the front may overlap.
void segment_list::move_into(const_buffer* pieces, segment_owner* owners) noexcept {
  std::copy_n(pieces_ + first_, count_, pieces);
  std::copy_n(owners_ + first_, count_, owners);
  pieces_ = pieces;
  owners_ = owners;
  first_ = 0;
}

// Room was made before: that is why this cannot fail.
void segment_list::push_back(const_buffer piece, segment_owner owner) noexcept {
  const std::size_t at = std::size_t{first_} + count_;
  pieces_[at] = piece;
  owners_[at] = owner;
  ++count_;
}

void segment_list::pop_front() noexcept {
  ++first_;
  // An empty list begins at its front again: steady traffic never needs make_room()
  // to move anything.
  if (--count_ == 0) first_ = 0;
}

void segment_list::insert(std::size_t i, const_buffer piece, segment_owner owner) noexcept {
  push_back(piece, owner);
  std::rotate(&this->piece(i), &this->piece(count_ - 1), &this->piece(count_ - 1) + 1);
  std::rotate(&this->owner(i), &this->owner(count_ - 1), &this->owner(count_ - 1) + 1);
}

void segment_list::erase(std::size_t from, std::size_t to) noexcept {
  std::copy(&piece(to), &piece(0) + count_, &piece(from));
  std::copy(&owner(to), &owner(0) + count_, &owner(from));
  count_ -= static_cast<std::uint32_t>(to - from);
  if (count_ == 0) first_ = 0;
}

void segment_list::release() noexcept {
  if (count_ != 0) return;
  ::operator delete(pieces_);
  pieces_ = nullptr;
  owners_ = nullptr;
  capacity_ = first_ = 0;
}

void segment_list::swap(segment_list& other) noexcept {
  std::swap(pieces_, other.pieces_);
  std::swap(owners_, other.owners_);
  std::swap(capacity_, other.capacity_);
  std::swap(first_, other.first_);
  std::swap(count_, other.count_);
}

}  // namespace parley::detail
