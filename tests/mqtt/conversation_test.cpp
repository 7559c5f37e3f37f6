// A client and a server that say every packet to each other, over bytes alone (S51 to S58 as far as
// packets go).
#include <gtest/gtest.h>

#include <array>
#include <parley/codecs/mqtt/decoder.hpp>
#include <parley/codecs/mqtt/encoder.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>

#include "support/mqtt_log.hpp"

namespace parley::test {
namespace {

using namespace mqtt;
using namespace std::string_view_literals;

// One direction: what is said, as text of what was heard.
class wire {
 public:
  wire(role sender, mqtt::version spoken)
      : encoder_(sender, spoken), decoder_(peer_of(sender), spoken) {}

  template <class Packet>
  std::string say(const Packet& p) {
    EXPECT_TRUE(encoder_.append(bytes_, p).has_value());
    std::string whole;
    for (const const_buffer& piece : bytes_.output()) {
      whole.append(static_cast<const char*>(piece.data), piece.size);
    }
    bytes_.consume(bytes_.size());
    packet heard;
    const decode_result r = decoder_.decode(as_bytes(whole), heard);
    EXPECT_EQ(r.status, decode_status::ok);
    EXPECT_EQ(r.consumed, whole.size());
    return mqtt_text(heard);
  }

 private:
  encoder encoder_;
  decoder decoder_;
  send_buffer bytes_;
};

TEST(mqtt_conversation, of_3_1_1) {
  wire client(role::client, version::v3_1_1);
  wire server(role::server, version::v3_1_1);
  connect hello{.version = version::v3_1_1,
                .clean_start = false,
                .keep_alive = 60,
                .client_id = "device",
                .user_name = "user"sv,
                .password = as_bytes("token"sv)};
  hello.will = last_will{
      .topic = "gone", .payload = as_bytes("device"sv), .qos = qos::at_least_once, .retain = true};
  EXPECT_EQ(client.say(hello),
            "CONNECT 3.1.1 keep_alive 60 id \"device\" user \"user\" password \"token\"\n"
            "  will qos 1 retain topic \"gone\" payload 6 \"device\"\n");
  EXPECT_EQ(server.say(connack{.session_present = true}), "CONNACK success session_present\n");
  const std::array wanted{subscription{.filter = "sensor/+/data", .qos = qos::at_least_once},
                          subscription{.filter = "alarm/#", .qos = qos::exactly_once}};
  EXPECT_EQ(client.say(subscribe{.packet_id = 1, .filters = wanted}),
            "SUBSCRIBE id 1\n  \"sensor/+/data\" qos 1\n  \"alarm/#\" qos 2\n");
  const std::array granted{reason_code::granted_qos_1, reason_code::unspecified_error};
  EXPECT_EQ(server.say(suback{.packet_id = 1, .reasons = granted}),
            "SUBACK id 1\n  granted_qos_1\n  unspecified_error\n");
  EXPECT_EQ(server.say(publish{.topic = "sensor/a/data",
                               .payload = as_bytes("1"sv),
                               .packet_id = 7,
                               .qos = qos::exactly_once}),
            "PUBLISH qos 2 id 7 topic \"sensor/a/data\" payload 1 \"1\"\n");
  EXPECT_EQ(client.say(pubrec{.packet_id = 7}), "PUBREC id 7 success\n");
  EXPECT_EQ(server.say(pubrel{.packet_id = 7}), "PUBREL id 7 success\n");
  EXPECT_EQ(client.say(pubcomp{.packet_id = 7}), "PUBCOMP id 7 success\n");
  const std::array unwanted{"alarm/#"sv};
  EXPECT_EQ(client.say(unsubscribe{.packet_id = 2, .filters = unwanted}),
            "UNSUBSCRIBE id 2\n  \"alarm/#\"\n");
  EXPECT_EQ(server.say(unsuback{.packet_id = 2}), "UNSUBACK id 2\n");
  EXPECT_EQ(client.say(pingreq{}), "PINGREQ\n");
  EXPECT_EQ(server.say(pingresp{}), "PINGRESP\n");
  EXPECT_EQ(client.say(disconnect{}), "DISCONNECT success\n");
}

TEST(mqtt_conversation, of_5) {
  wire client(role::client, version::v5);
  wire server(role::server, version::v5);
  std::array<std::byte, 200> room;
  property_writer of_connect(room, property_place::connect, role::client);
  of_connect.add(property::session_expiry_interval, 3600U)
      .add(property::authentication_method, "SCRAM"sv);
  connect hello{.client_id = "c"};
  hello.props = of_connect.finish().value();
  EXPECT_EQ(client.say(hello),
            "CONNECT 5 clean keep_alive 0 id \"c\"\n"
            "  session_expiry_interval 3600\n  authentication_method \"SCRAM\"\n");
  property_writer of_auth(room, property_place::auth, role::server);
  of_auth.add(property::authentication_method, "SCRAM"sv)
      .add(property::authentication_data, "salt"sv);
  auth question{.reason = reason_code::continue_authentication};
  question.props = of_auth.finish().value();
  EXPECT_EQ(server.say(question),
            "AUTH continue_authentication\n"
            "  authentication_method \"SCRAM\"\n  authentication_data \"salt\"\n");
  EXPECT_EQ(server.say(connack{}), "CONNACK success\n");
  property_writer of_publish(room, property_place::publish, role::client);
  of_publish.add(property::topic_alias, 3U)
      .add_user("unit",
                "\xc2\xb0"
                "C");
  publish value{.topic = "sensor/temperature",
                .payload = as_bytes("23.5"sv),
                .packet_id = 1,
                .qos = qos::at_least_once,
                .retain = true};
  value.props = of_publish.finish().value();
  EXPECT_EQ(client.say(value),
            "PUBLISH qos 1 id 1 retain topic \"sensor/temperature\" payload 4 \"23.5\"\n"
            "  topic_alias 3\n  user_property \"unit\" \"\\xc2\\xb0C\"\n");
  EXPECT_EQ(server.say(puback{.packet_id = 1, .reason = reason_code::no_matching_subscribers}),
            "PUBACK id 1 no_matching_subscribers\n");
  const std::array unwanted{"a"sv, "$share/g/b"sv};
  EXPECT_EQ(client.say(unsubscribe{.packet_id = 2, .filters = unwanted}),
            "UNSUBSCRIBE id 2\n  \"a\"\n  \"$share/g/b\"\n");
  const std::array answers{reason_code::success, reason_code::no_subscription_existed};
  EXPECT_EQ(server.say(unsuback{.packet_id = 2, .reasons = answers}),
            "UNSUBACK id 2\n  success\n  no_subscription_existed\n");
  EXPECT_EQ(server.say(disconnect{.reason = reason_code::server_shutting_down}),
            "DISCONNECT server_shutting_down\n");
}

}  // namespace
}  // namespace parley::test
