// The two versions of MQTT that are spoken, and the two sides of a connection.
#pragma once

#include <cstdint>

namespace parley::mqtt {

// As CONNECT numbers them (section 3.1.2.2 of both specifications).
enum class version : std::uint8_t { v3_1_1 = 4, v5 = 5 };

// Whose side of the connection this is. Some packets, reason codes and properties may be sent by
// one of them only.
enum class role : std::uint8_t { client, server };

constexpr role peer_of(role own) noexcept {
  return own == role::client ? role::server : role::client;
}

}  // namespace parley::mqtt
