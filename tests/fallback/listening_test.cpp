// Who listens, names, callables, and the life of the factory.
#include "fallback/factory_on.hpp"

namespace parley::test {
namespace {

class fallback_listening : public factory_suite {};
class fallback_calls : public factory_suite {};
class fallback_life : public factory_suite {};

TEST_F(fallback_listening, is_done_on_every_protocol) {
  make();
  auto s = hear();
  world.run_for(100ms);
  redis.accept("events", "1");
  mqtt.accept("events", "2");
  sockets.accept("events", "3");
  EXPECT_THAT(heard, ElementsAre("1", "2", "3"));
}

TEST_F(fallback_listening, may_be_done_on_the_carrier_alone) {
  config.options.listening = listen_on::carrier;
  make();
  auto s = hear();
  world.run_for(100ms);
  EXPECT_EQ(mqtt.attempts, 0);
  redis.die();
  world.run_for(1s);
  mqtt.accept("events", "1");
  redis.revive();
  world.run_for(80s);
  EXPECT_EQ(carrier(), "redis");
  redis.accept("events", "2");
  mqtt.accept("events", "left");
  redis.die();
  world.run_for(1s);
  EXPECT_EQ(carrier(), "mqtt");
  mqtt.accept("events", "3");
  EXPECT_THAT(heard, ElementsAre("1", "2", "3"));
}

TEST_F(fallback_listening, may_begin_and_end_later) {
  make();
  auto s = speak();
  redis.accept("events", "early");
  EXPECT_TRUE(here.wait(s.listen([&](const message& m) { heard.emplace_back(m.text()); })));
  redis.accept("events", "1");
  EXPECT_TRUE(here.wait(
      s.listen([&](const message& m) { heard.push_back("again " + std::string(m.text())); })));
  redis.accept("events", "2");
  EXPECT_TRUE(here.wait(s.stop_listening()));
  redis.accept("events", "late");
  EXPECT_THAT(heard, ElementsAre("1", "again 2"));
}

TEST_F(fallback_listening, ends_with_the_last_handle_also_inside_the_callback) {
  make();
  std::optional<speaker> s;
  s = *here.wait(factory->create_speaker(
      "events",
      [&](const message& m) {
        heard.emplace_back(m.text());
        s.reset();
      },
      all()));
  world.run_for(100ms);
  redis.accept("events", "1");
  redis.accept("events", "2");
  world.run_for(10ms);
  EXPECT_THAT(heard, ElementsAre("1"));
  EXPECT_THAT(factory->channels(), IsEmpty());
  EXPECT_EQ(redis.speakers, 0);
}

TEST_F(fallback_listening, a_refused_subscription_drives_on) {
  redis.no_listener = error(errc::not_supported, "not by this user");
  make();
  auto s = hear();
  EXPECT_EQ(carrier(), "mqtt");
}

TEST_F(fallback_listening, what_a_callback_throws_is_told) {
  make();
  auto s = here.wait(factory->create_speaker(
      "events", [](const message&) { throw std::runtime_error("oops"); }, all()));
  redis.accept("events", "1");
  EXPECT_EQ(watch.faults, 1);
}

TEST_F(fallback_listening, filters_mean_the_same_on_all) {
  make();
  strings topics;
  auto s = *here.wait(factory->create_speaker(
      "sensor/+/data",
      [&](const message& m) {
        topics.push_back(std::string(m.topic()) + " by " + std::string(m.pattern()));
      },
      all()));
  world.run_for(100ms);
  redis.accept("sensor/7/data", "");
  redis.accept("sensor/7/8/data", "");  // Redis' pattern matches it
  mqtt.accept("sensor/8/data", "");
  EXPECT_THAT(topics,
              ElementsAre("sensor/7/data by sensor/+/data", "sensor/8/data by sensor/+/data"));
  const auto sent = shout(s, 1);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), errc::invalid_argument);
}

TEST_F(fallback_listening, names_with_dots_are_levels) {
  config.options.names = level_separator::dot;
  make();
  strings topics;
  auto s = *here.wait(factory->create_speaker(
      "news.#", [&](const message& m) { topics.emplace_back(m.topic()); }, all()));
  auto out = speak("news.sport");
  world.run_for(100ms);
  EXPECT_TRUE(shout(out, 1));
  EXPECT_THAT(redis.log, ElementsAre("news.sport:1"));
  mqtt.accept("news/weather", "");
  redis.accept("newsletter", "");
  EXPECT_THAT(topics, ElementsAre("news.sport", "news.weather"));
}

TEST_F(fallback_listening, what_is_no_name_is_refused) {
  make();
  EXPECT_EQ(here.wait(factory->create_speaker("a+", all())).error(), errc::invalid_argument);
  EXPECT_EQ(here.wait(factory->create_speaker("news.*", pattern())).error(), errc::not_supported);
  EXPECT_EQ(here.wait(factory->create_speaker("x", prefer(protocol_type::grpc))).error(),
            errc::invalid_argument);
}

// --- callables

TEST_F(fallback_calls, go_over_the_one_that_works) {
  redis.alive = false;
  make();
  auto served = here.wait(factory->create_callable(
      "double", [](const value& v) -> result<value> { return value(v.as_int().value_or(0) * 2); },
      all()));
  ASSERT_TRUE(served);
  auto c = *here.wait(factory->create_callable("double", all()));
  EXPECT_EQ(*here.wait(c.call(21)), value(42));
  world.run_for(100ms);
  EXPECT_TRUE(sockets.handlers.contains("double"));  // callers may come by any
}

TEST_F(fallback_calls, are_not_repeated_silently) {
  make();
  auto c = *here.wait(factory->create_callable("pay", all()));
  for (fake_hub* h : {&redis, &mqtt}) {
    h->handlers["pay"] =
        std::make_shared<call_handler>([](const value&) -> result<value> { return value("paid"); });
  }
  redis.accepts_and_dies = true;
  const auto r = here.wait(c.call(1));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), errc::reset);
  EXPECT_EQ(redis.ran + mqtt.ran, 1);
  EXPECT_EQ(*here.wait(c.call(2)), value("paid"));  // a new one goes on by the next
}

TEST_F(fallback_calls, are_repeated_where_the_caller_says_so) {
  make();
  auto c = *here.wait(factory->create_callable("ask", all()));
  mqtt.handlers["ask"] =
      std::make_shared<call_handler>([](const value&) -> result<value> { return value("answer"); });
  redis.accepts_and_dies = true;
  call_options how;
  how.repeatable = true;
  EXPECT_EQ(*here.wait(c.call(1, how)), value("answer"));
  EXPECT_EQ(redis.ran + mqtt.ran, 2);
}

TEST_F(fallback_calls, wait_for_a_carrier_up_to_their_timeout) {
  make();
  auto c = *here.wait(factory->create_callable("ask", all()));
  for (fake_hub* h : {&redis, &mqtt, &sockets}) h->die();
  mqtt.alive = sockets.alive = false;
  world.run_for(10ms);
  const auto from = here.now();
  call_options how;
  how.timeout = 3s;
  const auto r = here.wait(c.call(1, how));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), errc::timed_out);
  EXPECT_EQ(here.now() - from, 3s);
}

// --- life

TEST_F(fallback_life, close_ends_what_waits_and_closes_each_provider) {
  make();
  auto s = speak();
  redis.die();
  world.run_for(10ms);
  auto op = s.shout(1);
  EXPECT_TRUE(here.wait(factory->close()));
  EXPECT_EQ(here.wait(std::move(op)).error(), errc::cancelled);
  EXPECT_EQ(shout(s, 2).error(), errc::cancelled);
  EXPECT_EQ(here.wait(factory->create_speaker("x", all())).error(), errc::closed);
  EXPECT_GE(redis.closed, 1);
  EXPECT_EQ(factory->status().state, provider_state::closed);
}

TEST_F(fallback_life, a_speaker_may_outlive_its_factory) {
  make();
  auto s = speak();
  auto op = s.shout(1);
  factory.reset();
  EXPECT_EQ(here.wait(std::move(op)).error(), errc::cancelled);
  EXPECT_EQ(shout(s, 2).error(), errc::cancelled);
  EXPECT_THAT(redis.providers, IsEmpty());
}

TEST_F(fallback_life, what_was_accepted_outlives_its_speaker) {
  make();
  std::optional<speaker> s = speak();
  redis.die();
  world.run_for(10ms);
  auto op = s->shout(1);
  s.reset();
  EXPECT_TRUE(here.wait(std::move(op)));
  world.run_for(10ms);
  EXPECT_THAT(factory->channels(), IsEmpty());
}

TEST_F(fallback_life, providers_of_ones_own_are_asked_how_they_are) {
  redis.tells = mqtt.tells = false;
  interface_configs where;
  where.add(redis.make()).add(mqtt.make());
  factory.emplace(here, table, std::move(where), config);
  auto s = *here.wait(factory->create_speaker("events"));
  redis.die();
  world.run_for(2s);
  EXPECT_EQ(carrier(), "mqtt");
  EXPECT_TRUE(shout(s, 1));
}

TEST_F(fallback_life, is_a_provider_itself) {
  auto& f = make();
  provider& p = f;
  EXPECT_TRUE(here.wait(p.initialize()));
  EXPECT_EQ(p.status().state, provider_state::up);
  EXPECT_EQ(p.protocol(), "fallback");
}

TEST_F(fallback_life, a_faulty_configuration_is_told) {
  config.supervision.grace = -1s;
  make();
  const auto r = here.wait(factory->create_speaker("x", all()));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), errc::bad_configuration);
}

TEST_F(fallback_life, a_password_that_was_wrong_is_tried_again_on_request) {
  make();
  redis.refuses = error(errc::bad_configuration, "login");
  auto s = speak();
  EXPECT_EQ(carrier(), "mqtt");
  world.run_for(5min);
  EXPECT_EQ(redis.attempts, 1);
  redis.refuses.reset();
  factory->retry();
  world.run_for(31s);
  EXPECT_EQ(carrier(), "redis");
}

// Each question may be one too many for who counts them.
TEST_F(fallback_life, a_password_that_was_wrong_is_not_tried_by_each_channel) {
  make();
  redis.refuses = error(errc::bad_configuration, "login");
  auto a = speak("a");
  auto b = speak("b");
  ASSERT_TRUE(here.wait(factory->create_callable("c", all())));
  EXPECT_EQ(carrier("b"), "mqtt");
  EXPECT_EQ(redis.attempts, 1);
  // It has been corrected, and a new channel finds that out by itself, if not at once.
  redis.refuses.reset();
  world.run_for(31s);
  auto d = speak("d");
  EXPECT_EQ(redis.attempts, 2);
  EXPECT_EQ(carrier("d"), "redis");
}

TEST_F(fallback_life, what_is_kept_for_ever_is_kept) {
  make();
  fallback_options how;
  how.keep_time = how.call_timeout = duration::max();
  auto s = here.wait(factory->create_speaker("x", all(), how));
  auto c = here.wait(factory->create_callable("y", all(), how));
  ASSERT_TRUE(s && c);
  redis.handlers["y"] =
      std::make_shared<call_handler>([](const value& v) -> result<value> { return v; });
  for (fake_hub* hub : {&redis, &mqtt, &sockets}) hub->die();
  auto sent = s->shout("late");
  auto answer = c->call(value(1));
  world.run_for(1h);
  EXPECT_FALSE(sent.is_complete());
  EXPECT_FALSE(answer.is_complete());
  redis.revive();
  EXPECT_TRUE(here.wait(std::move(sent)));
  EXPECT_TRUE(here.wait(std::move(answer)));
}

}  // namespace
}  // namespace parley::test
