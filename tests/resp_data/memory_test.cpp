// Memory that ends in the middle of a command, and commands that need none.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <new>
#include <string>

#include "resp_data/data_server.hpp"
#include "resp_data/random_commands.hpp"
#include "resp_data/reply_tree.hpp"
#include "support/allocations.hpp"

namespace parley::test {
namespace {

// Every collection has elements, and can be read to its end.
void expect_sound(data_server& server) {
  for (const reply_tree& key : parse_reply(server.run("KEYS *")).children) {
    const std::string type = parse_reply(server.run({"TYPE", key.text})).text;
    words count{"STRLEN", key.text};
    words dump{"GET", key.text};
    if (type == "hash") count[0] = "HLEN", dump[0] = "HVALS";
    if (type == "set") count[0] = "SCARD", dump[0] = "SMEMBERS";
    if (type == "list") count[0] = "LLEN", dump = {"LRANGE", key.text, "0", "-1"};
    if (type == "zset") count[0] = "ZCARD", dump = {"ZRANGE", key.text, "0", "-1"};
    const std::string size = server.run(count);
    if (type == "string") continue;
    ASSERT_NE(size, ":0\r\n") << key.text;
    ASSERT_EQ(":" + std::to_string(parse_reply(server.run(dump)).children.size()) + "\r\n", size);
  }
}

TEST(memory_test, each_allocation_fails_in_turn) {
  data_server server;
  random_commands source(21);
  std::size_t failures = 0;
  for (int i = 0; i < 3'000; ++i) {
    const words request = source.next();
    for (std::size_t allowed = 0;; ++allowed) {
      failing_allocation failing(allowed);
      try {
        server.run(request);
      } catch (const std::bad_alloc&) {
      }
      if (!failing.has_failed()) break;
      ++failures;
    }
    if (i % 50 == 0) expect_sound(server);
  }
  EXPECT_GT(failures, 3'000U);
  expect_sound(server);
  server.keys(0).clear();
  server.keys(1).clear();
  EXPECT_EQ(server.shared().used_bytes, 0U);
}

// Runs a command again and again with everything that it needs prepared; the allocations
// of all runs after the first ones.
std::size_t allocations_of(data_server& server, const std::vector<words>& requests) {
  send_buffer out;
  resp::reply_writer reply(out, resp::version::resp3);
  std::size_t before = 0;
  for (int round = 0; round < 200; ++round) {
    if (round == 100) before = allocations();
    for (const words& request : requests) {
      std::array<std::string_view, 16> views;
      std::copy(request.begin(), request.end(), views.begin());
      resp::command_context context{std::span(views).first(request.size()), reply, server.keys(),
                                    server.now, server.wall};
      find_command(request[0])->run(context);
      out.consume(out.size());
    }
  }
  return allocations() - before;
}

TEST(memory_test, nothing_is_allocated_in_the_steady_state) {
  data_server server;
  server.run("RPUSH list a b c d e f");
  server.run("SADD set a b c");
  server.run("HSET hash a 1 b 2");
  server.run("ZADD sorted 1 a 2 b 3 c");
  server.run({"SET", "large", std::string(100'000, 'x')});
  const std::vector<std::vector<words>> all{
      {{"SET", "key", "a value of some length, beyond the short ones"}},
      {{"SET", "key", "v", "EX", "100"}},
      {{"GET", "key"}},
      {{"GET", "large"}},
      {{"INCR", "number"}},
      {{"MSET", "a", "1", "b", "2"}},
      {{"MGET", "a", "b", "none"}},
      {{"LRANGE", "list", "0", "-1"}},
      {{"SADD", "set", "a"}},
      {{"SISMEMBER", "set", "a"}},
      {{"HSET", "hash", "a", "3"}},
      {{"HGETALL", "hash"}},
      {{"ZADD", "sorted", "1", "a"}},
      {{"ZADD", "sorted", "9", "a"}, {"ZADD", "sorted", "1", "a"}},
      {{"ZRANGE", "sorted", "0", "-1", "WITHSCORES"}},
      {{"EXPIRE", "key", "100"}, {"TTL", "key"}, {"PERSIST", "key"}},
      {{"SADD", "set", "new"}, {"SREM", "set", "new"}},
      {{"SETEX", "gone", "100", "v"}, {"DEL", "gone"}},
      {{"SCAN", "0"}},
  };
  for (const auto& requests : all) {
    find_command(requests[0][0]);
    EXPECT_EQ(allocations_of(server, requests), 0U) << requests[0][0];
  }
}

}  // namespace
}  // namespace parley::test
