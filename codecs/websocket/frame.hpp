// What a frame of RFC 6455 begins with, and the codes of its close frames.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace parley::websocket {

// Whose side of the connection this is: a client masks what it sends, a server must not
// (section 5.1).
enum class role : std::uint8_t { client, server };

// Section 5.2; all others are reserved.
enum class opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

constexpr bool is_control(opcode op) noexcept { return (static_cast<unsigned>(op) & 8U) != 0; }

// Section 7.4.1 and the registry of IANA. Any number fits: an application has 3000 to 4999.
enum class close_code : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  no_status = 1005,  // never on the wire: the close frame was empty
  abnormal = 1006,   // never on the wire: the connection ended without a close frame
  invalid_data = 1007,
  policy_violation = 1008,
  too_large = 1009,
  missing_extension = 1010,
  internal_error = 1011,
  service_restart = 1012,
  try_again_later = 1013,
  bad_gateway = 1014,
  tls_failed = 1015,  // never on the wire
};

// True if a close frame may carry it (section 7.4): not below 1000, not one of those that are
// never sent, not one that nobody has defined, not above 4999.
constexpr bool may_be_sent(close_code code) noexcept {
  const auto n = static_cast<unsigned>(code);
  return (n >= 1000 && n <= 1014 && n != 1004 && n != 1005 && n != 1006) ||
         (n >= 3000 && n <= 4999);
}

// Four bytes as they stand in the frame.
using mask_key = std::array<std::byte, 4>;

// The largest payload of a control frame (section 5.5), and the largest reason beside a code.
inline constexpr std::size_t max_control_payload = 125;
inline constexpr std::size_t max_close_reason = 123;

}  // namespace parley::websocket
