// How an MQTT client connects and what it is: the settings of S62 to S78 with their defaults, and
// what else can be set. Of an mqtt_client and an mqtt_provider alike.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/mqtt/client_limits.hpp>
#include <parley/codecs/mqtt/qos.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/error.hpp>
#include <parley/core/net/back_off.hpp>
#include <parley/core/net/endpoint.hpp>
#include <parley/core/net/secret.hpp>
#include <parley/core/net/uri.hpp>
#include <string>
#include <utility>
#include <vector>

namespace parley {

class observer;
class store;

// Which version of MQTT is spoken.
enum class mqtt_versions : std::uint8_t {
  automatic,  // 5, and 3.1.1 with a server that does not know it
  v3_1_1,
  v5,
};

// An aggregate: `mqtt_client mqtt{loop, {.broker = "hub", .client_id = "device-7"}};`
struct mqtt_config {
  std::string broker = "localhost";  // a name or an address; ignored with unix_socket
  std::uint16_t port = 1883;         // 8883 is usual with TLS
  std::string unix_socket{};         // a path; instead of broker and port
  // Other brokers with the same data, tried in this order while the one before does not answer.
  // After a break the first comes first again.
  std::vector<endpoint> fail_over{};

  // Empty: "parley-" and 16 random digits (S64), the same for all connections. Two clients with one
  // identifier throw each other out.
  std::string client_id{};
  std::string username{};
  std::string password{};  // empty: none. Never printed

  // How the provider publishes if nothing else is said (S67, S68).
  mqtt::qos qos = mqtt::qos::at_most_once;
  bool retain = false;

  // True: the first connection begins anew, and the server forgets the session with the last one.
  // False: subscriptions and messages are kept at the server while we are away (S58). That needs a
  // client_id.
  bool clean_session = true;
  // MQTT 5: seconds for which the server keeps the session after a connection. 0: with a clean
  // session not at all, else for ever, as in 3.1.1.
  std::uint32_t session_expiry = 0;
  // Seconds: after so long without a packet comes a PINGREQ. 0: never.
  std::uint16_t keepalive = 60;

  // What the server publishes if it loses us (S71 to S74). Without a topic: nothing.
  std::string will_topic{};
  std::string will_payload{};
  mqtt::qos will_qos = mqtt::qos::at_most_once;
  bool will_retain = false;
  // MQTT 5: seconds after the break, during which we may come back.
  std::uint32_t will_delay = 0;

  bool tls_enable = false;     // needs an entry "tls" in `with`
  std::string tls_ca_certs{};  // file or folder; empty: the system's store
  std::string tls_certfile{};  // with tls_keyfile: our own certificate
  std::string tls_keyfile{};
  std::string tls_key_password{};  // if the key is encrypted. Never printed
  std::string tls_crlfile{};       // revocation is checked if there is one
  // What a server on port 443 may want: "mqtt". Empty: nothing, over WebSocket "http/1.1".
  std::string tls_alpn{};
  verify_mode verify = verify_mode::full;

  // MQTT over WebSocket (MQTT 5 section 6), with subprotocol "mqtt"; with tls_enable it is wss.
  // Needs an entry "websocket/mqtt" in `with`. What the request asks for: a path that is
  // percent-encoded, perhaps with a query; and further fields, such as Authorization.
  bool websocket = false;
  std::string websocket_target = "/mqtt";
  std::vector<std::pair<std::string, std::string>> websocket_fields{};

  mqtt_versions version = mqtt_versions::automatic;
  // MQTT 5: sent with CONNECT.
  std::vector<std::pair<std::string, std::string>> user_properties{};
  // MQTT 5: enhanced authentication (section 4.12); the server's questions come as auth_event.
  std::string authentication_method{};
  secret authentication_data{};

  // True: each message of QoS 1 and 2 waits for acknowledge(). False: it is acknowledged when it
  // was delivered.
  bool manual_acknowledgement = false;

  // How long an attempt may take, and then the server's answer to CONNECT.
  duration connect_timeout = std::chrono::seconds(5);
  back_off_config reconnect{};

  // Of a connection. Its connack_timeout is connect_timeout instead.
  mqtt::client_limits limits{};
  // Of what is kept from one connection to the next: publishes that wait, also for the first.
  mqtt::session_limits session{};
  // Where that survives the process: QoS 1 and 2 are accepted for good once they are in here. Needs
  // a client_id, under which it is found again. Null: it lives in memory. Must outlive the client.
  parley::store* store = nullptr;

  // Where TLS and WebSocket come from; null: there is neither. Must outlive the client.
  transports* with = nullptr;
  // Told of states, metrics and faults; may be null. Must outlive the client.
  observer* watch = nullptr;

  // Every fault at once, in the message of one errc::bad_configuration.
  result<void> validate() const;

  // mqtt://user:password@host:1883, mqtts:// for TLS (port 8883), mqtt+unix:///path. Over WebSocket
  // mqtt+ws://host:80/path, mqtt+wss:// (443), mqtt+ws+unix:///path; ws://, wss:// and ws+unix://
  // are the same here, and no path means /mqtt. Parameters:
  // client_id, qos (0, 1, 2), retain and clean_session (true, false), keepalive and session_expiry
  // (seconds), version (3.1.1, 5), fail_over (host:port; may be repeated), timeout (seconds),
  // will_topic, will_payload, will_qos, will_retain; with TLS ca_certs, certfile, keyfile, crlfile,
  // verify (full, ca_only, none), alpn; of WebSocket target (instead of the path). Unknown ones are
  // an error.
  static result<mqtt_config> from_uri(const uri& where);
  static result<mqtt_config> from_uri(std::string_view text);

  // How many brokers there are, and each, from 0 on.
  std::size_t brokers() const noexcept { return 1 + fail_over.size(); }
  endpoint where(std::size_t which = 0) const;
  // "mqtt://user:***@host:1883", "mqtt+wss://host:443/mqtt".
  std::string to_string() const;
};

}  // namespace parley
