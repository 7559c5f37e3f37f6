// Writes down what the MQTT decoder says:
//
//   PUBLISH qos 1 id 10 retain topic "a/b" payload 2 "hi"
//     topic_alias 5                     a property, in its order
//     user_property "name" "value"
//   SUBSCRIBE id 1
//     "a/b" qos 2 no_local              a subscription, with what is not the default
//   SUBACK id 1
//     granted_qos_1                     a reason code
//
// The last line is END (nothing is missing), MORE, or `fail ERRC REASON_CODE`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/mqtt_feed.hpp"

namespace parley::test {

// The stream that a block `options` describes, a line for each:
//
//   role client              whose decoder it is; else a server's
//   version 3.1.1            else 5
//   opening                  the first packet is that of the connection
//   limit maximum_packet 20  or maximum_connect, or topic_levels
//   not_canonical            an encoder writes the same packets in other bytes
//
// Fails the test that asks if it says anything else.
struct mqtt_options {
  mqtt_stream stream;
  bool canonical = true;
};
mqtt_options parse_mqtt_options(std::string_view block);

// One packet, with a line end behind each line.
std::string mqtt_text(const mqtt::packet& p);

std::string mqtt_log(const mqtt_stream& stream, const std::vector<std::size_t>& cuts,
                     std::string_view input, guarded* guard = nullptr);

// The packets of a stream, encoded anew by the side that sends them.
std::string mqtt_encoded(const mqtt_stream& stream, std::string_view input);

}  // namespace parley::test
