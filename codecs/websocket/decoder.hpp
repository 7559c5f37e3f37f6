// The decoder of WebSocket's frames (RFC 6455 section 5): a stream of bytes to pieces of messages
// and control frames. Unmasking is done in place; nothing is copied or allocated.
//
//   websocket::decoder d(websocket::role::server, bounds, false);
//   for (;;) {
//     const websocket::part p = d.next(input);       // input: all bytes that were not consumed
//     switch (p.what) {
//       case websocket::part_kind::data: append(p.data); if (p.last) deliver(p.type); break;
//       case websocket::part_kind::ping: answer(p.data); break;
//       case websocket::part_kind::close: end(websocket::close_info_of(p.data)); break;
//       ...
//     }
//     input = input.subspan(p.consumed);
//   }
//
// The outcome does not depend on how the input was cut: the same parts once the pieces of a frame
// are joined, and the same fault.
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/codecs/websocket/errc.hpp>
#include <parley/codecs/websocket/frame.hpp>
#include <parley/codecs/websocket/limits.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/text/utf8.hpp>
#include <span>
#include <string_view>

namespace parley::websocket {

enum class part_kind : std::uint8_t {
  need_data,  // give more bytes behind those that are left: need()
  data,       // `data` is a piece of a message
  ping,       // `data` is what the pong must carry (section 5.5.2)
  pong,
  close,   // close_info_of(data); what follows is thrown away (section 5.5.1)
  failed,  // `fault`; no call makes progress any more
};

// What a call has found.
struct part {
  part_kind what = part_kind::need_data;
  opcode type = opcode::continuation;  // of data: text or binary, also in later fragments
  bool first = false;                  // of data: it begins a message
  bool last = false;                   // of data: it completes the message
  bool compressed = false;             // of data: the whole message is (RFC 7692 section 6)
  errc fault{};
  // Bytes of the input that this part takes, also with need_data: the next call gets what follows
  // them. `data` shows some of them, so they must be kept as long as it is used.
  std::size_t consumed = 0;
  std::span<std::byte> data{};  // unmasked; may be empty
};

// What a close frame says (section 5.5.1).
struct close_info {
  close_code code = close_code::no_status;
  std::string_view reason{};  // UTF-8; views the frame
};

// Of the payload of a part `close`, which the decoder has checked.
close_info close_info_of(byte_view payload) noexcept;

class decoder {
 public:
  // `own` is our side: a server's decoder expects masked frames (section 5.1). The limits are
  // borrowed and must not change. `deflate` allows RSV1 where RFC 7692 does.
  decoder(role own, const limits& bounds, bool deflate) noexcept;

  // The next part. `in` are all bytes that were not consumed; they may have moved since the last
  // call but must be as it left them: those of an unfinished frame are unmasked already.
  //
  // A frame of up to limits::whole_frame is one part, once it is complete; of a larger one each
  // piece is a part as it comes, and one of text may end inside a character. A message is its parts
  // from `first` to `last`; control frames, always whole, may come between them.
  //
  // Text is checked as it comes (section 8.1), also in an unfinished frame: bad UTF-8 fails at its
  // first bad byte. Text that is compressed is for who inflates it to check.
  part next(std::span<std::byte> in) noexcept;

  // After need_data: how many more bytes there must be at least before a call finds something.
  std::size_t need() const noexcept { return need_; }
  // How many bytes of the payload of the frame that was begun are not unmasked yet: what to expect.
  std::uint64_t frame_left() const noexcept { return length_ - done_; }

  // A message was begun, and its last part was not shown yet.
  bool is_in_message() const noexcept { return in_message_; }
  // Nothing of a message or of a control frame was consumed.
  bool is_idle() const noexcept { return state_ == state::between; }
  // A close frame was shown.
  bool is_closed() const noexcept { return state_ == state::closed; }

 private:
  enum class state : std::uint8_t {
    between,  // at a header, outside of messages
    inside,   // at a header, inside a message
    whole,    // in a payload that is shown when it is complete
    pieces,   // in one that is shown as it comes
    doomed,   // what precedes a fault was shown
    closed,
    failed,
  };

  part next_rarely(std::span<std::byte> in) noexcept;
  part next_frame(std::span<std::byte> in) noexcept;
  part next_whole(std::span<std::byte> in) noexcept;
  part next_piece(std::span<std::byte> in) noexcept;
  part cut_before_fault(std::span<std::byte> piece, text::utf8_validator before) noexcept;
  bool is_good_first(unsigned byte) noexcept;
  bool is_good_second(unsigned byte, opcode op) noexcept;
  bool is_good_length(std::uint64_t length, std::size_t size) noexcept;
  void begin(unsigned first_byte, std::uint64_t length) noexcept;
  bool take(std::span<std::byte> fresh, bool ends) noexcept;
  bool take_text(std::span<std::byte> fresh) noexcept;
  part show(std::span<std::byte> payload, bool ends) noexcept;
  part show_control(std::span<std::byte> payload) noexcept;
  part wait(std::size_t need) noexcept;
  part fail(errc fault) noexcept;
  bool refuse(errc fault) noexcept {
    fault_ = fault;
    return false;
  }

  const limits* limits_;
  std::uint64_t length_ = 0;   // of the payload of this frame
  std::uint64_t done_ = 0;     // of it, so many bytes are unmasked and checked
  std::uint64_t message_ = 0;  // payloads of this message, with that of this frame
  std::size_t need_ = 0;
  mask_key key_{};
  text::utf8_validator check_;
  errc fault_{};
  std::uint16_t quick_;    // the largest payload for the shortest way through next()
  std::uint8_t mask_bit_;  // what the second byte must have: 0x80 at a server
  state state_ = state::between;
  opcode frame_ = opcode::text;  // of this frame
  opcode type_ = opcode::text;   // of this message
  bool deflate_;
  bool fin_ = false;
  bool first_ = false;  // nothing of this message was shown
  bool in_message_ = false;
  bool compressed_ = false;
};

static_assert(sizeof(decoder) <= 64);

}  // namespace parley::websocket
