// Who may come and what they may do (S147), asked at once or later, and enhanced authentication.
#include <gtest/gtest.h>

#include <parley/core/store/memory_store.hpp>

#include "broker/talker.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using mqtt::property;
using mqtt::reason_code;
using mqtt::topic_acl;

TEST(broker_acl, files_are_read) {
  const auto acl = topic_acl::parse(
      "# for all without a name\ntopic read news/#\n\nuser ann\ntopic write plant/+/set\r\n"
      "topic deny plant/7/set\ntopic shared/all\npattern readwrite device/%c/%u\n");
  ASSERT_TRUE(acl);
  ASSERT_EQ(acl->rules().size(), 5U);
  EXPECT_TRUE(acl->may_subscribe("", "c", "news/today"));
  EXPECT_FALSE(acl->may_publish("", "c", "news/today"));
  EXPECT_FALSE(acl->may_subscribe("ann", "c", "news/today"));
  EXPECT_TRUE(acl->may_publish("ann", "c", "plant/1/set"));
  EXPECT_FALSE(acl->may_publish("ann", "c", "plant/7/set"));
  EXPECT_TRUE(acl->may_publish("ann", "c", "shared/all"));
  EXPECT_TRUE(acl->may_subscribe("ann", "c", "shared/all"));
  EXPECT_TRUE(acl->may_publish("ann", "c1", "device/c1/ann"));
  EXPECT_FALSE(acl->may_publish("ann", "c1", "device/c2/ann"));
  EXPECT_FALSE(acl->may_publish("", "c1", "device/c1/"));
}

TEST(broker_acl, wrong_lines_are_named) {
  const auto acl = topic_acl::parse("topic read a\ntopics b\n");
  ASSERT_FALSE(acl);
  EXPECT_NE(acl.error().to_string().find("line 2"), std::string::npos);
  EXPECT_FALSE(topic_acl::parse("topic read a/#/b"));
  EXPECT_FALSE(topic_acl::parse("topic"));
}

TEST(broker_acl, a_filter_is_permitted_as_a_whole) {
  const auto acl =
      topic_acl::parse("pattern read a/+/c\npattern read b/#\npattern deny b/secret/#\n");
  ASSERT_TRUE(acl);
  const auto may = [&](std::string_view f) { return acl->may_subscribe("", "c", f); };
  EXPECT_TRUE(may("a/b/c"));
  EXPECT_TRUE(may("a/+/c"));
  EXPECT_FALSE(may("a/#"));
  EXPECT_FALSE(may("a/+/+"));
  EXPECT_FALSE(may("a/b"));
  EXPECT_FALSE(may("#"));
  EXPECT_TRUE(may("b"));
  EXPECT_TRUE(may("b/x/+"));
  EXPECT_FALSE(may("b/#"));  // what is denied is in it
  EXPECT_FALSE(may("b/+"));
  EXPECT_FALSE(may("b/secret"));
  EXPECT_FALSE(may("b/secret/x"));
}

TEST(broker_acl, names_cannot_widen_a_rule) {
  const auto acl = topic_acl::parse("pattern readwrite home/%c/#\n");
  ASSERT_TRUE(acl);
  EXPECT_TRUE(acl->may_subscribe("", "me", "home/me/x"));
  EXPECT_FALSE(acl->may_subscribe("", "+", "home/+/x"));
  EXPECT_FALSE(acl->may_subscribe("", "#", "home/#"));
  EXPECT_FALSE(acl->may_publish("", "me/you", "home/me/you/x"));
  // Names of the broker's own are not meant by a wildcard.
  const auto all = topic_acl::parse("pattern read #\n");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->may_subscribe("", "c", "#"));
  EXPECT_FALSE(all->may_subscribe("", "c", "$SYS/#"));
}

// --- sessions that go on -------------------------------------------------------------------------

// The second client writes.
class broker_acl_of_sessions : public testing::Test {
 protected:
  broker_acl_of_sessions() {
    world.settings.users = {{"ann", secret("a")}, {"bob", secret("b")}};
    world.settings.allow_anonymous = false;
    set_rules("user ann\ntopic readwrite #\nuser bob\ntopic read open/#\n");
    world.start();
    log_in(writer, "ann");
    writer.connect();
  }
  void set_rules(std::string_view rules) { world.settings.acl = *topic_acl::parse(rules); }
  static void log_in(talker& who, std::string_view user) {
    who.settings.user_name = user;
    who.settings.password = as_bytes(user.substr(0, 1));
  }
  void leave_a_session() {
    log_in(device, "ann");
    EXPECT_EQ(device.connect_kept(), "CONNACK success");
    for (const char* filter : {"open/+", "closed/#", "$share/g/closed/shared"}) {
      device.subscribe(filter, mqtt::qos::exactly_once);
    }
    device.vanish();
  }
  void write() {
    std::uint16_t id = 1;
    for (const char* topic : {"closed/x", "open/x", "closed/shared"}) {
      writer.publish(topic, "x", mqtt::qos::exactly_once, id);
      writer.send(mqtt::pubrel{.packet_id = id++});
    }
    (void)writer.heard();
  }

  memory_store kept;
  broker_world world{&kept};
  talker device{world, "device"};
  talker writer{world, "writer"};
};

constexpr std::string_view only_open = "PUBLISH qos 2 id 1 topic \"open/x\" payload 1 \"x\"\n";

// S147: who knows an identifier gets no more than he may read.
TEST_F(broker_acl_of_sessions, another_user_gets_what_he_may_read) {
  leave_a_session();
  write();
  log_in(device, "bob");
  const std::string log = device.connect_whole();
  EXPECT_TRUE(log.starts_with("CONNACK success session_present")) << log;
  EXPECT_TRUE(log.ends_with(only_open)) << log;
  EXPECT_FALSE(log.contains("closed")) << log;
  write();
  EXPECT_FALSE(device.heard().contains("closed"));
}

// It was sent already, and would come again.
TEST_F(broker_acl_of_sessions, nor_does_he_get_what_was_on_its_way) {
  leave_a_session();
  device.connect_kept();
  write();
  EXPECT_TRUE(device.heard().contains("closed/x"));
  device.vanish();
  log_in(device, "bob");
  const std::string log = device.connect_whole();
  EXPECT_TRUE(log.contains("open/x")) << log;
  EXPECT_FALSE(log.contains("closed")) << log;
}

TEST_F(broker_acl_of_sessions, rules_that_have_changed_hold_after_a_restart) {
  leave_a_session();
  write();
  world.stop();
  set_rules("user ann\ntopic write #\ntopic read open/#\n");
  world.start();
  ASSERT_FALSE(world.load_failed);
  const std::string log = device.connect_whole();
  EXPECT_TRUE(log.starts_with("CONNACK success session_present")) << log;
  EXPECT_TRUE(log.contains("open/x")) << log;
  EXPECT_FALSE(log.contains("closed")) << log;
}

TEST_F(broker_acl_of_sessions, others_of_the_group_get_what_was_shared) {
  leave_a_session();
  write();
  talker other(world, "other");
  log_in(other, "ann");
  other.connect();
  other.subscribe("$share/g/closed/shared", mqtt::qos::exactly_once);
  EXPECT_EQ(other.heard(), "");
  log_in(device, "bob");
  (void)device.connect_whole();
  EXPECT_TRUE(other.heard().contains("closed/shared"));
}

// --- a policy of one's own -----------------------------------------------------------------------

class slow_policy final : public mqtt::broker_policy {
 public:
  std::optional<reason_code> authenticate(const mqtt::login& who, std::uint64_t t) override {
    asked = std::string(who.client_id) + " " + std::string(who.user) + " " +
            std::string(as_text(who.password.value_or(byte_view())));
    ticket = t;
    return std::nullopt;
  }
  mqtt::authentication_step authenticate_further(const mqtt::client_identity&,
                                                 std::string_view method, byte_view data) override {
    if (method != "PLUS") return {};
    if (as_text(data) == "wrong") return {.reason = reason_code::not_authorized};
    if (as_text(data) == "2") return {.reason = reason_code::success, .data = "done"};
    return {.reason = reason_code::continue_authentication, .data = "1+1"};
  }
  bool may_publish(const mqtt::client_identity& who, std::string_view topic) override {
    return topic == who.client_id;
  }

  std::string asked;
  std::uint64_t ticket = 0;
};

class broker_policy_test : public testing::Test {
 protected:
  broker_policy_test() {
    world.settings.policy = &policy;
    world.start();
  }
  owned_properties with_method(std::string_view data, mqtt::property_place place) {
    owned_properties p(place);
    p.add(property::authentication_method, "PLUS");
    p.add(property::authentication_data, data);
    return p;
  }
  slow_policy policy;
  broker_world world;
  talker a{world, "a"};
};

TEST_F(broker_policy_test, decides_later) {
  a.settings.user_name = "ann";
  a.settings.password = as_bytes(std::string_view("secret"));
  a.connect();
  EXPECT_EQ(policy.asked, "a ann secret");
  // Clients need not wait for CONNACK.
  a.publish("a", "x", mqtt::qos::at_least_once, 1);
  a.publish("b", "x", mqtt::qos::at_least_once, 2);
  EXPECT_EQ(world.broker->stats().received, 0U);
  world.broker->decide(policy.ticket, reason_code::success, world.now);
  world.turn();
  EXPECT_EQ(world.broker->stats().received, 2U);
  const std::string answer = a.link->take();
  EXPECT_EQ(answer[0], '\x20');
  EXPECT_TRUE(answer.ends_with(std::string_view("\x40\3\0\1\x10\x40\3\0\2\x87", 10)));
  world.broker->decide(policy.ticket, reason_code::success, world.now);  // nobody waits
}

TEST_F(broker_policy_test, decides_against_it_or_never) {
  a.connect();
  world.broker->decide(policy.ticket, reason_code::banned, world.now);
  EXPECT_TRUE(a.heard().starts_with("CLOSED") || !a.link->is_open());
  talker b(world, "b");
  b.connect();
  world.advance(11s);
  EXPECT_FALSE(b.link->is_open());
  world.broker->decide(policy.ticket, reason_code::success, world.now);
  EXPECT_EQ(world.broker->stats().sessions, 0U);
}

TEST_F(broker_policy_test, of_a_client_that_has_gone) {
  a.connect();
  a.vanish();
  world.broker->decide(policy.ticket, reason_code::success, world.now);
  EXPECT_EQ(world.broker->stats().sessions, 0U);
}

// MQTT-4.12.0-2 and -5, MQTT-4.12.1-1 and -2
TEST_F(broker_policy_test, enhanced_authentication) {
  const auto hello = with_method("hi", mqtt::property_place::connect);
  const auto good = with_method("2", mqtt::property_place::auth);
  a.settings.props = hello.view();
  a.link = &world.connect();
  a.send(a.settings);
  EXPECT_EQ(a.link->take()[0], '\xf0');
  a.send(mqtt::auth{reason_code::continue_authentication, good.view()});
  EXPECT_EQ(a.link->take()[0], '\x20');
  EXPECT_TRUE(a.link->server().is_open());
  // Anew, on the open connection (section 4.12.1).
  a.send(
      mqtt::auth{reason_code::reauthenticate, with_method("x", mqtt::property_place::auth).view()});
  a.send(mqtt::auth{reason_code::continue_authentication, good.view()});
  const std::string answer = a.link->take();
  EXPECT_EQ(std::ranges::count(answer, '\xf0'), 2);
  EXPECT_TRUE(a.link->is_open());
  const auto bad = with_method("wrong", mqtt::property_place::auth);
  a.send(mqtt::auth{reason_code::reauthenticate, bad.view()});
  EXPECT_FALSE(a.link->is_open());
}

// MQTT-3.1.2-30
TEST_F(broker_policy_test, other_packets_wait_for_the_authentication) {
  const auto hello = with_method("hi", mqtt::property_place::connect);
  a.settings.props = hello.view();
  a.link = &world.connect();
  a.send(a.settings);
  a.publish("a", "x");
  EXPECT_FALSE(a.link->is_open());
}

}  // namespace
}  // namespace parley::test
