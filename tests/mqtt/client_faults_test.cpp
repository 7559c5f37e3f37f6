// Servers that refuse, leave, or break a rule: what the client tells, and which reason code it
// sends (P12, P13, P43). The rules that bytes alone break are data: tests/vectors/mqtt_client.
#include "mqtt/client_script.hpp"

namespace parley::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

mqtt::client_settings v3() {
  mqtt::client_settings s;
  s.version = mqtt::version::v3_1_1;
  s.client_id = "c";
  return s;
}

// How it ends: what was said is written, and the peer's end is waited for.
TEST(mqtt_client_faults, the_reason_is_the_last_that_is_said) {
  client_script c;
  c.open();
  c.h.feed("\x40\x02\x00\x01"sv);
  EXPECT_THAT(c.told(), ElementsAre("failed unexpected_packet"));
  EXPECT_THAT(c.sent(), ElementsAre("DISCONNECT protocol_error"));
  EXPECT_TRUE(c.client.ends_output());
  c.h.feed_eof();
  EXPECT_THAT(c.told(), ElementsAre("closed"));
}

// 3.1.1 has no DISCONNECT with a reason: a connection that just ends has the will published.
TEST(mqtt_client_faults, of_3_1_1_end_without_a_word) {
  client_script c(v3());
  c.open();
  c.h.feed("\x40\x02\x00\x01"sv);
  EXPECT_THAT(c.told(), ElementsAre("failed unexpected_packet", "closed"));
  EXPECT_THAT(c.sent(), IsEmpty());
  EXPECT_TRUE(c.h.is_over());
}

TEST(mqtt_client_faults, a_server_that_refuses) {
  struct refusal {
    reason_code reason;
    error_class kind;
  };
  for (const refusal r :
       {refusal{reason_code::bad_user_name_or_password, error_class::authentication},
        refusal{reason_code::server_busy, error_class::transient},
        refusal{reason_code::client_identifier_not_valid, error_class::configuration}}) {
    client_script c;
    c.h.start();
    (void)c.sent();
    property_room props(property_place::connack, mqtt::role::server);
    props.add(property::reason_string, "no"sv);
    c.say(mqtt::connack{.reason = r.reason, .props = props});
    const std::string name(to_string(r.reason));
    EXPECT_THAT(c.told(), ElementsAre("refused " + name, "failed " + name, "closed"));
    EXPECT_THAT(c.sent(), IsEmpty());
    EXPECT_EQ(c.why->kind(), r.kind);
    EXPECT_EQ(c.why->message(), "no");
    EXPECT_FALSE(c.client.wants_3_1_1());
  }
}

// 5 falls back to 3.1.1, by whatever an old server does.
TEST(mqtt_client_faults, servers_that_know_3_1_1_only) {
  for (const std::string_view answer :
       {"\x20\x02\x00\x01"sv, "\x20\x02\x00\x84"sv, "\x20\x03\x00\x84\x00"sv, ""sv}) {
    client_script c;
    c.h.start();
    c.h.feed(answer);
    if (answer.empty()) c.h.feed_eof();
    EXPECT_TRUE(c.client.wants_3_1_1()) << answer.size();
    EXPECT_TRUE(c.why.has_value());
    client_script again(v3());
    again.h.start();
    again.h.feed(answer.substr(0, 0));
    EXPECT_FALSE(again.client.wants_3_1_1());
  }
  client_script c;
  c.h.start();
  c.h.feed("HTTP/1.1 400");
  EXPECT_FALSE(c.client.wants_3_1_1());
  EXPECT_THAT(c.told(), testing::Contains("failed bad_flags"));
}

TEST(mqtt_client_faults, a_session_that_was_not_asked_for) {
  client_script c;
  c.h.start();
  c.say(mqtt::connack{.session_present = true});
  EXPECT_THAT(c.told(), ElementsAre("failed unasked_session"));
}

TEST(mqtt_client_faults, a_server_that_leaves) {
  client_script c;
  c.open();
  c.subscribe("a");
  (void)c.sent();
  property_room props(property_place::disconnect, mqtt::role::server);
  props.add(property::server_reference, "other:1883"sv);
  c.say(mqtt::disconnect{.reason = reason_code::use_another_server, .props = props});
  EXPECT_THAT(c.told(), ElementsAre("disconnect use_another_server to other:1883",
                                    "subscribed 1 failed use_another_server",
                                    "failed use_another_server", "closed"));
  EXPECT_THAT(c.sent(), IsEmpty());
  client_script d;
  d.open();
  d.h.feed_eof();
  EXPECT_THAT(d.told(), ElementsAre("failed disconnected", "closed"));
  EXPECT_TRUE(d.why->is_transient());
  client_script e;
  e.open();
  e.h.feed_error(error(errc::reset));
  EXPECT_THAT(e.told(), ElementsAre("failed reset", "closed"));
}

// Answers that nobody reads are bounded.
TEST(mqtt_client_faults, a_server_that_sends_and_does_not_read) {
  mqtt::client_settings s;
  s.limits.max_output = 1000;
  client_script c(s);
  c.open();
  for (int i = 0; i < 400 && c.client.is_open(); ++i) c.say(mqtt::pubrec{.packet_id = 9});
  EXPECT_THAT(c.told(), ElementsAre("failed queue_full"));
  EXPECT_LT(c.client.buffered(), 1100U);
}

TEST(mqtt_client_faults, of_the_configuration) {
  mqtt::client_settings s = v3();
  s.client_id.clear();
  s.clean_start = false;
  client_script c(s);
  c.h.start();
  EXPECT_THAT(c.told(), ElementsAre(testing::StartsWith("failed "), "closed"));
  EXPECT_THAT(c.sent(), IsEmpty());
}

// --- time ------------------------------------------------------------------------------------

TEST(mqtt_client_time, no_connack) {
  client_script c;
  c.h.start();
  (void)c.sent();
  c.h.advance(29s);
  EXPECT_THAT(c.told(), IsEmpty());
  c.h.advance(1s);
  EXPECT_THAT(c.told(), ElementsAre("failed connack_timeout", "closed"));
  EXPECT_TRUE(c.h.is_over());
  EXPECT_FALSE(c.client.next_deadline().has_value());
}

// MQTT-3.1.2-20
TEST(mqtt_client_time, pings_when_idle_only) {
  client_script c;
  c.open();
  for (int i = 0; i < 10; ++i) {
    c.h.advance(10s);
    c.publish("t", "x", qos::at_most_once);
    c.h.feed(c.broker.say(mqtt::publish{.topic = "t"}));
  }
  EXPECT_EQ(c.sent().size(), 10U);
  (void)c.told();
  c.h.advance(29s);
  EXPECT_THAT(c.sent(), IsEmpty());
  c.h.advance(1s);
  EXPECT_THAT(c.sent(), ElementsAre("PINGREQ"));
  c.h.advance(250ms);
  c.say(mqtt::pingresp{});
  EXPECT_THAT(c.told(), ElementsAre("pong 250 ms"));
  c.h.advance(30s);
  EXPECT_THAT(c.sent(), ElementsAre("PINGREQ"));
  c.h.advance(20s);
  EXPECT_THAT(c.told(), ElementsAre("failed pingresp_timeout"));
  EXPECT_THAT(c.sent(), ElementsAre("DISCONNECT unspecified_error"));
  c.h.advance(2s);
  EXPECT_THAT(c.told(), ElementsAre("closed"));
}

// P12: who only sends must notice as well.
TEST(mqtt_client_time, a_dead_server_is_noticed_while_we_publish) {
  client_script c;
  c.open();
  for (int i = 0; i < 8 && c.client.is_open(); ++i) {
    c.publish("t", "x", qos::at_most_once);
    c.h.advance(10s);
  }
  EXPECT_THAT(c.told(), testing::Contains("failed pingresp_timeout"));
}

// MQTT-3.1.2-21, MQTT-3.2.2-21
TEST(mqtt_client_time, the_server_decides_how_often) {
  client_script c;
  property_room props(property_place::connack, mqtt::role::server);
  props.add(property::server_keep_alive, 5U);
  c.open(mqtt::connack{.props = props});
  EXPECT_EQ(c.client.server().keep_alive, 5);
  c.h.advance(5s);
  EXPECT_THAT(c.sent(), ElementsAre("PINGREQ"));
}

TEST(mqtt_client_time, who_is_held_does_not_blame_the_server) {
  client_script c;
  c.open();
  c.client.hold();
  EXPECT_FALSE(c.client.wants_read());
  c.h.advance(200s);
  EXPECT_THAT(c.told(), ElementsAre("paused"));
  c.client.go_on();
  c.say(mqtt::publish{.topic = "t"});
  EXPECT_THAT(c.told(), ElementsAre("message qos 0 t: "));
}

}  // namespace
}  // namespace parley::test
