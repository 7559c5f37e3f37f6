// Begin, break and end of an mqtt_client's connection, on every loop with sockets.
#include <map>

#include "mqtt_on.hpp"
#include "support/redis_server.hpp"

namespace parley::test {
namespace {

template <class L>
class mqtt_life_on : public mqtt_on<L> {};
TYPED_TEST_SUITE(mqtt_life_on, real_loops, loop_names);

// S75, S76, S77, S78, S143, S158: who vouches for the server is tls_ca_certs' matter.
TYPED_TEST(mqtt_life_on, tls_with_certificates_of_both_sides) {
  mosquitto server({.tls = true, .wants_certificates = true});
  mqtt_config c = this->config_of(server);
  c.connect_timeout = 2s;
  c.tls_certfile = files().client_chain;
  c.tls_keyfile = files().client_key;
  auto one = this->connect(c);
  const auto listener = server.listen_for("by/tls", {"-q", "1"});
  EXPECT_TRUE(this->publish(*one, "by/tls", std::string(100'000, 'x'), qos::at_least_once));
  ASSERT_EQ(this->heard(*listener, 1).size(), 1U);
  EXPECT_EQ(mosquitto::lines_of(*listener)[0].size(), std::string("by/tls|1|0|").size() + 100'000);

  // A server that nobody vouches for.
  c.tls_ca_certs = files().stranger;
  talker strange(this->home, c);
  const auto refused = this->at.wait(strange.client->connect());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().to_string(), HasSubstr("certificate"));
  EXPECT_FALSE(refused.error().hint().empty());
  EXPECT_EQ(strange.client->state(), provider_state::failed);

  // Without a certificate of ours.
  c = this->config_of(server);
  c.connect_timeout = 1s;
  talker bare(this->home, c);
  EXPECT_FALSE(this->at.wait(bare.client->connect()));
}

TYPED_TEST(mqtt_life_on, by_a_unix_socket) {
  mosquitto server;
  auto c = mqtt_config::from_uri("mqtt+unix://" + server.socket_path());
  ASSERT_TRUE(c);
  auto one = this->connect(*c);
  this->subscribe(*one, "here", qos::at_least_once);
  EXPECT_TRUE(this->publish(*one, "here", "x", qos::at_least_once));
  EXPECT_TRUE(this->at.run_until([&] { return one->got.size() == 1; }));
}

// S65, S66
TYPED_TEST(mqtt_life_on, a_wrong_password_is_told_and_not_tried_again) {
  mosquitto server({.users = {"ann:secret"}});
  for (const mqtt_versions version : both_versions) {
    mqtt_config c = this->config_of(server);
    c.version = version;
    c.username = "ann";
    c.password = "secret";
    auto good = this->connect(c);
    c.password = "wrong";
    talker bad(this->home, c);
    const auto refused = this->at.wait(bad.client->connect());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), error_class::authentication);
    EXPECT_THAT(std::string(refused.error().hint()), HasSubstr("password"));
    EXPECT_TRUE(bad.is_final);
    EXPECT_EQ(bad.downs.size(), 1U);
    const auto later = this->publish(bad, "x", "y", qos::at_least_once);
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error(), errc::not_connected);
  }
}

// S157
TYPED_TEST(mqtt_life_on, a_server_that_is_down_is_found_when_it_comes_up) {
  mosquitto server;
  server.stop();
  mqtt_config c = this->config_of(server);
  c.connect_timeout = 300ms;
  talker one(this->home, c);
  const auto down = this->at.wait(one.client->connect());
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error(), errc::refused);
  EXPECT_THAT(std::string(down.error().hint()), HasSubstr("check that the service is running"));
  // What is said meanwhile waits.
  int ended = 0;
  bool is_granted = false;
  one.client->subscribe("later", qos::at_least_once).then([&](result<qos> r) {
    is_granted = r.has_value();
  });
  one.client->publish("later", "kept", qos::at_least_once).then([&](result<mqtt::reason_code> r) {
    ended += r.has_value();
  });
  server.restart();
  EXPECT_TRUE(this->at.run_until([&] { return ended == 1 && is_granted; }));
  EXPECT_TRUE(one.client->is_up());
}

// P5, P7: what the server has confirmed is there after it was stopped, and nothing comes twice. The
// reader is away meanwhile: after a restart mosquitto 2.0.11 publishes again what it has released
// already ([MQTT-4.3.3-6] forbids it), so that a reader gets that twice, whoever reads.
TYPED_TEST(mqtt_life_on, a_restarted_server_loses_nothing_and_repeats_nothing) {
  mosquitto server;
  mqtt_config c = this->config_of(server);
  c.client_id = "reader";
  c.clean_session = false;
  auto reader = this->connect(c);
  this->subscribe(*reader, "log/+", qos::exactly_once);
  EXPECT_TRUE(this->at.wait(reader->client->close()));
  c.client_id = "writer";
  c.limits.in_flight = 20;
  auto writer = this->connect(c);
  constexpr std::size_t count = 300;
  std::size_t ended = 0, good = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string text = std::to_string(i);
    for (const qos q : {qos::at_least_once, qos::exactly_once}) {
      writer->client->publish("log/" + name_of(q), std::string_view(text), q)
          .then([&](result<mqtt::reason_code> r) {
            ++ended;
            good += r.has_value();
          });
    }
  }
  for (int restarts = 0; restarts < 2; ++restarts) {
    const std::size_t goal = ended + count / 2;
    ASSERT_TRUE(this->at.run_until([&] { return ended >= goal; }));
    server.restart();
  }
  ASSERT_TRUE(this->at.run_until([&] { return ended == 2 * count; }, 60s));
  EXPECT_EQ(good, 2 * count);
  EXPECT_GE(writer->ups, 2);
  EXPECT_TRUE(this->at.wait(reader->client->connect()));
  std::map<std::string, int> times;
  ASSERT_TRUE(this->at.run_until([&] {
    times.clear();
    for (const std::string& line : reader->got) ++times[line];
    return times.size() == 2 * count;
  }));
  for (const auto& [line, often] : times) {
    if (line.starts_with("log/2")) {
      EXPECT_EQ(often, 1) << line;
    }
  }
}

TYPED_TEST(mqtt_life_on, subscriptions_come_back_after_a_crash_of_the_server) {
  mosquitto server;
  auto one = this->connect(this->config_of(server));
  this->subscribe(*one, "news", qos::at_least_once);
  server.kill9();
  ASSERT_TRUE(this->at.run_until([&] { return !one->downs.empty(); }));
  server.restart();
  ASSERT_TRUE(this->at.run_until([&] { return one->ups == 2; }));
  EXPECT_FALSE(one->was_present);
  // The SUBSCRIBE stands before it on the connection.
  EXPECT_TRUE(this->publish(*one, "news", "again", qos::at_least_once));
  EXPECT_TRUE(this->at.run_until([&] { return one->got.size() == 1; }));
}

// S58
TYPED_TEST(mqtt_life_on, a_persistent_session_collects_while_we_are_away) {
  mosquitto server;
  for (const mqtt_versions version : both_versions) {
    mqtt_config c = this->config_of(server);
    c.version = version;
    c.client_id = version == mqtt_versions::v5 ? "five" : "three";
    c.clean_session = false;
    auto one = this->connect(c);
    this->subscribe(*one, "box", qos::at_least_once);
    EXPECT_TRUE(this->at.wait(one->client->close()));
    one.reset();
    EXPECT_EQ(server.publish({"-t", "box", "-m", "letter", "-q", "1"}), 0);
    auto two = this->connect(c);
    EXPECT_TRUE(two->was_present);
    EXPECT_TRUE(this->at.run_until([&] { return two->got.size() == 1; }));
  }
}

TYPED_TEST(mqtt_life_on, the_next_broker_is_taken_while_the_first_is_down) {
  mosquitto second;
  mqtt_config c = this->config_of(second);
  c.port = free_port();
  c.fail_over.emplace_back("127.0.0.1", second.port());
  auto one = this->connect(c);
  EXPECT_TRUE(one->client->is_up());
  EXPECT_EQ(one->downs.size(), 1U);
}

// S64
TYPED_TEST(mqtt_life_on, a_client_without_a_name_makes_one_and_keeps_it) {
  mosquitto server;
  auto one = this->connect(this->config_of(server));
  const std::string name = one->client->client_id();
  EXPECT_THAT(name, testing::MatchesRegex("parley-[0-9a-f]+"));
  EXPECT_EQ(name.size(), 23U);
  EXPECT_THAT(server.log(), HasSubstr(name));
  auto two = this->connect(this->config_of(server));
  EXPECT_NE(two->client->client_id(), name);
}

// S134, S162
TYPED_TEST(mqtt_life_on, a_packet_that_the_server_does_not_take_is_refused_here) {
  mosquitto server({.lines = {"max_packet_size 2000"}});
  auto one = this->connect(this->config_of(server));
  const auto sent = this->publish(*one, "big", std::string(3000, 'x'), qos::at_least_once);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), errc::too_large);
  EXPECT_FALSE(sent.error().hint().empty());
  EXPECT_TRUE(this->publish(*one, "small", "x", qos::at_least_once));
}

}  // namespace
}  // namespace parley::test
