// Where bytes from the peer arrive.
//
//   storage  |  released  |  consumed  |   unread   |  prepared  |
//            0            released_    begin_       end_         capacity_
//
//   released   the owner has said that nobody views them any more
//   consumed   taken by the decoder; views in the last event still show them
//   unread     what data() shows: not yet decoded, or part of a message
//   prepared   what prepare() handed to the adapter, until commit()
//
// Bytes move at one moment only: inside prepare(). A decoder that keeps views of
// an incomplete message in the unread bytes adds `moved()` to them afterwards.
#pragma once

#include <parley/core/buffer/poison.hpp>
#include <parley/core/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace parley {

// How large a receive buffer starts and becomes.
struct receive_limits {
  // The first allocation, in bytes: holds nearly every control message and is
  // what malloc serves from its small bins.
  std::size_t initial = 4 * 1024;
  // The most that is ever held, in bytes. A message that must be complete before
  // it is delivered cannot be larger.
  std::size_t max = 1024 * 1024;
  // The most that a hint may ask for, in bytes: what a socket yields in one read.
  std::size_t step = 64 * 1024;
};

// A growing buffer with the input guarantees of a machine. Outputs of the calls:
//   fed by     prepare() -> the adapter reads -> commit()
//   read by    data() -> decode -> consume()
//   lifetimes  discard_consumed() at the start of next_event(); release() if idle
class receive_buffer {
 public:
  // Allocates nothing before the first prepare(). `max` is raised to at least 1;
  // `initial` and `step` are lowered to `max` and `step` is at least `initial`.
  explicit receive_buffer(receive_limits = {}) noexcept;

  receive_buffer(receive_buffer&& other) noexcept : receive_buffer() { swap(other); }
  receive_buffer& operator=(receive_buffer&& other) noexcept;
  ~receive_buffer();

  // Room for the next bytes; read into it, then call commit(). Empty: the unread
  // bytes fill the buffer up to `max`, so stop reading until some are consumed.
  //
  // `hint` is how many bytes the caller could use (0: no opinion). It enlarges
  // the buffer to `step` at most; beyond that it doubles, and only because the
  // bytes that arrived fill more than half of it. The span may be larger or
  // smaller than the hint.
  //
  // Invalidates views of consumed bytes; moves unread bytes by moved(). Replaces
  // a span prepared before. May throw bad_alloc, and then changes nothing that
  // data() shows.
  std::span<std::byte> prepare(std::size_t hint);

  // Says that the first `n` bytes of the prepared span were written (0: none
  // were). More than was prepared counts as all of it. Ends the prepared span.
  void commit(std::size_t n) noexcept;

  // How far the last prepare() moved the unread bytes: new address minus old; 0
  // if they stayed. Apply it to kept views with rebase().
  std::ptrdiff_t moved() const noexcept { return moved_; }

  // The unread bytes. The view is invalidated by prepare() and release().
  byte_view data() const noexcept { return {storage_.get() + begin_, end_ - begin_}; }
  // The same, for decoders that change them in place.
  std::span<std::byte> unread() noexcept { return {storage_.get() + begin_, end_ - begin_}; }
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }

  // Takes the first `n` unread bytes away from data() (all, if there are fewer).
  // They stay readable until discard_consumed() or prepare(): an event may view
  // them.
  void consume(std::size_t n) noexcept { begin_ += n < size() ? n : size(); }

  // Ends the life of all consumed bytes. A machine calls it where the views of
  // its last event end: at the start of next_event() and handle_timeout(). In
  // builds with poisoning they now read 0xDD.
  void discard_consumed() noexcept {
    if constexpr (detail::poisoning) {
      detail::poison(storage_.get() + released_, begin_ - released_);
    }
    released_ = begin_;
  }

  // Frees the storage if nothing is unread, consumed and not discarded, or
  // prepared; else does nothing. For idle connections. True if no storage is
  // held afterwards.
  bool release() noexcept;

  // Bytes of storage held now.
  std::size_t capacity() const noexcept { return capacity_; }
  const receive_limits& limits() const noexcept { return limits_; }

 private:
  void swap(receive_buffer&) noexcept;
  std::size_t target_capacity(std::size_t wanted) const noexcept;
  void grow(std::size_t capacity);
  void compact() noexcept;

  receive_limits limits_;
  std::unique_ptr<std::byte[]> storage_;
  std::size_t capacity_ = 0;
  std::size_t released_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t prepared_ = 0;
  std::ptrdiff_t moved_ = 0;
};

// A view into unread bytes, after these moved by `delta` (receive_buffer::moved).
// Computed on integers: the old storage may be gone, so its pointers may not even
// be compared.
template <class T>
std::span<const T> rebase(std::span<const T> view, std::ptrdiff_t delta) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(view.data());
  const auto moved = address + static_cast<std::uintptr_t>(delta);
  return {reinterpret_cast<const T*>(moved), view.size()};
}
inline std::string_view rebase(std::string_view view, std::ptrdiff_t delta) noexcept {
  const auto moved = rebase(std::span<const char>(view.data(), view.size()), delta);
  return {moved.data(), moved.size()};
}

}  // namespace parley
