// What an MQTT client tells. Views and properties live until the next next_event().
#pragma once

#include <cstdint>
#include <optional>
#include <parley/codecs/mqtt/client_errc.hpp>
#include <parley/codecs/mqtt/limits.hpp>
#include <parley/codecs/mqtt/packets.hpp>
#include <parley/core/machine/machine.hpp>
#include <parley/core/time.hpp>
#include <string_view>
#include <variant>

namespace parley::mqtt {

// What the server can do, and what is in force: CONNACK (section 3.2.2.3), or what it means by
// leaving something out.
struct server_capabilities {
  std::uint32_t maximum_packet = largest_packet;
  std::uint32_t session_expiry = 0;  // seconds
  std::uint16_t receive_maximum = 65'535;
  std::uint16_t topic_alias_maximum = 0;
  std::uint16_t keep_alive = 0;  // seconds
  qos maximum_qos = qos::exactly_once;
  bool retain = true;
  bool wildcard_subscriptions = true;
  bool subscription_identifiers = true;
  bool shared_subscriptions = true;
};

// The server has accepted. From here on commands are; what waits in the session follows by itself.
struct opened {
  bool session_present = false;  // its subscriptions are still there
  std::string_view client_id{};  // that of the settings, or the assigned one; lives with the client
  properties props{};            // reason string, response information, user properties, ...
};

// A message of a subscription. The topic is whole, whatever the server abbreviated; subscription
// identifiers are among the properties.
struct message_event {
  std::string_view topic{};
  byte_view payload{};
  mqtt::qos qos = qos::at_most_once;
  bool retain = false;
  bool dup = false;
  properties props{};
  std::uint64_t handle = 0;  // for client::acknowledge(), if that is needed

  std::string_view text() const noexcept { return as_text(payload); }
};

// An accepted publish is over: the server has acknowledged it, it was written (QoS 0 that had to
// wait), or `why` says why it never will be. Comes once for each.
struct publish_event {
  std::uint64_t id = 0;
  mqtt::qos qos = qos::at_most_once;
  reason_code reason = reason_code::success;  // 0x80 and above: the server does not want it
  properties props{};
  std::optional<error> why{};

  bool ok() const noexcept { return !why && !is_error(reason); }
};

// An accepted publish of QoS 1 or 2 is durable: it survives this process. Only with a store.
struct stored_event {
  std::uint64_t id = 0;
};

// The answer to subscribe(): a reason code for each filter, in their order. `why`: there is none,
// as the connection has ended.
struct subscribe_event {
  std::uint64_t id = 0;
  reason_codes reasons{};
  properties props{};
  std::optional<error> why{};
};

// The answer to unsubscribe(). In 3.1.1 without reason codes.
struct unsubscribe_event {
  std::uint64_t id = 0;
  reason_codes reasons{};
  properties props{};
  std::optional<error> why{};
};

// Enhanced authentication goes on: answer `continue_authentication` with client::authenticate().
// `success`: an authentication that the client began anew is over. (The first one ends with
// `opened`.)
struct auth_event {
  reason_code reason = reason_code::continue_authentication;
  byte_view data{};
  properties props{};
};

// The answer to a PINGREQ.
struct pong_event {
  duration round_trip{};
};

// Output that stood above high_water has fallen below half of it.
struct writable {};

// The server has refused CONNECT. `failed` follows with the same reason.
struct refused_event {
  reason_code reason = reason_code::unspecified_error;
  properties props{};  // reason string, server reference, user properties
};

// The server ends the connection and says why. `failed` follows if that is an error, else `closed`.
struct disconnect_event {
  reason_code reason = reason_code::normal_disconnection;
  properties props{};  // reason string, server reference, user properties

  // Another server to use, with `use_another_server` and `server_moved`; may be empty.
  std::string_view server_reference() const noexcept {
    return props.text(property::server_reference).value_or(std::string_view());
  }
};

using event = std::variant<need_data, paused, opened, message_event, publish_event, stored_event,
                           subscribe_event, unsubscribe_event, auth_event, pong_event, writable,
                           refused_event, disconnect_event, failed, closed>;

}  // namespace parley::mqtt
