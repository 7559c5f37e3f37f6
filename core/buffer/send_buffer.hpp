// What waits to be sent: a chain of small inline bytes and of large slices that
// are not copied.
//
//   list    | 5 bytes | 64 KiB | 31 bytes |   <- output(): a gather list
//               |         |         |
//   bytes     block     shared    block         blocks never move or grow
//
// Bytes that output() has shown stay where they are until consume() has passed
// them, whatever is appended in between: an asynchronous write may be reading
// them. The list itself is valid until the next non-const call.
#pragma once

#include <parley/core/buffer/block_pool.hpp>
#include <parley/core/buffer/segment_list.hpp>
#include <parley/core/buffer/shared_bytes.hpp>
#include <parley/core/bytes.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace parley {

class output_chain;

// The output side of a machine. Has no limit of its own: the machine compares
// size() with its own before it accepts a command.
//   filled by   reserve() -> encode -> commit(), or append()
//   emptied by  output() -> the adapter writes -> consume()
class send_buffer {
 public:
  // The most entries that output() returns at once, well below any IOV_MAX.
  static constexpr std::size_t max_list = 64;
  // Shared and static bytes up to this size are copied: an entry of the list
  // costs more than that (an iovec, a reference count, a shorter merge).
  static constexpr std::size_t copy_limit = 256;

  // Allocates nothing before the first byte.
  send_buffer() noexcept = default;
  send_buffer(send_buffer&& other) noexcept { swap(other); }
  // Goes on where a machine has handed over: its bytes stay where they are.
  explicit send_buffer(output_chain&& rest) noexcept;
  send_buffer& operator=(send_buffer&& other) noexcept;
  ~send_buffer();

  // At least `n` contiguous bytes to encode into; then call commit(). No other
  // call in between. Costs an allocation only if no kept block has the room.
  std::span<std::byte> reserve(std::size_t n) {
    segments_.reserve(1);  // so that commit() cannot fail
    if (n > room()) make_room(n);
    return {write_, room()};
  }

  // Appends the first `n` of the reserved bytes (all, if there are fewer).
  void commit(std::size_t n) noexcept {
    n = n < room() ? n : room();
    if (n == 0) return;
    if (last_is_open()) {
      segments_.piece(segments_.size() - 1).size += n;
    } else {
      segments_.push_back({write_, n}, {tail_, nullptr});
      ++tail_->segments;
    }
    write_ += n;
    size_ += n;
  }

  // Copies `bytes` into blocks. Appends all or, when memory ends (bad_alloc),
  // nothing; the same holds for the next two.
  void append(byte_view bytes);
  void append(std::string_view text) { append(as_bytes(text)); }

  // Appends a slice without copying it; it is held until it has been consumed.
  void append(shared_bytes bytes);
  void append(static_bytes bytes);

  // Appends all that waits in another buffer, which is empty then; nothing of it may have been
  // shown by output(). Shared and static slices move, small bytes are copied.
  void append(send_buffer&& other);

  // The gather list of what waits, at most max_list entries, in order. Calling
  // it again without a change in between returns the same list.
  buffer_list output() noexcept;

  // Takes the first `n` bytes away (all, if there are fewer); may end inside an
  // entry. Their storage may be used again at once.
  void consume(std::size_t n) noexcept;

  // How many of the first bytes output() has shown and consume() has not passed.
  std::size_t handed_out() const noexcept { return handed_out_; }

  // Removes `length` bytes at `offset` from the front, for policies that drop
  // what is queued and for undoing a half-encoded message. False, and nothing is
  // changed, if the range was handed out in part or does not exist. May throw
  // bad_alloc if the range lies inside one entry, and then changes nothing.
  bool erase(std::size_t offset, std::size_t length);

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  // Frees what is kept for reuse; everything, if nothing waits. For idle
  // connections: otherwise blocks are kept up to the recent peak.
  void release() noexcept;

  // Hands everything that waits to the returned chain and leaves this empty.
  // Bytes and list stay where they are, so that a write in flight survives the
  // machine.
  output_chain release_output() noexcept;

  // Bytes of blocks held now, in use and kept.
  std::size_t held() const noexcept { return pool_.held(); }

 private:
  std::size_t room() const noexcept { return static_cast<std::size_t>(end_ - write_); }

  // True if committed bytes continue the last segment.
  bool last_is_open() const noexcept {
    if (segments_.empty()) return false;
    const std::size_t last = segments_.size() - 1;
    if (segments_.owner(last).inline_block != tail_) return false;
    const const_buffer& piece = segments_.piece(last);
    return static_cast<const std::byte*>(piece.data) + piece.size == write_;
  }

  void make_room(std::size_t n);
  void put_tail_back() noexcept;
  void append_segment(byte_view bytes, detail::shared_block* owner) noexcept;
  void split(std::size_t i, std::size_t offset, std::size_t length);
  void cut_front(std::size_t i, std::size_t n) noexcept;
  void cut_back(std::size_t i, std::size_t n) noexcept;
  void drop(std::size_t i) noexcept;
  void rewind_tail() noexcept;
  void swap(send_buffer&) noexcept;

  detail::segment_list segments_;
  detail::block_pool pool_;
  detail::block* tail_ = nullptr;  // where inline bytes go; may have no segment
  std::byte* write_ = nullptr;     // the first free byte of tail_
  std::byte* end_ = nullptr;       // the end of tail_
  std::size_t size_ = 0;
  std::size_t handed_out_ = 0;
};

// Output that outlived its machine. Whoever has a write in flight keeps it until
// that write has ended; it may also go on writing.
class output_chain {
 public:
  output_chain() noexcept = default;

  // As in send_buffer.
  buffer_list output() noexcept { return bytes_.output(); }
  void consume(std::size_t n) noexcept { bytes_.consume(n); }
  std::size_t size() const noexcept { return bytes_.size(); }
  bool empty() const noexcept { return bytes_.empty(); }

 private:
  friend class send_buffer;
  explicit output_chain(send_buffer&& bytes) noexcept : bytes_(std::move(bytes)) {}

  send_buffer bytes_;
};

inline send_buffer::send_buffer(output_chain&& rest) noexcept
    : send_buffer(std::move(rest.bytes_)) {}

static_assert(sizeof(send_buffer) < 200);

}  // namespace parley
