// Connections that come and go, on every loop: what is asked for again, what waits, what is held
// back until somebody listens.
#include "mqtt_provider/provider_on.hpp"

namespace parley::test {
namespace {

template <class L>
class mqtt_provider_life : public mqtt_provider_on<L> {};
TYPED_TEST_SUITE(mqtt_provider_life, all_loops, loop_names);

// P5: only where the session is gone, with the options of before, and nothing twice.
TYPED_TEST(mqtt_provider_life, subscriptions_are_restored_only_if_the_session_is_lost) {
  for (const auto version : {mqtt_versions::v5, mqtt_versions::v3_1_1}) {
    for (const bool present : {true, false}) {
      this->broker.session_present = present;
      this->broker.seen.clear();
      auto c = this->config();
      c.version = version;
      c.clean_session = false;
      auto p = this->up(c);
      strings a, b;
      auto s1 = this->listen(*p, "a/#", a, qos::exactly_once);
      auto s2 = this->listen(*p, "b", b, qos::at_least_once);
      EXPECT_EQ(this->broker.count("SUBSCRIBE"), 2U);
      this->broker.cut();
      ASSERT_TRUE(this->seen("CONNECT", 2));
      ASSERT_TRUE(this->at.run_until([&] { return p->status().connects == 2; }));
      auto s3 = this->listen(*p, "c", b);
      EXPECT_EQ(this->broker.count("SUBSCRIBE"), present ? 3U : 5U);
      EXPECT_EQ(this->broker.count("SUBSCRIBE a/# 2"), present ? 1U : 2U);
      EXPECT_EQ(this->broker.count("SUBSCRIBE b 1"), present ? 1U : 2U);
    }
  }
}

// P4: the observer is told that messages may be missing.
TYPED_TEST(mqtt_provider_life, a_gap_is_reported) {
  auto p = this->up(this->config());
  strings got;
  auto s = this->listen(*p, "a", got);
  this->broker.stop();
  this->at.run_for(20ms);
  this->broker.start();
  ASSERT_TRUE(this->at.run_until([&] { return this->watch.restored == 1; }));
  auto t = this->speak(*p, "a");
  EXPECT_TRUE(this->shout(t, "back"));
  ASSERT_TRUE(this->comes(got, 1));
}

// P6: what comes before its speaker is neither acknowledged nor lost.
TYPED_TEST(mqtt_provider_life, a_message_waits_for_its_speaker) {
  this->broker.session_present = true;
  auto c = this->config();
  c.clean_session = false;
  auto p = this->up(c);
  this->broker.send("late/1", "early", qos::at_least_once);
  this->at.run_for(20ms);
  EXPECT_EQ(this->broker.count("PUBACK"), 0U);
  strings got;
  auto s = this->listen(*p, "late/+", got, qos::at_least_once);
  ASSERT_TRUE(this->comes(got, 1));
  EXPECT_THAT(got, ElementsAre("late/1:early"));
  ASSERT_TRUE(this->seen("PUBACK 1"));
  // The identifier of a filter is the same in each process.
  const auto id = this->broker.ids["late/+"];
  p.reset();
  p = this->up(c);
  this->broker.send("late/2", "again", qos::at_least_once, {id});
  this->broker.send("late/3", "not ours", qos::at_least_once, {id + 1});
  this->at.run_for(20ms);
  EXPECT_EQ(this->broker.count("PUBACK"), 1U);
  auto s2 = this->listen(*p, "late/+", got, qos::at_least_once);
  ASSERT_TRUE(this->comes(got, 2));
  EXPECT_THAT(got, ElementsAre("late/1:early", "late/2:again"));
}

// P6: for a bounded time, and in bounded room.
TYPED_TEST(mqtt_provider_life, a_message_without_a_speaker_is_given_up_in_the_end) {
  this->broker.session_present = true;
  auto c = this->config();
  c.clean_session = false;
  mqtt_provider_limits limits;
  limits.unclaimed_time = 50ms;
  limits.unclaimed_bytes = 2'000;
  auto p = this->up(c, limits);
  for (int i = 0; i < 3; ++i) {
    this->broker.send("x", std::string(600, 'x'), qos::at_least_once);
  }
  // One too many at once, the others by time.
  ASSERT_TRUE(this->seen("PUBACK 1"));
  ASSERT_TRUE(this->seen("PUBACK 3"));
  EXPECT_EQ(std::ranges::count_if(this->watch.lines,
                                  [](const auto& l) { return l.find("given up") != l.npos; }),
            3);
}

// P15: without a connection shouts wait, in a bounded queue, and go in their order.
TYPED_TEST(mqtt_provider_life, shouts_wait_for_a_connection_within_bounds) {
  auto c = this->config();
  c.qos = qos::at_least_once;
  c.session.max_bytes = 3 * 400;
  auto p = this->up(c);
  auto s = this->speak(*p, "t");
  this->broker.stop();
  ASSERT_TRUE(this->at.run_until([&] { return p->status().state != provider_state::up; }));
  auto first = s.shout("1");
  auto second = s.shout("2");
  auto third = s.shout("3");
  EXPECT_EQ(this->shout(s, std::string(1000, 'x')).error(), errc::queue_full);
  EXPECT_GT(p->status().queued_bytes, 0U);
  this->at.run_for(20ms);
  EXPECT_FALSE(first.is_complete());
  this->broker.start();
  EXPECT_TRUE(this->at.wait(std::move(third)));
  EXPECT_TRUE(first.is_complete() && second.is_complete());
  EXPECT_EQ(p->status().queued_bytes, 0U);
}

// P16: each accepted shout ends once, whatever happens.
TYPED_TEST(mqtt_provider_life, every_shout_ends_once) {
  auto c = this->config();
  c.qos = qos::at_least_once;
  c.session.max_bytes = 2'000;
  c.session.overflow = overflow::drop_oldest;
  auto p = this->up(c);
  auto s = this->speak(*p, "t");
  this->broker.stop();
  ASSERT_TRUE(this->at.run_until([&] { return p->status().state != provider_state::up; }));
  std::vector<int> ends(50);
  int dropped = 0;
  int refused = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    s.shout(std::string(400, 'x')).then([&ends, &dropped, &refused, i](result<delivery> r) {
      ++ends[i];
      if (!r && r.error() == errc::dropped) ++dropped;
      if (!r && r.error() == errc::queue_full) ++refused;
    });
  }
  // Ends that were not told yet take room as well, so that some are refused.
  ASSERT_TRUE(this->at.run_until([&] { return dropped + refused > 40; }));
  EXPECT_GT(dropped, 0);
  p.reset();
  ASSERT_TRUE(this->at.run_until([&] { return std::ranges::count(ends, 1) == 50; }));
}

// S59, P13: a wrong password is told at once, and not tried again.
TYPED_TEST(mqtt_provider_life, a_wrong_password_is_final) {
  this->broker.refuses_connect = mqtt::reason_code::bad_user_name_or_password;
  mqtt_provider p(this->home, this->config());
  const auto ok = this->at.wait(p.initialize());
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error(), mqtt::reason_code::bad_user_name_or_password);
  EXPECT_EQ(p.status().state, provider_state::failed);
  this->at.run_for(100ms);
  EXPECT_EQ(this->broker.count("CONNECT"), 1U);
  // And later it may go.
  this->broker.refuses_connect.reset();
  EXPECT_TRUE(this->at.wait(p.initialize()));
}

// P2: a server that is not there yet is waited for.
TYPED_TEST(mqtt_provider_life, a_server_that_starts_late_is_waited_for) {
  this->broker.stop();
  mqtt_provider p(this->home, this->config());
  auto op = p.initialize();
  this->at.run_for(30ms);
  EXPECT_FALSE(op.is_complete());
  this->broker.start();
  EXPECT_TRUE(this->at.wait(std::move(op)));
}

// Several brokers: the next one carries on, with what was subscribed and what waits.
TYPED_TEST(mqtt_provider_life, another_broker_takes_over) {
  fake_broker second(this->home);
  auto c = this->config();
  c.qos = qos::at_least_once;
  c.fail_over = {endpoint("127.0.0.1", second.listen(this->at.bind_address()).port())};
  auto p = this->up(c);
  strings got;
  auto s = this->listen(*p, "t", got);
  this->broker.stop();
  ASSERT_TRUE(this->at.run_until([&] { return p->status().state != provider_state::up; }));
  EXPECT_TRUE(this->shout(s, "over there"));
  EXPECT_THAT(second.seen, Contains("SUBSCRIBE t 1"));
  ASSERT_TRUE(this->comes(got, 1));
}

// A filter that is refused later is told to the observer, and asked for again next time.
TYPED_TEST(mqtt_provider_life, a_filter_may_be_refused_when_it_is_restored) {
  auto p = this->up(this->config());
  strings got;
  auto s = this->listen(*p, "t", got);
  this->broker.refused = {"t"};
  this->broker.cut();
  ASSERT_TRUE(this->at.run_until([&] { return !this->watch.lines.empty(); }));
  EXPECT_THAT(this->watch.lines.back(), HasSubstr("t is not listened to any more"));
  this->broker.refused.clear();
  this->broker.cut();
  ASSERT_TRUE(this->seen("SUBSCRIBE t", 3));
  EXPECT_TRUE(this->shout(s, "1"));
  ASSERT_TRUE(this->comes(got, 1));
}

TYPED_TEST(mqtt_provider_life, close_says_goodbye_and_begins_anew) {
  auto p = this->up(this->config());
  strings got;
  auto s = this->listen(*p, "t", got);
  EXPECT_TRUE(this->at.wait(p->close()));
  EXPECT_EQ(p->status().state, provider_state::closed);
  ASSERT_TRUE(this->seen("DISCONNECT"));
  EXPECT_EQ(this->broker.count("UNSUBSCRIBE"), 0U);
  EXPECT_EQ(this->shout(s, "1").error(), errc::not_connected);
  EXPECT_TRUE(this->at.wait(p->initialize()));
  EXPECT_TRUE(this->at.wait(s.listen(this->into(got))));
  EXPECT_TRUE(this->shout(s, "2"));
  ASSERT_TRUE(this->comes(got, 1));
}

TYPED_TEST(mqtt_provider_life, before_initialize_nothing_goes) {
  mqtt_provider p(this->home, this->config());
  EXPECT_EQ(this->at.wait(p.create_speaker("t")).error(), errc::not_connected);
  EXPECT_EQ(this->at.wait(p.create_callable("t")).error(), errc::not_connected);
  mqtt_config bad = this->config();
  bad.client_id.clear();
  bad.clean_session = false;
  mqtt_provider q(this->home, bad);
  EXPECT_EQ(this->at.wait(q.initialize()).error(), errc::bad_configuration);
}

// A subscription that is to stay, for a later process.
TYPED_TEST(mqtt_provider_life, a_subscription_may_be_left_at_the_server) {
  auto p = this->up(this->config());
  strings got;
  mqtt_speaker_options how;
  how.keep_subscription = true;
  {
    auto s = this->listen(*p, "t", got, how);
  }
  this->at.run_for(20ms);
  EXPECT_EQ(this->broker.count("UNSUBSCRIBE"), 0U);
}

// A handle for other threads, used in this one.
TYPED_TEST(mqtt_provider_life, a_remote_handle_shouts) {
  auto p = this->up(this->config());
  remote out = p->remote_handle();
  EXPECT_TRUE(out.shout("t", fields("n", 1)));
  ASSERT_TRUE(this->seen("PUBLISH t 0 {\"n\":1}"));
  p.reset();
  EXPECT_EQ(out.shout("t", 1).error(), errc::closed);
}

}  // namespace
}  // namespace parley::test
