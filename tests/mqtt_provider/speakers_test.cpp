// Speakers on every loop: what is subscribed, restored and heard, and how shouts end.
#include "mqtt_provider/provider_on.hpp"
#include "support/held_speakers.hpp"

namespace parley::test {
namespace {

template <class L>
class mqtt_speakers : public mqtt_provider_on<L> {};
TYPED_TEST_SUITE(mqtt_speakers, all_loops, loop_names);

// S5, S60, S61, S56: a value goes as JSON, UTF-8 survives, a filter hears it with its topic.
TYPED_TEST(mqtt_speakers, a_filter_hears_what_is_shouted) {
  auto p = this->up(this->config());
  double heard = 0;
  std::string unit;
  std::string pattern;
  auto s = this->at.wait(p->create_speaker("sensor/+/data", [&](const message& m) {
    heard = m.value()["value"].template to<double>().value_or(0);
    unit = m.value()["unit"].text();
    pattern = std::string(m.pattern()) + "|" + std::string(m.topic());
  }));
  ASSERT_TRUE(s);
  auto t = this->speak(*p, "sensor/temp/data");
  ASSERT_TRUE(this->shout(t, fields("value", 23.5, "unit",
                                    "\xC2\xB0"
                                    "C")));
  ASSERT_TRUE(this->at.run_until([&] { return heard != 0; }));
  EXPECT_EQ(heard, 23.5);
  EXPECT_EQ(unit,
            "\xC2\xB0"
            "C");
  EXPECT_EQ(pattern, "sensor/+/data|sensor/temp/data");
}

// S51 to S53, S67, S68: each speaker has its own quality of service and retain flag; P16.
TYPED_TEST(mqtt_speakers, a_shout_ends_with_what_its_qos_promises) {
  auto c = this->config();
  c.qos = qos::at_least_once;
  auto p = this->up(c);
  auto none = this->speak(*p, "t", qos::at_most_once);
  auto usual = this->speak(*p, "t");
  auto kept = this->speak(*p, "t", mqtt_speaker_options(qos::exactly_once, true));
  EXPECT_EQ(this->shout(none, "a")->receivers, -1);
  // The server says that nobody listens.
  EXPECT_EQ(this->shout(usual, "b")->receivers, 0);
  EXPECT_TRUE(this->shout(kept, "c"));
  EXPECT_THAT(this->broker.seen, Contains("PUBLISH t 0 a"));
  EXPECT_THAT(this->broker.seen, Contains("PUBLISH t 1 b"));
  EXPECT_THAT(this->broker.seen, Contains("PUBLISH t 2 retain c"));
  // Without the answer it does not end; cancelled, it does.
  this->broker.acknowledges = false;
  auto op = usual.shout("d");
  ASSERT_TRUE(this->seen("PUBLISH t 1 d"));
  this->at.run_for(20ms);
  EXPECT_FALSE(op.is_complete());
  EXPECT_EQ(p->status().pending, 1U);
  op.cancel();
  EXPECT_EQ(this->at.wait(std::move(op)).error(), errc::cancelled);
}

TYPED_TEST(mqtt_speakers, a_filter_cannot_be_shouted_to) {
  auto p = this->up(this->config());
  for (const char* const name : {"a/+", "a/#", "$share/g/a"}) {
    auto s = this->speak(*p, name);
    EXPECT_EQ(this->shout(s, 1).error(), errc::invalid_argument) << name;
  }
  for (const char* const name : {"", "a#", "$share/g", "$share//a", "\xFF"}) {
    EXPECT_EQ(this->at.wait(p->create_speaker(name)).error(), errc::invalid_argument) << name;
  }
}

// One message for each speaker, whether the server sends one for all filters or one for each.
TYPED_TEST(mqtt_speakers, overlapping_filters_hear_a_message_once_each) {
  for (const bool copies : {false, true}) {
    this->broker.copies = copies;
    auto p = this->up(this->config());
    strings a, b, c, d;
    auto s1 = this->listen(*p, "x/#", a);
    auto s2 = this->listen(*p, "x/+", b);
    auto s3 = this->listen(*p, "x/y", c);
    auto s4 = this->listen(*p, "x/y", d);
    auto t = this->speak(*p, "x/y");
    EXPECT_TRUE(this->shout(t, "1"));
    EXPECT_TRUE(this->shout(t, "2"));
    ASSERT_TRUE(this->at.run_until(
        [&] { return a.size() >= 2 && b.size() >= 2 && c.size() >= 2 && d.size() >= 2; }));
    this->at.run_for(20ms);
    for (const strings& each : {a, b, c, d}) EXPECT_THAT(each, ElementsAre("x/y:1", "x/y:2"));
  }
}

// With 3.1.1, and without subscription identifiers, the topic decides.
TYPED_TEST(mqtt_speakers, without_identifiers_the_topic_decides) {
  for (const bool is_5 : {true, false}) {
    this->broker.names_subscriptions = false;
    auto config = this->config();
    config.version = is_5 ? mqtt_versions::v5 : mqtt_versions::v3_1_1;
    auto p = this->up(config);
    strings a, b, c;
    auto s1 = this->listen(*p, "x/#", a);
    auto s2 = this->listen(*p, "x/y", b);
    auto s3 = this->listen(*p, "z", c);
    auto t = this->speak(*p, "x/y");
    EXPECT_TRUE(this->shout(t, "1"));
    ASSERT_TRUE(this->comes(b, 1));
    EXPECT_THAT(a, ElementsAre("x/y:1"));
    EXPECT_THAT(c, IsEmpty());
  }
}

// The server's refusal reaches who asked, with its reason.
TYPED_TEST(mqtt_speakers, a_refused_filter_is_an_error_with_a_hint) {
  this->broker.refused = {"secret"};
  auto p = this->up(this->config());
  strings got;
  const auto s = this->at.wait(p->create_speaker("secret", this->into(got)));
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error(), mqtt::reason_code::not_authorized);
  EXPECT_FALSE(s.error().hint().empty());
  // Nothing is left of it.
  EXPECT_EQ(p->status().pending, 0U);
  this->broker.refused.clear();
  auto again = this->listen(*p, "secret", got);
}

// Speakers of one filter share its subscription; the last to go ends it.
TYPED_TEST(mqtt_speakers, the_last_speaker_of_a_filter_ends_its_subscription) {
  auto p = this->up(this->config());
  strings a, b;
  std::optional<speaker> s1 = this->listen(*p, "t", a);
  std::optional<speaker> s2 = this->listen(*p, "t", b);
  s1.reset();
  this->at.run_for(10ms);
  EXPECT_EQ(this->broker.count("UNSUBSCRIBE"), 0U);
  EXPECT_TRUE(this->at.wait(s2->stop_listening()));
  EXPECT_EQ(this->broker.count("UNSUBSCRIBE t"), 1U);
  // And it can begin anew.
  EXPECT_TRUE(this->at.wait(s2->listen(this->into(b))));
  EXPECT_TRUE(this->shout(*s2, "again"));
  ASSERT_TRUE(this->comes(b, 1));
  EXPECT_THAT(a, IsEmpty());
}

TYPED_TEST(mqtt_speakers, who_cancels_listen_hears_nothing) {
  auto p = this->up(this->config());
  strings heard;
  auto s = this->speak(*p, "t");
  auto listening = s.listen(this->into(heard));
  listening.cancel();
  EXPECT_EQ(this->at.wait(std::move(listening)).error(), errc::cancelled);
  auto made = p->create_speaker("u", this->into(heard));
  made.cancel();
  EXPECT_EQ(this->at.wait(std::move(made)).error(), errc::cancelled);
  ASSERT_TRUE(this->at.run_until([&] {
    return this->broker.count("UNSUBSCRIBE t") == 1 && this->broker.count("UNSUBSCRIBE u") == 1;
  }));
  EXPECT_TRUE(this->at.wait(s.listen(this->into(heard))));
  EXPECT_TRUE(this->shout(s, "again"));
  ASSERT_TRUE(this->comes(heard, 1));
}

// What a callback throws harms nobody, and the message is acknowledged.
TYPED_TEST(mqtt_speakers, a_callback_may_throw) {
  auto p = this->up(this->config());
  strings got;
  auto bad = this->at.wait(p->create_speaker(
      "t", [](const message&) { throw std::runtime_error("no"); },
      mqtt_speaker_options(qos::at_least_once)));
  auto good = this->listen(*p, "t", got, qos::at_least_once);
  EXPECT_TRUE(this->shout(good, "1"));
  ASSERT_TRUE(this->comes(got, 1));
  ASSERT_TRUE(this->at.run_until([&] { return !this->watch.faults.empty(); }));
}

// P24: the provider may be destroyed by its own callback, and whatever waits is told.
TYPED_TEST(mqtt_speakers, a_callback_may_destroy_the_provider) {
  auto p = this->up(this->config());
  std::optional<result<delivery>> waiting;
  auto s = this->at.wait(p->create_speaker("t", [&](const message&) { p.reset(); }));
  ASSERT_TRUE(s);
  this->broker.acknowledges = false;
  auto t = this->speak(*p, "other", qos::at_least_once);
  t.shout("x").then([&](result<delivery> r) { waiting.emplace(std::move(r)); });
  this->broker.send("t", "go", qos::at_least_once, {this->broker.ids["t"]});
  ASSERT_TRUE(this->at.run_until([&] { return waiting.has_value(); }));
  EXPECT_EQ(p, nullptr);
  EXPECT_EQ(waiting->error(), errc::cancelled);
  EXPECT_EQ(this->shout(t, "x").error(), errc::not_connected);
}

TYPED_TEST(mqtt_speakers, a_callback_may_hold_other_speakers) {
  auto p = this->up(this->config());
  end_while_a_speaker_is_held(this->at, *p, [&] { p.reset(); });
}

// Inboxes: what is not read holds the server back, and nothing is lost.
TYPED_TEST(mqtt_speakers, an_inbox_holds_the_server_back) {
  mqtt_provider_limits limits;
  limits.inbox.messages = 4;
  auto p = this->up(this->config(), limits);
  auto in = this->at.wait(p->create_inbox("n", mqtt_speaker_options(qos::at_least_once)));
  ASSERT_TRUE(in);
  for (int i = 0; i < 20; ++i) {
    this->broker.send("n", std::to_string(i), qos::at_least_once, {this->broker.ids["n"]});
  }
  ASSERT_TRUE(this->at.run_until([&] { return in->size() >= 4; }));
  this->at.run_for(20ms);
  EXPECT_LE(in->size(), 5U);
  for (int i = 0; i < 20; ++i) {
    const auto m = this->at.wait(in->receive());
    ASSERT_TRUE(m);
    EXPECT_EQ(m->text(), std::to_string(i));
  }
}

// Properties of MQTT 5, both ways.
TYPED_TEST(mqtt_speakers, properties_go_with_shouts_and_are_seen) {
  auto p = this->up(this->config());
  std::string seen;
  auto s = this->at.wait(p->create_speaker("t", [&](const message&) {
    const mqtt::message_event& m = *p->delivering();
    seen = std::string(m.props.text(mqtt::property::content_type).value_or("")) + "|" +
           std::to_string(m.props.number(mqtt::property::message_expiry_interval).value_or(0));
    for (const auto& u : m.props.user_properties()) {
      seen += "|" + std::string(u.name) + "=" + std::string(u.value);
    }
  }));
  ASSERT_TRUE(s);
  mqtt_speaker_options how;
  const mqtt::user_property words[] = {{"unit", "celsius"}};
  how.expiry = 60;
  how.content_type = "text/plain";
  how.user_properties = words;
  auto t = this->speak(*p, "t", how);
  EXPECT_TRUE(this->shout(t, "21"));
  ASSERT_TRUE(this->at.run_until([&] { return !seen.empty(); }));
  EXPECT_EQ(seen, "text/plain|60|unit=celsius");
  EXPECT_EQ(p->delivering(), nullptr);
}

// Options of the subscription reach the server.
TYPED_TEST(mqtt_speakers, options_of_the_subscription_reach_the_server) {
  auto p = this->up(this->config());
  mqtt_speaker_options how(qos::exactly_once);
  how.no_local = how.retain_as_published = true;
  strings got;
  auto s = this->listen(*p, "t", got, how);
  EXPECT_THAT(this->broker.seen, Contains("SUBSCRIBE t 2 nl rap"));
}

}  // namespace
}  // namespace parley::test
