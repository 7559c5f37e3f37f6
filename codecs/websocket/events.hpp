// What a WebSocket connection tells: the same events for both sides.
#pragma once

#include <cstdint>
#include <parley/codecs/websocket/frame.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/machine/machine.hpp>
#include <parley/core/time.hpp>
#include <string_view>
#include <variant>

namespace parley::http {
struct request_head;
struct response_head;
}  // namespace parley::http

namespace parley::websocket {

// Only a server: a client asks to be let in. Views live until the next next_event(). The request
// was checked, and everything chosen; `refuse()` answers with a status, else it is accepted, at
// once or, with server_limits::ask, by `accept()`.
struct handshake_event {
  const http::request_head* head = nullptr;
  std::string_view subprotocol{};  // that would be agreed on; empty: none
  bool is_compressed = false;
};

// The handshake is complete: messages may be sent. `head` is the server's response where this is a
// client, and lives until the next next_event(); the subprotocol as long as the machine.
struct opened {
  std::string_view subprotocol{};
  bool is_compressed = false;
  const http::response_head* head = nullptr;
};

// A whole message. The data view the input or a buffer of the machine: until the next next_event().
struct message_event {
  opcode type = opcode::binary;  // or text, which is UTF-8
  byte_view data{};

  std::string_view text() const noexcept { return as_text(data); }
};

// With limits.pieces instead: a part of a message as it comes, inflated. Text may be cut inside a
// character; the message is whole, and its text valid, when `last` has come.
struct piece_event {
  opcode type = opcode::binary;
  bool first = false;
  bool last = false;
  byte_view data{};
};

// The peer has answered our last ping.
struct pong_event {
  duration round_trip{};
};

// Output that stood above high_water has fallen below half of it: go on sending.
struct writable {};

// Both close frames are there: the peer's has just come, and ours is sent or in output(). No
// message follows, and `closed` is next. An end without it is `failed`.
struct close_event {
  close_code code = close_code::no_status;
  std::string_view reason{};  // until the next next_event()
  bool by_peer = false;       // it was the first to close
};

using event = std::variant<need_data, paused, handshake_event, opened, message_event, piece_event,
                           pong_event, writable, close_event, failed, closed>;

}  // namespace parley::websocket
