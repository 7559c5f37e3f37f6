// Messages between an mqtt_client and mosquitto's own programs, on every loop with sockets.
#include "mqtt_on.hpp"

namespace parley::test {
namespace {

template <class L>
class mqtt_messages_on : public mqtt_on<L> {};
TYPED_TEST_SUITE(mqtt_messages_on, real_loops, loop_names);

// S51, S52, S53
TYPED_TEST(mqtt_messages_on, each_quality_both_ways_in_both_versions) {
  mosquitto server;
  for (const mqtt_versions version : both_versions) {
    mqtt_config c = this->config_of(server);
    c.version = version;
    auto one = this->connect(c);
    const auto listener = server.listen_for("out/#", {"-q", "2"});
    strings expected;
    for (const qos q : every_qos) {
      const auto sent = this->publish(*one, "out/" + name_of(q), "21.5 \u00b0C", q);
      EXPECT_TRUE(sent) << sent.error().to_string();
      expected.push_back("out/" + name_of(q) + "|" + name_of(q) + "|0|21.5 \u00b0C");
    }
    EXPECT_EQ(this->heard(*listener, 3), expected);

    this->subscribe(*one, "in/+", qos::exactly_once);
    for (const qos q : every_qos) {
      EXPECT_EQ(server.publish({"-t", "in/" + name_of(q), "-m", "hello", "-q", name_of(q)}), 0);
    }
    ASSERT_TRUE(this->at.run_until([&] { return one->got.size() >= 3; }));
    EXPECT_THAT(one->got, ElementsAre("in/0|0|0|hello", "in/1|1|0|hello", "in/2|2|0|hello"));
    EXPECT_TRUE(this->at.wait(one->client->close()));
    EXPECT_EQ(one->client->state(), provider_state::closed);
  }
  EXPECT_EQ(this->watch.faults.size(), 0U);
}

TYPED_TEST(mqtt_messages_on, many_keep_their_order) {
  mosquitto server;
  auto one = this->connect(this->config_of(server));
  this->subscribe(*one, "many", qos::exactly_once);
  constexpr int count = 2000;
  int ended = 0, good = 0;
  for (int i = 0; i < count; ++i) {
    one->client->publish("many", std::to_string(i), every_qos[i % 3 == 0 ? 1 : 2])
        .then([&](result<mqtt::reason_code> r) {
          ++ended;
          good += r.has_value();
        });
  }
  ASSERT_TRUE(this->at.run_until([&] { return ended == count && one->got.size() == count; }));
  EXPECT_EQ(good, count);
  EXPECT_EQ(one->client->pending(), 0U);
  // Order is kept among messages of one quality (section 4.6).
  int last[3] = {-1, -1, -1};
  for (const std::string& line : one->got) {
    int& before = last[line[5] - '0'];
    const int number = std::stoi(line.substr(9));
    EXPECT_GT(number, before);
    before = number;
  }
}

// S54
TYPED_TEST(mqtt_messages_on, retained_messages_wait_for_who_subscribes_later) {
  mosquitto server;
  auto one = this->connect(this->config_of(server));
  EXPECT_TRUE(this->publish(*one, "kept", "last", {qos::at_least_once, true}));
  const auto listener = server.listen_for("kept");
  EXPECT_THAT(this->heard(*listener, 1), ElementsAre("kept|0|1|last"));
  EXPECT_EQ(server.publish({"-t", "kept/too", "-m", "theirs", "-r"}), 0);
  this->subscribe(*one, "kept/#", qos::at_most_once);
  ASSERT_TRUE(this->at.run_until([&] { return one->got.size() >= 2; }));
  EXPECT_THAT(one->got, testing::UnorderedElementsAre("kept|0|1|last", "kept/too|0|1|theirs"));
}

// S55, S71, S72, S73, S74: its topic, payload, quality and retain flag are those of the
// configuration.
TYPED_TEST(mqtt_messages_on, the_will_is_published_when_the_server_loses_us) {
  mosquitto server;
  const auto listener = server.listen_for("gone/#", {"-q", "2"});
  mqtt_config c = this->config_of(server);
  c.will_topic = "gone/device";
  c.will_payload = "lost";
  c.will_qos = qos::at_least_once;
  c.will_retain = true;
  auto good = this->connect(c);
  EXPECT_TRUE(this->at.wait(good->client->close()));
  auto bad = this->connect(c);
  bad->client->machine().end_now();
  bad->client->wake();
  EXPECT_THAT(this->heard(*listener, 1), ElementsAre("gone/device|1|0|lost"));
  // The first has said goodbye, so that there is one; and it is retained.
  const auto later = server.listen_for("gone/#");
  EXPECT_THAT(this->heard(*later, 1), ElementsAre("gone/device|0|1|lost"));
}

TYPED_TEST(mqtt_messages_on, acknowledged_by_hand_in_time_or_again) {
  mosquitto server;
  mqtt_config c = this->config_of(server);
  c.client_id = "careful";
  c.clean_session = false;
  c.manual_acknowledgement = true;
  auto one = this->connect(c);
  this->subscribe(*one, "work", qos::at_least_once);
  for (const char* text : {"a", "b"}) {
    EXPECT_EQ(server.publish({"-t", "work", "-m", text, "-q", "1"}), 0);
  }
  ASSERT_TRUE(this->at.run_until([&] { return one->got.size() == 2; }));
  EXPECT_TRUE(one->client->acknowledge(one->handles[0]));
  EXPECT_TRUE(this->at.wait(one->client->close()));
  EXPECT_FALSE(one->client->acknowledge(one->handles[1]));
  EXPECT_TRUE(this->at.wait(one->client->connect()));
  ASSERT_TRUE(this->at.run_until([&] { return one->got.size() == 3; }));
  EXPECT_TRUE(one->was_present);
  EXPECT_EQ(one->got.back(), "work|1|0|b");
  EXPECT_TRUE(one->client->acknowledge(one->handles.back()));
}

TYPED_TEST(mqtt_messages_on, held_messages_come_when_it_goes_on) {
  mosquitto server;
  auto one = this->connect(this->config_of(server));
  this->subscribe(*one, "flow", qos::at_least_once);
  one->client->hold();
  EXPECT_EQ(server.publish({"-t", "flow", "-m", "x", "-q", "1"}), 0);
  this->at.run_for(100ms);
  EXPECT_TRUE(one->got.empty());
  one->client->go_on();
  EXPECT_TRUE(this->at.run_until([&] { return one->got.size() == 1; }));
}

TYPED_TEST(mqtt_messages_on, what_is_unsubscribed_comes_no_more) {
  mosquitto server;
  auto one = this->connect(this->config_of(server));
  this->subscribe(*one, "x", qos::at_least_once);
  EXPECT_TRUE(this->at.wait(one->client->unsubscribe("x")));
  this->subscribe(*one, "y", qos::at_least_once);
  EXPECT_TRUE(this->publish(*one, "x", "1", qos::at_least_once));
  EXPECT_TRUE(this->publish(*one, "y", "2", qos::at_least_once));
  ASSERT_TRUE(this->at.run_until([&] { return !one->got.empty(); }));
  EXPECT_THAT(one->got, ElementsAre("y|1|0|2"));
}

TYPED_TEST(mqtt_messages_on, a_client_may_be_destroyed_by_its_handler) {
  mosquitto server;
  auto one = this->connect(this->config_of(server));
  this->subscribe(*one, "end", qos::at_least_once);
  std::optional<error> end;
  bool was_called = false;
  one->client->publish("never/read", "x", qos::exactly_once).then([&](result<mqtt::reason_code> r) {
    was_called = true;
    if (!r) end = r.error();
  });
  one->on_each = [&](mqtt_client&, const mqtt::message_event&) { one->client.reset(); };
  EXPECT_EQ(server.publish({"-t", "end", "-m", "x", "-q", "1"}), 0);
  EXPECT_TRUE(this->at.run_until([&] { return one->client == nullptr && was_called; }));
  if (end) {
    EXPECT_EQ(*end, errc::cancelled);
  }
}

}  // namespace
}  // namespace parley::test
