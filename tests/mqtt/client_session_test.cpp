// What outlives a connection: publishes in flight and queued, identifiers, the window, the store
// (P5 to P9, P16, P20).
#include "mqtt/client_script.hpp"
#include "support/faulty_store.hpp"

namespace parley::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

mqtt::client_settings kept() {
  mqtt::client_settings s;
  s.client_id = "c";
  s.clean_start = false;
  s.session_expiry = 60;
  return s;
}
const mqtt::connack present{.session_present = true};

std::uint64_t queue(mqtt::session& s, std::string_view text, qos q = qos::at_least_once,
                    mqtt::properties props = {}, time_point now = time_point(1h)) {
  const auto r =
      s.publish({.topic = "t", .payload = as_bytes(text), .qos = q, .props = props}, now);
  EXPECT_TRUE(r.has_value()) << (r ? "" : r.error().to_string());
  return r ? r->id : 0;
}

// MQTT-3.3.1-1, MQTT-4.3.3-6, MQTT-4.4.0-1, MQTT-4.6.0-1
TEST(mqtt_session, resends_in_order_with_the_same_identifiers) {
  mqtt::session session;
  client_script a(kept(), &session);
  a.open();
  a.publish("t", "1", qos::at_least_once);
  a.publish("t", "2", qos::exactly_once);
  a.publish("t", "3", qos::exactly_once);
  a.publish("t", "4", qos::at_least_once);
  (void)a.sent();
  a.say(mqtt::pubrec{.packet_id = 2});
  a.say(mqtt::publish{.topic = "n", .packet_id = 77, .qos = qos::exactly_once});
  a.h.feed_error(error(errc::reset));
  EXPECT_EQ(session.size(), 4U);
  client_script b(kept(), &session);
  b.open(present);
  EXPECT_THAT(b.sent(), ElementsAre("PUBLISH qos 1 id 1 dup topic \"t\" payload 1 \"1\"",
                                    "PUBREL id 2 success",
                                    "PUBLISH qos 2 id 3 dup topic \"t\" payload 1 \"3\"",
                                    "PUBLISH qos 1 id 4 dup topic \"t\" payload 1 \"4\""));
  // Sent again by the server, and known.
  b.say(mqtt::publish{.topic = "n", .packet_id = 77, .qos = qos::exactly_once, .dup = true});
  EXPECT_THAT(b.sent(), ElementsAre("PUBREC id 77 success"));
  EXPECT_THAT(b.told(), IsEmpty());
  b.say(mqtt::pubrel{.packet_id = 77});
  EXPECT_THAT(b.sent(), ElementsAre("PUBCOMP id 77 success"));
  EXPECT_EQ(session.received(), 0U);
}

// MQTT-3.2.2-5
TEST(mqtt_session, a_lost_session_is_begun_anew) {
  for (const bool resends : {false, true}) {
    mqtt::session session({.resend_exactly_once = resends});
    client_script a(kept(), &session);
    a.open();
    a.publish("t", "1", qos::at_least_once);
    a.publish("t", "2", qos::exactly_once);
    a.h.feed_error(error(errc::reset));
    queue(session, "3", qos::exactly_once);
    client_script b(kept(), &session);
    b.open();
    if (resends) {
      EXPECT_THAT(b.sent(), ElementsAre("PUBLISH qos 1 id 3 topic \"t\" payload 1 \"1\"",
                                        "PUBLISH qos 2 id 4 topic \"t\" payload 1 \"2\"",
                                        "PUBLISH qos 2 id 5 topic \"t\" payload 1 \"3\""));
    } else {
      EXPECT_THAT(b.sent(), ElementsAre("PUBLISH qos 1 id 3 topic \"t\" payload 1 \"1\"",
                                        "PUBLISH qos 2 id 4 topic \"t\" payload 1 \"3\""));
      EXPECT_EQ(session.size(), 2U);
    }
  }
}

TEST(mqtt_session, says_what_was_lost) {
  mqtt::session session;
  client_script a(kept(), &session);
  a.open();
  const auto id = a.publish("t", "2", qos::exactly_once);
  a.h.feed_error(error(errc::reset));
  client_script b(kept(), &session);
  b.h.start();
  b.say(mqtt::connack{});
  EXPECT_THAT(b.told(),
              ElementsAre("opened", "published " + std::to_string(id) + " failed session_lost"));
}

// P7: a full window at a break must not be full for ever.
TEST(mqtt_session, the_window_begins_anew) {
  mqtt::session session;
  property_room two(property_place::connack, mqtt::role::server);
  two.add(property::receive_maximum, 2U);
  for (int round = 0; round < 5; ++round) {
    client_script c(kept(), &session);
    c.open(mqtt::connack{.session_present = round > 0, .props = two});
    if (round == 0) {
      for (int i = 0; i < 5; ++i) c.publish("t", std::to_string(i));
    }
    EXPECT_EQ(c.sent().size(), 2U);
    EXPECT_EQ(session.in_flight(), 2U);
    if (round < 4) {
      c.h.feed_error(error(errc::reset));
      continue;
    }
    for (std::uint16_t id = 1; id <= 5; ++id) c.say(mqtt::puback{.packet_id = id});
    EXPECT_EQ(session.size(), 0U);
    EXPECT_EQ(session.in_flight(), 0U);
  }
}

// MQTT-3.3.4-7 and -8
TEST(mqtt_session, a_full_window_delays_nothing_else) {
  property_room one(property_place::connack, mqtt::role::server);
  one.add(property::receive_maximum, 1U);
  client_script c;
  c.open(mqtt::connack{.props = one});
  c.publish("t", "1");
  c.publish("t", "2");
  c.subscribe("a");
  EXPECT_TRUE(c.client.ping(c.now()));
  EXPECT_THAT(c.sent(), ElementsAre("PUBLISH qos 1 id 1 topic \"t\" payload 1 \"1\"",
                                    "SUBSCRIBE id 2 | \"a\" qos 2", "PINGREQ"));
  c.say(mqtt::puback{.packet_id = 1});
  EXPECT_THAT(c.sent(), ElementsAre("PUBLISH qos 1 id 3 topic \"t\" payload 1 \"2\""));
}

// MQTT-2.2.1-3, MQTT-4.3.2-1
TEST(mqtt_session, identifiers_wrap_and_are_never_used_twice) {
  client_script c;
  c.open();
  c.publish("t", "stays");
  for (int i = 0; i < 65'533; ++i) {
    const std::uint16_t id = static_cast<std::uint16_t>(2 + i);
    const auto r = c.client.publish({.topic = "t", .qos = qos::at_least_once}, c.now());
    ASSERT_TRUE(r.has_value());
    (void)c.h.sent();
    c.say(mqtt::puback{.packet_id = id});
  }
  (void)c.told();
  c.publish("t", "a");
  c.publish("t", "b");
  std::string bytes = c.h.sent();
  raw_broker fresh(mqtt::version::v5);
  (void)fresh.read("\x10\x0d\0\4MQTT\5\2\0\0\0\0\0"sv);
  EXPECT_THAT(fresh.read(bytes), ElementsAre("PUBLISH qos 1 id 65535 topic \"t\" payload 1 \"a\"",
                                             "PUBLISH qos 1 id 2 topic \"t\" payload 1 \"b\""));
}

// P9, MQTT-3.2.2-17: aliases are a matter of the connection.
TEST(mqtt_session, aliases_end_with_the_connection) {
  mqtt::session session;
  property_room two(property_place::connack, mqtt::role::server);
  two.add(property::topic_alias_maximum, 2U);
  client_script a(kept(), &session);
  a.open(mqtt::connack{.props = two});
  for (const std::string_view topic : {"topic/1", "topic/2", "topic/1", "topic/3", "topic/2"}) {
    a.publish(topic, "x");
  }
  EXPECT_THAT(a.sent(),
              ElementsAre("PUBLISH qos 1 id 1 topic \"topic/1\" payload 1 \"x\" | topic_alias 1",
                          "PUBLISH qos 1 id 2 topic \"topic/2\" payload 1 \"x\" | topic_alias 2",
                          "PUBLISH qos 1 id 3 topic \"\" payload 1 \"x\" | topic_alias 1",
                          "PUBLISH qos 1 id 4 topic \"topic/3\" payload 1 \"x\" | topic_alias 2",
                          "PUBLISH qos 1 id 5 topic \"topic/2\" payload 1 \"x\" | topic_alias 1"));
  a.h.feed_error(error(errc::reset));
  client_script b(kept(), &session);
  b.open(present);
  EXPECT_THAT(b.sent(), ElementsAre("PUBLISH qos 1 id 1 dup topic \"topic/1\" payload 1 \"x\"",
                                    "PUBLISH qos 1 id 2 dup topic \"topic/2\" payload 1 \"x\"",
                                    "PUBLISH qos 1 id 3 dup topic \"topic/1\" payload 1 \"x\"",
                                    "PUBLISH qos 1 id 4 dup topic \"topic/3\" payload 1 \"x\"",
                                    "PUBLISH qos 1 id 5 dup topic \"topic/2\" payload 1 \"x\""));
  property_room mine(property_place::publish, mqtt::role::client);
  mine.add(property::topic_alias, 1U);
  EXPECT_FALSE(b.client.publish({.topic = "t", .props = mine}, b.now()).has_value());
}

// MQTT-3.3.2-7: and forgotten with the connection.
TEST(mqtt_session, aliases_of_the_server_are_resolved) {
  mqtt::session session;
  client_script c(kept(), &session);
  c.open();
  property_room props(property_place::publish, mqtt::role::server);
  props.add(property::topic_alias, 3U);
  c.say(mqtt::publish{.topic = "long/topic", .payload = as_bytes("1"sv), .props = props});
  c.say(mqtt::publish{.payload = as_bytes("2"sv), .props = props}, 1);
  EXPECT_THAT(c.told(), ElementsAre("message qos 0 long/topic: 1", "message qos 0 long/topic: 2"));
  c.h.feed_error(error(errc::reset));
  client_script next(kept(), &session);
  next.open(present);
  next.say(mqtt::publish{.payload = as_bytes("3"sv), .props = props});
  EXPECT_THAT(next.told(), ElementsAre("failed unknown_topic_alias"));
}

TEST(mqtt_session, messages_expire_while_they_wait) {
  mqtt::session session;
  property_room ten(property_place::publish, mqtt::role::client);
  ten.add(property::message_expiry_interval, 10U);
  property_room three(property_place::publish, mqtt::role::client);
  three.add(property::message_expiry_interval, 3U);
  queue(session, "a", qos::at_least_once, ten);
  queue(session, "b", qos::at_most_once, three);
  EXPECT_EQ(session.next_deadline(), time_point(1h) + 3s);
  client_script c(kept(), &session);
  c.h.advance(4s);
  c.open();
  EXPECT_THAT(c.sent(), ElementsAre("PUBLISH qos 1 id 1 topic \"t\" payload 1 \"a\" | "
                                    "message_expiry_interval 6"));
  mqtt::session alone;
  queue(alone, "a", qos::at_least_once, three);
  alone.handle_timeout(time_point(1h) + 3s);
  const auto over = alone.next_completion();
  ASSERT_TRUE(over.has_value());
  EXPECT_TRUE(*over->why == mqtt::client_errc::expired);
  EXPECT_EQ(alone.bytes(), 0U);
}

// P16, P20: what is dropped is told, and there is a bound.
TEST(mqtt_session, what_does_not_fit) {
  const std::string text(1000, 'x');
  mqtt::session_limits l;
  l.max_bytes = 5000;
  mqtt::session rejecting(l);
  std::size_t accepted = 0;
  while (rejecting.publish({.topic = "t", .payload = as_bytes(text), .qos = qos::at_least_once},
                           time_point(1h))) {
    ++accepted;
  }
  EXPECT_EQ(accepted, 3U);
  l.overflow = overflow::drop_oldest;
  mqtt::session dropping(l);
  const auto first = queue(dropping, text);
  for (int i = 0; i < 3; ++i) queue(dropping, text);
  EXPECT_EQ(dropping.size(), 3U);
  EXPECT_LE(dropping.bytes(), l.max_bytes);
  const auto over = dropping.next_completion();
  ASSERT_TRUE(over.has_value());
  EXPECT_EQ(over->id, first);
  EXPECT_TRUE(*over->why == errc::dropped);
  l.overflow = overflow::drop_newest;
  mqtt::session full(l);
  for (int i = 0; i < 3; ++i) queue(full, text);
  const auto last = queue(full, text);
  EXPECT_EQ(full.next_completion()->id, last);
  // Of QoS 0 the latest count, and those of QoS 1 stay.
  l.overflow = overflow::reject;
  mqtt::session mixed(l);
  queue(mixed, text);
  const auto old = queue(mixed, text, qos::at_most_once);
  for (int i = 0; i < 2; ++i) queue(mixed, text, qos::at_most_once);
  EXPECT_EQ(mixed.next_completion()->id, old);
  EXPECT_EQ(mixed.size(), 3U);
  // Nobody asks for the ends: even those are bounded.
  for (int i = 0; i < 200; ++i) (void)mixed.publish({.topic = "t"}, time_point(1h));
  EXPECT_LE(mixed.bytes(), l.max_bytes);
}

TEST(mqtt_session, what_is_cancelled) {
  mqtt::session session;
  const auto id = queue(session, "x");
  EXPECT_TRUE(session.cancel(id));
  EXPECT_FALSE(session.cancel(id));
  EXPECT_TRUE(*session.next_completion()->why == errc::cancelled);
  EXPECT_EQ(session.bytes(), 0U);
}

// MQTT-4.6.0-2 and -3
TEST(mqtt_session, acknowledges_by_hand_in_order) {
  mqtt::client_settings s = kept();
  s.manual_acknowledgement = true;
  client_script c(s);
  c.open();
  std::vector<std::uint64_t> handles;
  for (std::uint16_t id = 11; id <= 13; ++id) {
    c.say(mqtt::publish{
        .topic = "t", .packet_id = id, .qos = id == 12 ? qos::exactly_once : qos::at_least_once});
    handles.push_back(c.handle);
  }
  EXPECT_THAT(c.sent(), IsEmpty());
  EXPECT_TRUE(c.client.acknowledge(handles[2], c.now()).has_value());
  EXPECT_THAT(c.sent(), IsEmpty());
  EXPECT_TRUE(c.client.acknowledge(handles[0], c.now()).has_value());
  EXPECT_FALSE(c.client.acknowledge(handles[0], c.now()).has_value());
  EXPECT_THAT(c.sent(), ElementsAre("PUBACK id 11 success"));
  EXPECT_TRUE(c.client.acknowledge(handles[1], c.now(), reason_code::quota_exceeded).has_value());
  EXPECT_THAT(c.sent(), ElementsAre("PUBREC id 12 quota_exceeded", "PUBACK id 13 success"));
  EXPECT_EQ(c.client.unacknowledged(), 0U);
}

// MQTT-3.2.2-11, -14 and -15
TEST(mqtt_session, what_the_server_cannot_do_is_refused_here) {
  client_script c;
  property_room props(property_place::connack, mqtt::role::server);
  props.add(property::maximum_qos, 1U)
      .add(property::retain_available, 0U)
      .add(property::maximum_packet_size, 50U)
      .add(property::wildcard_subscription_available, 0U)
      .add(property::subscription_identifier_available, 0U)
      .add(property::shared_subscription_available, 0U)
      .add(property::assigned_client_identifier, "given"sv);
  c.open(mqtt::connack{.props = props});
  EXPECT_EQ(c.session.assigned_id(), "given");
  const auto refused = [&](const mqtt::outgoing_message& m) {
    const auto r = c.client.publish(m, c.now());
    return !r && (r.error() == errc::not_supported || r.error() == errc::too_large);
  };
  EXPECT_TRUE(refused({.topic = "t", .qos = qos::exactly_once}));
  EXPECT_TRUE(refused({.topic = "t", .retain = true}));
  const std::string large(100, 'x');
  EXPECT_TRUE(refused({.topic = "t", .payload = as_bytes(large)}));
  EXPECT_TRUE(refused({.topic = "t", .payload = as_bytes(large), .qos = qos::at_least_once}));
  for (const std::string_view filter : {"a/+", "$share/g/a"}) {
    const std::array one{mqtt::subscription{.filter = filter}};
    EXPECT_FALSE(c.client.subscribe(one, {}, c.now()).has_value()) << filter;
  }
  property_room id(property_place::subscribe, mqtt::role::client);
  id.add(property::subscription_identifier, 1U);
  const std::array one{mqtt::subscription{.filter = "a"}};
  EXPECT_FALSE(c.client.subscribe(one, id, c.now()).has_value());
  EXPECT_TRUE(c.client.subscribe(one, {}, c.now()).has_value());
  EXPECT_EQ(c.session.size(), 0U);
}

// --- with a store ----------------------------------------------------------------------------

TEST(mqtt_session_store, nothing_is_shown_before_it_is_durable) {
  faulty_store store;
  mqtt::session session({}, store, "c");
  ASSERT_TRUE(session.load(time_point(1h), wall_time()).has_value());
  client_script c(kept(), &session);
  c.open();
  const auto r = c.client.publish({.topic = "t", .qos = qos::exactly_once}, c.now());
  ASSERT_TRUE(r.has_value());
  EXPECT_FALSE(r->is_stored);
  c.say(mqtt::publish{.topic = "n", .packet_id = 5, .qos = qos::exactly_once});
  EXPECT_THAT(c.sent(), IsEmpty());
  ASSERT_TRUE(store.sync().has_value());
  EXPECT_THAT(c.told(), ElementsAre("message qos 2 n: ", "stored 1"));
  EXPECT_THAT(c.sent(),
              ElementsAre("PUBLISH qos 2 id 1 topic \"t\" payload 0 \"\"", "PUBREC id 5 success"));
  c.say(mqtt::pubrec{.packet_id = 1});
  c.say(mqtt::pubrel{.packet_id = 5});
  EXPECT_THAT(c.sent(), IsEmpty());
  ASSERT_TRUE(store.sync().has_value());
  EXPECT_THAT(c.sent(), ElementsAre("PUBREL id 1 success", "PUBCOMP id 5 success"));
  c.say(mqtt::pubcomp{.packet_id = 1});
  EXPECT_THAT(c.told(), ElementsAre("published 1 success"));
  EXPECT_EQ(store.size(), 0U);
}

TEST(mqtt_session_store, survives_the_process) {
  faulty_store store;
  {
    mqtt::session session({}, store, "c");
    ASSERT_TRUE(session.load(time_point(1h), wall_time(100s)).has_value());
    client_script c(kept(), &session);
    c.open();
    c.publish("t", "1", qos::exactly_once);
    c.publish("t", "2", qos::exactly_once);
    ASSERT_TRUE(store.sync().has_value());
    (void)c.sent();
    c.say(mqtt::pubrec{.packet_id = 1});
    c.say(mqtt::publish{.topic = "n", .packet_id = 9, .qos = qos::exactly_once});
    property_room ten(property_place::publish, mqtt::role::client);
    ten.add(property::message_expiry_interval, 10U).add(property::content_type, "text"sv);
    ASSERT_TRUE(store.sync().has_value());
    c.h.feed_error(error(errc::reset));
    queue(session, std::string(2000, 'y'), qos::at_least_once, ten, c.now());
    ASSERT_TRUE(store.sync().has_value());
    queue(session, "never durable");
  }
  store.crash();
  // Another process, whose steady clock begins anew, four seconds later.
  mqtt::session session({}, store, "c");
  ASSERT_TRUE(session.load(time_point(1h), wall_time(104s)).has_value());
  EXPECT_EQ(session.size(), 3U);
  EXPECT_EQ(session.received(), 1U);
  client_script d(kept(), &session);
  d.open(present);
  ASSERT_TRUE(store.sync().has_value());
  const auto sent = d.sent();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[0], "PUBREL id 1 success");
  EXPECT_EQ(sent[1], "PUBLISH qos 2 id 2 dup topic \"t\" payload 1 \"2\"");
  EXPECT_THAT(sent[2], testing::StartsWith("PUBLISH qos 1 id 3 topic \"t\" payload 2000"));
  EXPECT_THAT(sent[2], testing::HasSubstr("message_expiry_interval 6"));
  EXPECT_THAT(sent[2], testing::HasSubstr("content_type \"text\""));
}

TEST(mqtt_session_store, each_call_may_fail) {
  for (std::size_t allowed = 0; allowed < 30; ++allowed) {
    faulty_store store;
    mqtt::session session({}, store, "c");
    ASSERT_TRUE(session.load(time_point(1h), wall_time()).has_value());
    client_script c(kept(), &session);
    c.open();
    store.fail_after(allowed, error(store_errc::failed));
    const auto r = c.client.publish({.topic = "t", .qos = qos::exactly_once}, c.now());
    if (!r) {
      EXPECT_EQ(session.size(), 0U);
      EXPECT_EQ(session.bytes(), 0U);
      EXPECT_TRUE(c.client.is_open());
      continue;
    }
    (void)store.sync();
    (void)c.sent();
    if (c.client.is_open())
      c.say(mqtt::publish{.topic = "n", .packet_id = 5, .qos = qos::exactly_once});
    if (c.client.is_open()) c.say(mqtt::pubrec{.packet_id = 1});
    if (c.client.is_open()) c.say(mqtt::pubrel{.packet_id = 5});
    if (c.client.is_open()) c.say(mqtt::pubcomp{.packet_id = 1});
    // Whatever failed, the connection has ended because of it or was not concerned.
    if (!c.client.is_open()) {
      EXPECT_TRUE(*c.why == store_errc::failed);
    }
    if (!store.has_failed()) break;
  }
}

TEST(mqtt_session_store, damaged_records_are_refused) {
  const std::string good("m\0\0\0\0\0\0\0\1"sv);
  const std::string_view bad_values[] = {""sv,
                                         "x"sv,
                                         "\1\3\0\1________\0\1\0\0\0\0t"sv,
                                         "\1\1\0\1________\0\x09\0\0\0\0t"sv,
                                         "\1\1\0\1________\0\1\xff\xff\xff\xfft"sv,
                                         "\1\1\0\1________\0\1\0\0\0\1t\x7f"sv};
  for (const std::string_view value : bad_values) {
    memory_store store;
    ASSERT_TRUE(store.put(as_bytes("c"sv), as_bytes(good), as_bytes(value)).has_value());
    mqtt::session session({}, store, "c");
    const auto r = session.load(time_point(1h), wall_time());
    ASSERT_FALSE(r.has_value()) << value.size();
    EXPECT_TRUE(r.error() == mqtt::client_errc::record_damaged);
  }
  for (const std::string_view key : {"q"sv, "r\0\0"sv, "s\0"sv, "m\0\0\0\0\0\0\0\0"sv}) {
    memory_store store;
    ASSERT_TRUE(store.put(as_bytes("c"sv), as_bytes(key), as_bytes("\0\1\1"sv)).has_value());
    mqtt::session session({}, store, "c");
    EXPECT_FALSE(session.load(time_point(1h), wall_time()).has_value()) << key.size();
  }
}

// --- authentication --------------------------------------------------------------------------

// MQTT-4.12.0-3 and -5, MQTT-4.12.1-1
TEST(mqtt_client_auth, goes_back_and_forth) {
  mqtt::client_settings s;
  s.authentication_method = "SCRAM";
  s.authentication_data = secret("first");
  client_script c(s);
  c.h.start();
  EXPECT_THAT(c.sent(), ElementsAre(testing::HasSubstr("authentication_data \"first\"")));
  const auto ask = [&](reason_code reason, std::string_view data) {
    property_room props(property_place::auth, mqtt::role::server);
    props.add(property::authentication_method, "SCRAM"sv).add(property::authentication_data, data);
    c.say(mqtt::auth{.reason = reason, .props = props});
  };
  EXPECT_FALSE(c.client.authenticate(as_bytes("x"sv), c.now()).has_value());
  ask(reason_code::continue_authentication, "salt");
  EXPECT_THAT(c.told(), ElementsAre("auth continue_authentication salt"));
  ASSERT_TRUE(c.client.authenticate(as_bytes("proof"sv), c.now()).has_value());
  EXPECT_THAT(c.sent(), ElementsAre("AUTH continue_authentication | authentication_method "
                                    "\"SCRAM\" | authentication_data \"proof\""));
  property_room method(property_place::connack, mqtt::role::server);
  method.add(property::authentication_method, "SCRAM"sv);
  c.say(mqtt::connack{.props = method});
  EXPECT_THAT(c.told(), ElementsAre("opened"));
  ASSERT_TRUE(c.client.reauthenticate(as_bytes("again"sv), c.now()).has_value());
  EXPECT_THAT(c.sent(), ElementsAre(testing::StartsWith("AUTH reauthenticate")));
  ask(reason_code::success, "done");
  EXPECT_THAT(c.told(), ElementsAre("auth success done"));
  // Nothing is going on.
  ask(reason_code::continue_authentication, "salt");
  EXPECT_THAT(c.told(), ElementsAre("failed wrong_authentication"));
}

}  // namespace
}  // namespace parley::test
