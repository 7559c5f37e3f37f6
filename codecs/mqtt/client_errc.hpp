// What can go wrong with a connection or a session, beside the faults of single packets (errc.hpp).
// What a server says with a reason code is an error of that code.
#pragma once

#include <cstdint>
#include <parley/codecs/mqtt/reason_code.hpp>
#include <parley/core/error.hpp>

namespace parley::mqtt {

enum class client_errc : std::uint16_t {
  connack_timeout,       // no CONNACK in time
  no_connack,            // the server ended the connection instead
  pingresp_timeout,      // neither PINGRESP nor anything else came
  disconnected,          // the server ended the connection without DISCONNECT
  unexpected_packet,     // an answer to nothing that was asked: protocol_error (0x82)
  too_many_unanswered,   // beyond our receive maximum: receive_maximum_exceeded (0x93)
  excessive_alias,       // a topic alias beyond our maximum: topic_alias_invalid (0x94)
  unknown_topic_alias,   // one that no topic was given to: protocol_error (0x82)
  unasked_session,       // a session beside a clean start: protocol_error (0x82)
  wrong_count,           // not one reason code for each filter: protocol_error (0x82)
  wrong_authentication,  // AUTH without or of another method: protocol_error (0x82)
  session_lost,          // the server has forgotten what it had of an exactly-once message
  expired,               // the message expiry interval passed before the message could be sent
  record_damaged,        // what the store returned is no record of a session
  falls_back,            // the server does not know MQTT 5: the next attempt is with 3.1.1
  call_failed,           // a callee answered with an error, whose name and text are the message
  no_callee,             // nobody listens for such calls, says the server
};

const error_info& describe(client_errc) noexcept;

// A reason code of 0x80 and above is an error code as well: `error(reason_code::server_busy)`. Its
// class says what a new attempt may bring.
const error_info& describe(reason_code) noexcept;

// What DISCONNECT tells the server about an error that ends a connection (section 4.13).
reason_code farewell_of(const error& why) noexcept;

}  // namespace parley::mqtt
