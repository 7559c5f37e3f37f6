// Who gets which message, and what it looks like then (MQTT 5 sections 3.3, 3.8, 4.8).
#include <gtest/gtest.h>

#include "broker/talker.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using mqtt::property;
using enum mqtt::qos;

class broker_messages : public testing::Test {
 protected:
  broker_messages() { world.start(); }
  void restart() {
    world.stop();
    world.start();
  }
  broker_world world;
  talker a{world, "a"}, b{world, "b"}, c{world, "c"};
};

std::string message(std::string_view topic, std::string_view text) {
  return "PUBLISH qos 0 topic \"" + std::string(topic) + "\" payload " +
         std::to_string(text.size()) + " \"" + std::string(text) + "\"\n";
}

// MQTT-3.3.4-2
TEST_F(broker_messages, overlapping_filters_give_one_copy_with_the_highest_qos) {
  a.connect();
  a.subscribe("x/#");
  a.subscribe("x/+", at_least_once);
  a.publish("x/y", "1", exactly_once, 5);
  EXPECT_EQ(a.heard(), "PUBLISH qos 1 id 1 topic \"x/y\" payload 1 \"1\"\nPUBREC id 5 success\n");
}

// MQTT-3.3.2-6
TEST_F(broker_messages, properties_go_on_and_expiry_counts_down) {
  a.connect_kept();
  a.subscribe("t", at_least_once);
  a.vanish();
  b.connect();
  owned_properties p(mqtt::property_place::publish);
  p.add(property::message_expiry_interval, 10U).add(property::content_type, "text");
  p.add(property::topic_alias, 1U);
  b.send(mqtt::publish{.topic = "t", .packet_id = 1, .qos = at_least_once, .props = p.view()});
  world.advance(4s);
  EXPECT_TRUE(
      a.connect_whole().ends_with("PUBLISH qos 1 id 1 topic \"t\" payload 0 \"\"\n"
                                  "  message_expiry_interval 6\n  content_type \"text\"\n"));
}

// MQTT-3.3.2-5
TEST_F(broker_messages, what_has_expired_is_not_sent) {
  a.connect_kept();
  a.subscribe("t", at_least_once);
  a.vanish();
  b.connect();
  owned_properties p(mqtt::property_place::publish);
  p.add(property::message_expiry_interval, 10U);
  b.send(mqtt::publish{
      .topic = "t", .packet_id = 1, .qos = at_least_once, .retain = true, .props = p.view()});
  world.advance(10s);
  a.connect_kept();
  EXPECT_EQ(world.broker->stats().delivered, 0U);
  EXPECT_EQ(world.broker->stats().deliveries, 0U);
  c.connect();
  c.subscribe("t");
  EXPECT_EQ(c.heard(), "");
}

TEST_F(broker_messages, shared_subscriptions_take_turns) {
  for (talker* t : {&a, &b}) {
    t->connect();
    t->subscribe("$share/g/t/+", at_least_once);
  }
  c.connect();
  c.subscribe("t/1");
  for (int i = 0; i < 4; ++i) c.publish("t/1", std::to_string(i));
  EXPECT_EQ(a.heard(), message("t/1", "0") + message("t/1", "2"));
  EXPECT_EQ(b.heard(), message("t/1", "1") + message("t/1", "3"));
  EXPECT_EQ(c.heard(),
            message("t/1", "0") + message("t/1", "1") + message("t/1", "2") + message("t/1", "3"));
  a.vanish();
  c.publish("t/1", "4");
  c.publish("t/1", "5");
  EXPECT_EQ(b.heard(), message("t/1", "4") + message("t/1", "5"));
}

TEST_F(broker_messages, what_a_member_leaves_behind_goes_to_another) {
  a.connect();
  a.subscribe("$share/g/t", at_least_once);
  b.connect();
  b.subscribe("$share/g/t", at_least_once);
  c.connect();
  c.publish("t", "1", at_least_once, 1);
  EXPECT_EQ(a.heard(), "PUBLISH qos 1 id 1 topic \"t\" payload 1 \"1\"\n");
  a.vanish();  // without an acknowledgement, and its session ends
  EXPECT_EQ(b.heard(), "PUBLISH qos 1 id 1 topic \"t\" payload 1 \"1\"\n");
  // A message of QoS 2 that it may have had goes nowhere [MQTT-4.8.2-5].
  a.connect();
  a.subscribe("$share/g/t", exactly_once);
  c.publish("t", "2", exactly_once, 2);
  c.publish("t", "3", exactly_once, 3);
  const std::string at_a = a.heard();
  b.heard();
  a.vanish();
  EXPECT_NE(at_a.find("PUBLISH qos 2"), std::string::npos);
  EXPECT_EQ(b.heard(), "");
}

// MQTT-4.8.2-4: who had it and comes again gets it again, and nobody else. MQTT-4.8.2-6: who has
// refused it has had it.
TEST_F(broker_messages, what_a_member_has_had_stays_with_it) {
  a.connect_kept();
  a.subscribe("$share/g/t", at_least_once);
  b.connect();
  b.subscribe("$share/g/t", at_least_once);
  c.connect();
  c.publish("t", "1", at_least_once, 1);
  EXPECT_EQ(a.heard(), "PUBLISH qos 1 id 1 topic \"t\" payload 1 \"1\"\n");
  a.vanish();
  EXPECT_EQ(b.heard(), "");
  a.connect_kept();
  EXPECT_EQ(world.broker->stats().delivered, 2U);
  a.send(mqtt::puback{.packet_id = 1, .reason = mqtt::reason_code::quota_exceeded});
  EXPECT_EQ(b.heard(), "");
  EXPECT_EQ(world.broker->stats().deliveries, 0U);
}

TEST_F(broker_messages, retained_ones_replace_each_other_and_are_counted) {
  a.connect();
  for (int i = 0; i < 10; ++i) a.publish("r", std::to_string(i), at_most_once, 0, true);
  EXPECT_EQ(world.broker->stats().retained, 1U);
  b.connect();
  const std::vector<mqtt::subscription> filters{{.filter = "#"}};
  b.send(mqtt::subscribe{.packet_id = 1, .filters = filters, .props = {}});
  EXPECT_EQ(b.heard(),
            "SUBACK id 1\n  success\nPUBLISH qos 0 retain topic \"r\" payload 1 \"9\"\n");
  a.publish("r", "", at_most_once, 0, true);
  EXPECT_EQ(world.broker->stats().retained, 0U);
  EXPECT_EQ(world.broker->stats().message_bytes, 0U);
}

TEST_F(broker_messages, retained_ones_are_bounded) {
  world.stop();
  world.settings.limits.max_retained = 2000;
  world.start();
  a.connect();
  const std::string large(400, 'x');
  for (int i = 0; i < 10; ++i) a.publish("r" + std::to_string(i), large, at_most_once, 0, true);
  EXPECT_EQ(world.broker->stats().retained, 3U);
}

// S131, MQTT-3.1.2-26
TEST_F(broker_messages, aliases_shorten_topics_for_who_takes_them) {
  owned_properties p(mqtt::property_place::connect);
  p.add(property::topic_alias_maximum, 1U);
  a.settings.props = p.view();
  a.connect();
  a.subscribe("topic/#");
  a.publish("topic/1", "x");
  a.publish("topic/1", "y");
  a.publish("topic/2", "z");
  EXPECT_EQ(a.heard(), message("topic/1", "x") + "  topic_alias 1\n" + message("", "y") +
                           "  topic_alias 1\n" + message("topic/2", "z") + "  topic_alias 1\n");
}

// MQTT-3.3.4-9, MQTT-4.9.0-1 and -2
TEST_F(broker_messages, the_receive_maximum_of_a_client_is_kept) {
  owned_properties p(mqtt::property_place::connect);
  p.add(property::receive_maximum, 2U);
  a.settings.props = p.view();
  a.connect();
  a.subscribe("t", exactly_once);
  b.connect();
  for (std::uint16_t i = 1; i <= 4; ++i) b.publish("t", std::to_string(i), at_least_once, i);
  EXPECT_EQ(a.heard(),
            "PUBLISH qos 1 id 1 topic \"t\" payload 1 \"1\"\n"
            "PUBLISH qos 1 id 2 topic \"t\" payload 1 \"2\"\n");
  a.send(mqtt::puback{.packet_id = 1});
  EXPECT_EQ(a.heard(), "PUBLISH qos 1 id 3 topic \"t\" payload 1 \"3\"\n");
}

// MQTT-3.1.2-24 and -25
TEST_F(broker_messages, too_large_for_a_client_is_not_sent) {
  owned_properties p(mqtt::property_place::connect);
  p.add(property::maximum_packet_size, 100U);
  a.settings.props = p.view();
  a.connect();
  a.subscribe("t", at_least_once);
  b.connect();
  b.publish("t", std::string(200, 'x'), at_least_once, 1);
  b.publish("t", "y", at_least_once, 2);
  EXPECT_EQ(a.heard(), "PUBLISH qos 1 id 2 topic \"t\" payload 1 \"y\"\n");
  EXPECT_EQ(world.broker->stats().dropped, 1U);
}

// MQTT-3.3.4-1
TEST_F(broker_messages, an_acknowledgement_of_what_was_not_sent_so_is_a_fault) {
  a.connect();
  a.subscribe("t", at_least_once);
  a.publish("t", "x", at_least_once, 1);
  a.send(mqtt::pubcomp{.packet_id = 1});
  EXPECT_TRUE(a.heard().ends_with("DISCONNECT protocol_error\nCLOSED\n"));
}

TEST_F(broker_messages, the_program_itself_publishes) {
  a.connect();
  a.subscribe("t");
  ASSERT_TRUE(
      world.broker->publish({.topic = "t", .payload = as_bytes(std::string_view("x"))}, world.now));
  EXPECT_EQ(a.heard(), message("t", "x"));
  EXPECT_FALSE(world.broker->publish({.topic = "t/#"}, world.now));
  EXPECT_FALSE(world.broker->publish({.topic = ""}, world.now));
}

}  // namespace
}  // namespace parley::test
