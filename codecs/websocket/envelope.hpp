// Names on the wire: what two parleys say to each other over WebSocket, agreed on as the
// subprotocol "parley.1". One line says what a message is; what follows it is the payload.
//
//   pub <name> LF payload          a message on a channel
//   sub <id> <filter> LF           send me the channels that match (+ and #); answered by ok or err
//   unsub <id> <filter> LF         no more of them
//   call <id> <name> LF payload    a request; answered by ret or err
//   ret <id> LF payload            its reply
//   ok <id> LF                     done
//   err <id> <error> LF text       why not: the name of an error, and words for people
//
// Words are separated by one space; a name is the rest of its line and may have spaces, but no
// control characters. An id is a number from 1 to 2^53-1, new for each question of its side. A text
// message has a payload in UTF-8, a binary message any. What is not understood is answered by err
// where it has an id, and otherwise dropped, so that later versions may say more.
//
// A page needs no library: const [head, body] = split(m.data, "\n").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/core/bytes.hpp>
#include <string_view>

namespace parley::websocket {

inline constexpr std::string_view envelope_subprotocol = "parley.1";
inline constexpr std::uint64_t max_envelope_id = (std::uint64_t{1} << 53) - 1;

enum class envelope_kind : std::uint8_t { pub, sub, unsub, call, ret, ok, err };

// One of them. Views what it was read from.
struct envelope {
  envelope_kind kind = envelope_kind::pub;
  std::uint64_t id = 0;     // 0 where there is none
  std::string_view name{};  // the channel, filter, callable, or error
  byte_view payload{};
};

// Reads a message; nothing if it is no envelope. Takes every kind of payload, also where none is
// expected.
std::optional<envelope> read_envelope(byte_view message) noexcept;

// Whether a name may stand in an envelope: not empty, at most 1024 bytes of UTF-8 without control
// characters.
bool is_envelope_name(std::string_view name) noexcept;

// How long the line of an envelope is, with its LF.
std::size_t envelope_line_size(const envelope& e) noexcept;
// Writes it, and returns the place behind. The payload follows.
std::byte* put_envelope_line(std::byte* to, const envelope& e) noexcept;

}  // namespace parley::websocket
