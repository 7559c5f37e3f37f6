// permessage-deflate, the messages (RFC 7692 sections 6 and 7.2): payloads of whole messages, of
// which only the first frame has RSV1, into what they stand for and back. No allocation per
// message.
//
//   websocket::message_inflater in(role::server, agreed, settings, 10 << 20);
//   for (;;) {
//     const auto r = in.decode(piece, room, is_end_of_message);
//     use(room.first(r.produced));
//     piece = piece.subspan(r.consumed);
//     if (r.status == websocket::inflate_status::failed) return close_with(*in.fault());
//     if (r.status != websocket::inflate_status::out_full) break;  // done, or wait for more
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/http/content_coding.hpp>
#include <parley/codecs/websocket/deflate_agreement.hpp>
#include <parley/core/buffer/shared_bytes.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <span>
#include <vector>

namespace parley::websocket {

// As of a body: need_data, out_full, done (here: the message is complete), failed.
using http::inflate_result;
using http::inflate_status;
// How far encode() came: consumed, produced, done.
using http::deflate_result;

// Decodes the messages that the peer sends, one after the other. What comes out does not depend on
// where the input is cut. One exception: whether a peer is caught that looks back further than was
// agreed depends on the room, since more of what it asks for is there than must be.
//
// zlib's state, 8 to 40 KiB, is on the heap from the first message on. After a move the source may
// only be assigned to or destroyed.
class message_inflater {
 public:
  // `max_size` bounds each message, inflated; beyond deflate_free_output it must also not be
  // longer than settings.max_ratio times its payload.
  message_inflater(role own, const deflate_agreement& agreed, const deflate_settings& ours,
                   std::uint64_t max_size) noexcept;

  // Decodes until the input or the room is used up. `last`: the message ends behind `in`; a call
  // that follows `out_full` gets the rest with the same `last`. Bytes that precede a fault are
  // delivered along with `failed`; every later call says so again and consumes nothing.
  //
  // Blocks with BFINAL may stand anywhere (section 7.2.3.4), and a message of no bytes is an empty
  // one. The call behind `done` begins the next message.
  inflate_result decode(byte_view in, std::span<std::byte> out, bool last) noexcept;

  // Why it failed, or nothing: bad_deflate (corrupt, or it ends inside a block), message_too_large,
  // inflates_too_far, out_of_memory (of core).
  std::optional<error> fault() const noexcept;

  // Bytes of this message so far, or of the last one: on the wire, and inflated.
  std::uint64_t total_in() const noexcept { return total_in_; }
  std::uint64_t total_out() const noexcept { return total_out_; }

  // Between messages: frees the memory if the next message does not look back at the last one.
  // True if none is held then.
  bool release() noexcept;

 private:
  enum class phase : std::uint8_t { between, inside, failed };
  enum class reason : std::uint8_t { corrupt, too_large, too_far, no_memory };
  struct run;

  bool begin() noexcept;
  bool step(run& r, bool last) noexcept;
  bool step_joined(run& r) noexcept;
  bool advance(run& r, byte_view from, std::size_t of_input) noexcept;
  void took(run& r, std::size_t consumed, std::size_t of_input) noexcept;
  bool end_message(run& r) noexcept;
  bool fail(reason why) noexcept;
  std::size_t room_left() const noexcept;
  bool is_bomb() const noexcept;

  std::unique_ptr<http::detail::inflate_stream, http::detail::free_stream> stream_;
  std::uint64_t max_size_;
  std::uint64_t total_in_ = 0;
  std::uint64_t total_out_ = 0;
  unsigned max_ratio_;
  std::uint8_t window_bits_;
  std::uint8_t tail_ = 0;  // how much of the four bytes that were left out zlib has had
  phase phase_ = phase::between;
  reason reason_{};
  bool takes_over_;
  bool fresh_ = true;     // zlib has had no byte since the message, or a final block, began
  bool pending_ = false;  // zlib may hold output for which there was no room
};

// How much room is enough for the payload of a message of this size at once.
constexpr std::size_t deflate_bound(std::size_t size) noexcept {
  // zlib's own bound for any window and memory, and what a flush adds.
  return size + (size >> 3) + (size >> 6) + 32;
}

// Encodes the messages that this side sends. zlib's state is on the heap from the first one on:
// memory_estimate(). After a move the source may only be assigned to or destroyed.
class message_deflater {
 public:
  message_deflater(role own, const deflate_agreement& agreed,
                   const deflate_settings& ours) noexcept;

  // False for messages better sent as they are, without RSV1: of fewer bytes than the threshold,
  // or all, if a window was agreed that zlib cannot write (8 bits).
  bool is_worth_it(std::size_t size) const noexcept {
    return size >= threshold_ && window_bits_ > 8 && !failed_;
  }

  // Whether a peer with our settings would take a message that became so small for an honest one.
  // Others are sent as they are, after forget(): the peer has not seen what was encoded.
  bool goes_through(std::size_t plain, std::size_t coded) const noexcept {
    return max_ratio_ == 0 || plain <= deflate_free_output || plain / max_ratio_ <= coded;
  }

  // Encodes until the input or the room is used up. `last`: the message ends behind `in`; all of
  // it is written then, without the 00 00 FF FF at its end (section 7.2.1), and an empty one is 00
  // (section 7.2.3.6). Not `done`: call again with the rest of the input, new room and the same
  // `last`, unless has_failed(). Any room will do; fastest is one call with deflate_bound().
  //
  // Before the last piece `done` says only that the input was taken: zlib writes when it likes.
  deflate_result encode(byte_view in, std::span<std::byte> out, bool last) noexcept;

  // There was no memory: before the first byte of a message, which can be sent as it is. Stays so
  // until release().
  bool has_failed() const noexcept { return failed_; }

  // Between messages: the next one looks back at none that was encoded before. To be called
  // whenever a compressed message was sent that this object has not encoded (shared_deflater): the
  // peer's window has that one as well, so that distances to what precedes it would be wrong.
  // Without take-over it changes nothing.
  void forget() noexcept { stale_ = stream_ != nullptr; }

  // Between messages: frees the memory. The same as forget() to the peer: what follows is right,
  // but larger for a while.
  void release() noexcept;

 private:
  struct run;

  bool open() noexcept;
  void deflate_some(run& r) noexcept;
  bool flush_all(run& r) noexcept;
  bool deliver(run& r) noexcept;
  void flush_into_room(run& r) noexcept;
  void flush_into_spill(run& r) noexcept;

  std::unique_ptr<http::detail::deflate_stream, http::detail::free_stream> stream_;
  std::size_t threshold_;
  unsigned max_ratio_;
  std::uint8_t window_bits_;
  std::uint8_t level_;
  std::uint8_t memory_level_;
  bool takes_over_;
  bool begun_ = false;    // a byte of this message was taken
  bool flushed_ = false;  // zlib has written all of it
  bool stale_ = false;    // to be restarted before the next message
  bool failed_ = false;
};

// Encodes messages for many receivers at once: each refers to nothing before it, so that every
// peer that has agreed on compression can read it, whatever it was sent before. One for each
// thread; a receiver costs nothing but the call of forget() on its own message_deflater.
class shared_deflater {
 public:
  // With settings.own_max_window_bits, level and memory_level; 300 KiB with the default ones.
  explicit shared_deflater(const deflate_settings& ours) noexcept;

  bool is_worth_it(std::size_t size) const noexcept { return coder_.is_worth_it(size); }
  bool goes_through(std::size_t plain, std::size_t coded) const noexcept {
    return coder_.goes_through(plain, coded);
  }
  std::uint8_t window_bits() const noexcept { return window_bits_; }
  // Whether a receiver can read what is written: for our direction it has agreed on as many window
  // bits or more. Others get the message from their own deflater. A window smaller than the
  // default makes room for more of them.
  bool is_for(role own, const deflate_agreement& agreed) const noexcept {
    return agreed.window_bits(own) >= window_bits_;
  }

  // The payload of the message. The view is valid until the next call. Nothing if memory ends.
  std::optional<byte_view> compress(byte_view message);
  // The same, to be kept: one allocation.
  std::optional<shared_bytes> compress_shared(byte_view message);

  // Frees zlib's state and the room for the largest message so far.
  void release() noexcept;

 private:
  message_deflater coder_;
  std::vector<std::byte> room_;
  std::uint8_t window_bits_;
};

}  // namespace parley::websocket
