// What can be wrong with the packets of a peer. Each fault has the reason code with which MQTT 5
// answers it (section 4.13).
#pragma once

#include <cstdint>
#include <parley/codecs/mqtt/reason_code.hpp>
#include <parley/core/error.hpp>

namespace parley::mqtt {

enum class errc : std::uint16_t {
  // The bytes cannot be taken apart: malformed_packet (0x81).
  bad_packet_type,     // a reserved one
  bad_flags,           // flags of the fixed header that the type does not allow
  bad_length,          // of more than four bytes, or not in the fewest
  short_packet,        // a field goes beyond the end of its packet
  long_packet,         // bytes are left behind the last field
  bad_text,            // not UTF-8, or with U+0000
  bad_qos,             // 3
  bad_dup,             // at QoS 0
  bad_connect_flags,   // the reserved one, or those of a will or user that is not there
  bad_connack_flags,   // a reserved one
  bad_options,         // reserved bits of a subscription
  unknown_property,    // an identifier that nobody has defined
  misplaced_property,  // one that such a packet has not
  // They can, but must not be so: protocol_error (0x82), where no other code is named.
  wrong_direction,       // a packet that only the other side sends
  connect_expected,      // a client's first packet is another one
  connect_repeated,      // a second CONNECT
  connack_expected,      // a server's first packet is another one
  connack_repeated,      // a second CONNACK
  bad_packet_id,         // zero
  bad_subscription,      // QoS or retain handling 3, no-local on a shared subscription
  empty_list,            // nothing to subscribe to, or no reason code
  bad_reason_code,       // one that such a packet has not
  bad_session_present,   // set beside a refusal
  duplicate_property,    // one that may be there once
  bad_property_value,    // zero where that means nothing, or neither 0 nor 1
  misdirected_property,  // one that only the other side sends
  missing_method,        // authentication data without a method
  missing_topic,         // neither a topic nor an alias for one
  bad_topic_name,        // empty or with a wildcard: topic_name_invalid (0x90)
  bad_topic_filter,      // its wildcards or its $share: topic_filter_invalid (0x8F)
  topic_too_deep,        // a limit of ours (limits.hpp): topic_name_invalid (0x90)
  filter_too_deep,       // a limit of ours: topic_filter_invalid (0x8F)
  bad_topic_alias,       // zero: topic_alias_invalid (0x94)
  bad_client_id,         // empty with a session to keep: client_identifier_not_valid (0x85)
  unsupported_version,   // neither 4 nor 5, or no MQTT: unsupported_protocol_version (0x84)
  packet_too_large,      // a limit of ours (limits.hpp): packet_too_large (0x95)
};

const error_info& describe(errc) noexcept;

// What DISCONNECT, or CONNACK where the connection is not opened yet, tells the peer.
reason_code reason_code_of(errc) noexcept;
// The same of any error, also of one that an application fails with: then it is one that both sides
// may send.
reason_code reason_code_of(const error& why) noexcept;

}  // namespace parley::mqtt
