#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "resp_data/data_server.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using resp::keyspace;

// ---- expiry

TEST(keyspace_test, a_key_lives_through_its_last_millisecond) {
  data_server server;
  server.run("SET a 1 PX 100");
  server.advance(100ms);
  EXPECT_EQ(server.run("PTTL a"), ":0\r\n");
  EXPECT_EQ(server.run("GET a"), "$1\r\n1\r\n");
  server.advance(1ms);
  EXPECT_EQ(server.run("GET a"), "$-1\r\n");
  EXPECT_EQ(server.keys().size(), 0U);
}

TEST(keyspace_test, the_clock_on_the_wall_does_not_shorten_a_life) {
  data_server server;
  server.run("SET a 1 EX 100");
  server.wall += 24h;
  EXPECT_EQ(server.run("TTL a"), ":100\r\n");
}

TEST(keyspace_test, active_expiry_drops_what_nobody_asks_for) {
  data_server server;
  for (int i = 0; i < 100; ++i) {
    server.run("SET key" + std::to_string(i) + " v PX " + std::to_string(1'000 - i));
  }
  server.run("SET stays v");
  keyspace& keys = server.keys();
  ASSERT_TRUE(keys.next_expiry());
  EXPECT_EQ(*keys.next_expiry(), server.now + 902ms);
  EXPECT_EQ(keys.expire_some(server.now + 901ms, 1'000), 0U);
  EXPECT_EQ(keys.expire_some(server.now + 902ms, 1'000), 1U);
  EXPECT_EQ(keys.expire_some(server.now + 10s, 60), 60U);  // bounded
  EXPECT_EQ(keys.expire_some(server.now + 10s, 60), 39U);
  EXPECT_EQ(keys.size(), 1U);
  EXPECT_FALSE(keys.next_expiry());
}

TEST(keyspace_test, times_beyond_the_clock_are_never) {
  data_server server;
  server.run("SET a 1 PXAT 9223372036854775807");
  EXPECT_EQ(server.keys().next_expiry(), time_point::max());
  EXPECT_EQ(server.run("PEXPIRETIME a"), ":9223372036854775807\r\n");
  EXPECT_EQ(server.keys().expire_some(server.now + 1000h, 10), 0U);
}

// The heap follows keys that move inside the table.
TEST(keyspace_test, expiry_agrees_with_a_model) {
  data_server server;
  std::map<std::string, time_point> model;
  resp::random_bits random(11);
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = "k" + std::to_string(random.below(200));
    const auto life = std::chrono::milliseconds(1 + random.below(300));
    const std::string milliseconds = std::to_string(life.count());
    switch (random.below(6)) {
      case 0:
        server.run({"SET", key, "v", "PX", milliseconds});
        model[key] = server.now + life;
        break;
      case 1:
        server.run({"SET", key, "v"});
        model[key] = time_point::max();
        break;
      case 2:
        server.run({"DEL", key});
        model.erase(key);
        break;
      case 3:
        if (server.run({"PEXPIRE", key, milliseconds}) == ":1\r\n") {
          model[key] = server.now + life;
        }
        break;
      case 4:
        if (server.run({"PERSIST", key}) == ":1\r\n") model[key] = time_point::max();
        break;
      default:
        server.advance(std::chrono::milliseconds(random.below(5)));
        server.keys().expire_some(server.now, random.below(3));
    }
    std::erase_if(model, [&](const auto& one) { return one.second < server.now; });
    const std::string other = "k" + std::to_string(random.below(200));
    ASSERT_EQ(server.run({"EXISTS", other}), model.contains(other) ? ":1\r\n" : ":0\r\n");
  }
  while (server.keys().expire_some(server.now, 7) == 7) {
  }
  EXPECT_EQ(server.keys().size(), model.size());
  time_point first = time_point::max();
  for (const auto& [key, when] : model) first = std::min(first, when);
  EXPECT_EQ(server.keys().next_expiry().value_or(time_point::max()),
            first == time_point::max() ? first : first + 1ms);
}

// ---- walking

TEST(keyspace_test, scan_returns_every_key_that_stays) {
  data_server server;
  for (int i = 0; i < 500; ++i) server.run("SET stay" + std::to_string(i) + " v");
  resp::random_bits random(4);
  std::set<std::string> seen;
  std::string cursor = "0";
  do {
    const std::string reply = server.run({"SCAN", cursor});
    std::size_t at = reply.find("\r\n", 4) + 2;
    cursor = reply.substr(at, reply.find("\r\n", at) - at);
    for (at = reply.find("stay"); at != reply.npos; at = reply.find("stay", at + 1)) {
      seen.insert(reply.substr(at, reply.find("\r\n", at) - at));
    }
    for (int i = 0; i < 20; ++i) {
      const std::string key = "go" + std::to_string(random.below(400));
      server.run({random.below(2) == 0 ? "DEL" : "SET", key, "v"});
      server.run({"DEL", key});
    }
  } while (cursor != "0");
  EXPECT_EQ(seen.size(), 500U);
}

TEST(keyspace_test, scan_of_a_large_collection_needs_several_steps) {
  data_server server;
  for (int i = 0; i < 1'000; ++i) server.run("SADD s m" + std::to_string(i));
  EXPECT_TRUE(server.run("SSCAN s 0 COUNT 10").starts_with("*2\r\n$3\r\n990\r\n*10\r\n"));
  EXPECT_TRUE(server.run("SSCAN s 990 COUNT 10").starts_with("*2\r\n$3\r\n980\r\n*10\r\n"));
  EXPECT_TRUE(server.run("SSCAN s 5 COUNT 10").starts_with("*2\r\n$1\r\n0\r\n*5\r\n"));
}

TEST(keyspace_test, expired_keys_are_not_shown) {
  data_server server;
  server.run("SET a 1 PX 5");
  server.run("SET b 1");
  server.advance(10ms);
  EXPECT_EQ(server.run("SCAN 0"), "*2\r\n$1\r\n0\r\n*1\r\n$1\r\nb\r\n");
  EXPECT_EQ(server.run("KEYS *"), "*1\r\n$1\r\nb\r\n");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(server.run("RANDOMKEY"), "$1\r\nb\r\n");
}

// ---- several databases

TEST(keyspace_test, keys_move_and_databases_swap) {
  data_server server;
  server.run("SET a 1 EX 100");
  server.run("RPUSH l x");
  EXPECT_EQ(server.run("MOVE a 1"), ":1\r\n");
  EXPECT_EQ(server.run("COPY l l DB 1"), ":1\r\n");
  server.keys(0).swap(server.keys(1));
  EXPECT_EQ(server.run("TTL a"), ":100\r\n");
  EXPECT_EQ(server.run("LRANGE l 0 -1"), "*1\r\n$1\r\nx\r\n");
  EXPECT_FALSE(server.keys(1).next_expiry());
  EXPECT_TRUE(server.keys(0).next_expiry());
}

// ---- for BLPOP

TEST(keyspace_test, tells_which_lists_grew_after_the_change) {
  data_server server;
  server.run("RPUSH a 1 2 3");
  server.run("LPUSHX none 1");
  server.run("RPOPLPUSH a b");
  server.run("RENAME b c");
  server.run("COPY c d");
  server.run("MOVE d 1");
  EXPECT_EQ(server.grown, (std::vector<std::string>{"a", "b", "c", "d", "d"}));
}

TEST(keyspace_test, pops_for_those_who_wait) {
  data_server server;
  server.run("RPUSH a 1 2");
  server.run("SET s x");
  std::string item;
  using enum keyspace::pop_status;
  EXPECT_EQ(server.keys().pop_list("a", true, server.now, item), popped);
  EXPECT_EQ(item, "1");
  EXPECT_EQ(server.keys().pop_list("a", false, server.now, item), popped);
  EXPECT_EQ(item, "2");
  EXPECT_EQ(server.keys().pop_list("a", true, server.now, item), missing);
  EXPECT_EQ(server.keys().pop_list("s", true, server.now, item), wrong_type);
  EXPECT_EQ(server.run("EXISTS a"), ":0\r\n");
}

}  // namespace
}  // namespace parley::test
