// The control packets (section 2.1.2 of MQTT 5, 2.2.1 of 3.1.1) and who may send them.
#pragma once

#include <cstdint>
#include <parley/codecs/mqtt/version.hpp>
#include <string_view>

namespace parley::mqtt {

enum class packet_type : std::uint8_t {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
  auth = 15,  // MQTT 5 alone
};

// "CONNECT"; of a number that is no type "reserved".
std::string_view to_string(packet_type) noexcept;

namespace detail {

// Bit n is about the packet of type n.
inline constexpr unsigned from_client = 0b1101'0101'1111'1010;
inline constexpr unsigned from_server = 0b1110'1010'1111'1100;

constexpr bool has_bit(unsigned set, packet_type type) noexcept {
  return (set >> static_cast<unsigned>(type) & 1U) != 0;
}

}  // namespace detail

// All packets that this side sends, bit n for type n. A server of 3.1.1 never sends DISCONNECT, it
// closes the connection; and nobody sends AUTH.
constexpr unsigned packet_types_of(role sender, version spoken) noexcept {
  unsigned set = sender == role::client ? detail::from_client : detail::from_server;
  if (spoken == version::v3_1_1) set &= sender == role::client ? 0x7FFFU : 0x3FFFU;
  return set;
}
constexpr bool may_send(role sender, packet_type type, version spoken) noexcept {
  return detail::has_bit(packet_types_of(sender, spoken), type);
}

}  // namespace parley::mqtt
