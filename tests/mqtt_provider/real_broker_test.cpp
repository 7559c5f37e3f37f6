// The provider against mosquitto and against the embedded broker, on every loop with real sockets.
#include "mqtt_provider/brokers.hpp"

namespace parley::test {
namespace {

TYPED_TEST_SUITE(mqtt_provider_real, every_broker, against_names);

// S51 to S54, S56, S57, S60, S61: with mosquitto's own programs on the other side.
TYPED_TEST(mqtt_provider_real, speaks_with_mosquittos_own_programs) {
  this->begin();
  ASSERT_EQ(this->publish({"-t", "kept/1", "-m", "of before", "-r", "-q", "1"}), 0);
  auto p = this->up(this->config_of());
  strings got, all;
  auto s = this->listen(*p, "kept/+", got);
  auto s2 = this->listen(*p, "kept/#", all, qos::exactly_once);
  ASSERT_TRUE(this->comes(got, 1));
  ASSERT_TRUE(this->comes(all, 1));
  EXPECT_EQ(this->publish({"-t", "kept/2", "-m", "now", "-q", "2"}), 0);
  ASSERT_TRUE(this->comes(got, 2));
  ASSERT_TRUE(this->comes(all, 2));
  this->at.run_for(50ms);
  EXPECT_THAT(got, ElementsAre("kept/1:of before", "kept/2:now"));
  EXPECT_THAT(all, ElementsAre("kept/1:of before", "kept/2:now"));
  const auto listener = this->listen_for("out/#", {"-q", "2"});
  auto t = this->speak(*p, "out/1", mqtt_speaker_options(qos::exactly_once, true));
  EXPECT_TRUE(this->shout(t, fields("unit",
                                    "\xC2\xB0"
                                    "C")));
  const strings lines = this->heard(*listener, 1);
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.front(),
            "out/1|2|0|{\"unit\":\"\xC2\xB0"
            "C\"}");
}

// Both versions: overlaps, and a newcomer gets what is retained.
TYPED_TEST(mqtt_provider_real, a_newcomer_hears_what_is_retained) {
  this->begin();
  for (const auto v : {mqtt_versions::v5, mqtt_versions::v3_1_1}) {
    auto c = this->config_of();
    c.version = v;
    auto p = this->up(c);
    auto t = this->speak(*p, "state", mqtt_speaker_options(qos::at_least_once, true));
    EXPECT_TRUE(this->shout(t, "on"));
    strings first, second;
    auto s1 = this->listen(*p, "state", first);
    ASSERT_TRUE(this->comes(first, 1));
    auto s2 = this->listen(*p, "state", second);
    ASSERT_TRUE(this->comes(second, 1));
    EXPECT_TRUE(this->shout(t, "off"));
    ASSERT_TRUE(this->comes(second, 2));
    EXPECT_THAT(first, ElementsAre("state:on", "state:off"));
    EXPECT_THAT(second, ElementsAre("state:on", "state:off"));
  }
}

TYPED_TEST(mqtt_provider_real, calls_go_by_way_of_the_broker) {
  this->begin();
  for (const auto v : {mqtt_versions::v5, mqtt_versions::v3_1_1}) {
    auto c = this->config_of("server");
    c.version = v;
    auto a = this->up(c);
    c.client_id = "client";
    auto b = this->up(c);
    (void)this->serve(*a, "calc", [](const value& x) -> result<value> {
      return fields("twice", x["x"].template to<int>().value_or(0) * 2);
    });
    auto call = this->caller(*b, "calc");
    const auto r = this->at.wait(call.call(fields("x", 21)));
    ASSERT_TRUE(r) << r.error().to_string();
    EXPECT_EQ((*r)["twice"], value(42));
  }
}

// P4 to P6, S58: the broker is killed and comes back; shouts of meanwhile arrive, and so does what
// came for a session while its process was away.
TYPED_TEST(mqtt_provider_real, a_restart_of_the_broker_loses_nothing) {
  this->begin();
  auto c = this->config_of("device");
  c.clean_session = false;
  auto p = this->up(c);
  strings got;
  std::optional<speaker> s = this->listen(*p, "t", got);
  EXPECT_TRUE(this->shout(*s, "1"));
  this->server->stop();
  auto meanwhile = s->shout("2");
  this->at.run_for(50ms);
  EXPECT_FALSE(meanwhile.is_complete());
  this->server->start();
  EXPECT_TRUE(this->at.wait(std::move(meanwhile)));
  ASSERT_TRUE(this->at.run_until([&] { return !got.empty() && got.back() == "t:2"; }));
  // A process ends, and the next one has the session.
  p.reset();
  s.reset();
  ASSERT_EQ(this->publish({"-t", "t", "-m", "3", "-q", "1"}), 0);
  p = this->up(c);
  this->at.run_for(50ms);
  s = this->listen(*p, "t", got);
  ASSERT_TRUE(this->at.run_until([&] { return !got.empty() && got.back() == "t:3"; }));
  // At least once: what the broker saw no acknowledgement of before it ended comes again.
  got.erase(std::ranges::unique(got).begin(), got.end());
  EXPECT_THAT(got, ElementsAre("t:1", "t:2", "t:3"));
}

// S55, S71, S72: the will of who vanishes, its topic and payload, and not of who says goodbye.
TYPED_TEST(mqtt_provider_real, the_will_is_for_who_vanishes) {
  this->begin();
  auto watching = this->up(this->config_of("watching"));
  strings got;
  auto s = this->listen(*watching, "will", got);
  auto c = this->config_of("device");
  c.will_topic = "will";
  c.will_payload = "gone";
  c.will_qos = qos::at_least_once;
  // It would throw out in turn who throws it out.
  c.reconnect.base = c.reconnect.cap = std::chrono::hours(1);
  auto p = this->up(c);
  EXPECT_TRUE(this->at.wait(p->close()));
  this->at.run_for(50ms);
  EXPECT_THAT(got, IsEmpty());
  EXPECT_TRUE(this->at.wait(p->initialize()));
  // Another client with its identifier throws it out, without a goodbye.
  EXPECT_EQ(this->publish({"-i", "device", "-t", "x", "-m", "y"}), 0);
  ASSERT_TRUE(this->comes(got, 1));
  EXPECT_EQ(got.front(), "will:gone");
}

// S65, S66, P13.
TYPED_TEST(mqtt_provider_real, a_wrong_password_is_told_with_a_hint) {
  this->begin({.users = {{"device", "secret"}}});
  auto c = this->config_of();
  c.username = "device";
  c.password = "wrong";
  mqtt_provider p(this->home, c);
  const auto ok = this->at.wait(p.initialize());
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error().kind(), error_class::authentication);
  EXPECT_FALSE(ok.error().hint().empty());
  c.password = "secret";
  (void)this->up(c);
}

// S75, S76, S77, S78, S143: mutual TLS.
TYPED_TEST(mqtt_provider_real, speaks_tls_with_certificates_on_both_sides) {
  this->begin({.tls = true, .wants_certificates = true});
  auto c = this->config_of();
  c.tls_certfile = files().client_chain;
  c.tls_keyfile = files().client_key;
  auto p = this->up(c);
  strings got;
  auto s = this->listen(*p, "t", got);
  EXPECT_TRUE(this->shout(s, "safe"));
  ASSERT_TRUE(this->comes(got, 1));
}

}  // namespace
}  // namespace parley::test
