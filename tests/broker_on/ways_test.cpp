// Every way to the embedded broker on every loop, by our client: TCP, TLS, TLS with certificates on
// both sides, a Unix socket, and WebSocket over each of them (MQTT 5 section 6).
#include "broker_on/broker_on.hpp"

namespace parley::test {
namespace {

template <class L>
class broker_ways_on : public broker_on<L> {};
TYPED_TEST_SUITE(broker_ways_on, all_loops, loop_names);

// S51 to S53, S62, S63, S75 to S78
TYPED_TEST(broker_ways_on, carries_every_quality_in_both_versions) {
  this->serve();
  for (const way w : every_way) {
    for (const mqtt_versions version : both_versions) {
      auto c = this->config_of(w);
      c.version = version;
      auto one = this->connect(c);
      this->subscribe(*one, "a/+", qos::exactly_once);
      for (const qos q : every_qos) {
        EXPECT_TRUE(this->publish(*one, "a/" + name_of(q), "x", q));
      }
      ASSERT_TRUE(this->hears(*one, 3)) << static_cast<int>(w);
      EXPECT_THAT(one->got, ElementsAre("a/0|0|0|x", "a/1|1|0|x", "a/2|2|0|x"));
      EXPECT_TRUE(this->at.wait(one->client->close()));
    }
  }
  EXPECT_TRUE(this->at.run_until([&] { return this->broker->clients() == 0; }));
}

// One broker behind all doors: what comes in by one goes out by the others, also in many pieces.
TYPED_TEST(broker_ways_on, who_comes_by_one_way_hears_who_comes_by_another) {
  this->serve();
  std::vector<std::unique_ptr<talker>> all;
  for (const way w : every_way) {
    all.push_back(this->connect(this->config_of(w)));
    this->subscribe(*all.back(), "to/all", qos::at_least_once);
  }
  EXPECT_EQ(this->broker->clients(), all.size());
  const std::string large(300'000, 'x');
  for (auto& each : all) EXPECT_TRUE(this->publish(*each, "to/all", large, qos::at_least_once));
  for (auto& each : all) {
    ASSERT_TRUE(this->hears(*each, all.size()));
    for (const std::string& got : each->got) EXPECT_TRUE(got == "to/all|1|0|" + large);
  }
}

// S58: a session does not care by which way its client comes.
TYPED_TEST(broker_ways_on, a_session_goes_on_by_another_way) {
  this->serve();
  auto c = this->config_of(way::secure_websocket);
  c.client_id = "device";
  c.clean_session = false;
  auto one = this->connect(c);
  this->subscribe(*one, "t", qos::at_least_once);
  EXPECT_TRUE(this->at.wait(one->client->close()));
  auto other = this->connect(this->config_of(way::tcp));
  EXPECT_TRUE(this->publish(*other, "t", "meanwhile", qos::at_least_once));
  c = this->config_of(way::local);
  c.client_id = "device";
  c.clean_session = false;
  one = this->connect(c);
  EXPECT_TRUE(one->was_present);
  ASSERT_TRUE(this->hears(*one, 1));
  EXPECT_THAT(one->got, ElementsAre("t|1|0|meanwhile"));
}

// A broker that ends and comes back is found again, by each way, and its subscriptions are
// restored.
TYPED_TEST(broker_ways_on, a_restarted_broker_is_found_again) {
  this->serve();
  std::vector<std::unique_ptr<talker>> all;
  for (const way w : every_way) {
    all.push_back(this->connect(this->config_of(w)));
    this->subscribe(*all.back(), "t", qos::at_least_once);
  }
  for (std::size_t i = 0; i < this->config.also.size(); ++i) {
    this->config.also[i].port = this->broker->local_address(i + 1)->port();
  }
  this->config.port = this->broker->local_address()->port();
  EXPECT_TRUE(this->at.wait(this->broker->stop()));
  EXPECT_EQ(this->broker->clients(), 0U);
  this->serve();
  const auto is_back = [&] {
    for (const auto& each : all) {
      if (each->ups < 2 || !each->client->is_up()) return false;
    }
    return this->broker->stats().subscriptions == all.size();
  };
  ASSERT_TRUE(this->at.run_until(is_back));
  EXPECT_TRUE(this->publish(*all.front(), "t", "again", qos::at_least_once));
  for (auto& each : all) EXPECT_TRUE(this->hears(*each, 1));
}

// S77, S78, S158: who has no certificate, or one that nobody vouches for, does not come in.
TYPED_TEST(broker_ways_on, certificates_are_asked_of_both_sides) {
  this->serve();
  auto c = this->config_of(way::mutual);
  c.tls_certfile.clear();
  c.tls_keyfile.clear();
  c.connect_timeout = 1s;
  talker bare(this->home, c);
  EXPECT_FALSE(this->at.wait(bare.client->connect()));
  bare.client.reset();

  c = this->config_of(way::secure_websocket);
  c.tls_ca_certs = files().stranger;
  talker strange(this->home, c);
  const auto refused = this->at.wait(strange.client->connect());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().to_string(), HasSubstr("certificate"));
  EXPECT_FALSE(refused.error().hint().empty());
  EXPECT_TRUE(strange.is_final);
}

// What is no WebSocket, and what is one where none is expected, ends with a clear error.
TYPED_TEST(broker_ways_on, the_wrong_way_is_told) {
  this->serve();
  auto c = this->config_of(way::tcp);
  c.websocket = true;
  c.connect_timeout = 2s;
  talker web(this->home, c);
  const auto no_web = this->at.wait(web.client->connect());
  ASSERT_FALSE(no_web);
  EXPECT_NE(no_web.error(), errc::timed_out) << no_web.error().to_string();
  c = this->config_of(way::websocket);
  c.websocket = false;
  talker bare(this->home, c);
  EXPECT_FALSE(this->at.wait(bare.client->connect()));
}

// A user and its password travel in CONNECT, by every way (S65, S66, S144).
TYPED_TEST(broker_ways_on, users_are_asked_by_every_way) {
  this->config.settings.users = {{"device", secret("token")}};
  this->config.settings.allow_anonymous = false;
  this->serve();
  for (const way w : every_way) {
    auto c = this->config_of(w);
    c.username = "device";
    c.password = "wrong";
    talker bad(this->home, c);
    const auto refused = this->at.wait(bad.client->connect());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), error_class::authentication);
    c.password = "token";
    (void)this->connect(c);
  }
}

}  // namespace
}  // namespace parley::test
