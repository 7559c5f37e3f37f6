// What the configuration of a provider promises, at mosquitto and at the embedded broker, on every
// loop with real sockets.
#include "mqtt_provider/brokers.hpp"

namespace parley::test {
namespace {

template <class Case>
class mqtt_provider_settings : public mqtt_provider_real<Case> {};
TYPED_TEST_SUITE(mqtt_provider_settings, every_broker, against_names);

// S58, S69: a clean session is forgotten with its connection, and the other is kept.
TYPED_TEST(mqtt_provider_settings, clean_session_says_what_is_left_behind) {
  this->begin();
  for (const auto v : {mqtt_versions::v5, mqtt_versions::v3_1_1}) {
    for (const bool clean : {true, false}) {
      auto c = this->config_of("device");
      c.version = v;
      c.clean_session = clean;
      auto p = this->up(c);
      strings got;
      mqtt_speaker_options how;
      how.keep_subscription = true;
      (void)this->listen(*p, "t", got, how);
      EXPECT_TRUE(this->at.wait(p->close()));
      p.reset();
      ASSERT_EQ(this->publish({"-t", "t", "-m", "meanwhile", "-q", "1"}), 0);
      p = this->up(c);
      auto s = this->listen(*p, "t", got, how);
      ASSERT_EQ(this->publish({"-t", "t", "-m", "now", "-q", "1"}), 0);
      ASSERT_TRUE(this->comes(got, clean ? 1 : 2));
      if (clean) {
        EXPECT_THAT(got, ElementsAre("t:now"));
      } else {
        EXPECT_THAT(got, ElementsAre("t:meanwhile", "t:now"));
      }
      EXPECT_TRUE(this->at.wait(p->close()));
      // Nothing of it is left for the next round.
      c.clean_session = true;
      p = this->up(c);
    }
  }
}

// S64: each provider makes a name of its own, so that none throws another out.
TYPED_TEST(mqtt_provider_settings, providers_without_a_name_live_side_by_side) {
  this->begin();
  auto a = this->up(this->config_of());
  auto b = this->up(this->config_of());
  strings got;
  auto s = this->listen(*a, "t", got);
  auto t = this->speak(*b, "t");
  EXPECT_TRUE(this->shout(t, "x"));
  ASSERT_TRUE(this->comes(got, 1));
  EXPECT_EQ(a->status().connects, 1U);
  EXPECT_EQ(b->status().connects, 1U);
}

// S67, S68: how shouts go if nothing else is said.
TYPED_TEST(mqtt_provider_settings, quality_and_retain_are_those_of_the_configuration) {
  this->begin();
  const auto listener = this->listen_for("t/#", {"-q", "2"});
  for (const qos q : {qos::at_most_once, qos::at_least_once, qos::exactly_once}) {
    auto c = this->config_of();
    c.qos = q;
    c.retain = true;
    auto p = this->up(c);
    auto s = this->speak(*p, "t/" + std::to_string(static_cast<int>(q)));
    EXPECT_TRUE(this->shout(s, "x"));
    EXPECT_TRUE(this->at.wait(p->close()));
  }
  EXPECT_THAT(this->heard(*listener, 3), ElementsAre("t/0|0|0|x", "t/1|1|0|x", "t/2|2|0|x"));
  auto p = this->up(this->config_of());
  strings kept;
  auto s = this->listen(*p, "t/#", kept);
  ASSERT_TRUE(this->comes(kept, 3));
}

// S70: who is silent for longer than the keep-alive says that it lives, or would be thrown out
// after one and a half.
TYPED_TEST(mqtt_provider_settings, keepalive_keeps_a_silent_connection) {
  this->begin();
  auto c = this->config_of();
  c.keepalive = 1;
  auto p = this->up(c);
  this->at.run_for(1900ms);
  EXPECT_EQ(p->status().connects, 1U);
  EXPECT_EQ(p->status().state, provider_state::up);
}

// S65, S66, S144, S147: a user, and what it may not hear and say. Version 3.1.1 has no word for it.
TYPED_TEST(mqtt_provider_settings, rules_hold_for_who_is_let_in) {
  this->begin({.users = {{"device", "token"}}, .rules = "user device\ntopic readwrite open/#\n"});
  auto c = this->config_of();
  c.username = "device";
  c.password = "token";
  c.version = mqtt_versions::v5;
  auto p = this->up(c);
  strings got, none;
  auto s = this->listen(*p, "open/+", got);
  auto t = this->speak(*p, "open/1");
  EXPECT_TRUE(this->shout(t, "x"));
  ASSERT_TRUE(this->comes(got, 1));
  auto closed = this->speak(*p, "closed");
  const auto sent = this->shout(closed, "x");
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), mqtt::reason_code::not_authorized);
  EXPECT_EQ(sent.error().kind(), error_class::authentication);
}

// S133, S134: what the server does not take is refused here, with advice, and nothing else is lost.
TYPED_TEST(mqtt_provider_settings, a_message_may_be_too_large) {
  this->begin();
  auto c = this->config_of();
  c.limits.maximum_packet = 4096;
  auto p = this->up(c);
  strings got;
  auto s = this->listen(*p, "t", got);
  auto other = this->up(this->config_of());
  auto t = this->speak(*other, "t");
  // Not sent to who cannot take it.
  EXPECT_TRUE(this->shout(t, std::string(10'000, 'x')));
  EXPECT_TRUE(this->shout(t, "small"));
  ASSERT_TRUE(this->comes(got, 1));
  EXPECT_THAT(got, ElementsAre("t:small"));
  EXPECT_EQ(p->status().connects, 1U);
}

// Section 4.7.2: topics of the server's own are not for filters that begin with a wildcard.
TYPED_TEST(mqtt_provider_settings, topics_of_the_server_are_not_for_everybody) {
  this->begin();
  auto p = this->up(this->config_of());
  strings all, own;
  auto s1 = this->listen(*p, "#", all);
  auto s2 = this->listen(*p, "+/x", all);
  auto t1 = this->speak(*p, "$own/x");
  auto t2 = this->speak(*p, "a/x");
  EXPECT_TRUE(this->shout(t1, "hidden"));
  EXPECT_TRUE(this->shout(t2, "seen"));
  ASSERT_TRUE(this->comes(all, 2));
  EXPECT_THAT(all, ElementsAre("a/x:seen", "a/x:seen"));
}

// Shared subscriptions: each message goes to one of the group.
TYPED_TEST(mqtt_provider_settings, a_group_shares_its_messages) {
  this->begin();
  auto a = this->up(this->config_of());
  auto b = this->up(this->config_of());
  strings got;
  auto s1 = this->listen(*a, "$share/g/job/+", got);
  auto s2 = this->listen(*b, "$share/g/job/+", got);
  auto t = this->speak(*a, "job/1");
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(this->shout(t, i));
  ASSERT_TRUE(this->comes(got, 10));
  this->at.run_for(50ms);
  std::ranges::sort(got);
  EXPECT_EQ(got.size(), 10U);
  EXPECT_EQ(std::ranges::unique(got).size(), 0U);
}

}  // namespace
}  // namespace parley::test
