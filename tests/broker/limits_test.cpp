// What clients can cost: slow ones, many, silent ones, and what an idle one holds.
#include <gtest/gtest.h>

#include <parley/core/store/memory_store.hpp>

#include "broker/talker.hpp"
#include "support/allocations.hpp"
#include "support/faulty_store.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using enum mqtt::qos;

class broker_limits : public testing::Test {
 protected:
  void begin() {
    world.start();
    slow.connect_kept();
    slow.subscribe("t", exactly_once);
    fast.connect();
    fast.subscribe("t", exactly_once);
    publisher.connect();
  }
  std::string kilobyte(char c) { return std::string(1000, c); }
  broker_world world;
  talker slow{world, "slow"}, fast{world, "fast"}, publisher{world, "publisher"};
};

// P15, P20: who does not read loses its own messages and delays nobody.
TEST_F(broker_limits, a_slow_subscriber_among_fast_ones) {
  world.settings.connection.high_water = 10'000;
  world.settings.limits.max_queue = 50'000;
  begin();
  for (int i = 0; i < 1000; ++i) {
    publisher.publish("t", kilobyte('a'));
    (void)fast.link->take();
  }
  const auto s = world.broker->stats();
  EXPECT_LT(slow.link->server().buffered(), 12'000U);
  EXPECT_LT(s.message_bytes, 60'000U);
  EXPECT_GT(s.dropped, 900U);
  EXPECT_GE(s.delivered, 1000U);
  // It reads again, and has what came last.
  std::string all;
  for (std::string some = slow.link->take(); !some.empty(); some = slow.link->take()) all += some;
  EXPECT_GT(all.size(), 40'000U);
  EXPECT_EQ(world.broker->stats().deliveries, 0U);
}

TEST_F(broker_limits, qos_0_goes_first) {
  world.settings.connection.high_water = 1000;
  world.settings.limits.max_queue = 10'000;
  begin();
  for (int i = 0; i < 5; ++i) publisher.publish("t", kilobyte('0'));
  for (std::uint16_t i = 1; i <= 6; ++i) {
    publisher.publish("t", kilobyte('1'), at_least_once, i);
  }
  std::string all;
  for (std::string some = slow.link->take(); !some.empty(); some = slow.link->take()) all += some;
  EXPECT_EQ(std::ranges::count(all, '1') / 1000, 6);
  EXPECT_LT(std::ranges::count(all, '0') / 1000, 5);
}

TEST_F(broker_limits, policies) {
  for (const auto policy :
       {overflow::drop_newest, overflow::drop_oldest, overflow::close, overflow::reject}) {
    world.stop();
    world.settings.limits.overflow = policy;
    world.settings.limits.max_queue = 3000;
    begin();
    slow.vanish();
    fast.vanish();
    std::string answers;
    for (std::uint16_t i = 1; i <= 4; ++i) {
      publisher.publish("t", kilobyte(static_cast<char>('0' + i)), at_least_once, i);
    }
    answers = publisher.heard();
    const std::string got = slow.connect_kept();
    EXPECT_EQ(world.broker->stats().dropped, 2U);
    const bool tells = answers.find("PUBACK id 4 quota_exceeded") != std::string::npos;
    EXPECT_EQ(tells, policy == overflow::reject) << answers;
    slow.vanish();
    slow.link = &world.connect();
    slow.send(slow.settings);
    const std::string again = slow.link->take();
    const char first = policy == overflow::drop_oldest ? '3' : '1';
    EXPECT_GT(std::ranges::count(again, first), 999) << static_cast<int>(policy);
    slow.vanish();
    publisher.vanish();
  }
}

TEST_F(broker_limits, close_ends_a_connection_that_does_not_read) {
  world.settings.limits.overflow = overflow::close;
  world.settings.limits.max_queue = 3000;
  begin();
  for (std::uint16_t i = 1; i <= 4; ++i) publisher.publish("t", kilobyte('x'), at_least_once, i);
  EXPECT_TRUE(slow.heard().ends_with("DISCONNECT quota_exceeded\nCLOSED\n"));
}

TEST_F(broker_limits, a_client_that_reads_no_answers_is_ended) {
  world.settings.connection.max_output = 10'000;
  begin();
  for (int i = 0; i < 6000 && publisher.link->is_open(); ++i) {
    publisher.link->give_all(std::string_view("\xc0\0", 2));
  }
  EXPECT_FALSE(publisher.link->is_open());
  EXPECT_TRUE(fast.link->is_open());
}

TEST_F(broker_limits, all_messages_together) {
  world.settings.limits.max_bytes = 10'000;
  begin();
  slow.vanish();
  for (std::uint16_t i = 1; i <= 20; ++i) publisher.publish("t", kilobyte('x'), at_least_once, i);
  EXPECT_NE(publisher.heard().find("PUBACK id 20 quota_exceeded"), std::string::npos);
  EXPECT_LE(world.broker->stats().message_bytes, 10'000U);
}

// P24: connections come and go, and leave nothing.
TEST_F(broker_limits, a_thousand_clients_that_connect_and_vanish) {
  world.settings.limits.max_clients = 1500;
  world.start();
  std::size_t held = 0;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::unique_ptr<talker>> all;
    for (int i = 0; i < 1000; ++i) {
      all.push_back(std::make_unique<talker>(world, "client" + std::to_string(i)));
      if (i % 10 == 0) {
        all.back()->link = &world.connect();  // and never says a word
        continue;
      }
      ASSERT_EQ(all.back()->connect(), "CONNACK success");
      all.back()->subscribe("t/" + std::to_string(i % 7));
    }
    EXPECT_EQ(world.broker->stats().clients, 1000U);
    for (auto& t : all) t->vanish();
    const auto s = world.broker->stats();
    EXPECT_EQ(s.clients + s.sessions + s.subscriptions + s.deliveries + s.message_bytes, 0U);
    if (round == 1) held = held_bytes();
    if (round == 2) {
      EXPECT_LE(held_bytes(), held + 64 * 1024);
    }
  }
}

TEST_F(broker_limits, too_many_clients_and_sessions) {
  world.settings.limits.max_clients = 2;
  world.settings.limits.max_sessions = 1;
  world.start();
  talker a(world, "a"), b(world, "b"), c(world, "c");
  EXPECT_EQ(a.connect(), "CONNACK success");
  EXPECT_EQ(b.connect(), "CONNACK quota_exceeded");
  EXPECT_FALSE(b.link->is_open());
  EXPECT_TRUE(world.connect().is_closed);
}

// Under 1 KiB without its subscription: machine, session and all that refers to them.
TEST_F(broker_limits, an_idle_session_is_small) {
  world.settings.limits.max_clients = 2000;
  world.start();
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) names.push_back("client" + std::to_string(i));
  const auto connect = [&](const std::string& name) {
    talker t(world, name);
    t.connect_kept();
    t.link->server().release();
  };
  connect("first");
  const std::size_t before = held_bytes();
  for (const std::string& name : names) connect(name);
  const std::size_t each = (held_bytes() - before) / names.size();
  EXPECT_LT(each, 1024U);
  RecordProperty("bytes", static_cast<int>(each));
}

// The steady state: a small message allocates nothing.
TEST_F(broker_limits, messages_allocate_nothing) {
  begin();
  std::uint16_t id = 1;
  std::string bytes;
  const auto encoded = [](const auto& p) {
    send_buffer out;
    EXPECT_TRUE(mqtt::encoder(mqtt::role::client).append(out, p));
    const const_buffer piece = out.output()[0];
    return std::string(static_cast<const char*>(piece.data), piece.size);
  };
  slow.settings.clean_start = true;
  slow.connect();
  slow.vanish();
  const std::string qos_0 = encoded(mqtt::publish{.topic = "t", .payload = as_bytes(bytes)});
  const std::string qos_1 =
      encoded(mqtt::publish{.topic = "t", .payload = {}, .packet_id = 1, .qos = at_least_once});
  std::size_t counted = 0;
  for (int round = 0; round < 300; ++round) {
    const std::string ack = encoded(mqtt::puback{.packet_id = id++});
    const std::size_t before = allocations();
    publisher.link->give(qos_0);
    publisher.link->give(qos_1);
    fast.link->give(ack);
    for (auto* link : {publisher.link, fast.link}) {
      for (const const_buffer& piece : link->server().output()) counted += piece.size;
      link->server().consume_output(1000);
      link->drain();
    }
    if (round <= 200) continue;
    ASSERT_EQ(allocations(), before) << round;
  }
  EXPECT_GT(counted, 3000U);
}

// What a store cannot take is not acknowledged.
TEST(broker_store, a_failure_ends_the_connection) {
  faulty_store kept;
  broker_world world(&kept);
  world.start();
  talker a(world, "a"), b(world, "b");
  a.connect_kept();
  a.subscribe("t", at_least_once);
  b.connect();
  kept.fail_after(0, error(store_errc::full));
  b.publish("t", "x", at_least_once, 1);
  EXPECT_EQ(b.heard(), "DISCONNECT quota_exceeded\nCLOSED\n");
}

// Nothing is shown before it is durable.
TEST(broker_store, answers_wait_for_it) {
  faulty_store kept;
  broker_world world(&kept);
  world.start();
  talker a(world, "a");
  a.connect_kept();
  a.subscribe("t", at_least_once);
  a.publish("t", "x", at_least_once, 1);
  EXPECT_EQ(a.link->take(), "");
  EXPECT_TRUE(world.broker->needs_sync());
  EXPECT_EQ(a.heard(), "PUBLISH qos 1 id 1 topic \"t\" payload 1 \"x\"\nPUBACK id 1 success\n");
}

}  // namespace
}  // namespace parley::test
