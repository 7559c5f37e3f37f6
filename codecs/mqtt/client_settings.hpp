// Who connects, and with what. Borrowed by a client as long as it lives.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/codecs/mqtt/client_limits.hpp>
#include <parley/codecs/mqtt/packets.hpp>
#include <parley/codecs/mqtt/version.hpp>
#include <parley/core/net/secret.hpp>
#include <string>
#include <utility>
#include <vector>

namespace parley::mqtt {

// Session expiry interval: as long as the server likes.
inline constexpr std::uint32_t never_expires = 0xFFFF'FFFF;

struct client_settings {
  mqtt::version version = mqtt::version::v5;
  // Empty: the server gives one, if it likes to; a session then keeps it for the next connection.
  std::string client_id{};
  std::string user_name{};  // empty: none
  secret password{};        // empty: none. In 3.1.1 only beside a user name
  // Begin anew, on both sides. False: go on with the session if the server still has it; a session
  // object without messages is an empty state, and no missing one.
  bool clean_start = true;
  // Seconds for which the server keeps the session after the connection. MQTT 5; in 3.1.1 it is
  // kept for ever if clean_start is false, and not at all otherwise.
  std::uint32_t session_expiry = 0;
  // Seconds: after so long without a packet comes a PINGREQ. 0: none, and a dead connection is not
  // noticed. The server may say otherwise.
  std::uint16_t keep_alive = 30;
  // What the server publishes when it loses us. Views: they must live as long as these settings.
  std::optional<last_will> will{};

  // MQTT 5 alone.
  bool request_response_information = false;
  bool request_problem_information = true;
  std::vector<std::pair<std::string, std::string>> user_properties{};
  // Enhanced authentication (section 4.12): a method, and what is sent with CONNECT. The server's
  // questions are auth_event.
  std::string authentication_method{};
  secret authentication_data{};

  // True: each message of QoS 1 and 2 waits for client::acknowledge(). False: it is acknowledged
  // when it was delivered.
  bool manual_acknowledgement = false;

  client_limits limits{};
};

}  // namespace parley::mqtt
