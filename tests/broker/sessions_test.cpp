// Sessions, wills and take-overs (MQTT 5 sections 3.1, 3.14, 4.1; 3.1.1 the same).
#include <gtest/gtest.h>

#include <parley/core/store/memory_store.hpp>

#include "broker/talker.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using mqtt::property;
using enum mqtt::qos;

class broker_sessions : public testing::Test {
 protected:
  broker_sessions() { world.start(); }
  broker_world world;
};

// MQTT-3.1.2-4, -5, -6 and -23, MQTT-3.2.2-2 and -3, MQTT-4.4.0-1, MQTT-4.5.0-1
TEST_F(broker_sessions, what_came_meanwhile_waits) {
  for (const auto v : {mqtt::version::v5, mqtt::version::v3_1_1}) {
    talker a(world, "a", v), b(world, "b");
    EXPECT_EQ(a.connect_kept(), "CONNACK success");
    a.subscribe("t", at_least_once);
    a.vanish();
    b.connect();
    b.publish("t", "0");
    b.publish("t", "1", at_least_once, 1);
    b.publish("t", "2", exactly_once, 2);
    EXPECT_EQ(b.heard(), "PUBACK id 1 success\nPUBREC id 2 success\n");
    EXPECT_EQ(a.connect_kept(), "CONNACK success session_present");
    // Taken with CONNACK by connect(); not acknowledged, and so once more.
    a.vanish();
    a.connect_kept();
    a.send(mqtt::puback{.packet_id = 1});
    a.send(mqtt::puback{.packet_id = 2});
    EXPECT_EQ(world.broker->stats().deliveries, 0U);
    EXPECT_EQ(world.broker->stats().delivered, v == mqtt::version::v5 ? 4U : 8U);
    a.settings.clean_start = true;
    EXPECT_EQ(a.connect(), "CONNACK success");
    a.vanish();
  }
}

// MQTT-4.1.0-2
TEST_F(broker_sessions, they_expire) {
  talker a(world, "a");
  a.connect_kept(10);
  a.subscribe("t", at_least_once);
  a.vanish();
  world.advance(9s);
  EXPECT_EQ(a.connect_kept(10), "CONNACK success session_present");
  a.vanish();
  EXPECT_EQ(world.broker->next_deadline(), world.now + 10s);
  world.advance(10s);
  EXPECT_EQ(world.broker->stats().sessions, 0U);
  EXPECT_EQ(world.broker->stats().subscriptions, 0U);
  EXPECT_EQ(a.connect_kept(10), "CONNACK success");
}

TEST_F(broker_sessions, disconnect_may_change_the_expiry) {
  talker a(world, "a");
  a.connect_kept(10);
  owned_properties p(mqtt::property_place::disconnect);
  p.add(property::session_expiry_interval, 100U);
  a.send(mqtt::disconnect{.props = p.view()});
  world.advance(50s);
  EXPECT_EQ(world.broker->stats().sessions, 1U);
  world.advance(50s);
  EXPECT_EQ(world.broker->stats().sessions, 0U);
}

TEST_F(broker_sessions, the_longest_expiry_is_told) {
  world.stop();
  world.settings.limits.max_session_expiry = 60;
  world.start();
  talker a(world, "a");
  owned_properties p(mqtt::property_place::connect);
  p.add(property::session_expiry_interval, 1000U);
  a.settings.props = p.view();
  EXPECT_NE(a.connect_whole().find("session_expiry_interval 60\n"), std::string::npos);
}

// MQTT-3.1.3-6 and -7, MQTT-3.2.2-16
TEST_F(broker_sessions, a_client_identifier_is_given) {
  talker a(world, ""), b(world, "", mqtt::version::v3_1_1);
  EXPECT_NE(a.connect_whole().find("assigned_client_identifier \"parley-"), std::string::npos);
  EXPECT_EQ(b.connect(), "CONNACK success");
  EXPECT_EQ(world.broker->stats().sessions, 2U);
}

// P13, MQTT-3.1.4-3: two programs with one identifier learn it.
TEST_F(broker_sessions, one_takes_over_from_another) {
  talker a(world, "a"), again(world, "a"), old(world, "a", mqtt::version::v3_1_1);
  a.connect_kept();
  a.subscribe("t");
  EXPECT_EQ(again.connect_kept(), "CONNACK success session_present");
  EXPECT_EQ(a.heard(), "DISCONNECT session_taken_over\nCLOSED\n");
  again.publish("t", "x");
  EXPECT_EQ(again.heard(), "PUBLISH qos 0 topic \"t\" payload 1 \"x\"\n");
  EXPECT_EQ(old.connect_kept(), "CONNACK success session_present");
  EXPECT_EQ(again.heard(), "DISCONNECT session_taken_over\nCLOSED\n");
  EXPECT_EQ(world.broker->stats().sessions, 1U);
}

// --- wills ---------------------------------------------------------------------------------------

class broker_wills : public broker_sessions {
 protected:
  broker_wills() {
    watcher.connect();
    watcher.subscribe("w");
    a.settings.will = mqtt::last_will{.topic = "w", .payload = as_bytes(std::string_view("gone"))};
  }
  void delay(std::uint32_t seconds) {
    will.add(property::will_delay_interval, seconds);
    a.settings.will->props = will.view();
  }
  owned_properties will{mqtt::property_place::will};
  talker watcher{world, "watcher"}, a{world, "a"};
  const std::string gone = "PUBLISH qos 0 topic \"w\" payload 4 \"gone\"\n";
};

// MQTT-3.1.2-7 and -8
TEST_F(broker_wills, comes_when_the_client_is_lost) {
  a.connect();
  a.vanish();
  EXPECT_EQ(watcher.heard(), gone);
  a.connect();
  a.send(mqtt::disconnect{.reason = mqtt::reason_code::disconnect_with_will});
  EXPECT_EQ(watcher.heard(), gone);
}

// MQTT-3.1.2-10, MQTT-3.14.4-3
TEST_F(broker_wills, does_not_come_behind_a_goodbye) {
  a.connect();
  a.say_goodbye();
  EXPECT_EQ(watcher.heard(), "");
}

// MQTT-3.1.2-8 and -22
TEST_F(broker_wills, comes_for_a_fault_and_for_silence) {
  a.settings.keep_alive = 10;
  a.connect();
  a.link->give_all(std::string_view("\xc1\0", 2));
  EXPECT_EQ(watcher.heard(), gone);
  a.connect();
  world.advance(14s);
  EXPECT_EQ(watcher.heard(), "");
  world.advance(2s);
  EXPECT_EQ(watcher.heard(), gone);
}

// MQTT-3.1.2-14 and -15, MQTT-3.1.3-10
TEST_F(broker_wills, is_retained_or_not_with_all_it_has) {
  will.add(property::content_type, "text").add(property::correlation_data, "id");
  a.settings.will->props = will.view();
  const std::string properties = "  content_type \"text\"\n  correlation_data \"id\"\n";
  for (const bool retain : {false, true}) {
    a.settings.will->retain = retain;
    a.connect();
    a.vanish();
    EXPECT_EQ(watcher.heard(), gone + properties);
    talker late(world, "late");
    late.connect();
    const std::vector<mqtt::subscription> filters{{.filter = "w"}};
    late.send(mqtt::subscribe{.packet_id = 1, .filters = filters, .props = {}});
    const std::string kept = "PUBLISH qos 0 retain topic \"w\" payload 4 \"gone\"\n" + properties;
    EXPECT_EQ(late.heard(), "SUBACK id 1\n  success\n" + (retain ? kept : ""));
    late.say_goodbye();
  }
}

TEST_F(broker_wills, waits_for_its_delay) {
  delay(5);
  a.connect_kept();
  a.vanish();
  world.advance(4s);
  EXPECT_EQ(watcher.heard(), "");
  world.advance(1s);
  EXPECT_EQ(watcher.heard(), gone);
  world.advance(100s);
  EXPECT_EQ(watcher.heard(), "");
}

// MQTT-3.1.3-9
TEST_F(broker_wills, is_cancelled_by_a_new_connection) {
  delay(5);
  a.connect_kept();
  a.vanish();
  world.advance(4s);
  a.connect_kept();
  world.advance(100s);
  EXPECT_EQ(watcher.heard(), "");
}

TEST_F(broker_wills, comes_at_the_latest_with_the_end_of_the_session) {
  delay(50);
  a.connect_kept(10);
  a.vanish();
  world.advance(10s);
  EXPECT_EQ(watcher.heard(), gone);
  a.connect_kept(10);
  a.vanish();
  a.settings.clean_start = true;
  a.connect();
  EXPECT_EQ(watcher.heard(), gone);
}

TEST_F(broker_wills, take_over_sends_it_or_not) {
  talker again(world, "a");
  a.connect_kept();
  again.connect_kept();
  EXPECT_EQ(watcher.heard(), gone);  // without a delay
  again.say_goodbye();
  delay(5);
  a.connect_kept();
  again.connect_kept();
  world.advance(100s);
  EXPECT_EQ(watcher.heard(), "");  // the session goes on
  again.say_goodbye();
  a.connect_kept();
  again.settings.clean_start = true;
  again.connect();
  EXPECT_EQ(watcher.heard(), gone);  // the session has ended
}

// --- restarts ------------------------------------------------------------------------------------

TEST(broker_restart, sessions_subscriptions_messages_and_wills_survive) {
  memory_store kept;
  broker_world world(&kept);
  world.start();
  talker a(world, "a"), b(world, "b");
  a.connect_kept();
  const mqtt::subscription shared{.filter = "$share/g/s", .qos = at_least_once};
  a.subscribe("t", exactly_once);
  a.subscribe(shared);
  a.vanish();
  b.settings.will = mqtt::last_will{
      .topic = "t", .payload = as_bytes(std::string_view("gone")), .qos = at_least_once};
  b.connect_kept();
  b.publish("t", "1", at_least_once, 1);
  b.publish("t", "2", exactly_once, 2);
  b.publish("s", "3", at_least_once, 3);
  b.publish("r", "kept", at_most_once, 0, true);
  b.heard();
  world.stop();
  world.start();
  ASSERT_FALSE(world.load_failed);
  world.advance(1s);
  const std::string log = a.connect_whole();
  EXPECT_TRUE(log.starts_with("CONNACK success session_present")) << log;
  EXPECT_TRUE(
      log.ends_with("PUBLISH qos 1 id 1 topic \"t\" payload 1 \"1\"\n"
                    "PUBLISH qos 2 id 2 topic \"t\" payload 1 \"2\"\n"
                    "PUBLISH qos 1 id 3 topic \"s\" payload 1 \"3\"\n"
                    "PUBLISH qos 1 id 4 topic \"t\" payload 4 \"gone\"\n"))
      << log;
  // b's exactly-once message is known still, and not delivered again.
  b.settings.will.reset();
  EXPECT_EQ(b.connect_kept(), "CONNACK success session_present");
  b.send(
      mqtt::publish{.topic = "t", .payload = {}, .packet_id = 2, .qos = exactly_once, .dup = true});
  b.send(mqtt::pubrel{.packet_id = 2});
  EXPECT_EQ(b.heard(), "PUBREC id 2 success\nPUBCOMP id 2 success\n");
  EXPECT_EQ(a.heard(), "");
  const std::vector<mqtt::subscription> filters{{.filter = "r"}};
  a.send(mqtt::subscribe{.packet_id = 9, .filters = filters, .props = {}});
  EXPECT_EQ(a.heard(),
            "SUBACK id 9\n  success\nPUBLISH qos 0 retain topic \"r\" payload 4 \"kept\"\n");
}

TEST(broker_restart, what_is_no_state_of_a_broker_is_refused) {
  memory_store kept;
  ASSERT_TRUE(kept.put(as_bytes(std::string_view("sa")), as_bytes(std::string_view("c")),
                       as_bytes(std::string_view("?"))));
  broker_world world(&kept);
  world.start();
  EXPECT_TRUE(world.load_failed);
}

}  // namespace
}  // namespace parley::test
