// Speakers over several protocols: the choice, the switch while they run, and what it keeps.
#include <parley/core/async/task.hpp>

#include "fallback/factory_on.hpp"

namespace parley::test {
namespace {

class fallback_speakers : public factory_suite {};

TEST_F(fallback_speakers, the_first_that_works_carries) {  // S121
  make();
  auto s = speak();
  EXPECT_TRUE(shout(s, fields("type", "update")));
  EXPECT_THAT(redis.log, ElementsAre("events:{\"type\":\"update\"}"));
  EXPECT_EQ(mqtt.attempts, 0);  // nobody needed it
  EXPECT_EQ(s.name(), "events");
}

TEST_F(fallback_speakers, the_next_is_taken_where_the_server_does_not_answer) {  // S121
  redis.alive = false;
  make();
  auto s = speak();
  EXPECT_TRUE(shout(s, "hello"));
  EXPECT_THAT(mqtt.log, ElementsAre("events:hello"));
  const auto status = *factory->channel("events");
  EXPECT_EQ(status.carriers[0].report.last_error, errc::refused);
  EXPECT_TRUE(status.carriers[1].carries);
  EXPECT_THAT(status.to_string(), HasSubstr("events: over mqtt (mqtt://hub); redis"));
}

// As a program writes it, in one expression.
task<bool> in_one_expression(interface_factory& f, fake_hub& hub) {
  auto speaker = co_await f.create_speaker(
      "events", preference{protocol_type::redis, protocol_type::mqtt, protocol_type::websocket});
  if (!speaker) co_return false;
  auto again = co_await f.create_speaker("other", prefer(protocol_type::mqtt));
  auto sent = co_await speaker->shout(fields("type", "update"));
  co_return again&& sent&& hub.log.size() == 1;
}

TEST_F(fallback_speakers, are_awaited) {  // S119 to S121
  auto& f = make();
  const auto ok = here.wait(spawn(here, in_one_expression(f, redis)));
  EXPECT_TRUE(ok && *ok);
}

TEST_F(fallback_speakers, one_error_tells_of_all) {  // S157, S160, S161
  redis.alive = false;
  mqtt.refuses = error(errc::bad_configuration, "client_id is too long");
  interface_configs where;
  where.add("redis://ann:secret@cache").add("mqtt://hub").add("grpc://rpc:50051").add("no uri");
  factory.emplace(here, table, std::move(where), config);
  auto s = here.wait(factory->create_speaker("events"));
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error(), fallback_errc::no_carrier);
  EXPECT_TRUE(s.error().is_transient());
  const std::string text = s.error().to_string();
  EXPECT_THAT(text, HasSubstr("redis (redis://ann:***@cache): connection refused"));
  EXPECT_THAT(text, HasSubstr("mqtt (mqtt://hub): the configuration is not valid: client_id"));
  EXPECT_THAT(text, HasSubstr("grpc (grpc://rpc:50051): protocol not available"));
  EXPECT_THAT(text, HasSubstr("a URI that is not valid"));
  EXPECT_THAT(text, HasSubstr("redis: check that the service is running"));
  EXPECT_THAT(text, testing::Not(HasSubstr("secret")));
  EXPECT_THAT(factory->channels(), IsEmpty());  // nothing goes on in the background
}

TEST_F(fallback_speakers, what_no_protocol_has_is_told_by_its_place) {
  interface_configs where;
  where.add("tin://cans");
  factory.emplace(here, table, std::move(where), config);
  const auto s = here.wait(factory->create_speaker("events"));
  ASSERT_FALSE(s);
  EXPECT_THAT(std::string(s.error().message()), HasSubstr("? (tin://cans): the configuration"));
  EXPECT_THAT(std::string(s.error().hint()), testing::StartsWith("?: "));
}

TEST_F(fallback_speakers, where_none_is_built_in_the_error_is_final) {  // S161
  protocols nothing;
  interface_configs where;
  where.add("redis://cache");
  factory.emplace(here, nothing, std::move(where), config);
  auto s = here.wait(factory->create_speaker("events"));
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error(), fallback_errc::none_usable);
  EXPECT_EQ(s.error().kind(), error_class::configuration);
  EXPECT_THAT(s.error().to_string(), HasSubstr("-DPARLEY_RESP=ON"));
}

TEST_F(fallback_speakers, silent_servers_cost_a_bounded_time) {
  redis.silent = mqtt.silent = sockets.silent = true;
  make();
  const auto from = here.now();
  auto s = here.wait(factory->create_speaker("events", all()));
  ASSERT_FALSE(s);
  EXPECT_LE(here.now() - from, config.supervision.total_timeout);
  EXPECT_THAT(std::string(s.error().message()), HasSubstr("it did not become ready in time"));
}

// A provider that was refused tries again by itself; the next one is not kept waiting.
TEST_F(fallback_speakers, one_that_goes_on_after_a_refusal_holds_nobody_up) {
  redis.alive = mqtt.alive = false;
  redis.patience = mqtt.patience = 5s;
  make();
  const auto from = here.now();
  auto s = speak();
  EXPECT_LT(here.now() - from, 100ms);
  EXPECT_EQ(carrier(), "websocket");
  const auto status = *factory->channel("events");
  EXPECT_EQ(status.carriers[0].report.state, carrier_state::trying);
  EXPECT_EQ(status.carriers[0].report.last_error, errc::refused);
  // One that joins the attempt later is told as well.
  auto other = speak("other");
  EXPECT_LT(here.now() - from, 100ms);
  EXPECT_EQ(carrier("other"), "websocket");
}

// Without an observer the watch finds it.
TEST_F(fallback_speakers, a_refusal_that_nobody_tells_is_seen) {
  redis.alive = redis.tells = false;
  redis.patience = 5s;
  make();
  const auto from = here.now();
  auto s = speak();
  EXPECT_LT(here.now() - from, 2 * config.watch_interval);
  EXPECT_EQ(carrier(), "mqtt");
}

// It was only starting: waited for while there is nobody else.
TEST_F(fallback_speakers, one_that_starts_late_is_found) {
  for (fake_hub* hub : {&redis, &mqtt, &sockets}) {
    hub->alive = false;
    hub->patience = 5s;
  }
  make();
  auto op = factory->create_speaker("events", all());
  world.run_for(1s);
  EXPECT_EQ(factory->channels().size(), 1U);
  mqtt.alive = true;
  auto s = here.wait(std::move(op));
  ASSERT_TRUE(s) << s.error().to_string();
  EXPECT_EQ(carrier(), "mqtt");
}

TEST_F(fallback_speakers, a_short_search_tries_all) {
  redis.silent = mqtt.silent = true;
  config.supervision.total_timeout = 600ms;
  make();
  auto s = speak();
  EXPECT_EQ(carrier(), "websocket");
}

TEST_F(fallback_speakers, what_a_protocol_cannot_do_drives_on) {
  redis.no_speaker = error(errc::not_supported, "no speakers here");
  make();
  auto s = speak();
  EXPECT_EQ(carrier(), "mqtt");
}

TEST_F(fallback_speakers, a_lost_carrier_is_left_and_messages_go_on) {
  make();
  auto listener = hear();
  auto s = speak();
  EXPECT_TRUE(shout(s, 1));
  redis.die();
  EXPECT_TRUE(shout(s, 2));  // kept until the next carries
  EXPECT_EQ(carrier(), "mqtt");
  EXPECT_TRUE(shout(s, 3));
  EXPECT_THAT(mqtt.log, ElementsAre("events:2", "events:3"));
  world.run_for(100ms);
  EXPECT_THAT(heard, ElementsAre("1", "2", "3"));
  EXPECT_THAT(watch.switches, testing::Contains("events: redis -> mqtt (reset)"));
}

TEST_F(fallback_speakers, the_preferred_one_carries_again_once_it_is_stable) {
  make();
  auto s = speak();
  redis.die();
  EXPECT_TRUE(shout(s, 1));
  redis.revive();
  world.run_for(25s);
  EXPECT_EQ(carrier(), "mqtt");
  world.run_for(36s);  // the pause between attempts, and 30 s
  EXPECT_EQ(carrier(), "redis");
  EXPECT_TRUE(shout(s, 2));
  EXPECT_THAT(redis.log, ElementsAre("events:2"));
  const auto status = *factory->channel("events");
  EXPECT_EQ(status.switches, 2U);
  EXPECT_EQ(status.fail_backs, 1U);
  EXPECT_THAT(watch.switches.back(), "events: mqtt -> redis");
}

TEST_F(fallback_speakers, a_short_break_is_waited_for) {
  make();
  auto s = speak();
  redis.die();
  auto op = s.shout(1);
  world.run_for(100ms);
  redis.revive();
  EXPECT_TRUE(here.wait(std::move(op)));
  EXPECT_THAT(redis.log, ElementsAre("events:1"));
  EXPECT_EQ(factory->channel("events")->switches, 0U);
}

TEST_F(fallback_speakers, what_was_under_way_is_given_to_the_next) {
  make();
  auto listener = hear();
  auto s = speak();
  redis.accepts_and_dies = true;
  EXPECT_TRUE(shout(s, "once"));
  world.run_for(100ms);
  EXPECT_THAT(heard, ElementsAre("once", "once"));  // it has arrived twice: no identifiers
  EXPECT_EQ(factory->channels()[1].repeated, 1U);
}

TEST_F(fallback_speakers, with_identifiers_it_is_heard_once) {
  config.options.dedupe = true;
  make();
  auto listener = hear();
  auto s = speak();
  redis.accepts_and_dies = true;
  EXPECT_TRUE(shout(s, fields("n", 1)));
  EXPECT_TRUE(here.wait(s.shout_bytes(as_bytes("bytes"))));
  world.run_for(100ms);
  EXPECT_THAT(heard, ElementsAre("{\"n\":1}", "bytes"));
  EXPECT_EQ(factory->channels()[0].duplicates, 1U);
  EXPECT_THAT(mqtt.log[0], testing::StartsWith("events:parley-id "));
}

TEST_F(fallback_speakers, identifiers_without_an_encoder_are_for_text) {
  table.encode_with(nullptr);
  config.options.dedupe = true;
  make();
  auto s = speak();
  EXPECT_TRUE(shout(s, "text"));
  const auto sent = shout(s, fields("n", 1));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), errc::not_supported);
}

TEST_F(fallback_speakers, without_resending_it_ends_with_the_carriers_error) {
  config.options.resend = false;
  make();
  auto s = speak();
  redis.accepts_and_dies = true;
  const auto sent = shout(s, 1);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), errc::reset);
  EXPECT_TRUE(shout(s, 2));  // has never left
  EXPECT_THAT(mqtt.log, ElementsAre("events:2"));
}

TEST_F(fallback_speakers, a_refusal_is_no_loss) {
  redis.answers = error(errc::too_large, "of the server");
  make();
  auto s = speak();
  const auto sent = shout(s, 1);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), errc::too_large);
  EXPECT_EQ(carrier(), "redis");
}

// As HTTP does it: up, and no connection.
TEST_F(fallback_speakers, a_failure_of_the_connection_is_a_loss) {
  redis.answers = error(errc::refused, "nobody there");
  make();
  auto s = speak();
  EXPECT_TRUE(shout(s, 1));
  EXPECT_EQ(carrier(), "mqtt");
  EXPECT_THAT(mqtt.log, ElementsAre("events:1"));
}

// As gRPC does it: a code of its own, whose cause is the connection.
TEST_F(fallback_speakers, a_cause_tells_of_the_connection) {
  redis.answers = error(fallback_errc::no_carrier).with_cause(error(errc::reset));
  make();
  auto s = speak();
  EXPECT_TRUE(shout(s, 1));
  EXPECT_EQ(carrier(), "mqtt");
  EXPECT_THAT(mqtt.log, ElementsAre("events:1"));
}

TEST_F(fallback_speakers, a_refusal_with_a_cause_is_no_loss) {
  redis.answers = error(errc::too_large).with_cause(error(errc::reset));
  make();
  auto s = speak();
  EXPECT_EQ(shout(s, 1).error(), errc::too_large);
  redis.answers = error(errc::timed_out).with_cause(error(errc::reset));
  EXPECT_EQ(shout(s, 1).error(), errc::timed_out);
  EXPECT_EQ(carrier(), "redis");
}

TEST_F(fallback_speakers, policies_say_what_becomes_of_the_rest) {
  for (const auto policy : {switch_policy::drop, switch_policy::refuse}) {
    config.options.during_switch = policy;
    make();
    auto s = speak();
    redis.die();
    world.run_for(10ms);
    const auto sent = shout(s, 1);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error(), policy == switch_policy::drop ? errc::dropped : errc::not_connected);
    world.run_for(1s);
    EXPECT_TRUE(shout(s, 2));
    redis.revive();
    world.run_for(10ms);
  }
}

TEST_F(fallback_speakers, what_is_kept_is_bounded) {
  config.options.keep_bytes = 100;
  make();
  auto s = speak();
  redis.die();
  auto first = s.shout_bytes(as_bytes(std::string(60, 'a')));
  auto second = s.shout_bytes(as_bytes(std::string(60, 'b')));
  const auto r = here.wait(std::move(second));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), errc::queue_full);
  EXPECT_THAT(std::string(r.error().message()), HasSubstr("keep_bytes"));
  EXPECT_TRUE(here.wait(std::move(first)));
  EXPECT_EQ(factory->channel("events")->waiting_bytes, 0U);
}

TEST_F(fallback_speakers, the_oldest_may_make_room) {
  config.options.keep_bytes = 100;
  config.options.keep_overflow = overflow::drop_oldest;
  make();
  auto s = speak();
  redis.die();
  world.run_for(10ms);
  auto first = s.shout_bytes(as_bytes(std::string(60, 'a')));
  auto second = s.shout_bytes(as_bytes(std::string(60, 'b')));
  const auto r = here.wait(std::move(first));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), errc::dropped);
  EXPECT_TRUE(here.wait(std::move(second)));
}

TEST_F(fallback_speakers, what_is_kept_for_too_long_ends) {
  make();
  auto s = speak();
  for (fake_hub* h : {&redis, &mqtt, &sockets}) h->die();
  mqtt.alive = sockets.alive = false;
  const auto from = here.now();
  const auto r = shout(s, 1);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), errc::timed_out);
  EXPECT_EQ(here.now() - from, config.options.keep_time);
  ASSERT_NE(r.error().cause(), nullptr);
  EXPECT_THAT(r.error().cause()->to_string(), HasSubstr("mqtt (mqtt://hub): connection refused"));
}

TEST_F(fallback_speakers, a_shout_can_be_cancelled) {
  make();
  auto s = speak();
  redis.die();
  world.run_for(10ms);
  auto op = s.shout(1);
  op.cancel();
  const auto r = here.wait(std::move(op));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), errc::cancelled);
  world.run_for(2s);
  EXPECT_THAT(mqtt.log, IsEmpty());
}

TEST_F(fallback_speakers, the_search_can_be_cancelled) {
  redis.silent = true;
  make();
  auto op = factory->create_speaker("events", all());
  world.run_for(10ms);
  op.cancel();
  const auto r = here.wait(std::move(op));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), errc::cancelled);
  EXPECT_THAT(factory->channels(), IsEmpty());
}

}  // namespace
}  // namespace parley::test
