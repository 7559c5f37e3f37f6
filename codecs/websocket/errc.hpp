// What can go wrong with WebSocket: faults in the bytes of a peer, limits of ours, handshakes that
// did not come about, and ends of connections.
#pragma once

#include <cstdint>
#include <parley/codecs/websocket/frame.hpp>
#include <parley/core/error.hpp>

namespace parley::websocket {

enum class errc : std::uint16_t {
  // The peer broke the protocol (RFC 6455 section 5). The stream cannot be read any further.
  bad_opcode,               // one that is reserved
  reserved_bits,            // RSV1 to RSV3 without an extension that gives them a meaning
  bad_length,               // not in the fewest bytes, or with the highest bit
  not_masked,               // by a client
  masked,                   // by a server
  fragmented_control,       // a control frame without FIN
  control_too_long,         // a control frame of more than 125 bytes
  unexpected_continuation,  // of no message
  unfinished_message,       // a new message inside another
  bad_close,                // a close frame of one byte, or with a code that none may have
  bad_text,                 // text, or the reason of a close frame, is not UTF-8
  bad_deflate,              // a compressed message is corrupt
  // A limit of ours (limits.hpp).
  frame_too_large,
  message_too_large,  // when inflated, where it was compressed
  inflates_too_far,   // a ratio that no honest message has
  too_many_controls,  // pings and pongs without anything between them
  // A handshake (section 4).
  not_a_handshake,        // the request asks for no upgrade to WebSocket
  bad_handshake_version,  // of another version than 13
  bad_key,                // Sec-WebSocket-Key is missing, double, or not 16 bytes
  bad_origin,             // a page of a foreign site asks
  handshake_refused,      // the server answered with another status than 101
  bad_upgrade,            // 101 without the fields that must come with it
  bad_accept,             // Sec-WebSocket-Accept does not fit the key
  bad_subprotocol,        // one that was not offered, or none where one is needed
  bad_extension,          // one that was not offered, or with other parameters
  unauthorized,           // 401 or 403
  // A connection.
  handshake_timeout,
  ping_timeout,      // no pong in time
  close_timeout,     // the close frame was not answered in time
  slow_reader,       // the peer does not take what is sent to it
  abnormal_end,      // the connection ended without a close frame
  closed_by_peer,    // with a code that says why
  peer_unavailable,  // the peer closed with 1001, 1012, 1013 or 1014: come again
  // A provider.
  call_failed,  // the peer answered a call with an error
};

const error_info& describe(errc) noexcept;

// The code of the close frame that tells the peer (section 7.4.1).
close_code close_code_of(const error& why) noexcept;

}  // namespace parley::websocket
