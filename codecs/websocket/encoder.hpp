// The encoder of WebSocket's frames (RFC 6455 section 5). The put functions write at a pointer and
// return the place behind what they wrote; they allocate nothing, and the caller sees to the room.
//
// A server's message, its payload chained behind the header:
//
//   std::byte* end = put_header(to, {opcode::text, payload.size()});
//
// A client's, masked with a key that nobody can foresee (section 10.3); keys are passed in:
//
//   std::byte* end = put_header(to, {opcode::text, payload.size()}, key);
//   mask_into(end, payload, key);
//
// A message in pieces, of which none knows how many follow:
//
//   put_header(to, {opcode::binary, n1, false}); put_header(to, {opcode::continuation, n2, true});
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/websocket/frame.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <string_view>

namespace parley::websocket {

// What a header says.
struct frame_header {
  opcode type = opcode::text;
  std::uint64_t length = 0;  // of the payload
  bool fin = true;           // it is the last frame of its message
  bool rsv1 = false;         // a compressed message begins (RFC 7692 section 6)
};

// Room for any header, and for a control frame.
inline constexpr std::size_t header_bound = 14;
inline constexpr std::size_t control_bound = 2 + 4 + max_control_payload;

// Of the header in front of so many bytes.
constexpr std::size_t header_size(std::uint64_t length, bool masked) noexcept {
  return (length < 126 ? 2U : length < 65536 ? 4U : 10U) + (masked ? 4U : 0U);
}

// Writes header_size() bytes. Not for control frames: put_control() and put_close() check what
// these may carry. The length must be below 2^63.
std::byte* put_header(std::byte* to, const frame_header& head,
                      const std::optional<mask_key>& mask = std::nullopt) noexcept;

// Copies and masks in one pass (section 5.3); `offset` is where in its frame `from` begins. To mask
// in place, call text::unmask(): it is its own opposite.
std::byte* mask_into(std::byte* to, byte_view from, const mask_key& key,
                     std::size_t offset = 0) noexcept;

// A whole ping or pong (sections 5.5.2 and 5.5.3), at most control_bound bytes. Fails with
// errc::invalid_argument, and writes nothing, if `type` is another one or the payload exceeds
// max_control_payload.
result<std::byte*> put_control(std::byte* to, opcode type, byte_view payload,
                               const std::optional<mask_key>& mask = std::nullopt);

// A whole close frame (section 5.5.1), at most control_bound bytes; with close_code::no_status and
// no reason an empty one. Fails with errc::invalid_argument, and writes nothing, if the code is not
// one that may_be_sent(), or if the reason is not UTF-8 or exceeds max_close_reason.
result<std::byte*> put_close(std::byte* to, close_code code, std::string_view reason = {},
                             const std::optional<mask_key>& mask = std::nullopt);

}  // namespace parley::websocket
