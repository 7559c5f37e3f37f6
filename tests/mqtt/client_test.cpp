// A client and a server that say the right things: conversations of both versions.
#include <parley/core/machine/stack.hpp>

#include "mqtt/client_script.hpp"

namespace parley::test {
namespace {

using testing::ElementsAre;

// TLS and WebSocket come below it.
static_assert(machine<stack<mqtt::client>>);

// Values for a server's packets.
mqtt::publish message(std::string_view topic, std::string_view text, qos q = qos::at_most_once,
                      std::uint16_t id = 0) {
  return {.topic = topic, .payload = as_bytes(text), .packet_id = id, .qos = q};
}

mqtt::client_settings of(mqtt::version v) {
  mqtt::client_settings s;
  s.version = v;
  s.client_id = "device";
  return s;
}

TEST(mqtt_client, speaks_both_versions) {
  for (const mqtt::version v : {mqtt::version::v3_1_1, mqtt::version::v5}) {
    client_script c(of(v));
    EXPECT_FALSE(c.h.has_output());
    EXPECT_FALSE(c.client.publish({.topic = "t"}, c.now()).has_value());
    c.h.start();
    const bool is_5 = v == mqtt::version::v5;
    EXPECT_THAT(c.sent(),
                ElementsAre(is_5 ? "CONNECT 5 clean keep_alive 30 id \"device\" | receive_maximum "
                                   "256 | maximum_packet_size 1048576 | topic_alias_maximum 16"
                                 : "CONNECT 3.1.1 clean keep_alive 30 id \"device\""));
    c.say(mqtt::connack{}, 1);
    EXPECT_THAT(c.told(), ElementsAre("opened"));
    EXPECT_EQ(c.subscribe("a/#"), 1U);
    EXPECT_EQ(c.publish("t", "x"), 2U);
    EXPECT_EQ(c.publish("t", "y", qos::exactly_once), 3U);
    EXPECT_EQ(c.publish("t", "z", qos::at_most_once), 0U);
    EXPECT_THAT(c.sent(), ElementsAre("SUBSCRIBE id 1 | \"a/#\" qos 2",
                                      "PUBLISH qos 1 id 2 topic \"t\" payload 1 \"x\"",
                                      "PUBLISH qos 2 id 3 topic \"t\" payload 1 \"y\"",
                                      "PUBLISH qos 0 topic \"t\" payload 1 \"z\""));
    const std::array granted{reason_code::granted_qos_2};
    c.say(mqtt::suback{.packet_id = 1, .reasons = granted});
    c.say(mqtt::pubrec{.packet_id = 3});
    c.say(mqtt::puback{.packet_id = 2});
    EXPECT_THAT(c.told(), ElementsAre("subscribed 1 granted_qos_2", "published 2 success"));
    EXPECT_THAT(c.sent(), ElementsAre("PUBREL id 3 success"));
    c.say(mqtt::pubcomp{.packet_id = 3});
    EXPECT_THAT(c.told(), ElementsAre("published 3 success"));
    EXPECT_EQ(c.session.size(), 0U);
    EXPECT_EQ(c.session.bytes(), 0U);
    // The other way.
    c.say(message("a/1", "zero"));
    c.say(message("a/2", "one", qos::at_least_once, 7));
    c.say(message("a/3", "two", qos::exactly_once, 8), 1);
    EXPECT_THAT(c.told(), ElementsAre("message qos 0 a/1: zero", "message qos 1 a/2: one",
                                      "message qos 2 a/3: two"));
    EXPECT_THAT(c.sent(), ElementsAre("PUBACK id 7 success", "PUBREC id 8 success"));
    EXPECT_EQ(c.session.received(), 1U);
    c.say(mqtt::pubrel{.packet_id = 8});
    EXPECT_THAT(c.sent(), ElementsAre("PUBCOMP id 8 success"));
    EXPECT_EQ(c.session.received(), 0U);
    const std::array filters{"a/#"sv};
    EXPECT_EQ(c.client.unsubscribe(filters, {}, c.now()).value_or(0), 4U);
    EXPECT_THAT(c.sent(), ElementsAre("UNSUBSCRIBE id 4 | \"a/#\""));
    const std::array gone{reason_code::success};
    c.say(is_5 ? mqtt::unsuback{.packet_id = 4, .reasons = gone} : mqtt::unsuback{.packet_id = 4});
    EXPECT_THAT(c.told(), ElementsAre(is_5 ? "unsubscribed 4 success" : "unsubscribed 4"));
    EXPECT_TRUE(c.client.disconnect({}, c.now()).has_value());
    EXPECT_THAT(c.sent(), ElementsAre("DISCONNECT success"));
    EXPECT_TRUE(c.client.ends_output());
    c.h.feed_eof();
    EXPECT_THAT(c.told(), ElementsAre("closed"));
    EXPECT_TRUE(c.h.is_over());
  }
}

}  // namespace
}  // namespace parley::test
