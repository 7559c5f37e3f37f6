// The reason codes of MQTT 5 (section 2.4), and the return codes of 3.1.1 that they replace.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/codecs/mqtt/packet_type.hpp>
#include <parley/codecs/mqtt/version.hpp>
#include <string_view>

namespace parley::mqtt {

enum class reason_code : std::uint8_t {
  success = 0x00,
  normal_disconnection = 0x00,  // in DISCONNECT: the will is not sent
  granted_qos_0 = 0x00,         // in SUBACK
  granted_qos_1 = 0x01,
  granted_qos_2 = 0x02,
  disconnect_with_will = 0x04,
  no_matching_subscribers = 0x10,
  no_subscription_existed = 0x11,
  continue_authentication = 0x18,
  reauthenticate = 0x19,
  // From here on they are errors.
  unspecified_error = 0x80,
  malformed_packet = 0x81,
  protocol_error = 0x82,
  implementation_specific_error = 0x83,
  unsupported_protocol_version = 0x84,
  client_identifier_not_valid = 0x85,
  bad_user_name_or_password = 0x86,
  not_authorized = 0x87,
  server_unavailable = 0x88,
  server_busy = 0x89,
  banned = 0x8A,
  server_shutting_down = 0x8B,
  bad_authentication_method = 0x8C,
  keep_alive_timeout = 0x8D,
  session_taken_over = 0x8E,
  topic_filter_invalid = 0x8F,
  topic_name_invalid = 0x90,
  packet_identifier_in_use = 0x91,
  packet_identifier_not_found = 0x92,
  receive_maximum_exceeded = 0x93,
  topic_alias_invalid = 0x94,
  packet_too_large = 0x95,
  message_rate_too_high = 0x96,
  quota_exceeded = 0x97,
  administrative_action = 0x98,
  payload_format_invalid = 0x99,
  retain_not_supported = 0x9A,
  qos_not_supported = 0x9B,
  use_another_server = 0x9C,
  server_moved = 0x9D,
  shared_subscriptions_not_supported = 0x9E,
  connection_rate_exceeded = 0x9F,
  maximum_connect_time = 0xA0,
  subscription_identifiers_not_supported = 0xA1,
  wildcard_subscriptions_not_supported = 0xA2,
};

// 0x80 and above (section 2.4): what was asked for did not happen.
constexpr bool is_error(reason_code code) noexcept { return static_cast<unsigned>(code) >= 0x80; }

// "topic_alias_invalid"; of 0x00 "success"; of a number that is no reason code "unknown".
std::string_view to_string(reason_code) noexcept;

// Whether this side may put the code into such a packet: the last column of section 2.4, and
// the tables of CONNACK, DISCONNECT (3.14.2.1) and AUTH (3.15.2.1) with their "sent by". 0x00 in a
// DISCONNECT is taken from a server as well: it is what an empty packet means.
bool may_carry(packet_type, reason_code, role sender) noexcept;

// What CONNACK says in 3.1.1 (section 3.2.2.3).
enum class connect_return_code : std::uint8_t {
  accepted = 0,
  unacceptable_protocol_version = 1,
  identifier_rejected = 2,
  server_unavailable = 3,
  bad_user_name_or_password = 4,
  not_authorized = 5,
};

// The code of MQTT 5 that says the same; nothing for a number that 3.1.1 reserves.
std::optional<reason_code> to_reason_code(connect_return_code) noexcept;

// The code of 3.1.1 that comes nearest; nothing if there is none: then the connection is closed
// without CONNACK (section 3.2.2.3 of 3.1.1).
std::optional<connect_return_code> to_return_code(reason_code) noexcept;

// Whether SUBACK of 3.1.1 may carry it (section 3.9.3): the granted QoS, or 0x80.
constexpr bool is_suback_3_1_1(reason_code code) noexcept {
  return static_cast<unsigned>(code) <= 2 || code == reason_code::unspecified_error;
}

}  // namespace parley::mqtt
