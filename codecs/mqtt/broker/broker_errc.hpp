// Why a server ends the connection of a client, beside the faults of single packets (errc.hpp).
#pragma once

#include <cstdint>
#include <parley/codecs/mqtt/reason_code.hpp>
#include <parley/core/error.hpp>

namespace parley::mqtt {

enum class broker_errc : std::uint16_t {
  connect_timeout,       // no CONNECT in time; closed without a word
  keep_alive_timeout,    // nothing came for one and a half times the keep-alive (0x8D)
  receive_maximum,       // more messages under way than we take (0x93)
  topic_alias_invalid,   // an alias beyond our maximum (0x94)
  unknown_topic_alias,   // one that no topic was given to (0x82)
  wrong_expiry,          // a session expiry in DISCONNECT where CONNECT had none (0x82)
  wrong_authentication,  // AUTH without a method, or another than that of CONNECT (0x82)
  unexpected_packet,     // an acknowledgement of what was not sent (0x82)
  not_reading,           // its acknowledgements or messages exceed their limit (0x97)
  lost,                  // the connection ended without DISCONNECT
  refused,               // CONNECT was
  taken_over,            // another connection has the same client identifier (0x8E)
  record_damaged,        // what the store returned is no record of a broker
};

const error_info& describe(broker_errc) noexcept;

// What DISCONNECT tells the client.
reason_code reason_code_of(broker_errc) noexcept;

}  // namespace parley::mqtt
