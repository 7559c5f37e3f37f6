// What an MQTT client allocates: nothing for a message, little when idle, and no harm when memory
// ends.
#include <malloc.h>

#include "mqtt/client_script.hpp"
#include "support/allocations.hpp"

namespace parley::test {
namespace {

// A client and a server whose bytes are made beforehand.
class steady {
 public:
  steady() {
    client.start(now);
    take();
    feed("\x20\x03\x00\x00\x00"sv);
  }
  void feed(std::string_view bytes) {
    const std::span<std::byte> into = client.prepare(bytes.size());
    std::memcpy(into.data(), bytes.data(), bytes.size());
    client.commit(bytes.size(), now);
    for (;;) {
      const mqtt::event e = client.next_event();
      if (const auto* m = std::get_if<mqtt::message_event>(&e)) payload += m->payload.size();
      if (std::holds_alternative<mqtt::publish_event>(e)) ++published;
      if (is_drained(e) || std::holds_alternative<closed>(e)) return;
    }
  }
  std::size_t take() {
    std::size_t all = 0;
    for (;;) {
      const std::size_t n = total_size(client.output());
      if (n == 0) return all;
      client.consume_output(n);
      all += n;
    }
  }

  mqtt::client_settings settings;
  mqtt::session session;
  mqtt::client client{settings, session};
  time_point now = time_point(1h);
  std::size_t payload = 0;
  std::size_t published = 0;
};

TEST(mqtt_memory, a_message_costs_no_allocation) {
  steady s;
  const std::string text(200, 'x');
  raw_broker broker(mqtt::version::v5);
  const std::string comes = broker.say(mqtt::publish{.topic = "a/b", .payload = as_bytes(text)});
  const std::string reliable = broker.say(mqtt::publish{
      .topic = "a/b", .payload = as_bytes(text), .packet_id = 3, .qos = qos::at_least_once});
  std::vector<std::string> acks;
  for (std::uint16_t id = 1; id <= 120; ++id) acks.push_back(broker.say(mqtt::puback{id}));
  std::size_t before = 0;
  for (std::size_t i = 0; i < 120; ++i) {
    if (i == 20) before = allocations();
    s.feed(comes);
    s.feed(reliable);
    ASSERT_TRUE(s.client.publish({.topic = "c", .payload = as_bytes(text)}, s.now).has_value());
    ASSERT_TRUE(
        s.client
            .publish({.topic = "c", .payload = as_bytes(text), .qos = qos::at_least_once}, s.now)
            .has_value());
    (void)s.take();
    s.feed(acks[i]);
  }
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(s.payload, 240 * text.size());
  EXPECT_EQ(s.published, 120U);
}

TEST(mqtt_memory, a_large_payload_is_not_copied) {
  steady s;
  const shared_bytes large = shared_bytes::copy(as_bytes(std::string(1'000'000, 'x')));
  for (const qos q : {qos::at_most_once, qos::at_least_once}) {
    ASSERT_TRUE(s.client.publish({.topic = "t", .qos = q}, large, s.now).has_value());
    bool is_shown = false;
    for (const const_buffer& piece : s.client.output()) is_shown |= piece.data == large.data();
    EXPECT_TRUE(is_shown);
    (void)s.take();
  }
  EXPECT_LT(s.client.held_memory(), 100'000U);
}

// As the allocator counts it, with the object itself; nothing where a sanitizer allocates.
std::size_t heap_in_use() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

// S133
TEST(mqtt_memory, bytes_of_an_idle_client) {
  if (heap_in_use() == 0) return;
  std::vector<std::unique_ptr<steady>> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(std::make_unique<steady>());
    steady& s = *all.back();
    ASSERT_TRUE(s.client.publish({.topic = "t", .qos = qos::at_least_once}, s.now).has_value());
    (void)s.take();
    s.feed("\x40\x02\x00\x01"sv);
    s.client.release();
    s.session.release();
    EXPECT_EQ(s.client.held_memory(), 0U);
  }
  const std::size_t before = heap_in_use();
  const std::size_t count = all.size();
  all.clear();
  const std::size_t idle = (before - heap_in_use()) / count;
  std::printf("an idle client with its session and settings: %zu bytes\n", idle);
  EXPECT_LT(idle, 2500U);
}

// Messages of both kinds, both ways, with a break between.
void converse(memory_store& store) {
  mqtt::client_settings settings;
  settings.client_id = "c";
  settings.clean_start = false;
  settings.session_expiry = 100;
  mqtt::session session({}, store, "c");
  (void)session.load(time_point(1h), wall_time());
  raw_broker broker(mqtt::version::v5);
  const std::string text(600, 'y');
  for (const bool present : {false, true}) {
    client_script c(settings, &session);
    c.h.start();
    property_room props(property_place::connack, mqtt::role::server);
    props.add(property::topic_alias_maximum, 2U);
    c.h.feed(broker.say(mqtt::connack{.session_present = present, .props = props}));
    const std::array filters{mqtt::subscription{.filter = "a/#"}};
    (void)c.client.subscribe(filters, {}, c.now());
    for (const qos q : {qos::at_most_once, qos::at_least_once, qos::exactly_once}) {
      (void)c.client.publish({.topic = "a/topic", .payload = as_bytes(text), .qos = q}, c.now());
    }
    (void)store.sync();
    (void)c.h.sent();
    c.h.feed(broker.say(mqtt::publish{.topic = "n", .packet_id = 4, .qos = qos::exactly_once}));
    c.h.feed(broker.say(mqtt::pubrel{.packet_id = 4}));
    (void)store.sync();
    (void)c.h.sent();
    c.h.feed_error(error(errc::reset));
  }
}

TEST(mqtt_memory, may_end_at_each_allocation) {
  std::size_t failures = 0;
  for (std::size_t allowed = 0; allowed < 10'000; ++allowed) {
    memory_store store;
    bool has_failed = false;
    {
      failing_allocation limit(allowed);
      try {
        converse(store);
      } catch (const std::bad_alloc&) {
      }
      has_failed = limit.has_failed();
    }
    // What is in the store is whole, wherever memory ended.
    mqtt::session again({}, store, "c");
    EXPECT_TRUE(again.load(time_point(1h), wall_time()).has_value()) << allowed;
    if (!has_failed) break;
    ++failures;
  }
  EXPECT_GT(failures, 20U);
}

}  // namespace
}  // namespace parley::test
