// Everything is bounded in bytes, and nothing that is large is copied for a reply.
#include <gtest/gtest.h>

#include <string>

#include "resp_data/data_server.hpp"
#include "resp_data/random_commands.hpp"

namespace parley::test {
namespace {

constexpr std::string_view out_of_memory =
    "-OOM command not allowed when used memory > 'maxmemory'.\r\n";

TEST(limits_test, commands_that_store_are_refused_when_memory_is_full) {
  resp::keyspace_limits limits;
  limits.max_bytes = 100'000;
  data_server server(limits);
  const std::string value(1'000, 'x');
  int stored = 0;
  while (server.run({"SET", "key" + std::to_string(stored), value}) == "+OK\r\n") ++stored;
  EXPECT_GT(stored, 80);
  EXPECT_LT(stored, 100);
  EXPECT_EQ(server.run({"SET", "more", "1"}), out_of_memory);
  EXPECT_EQ(server.run("LPUSH l 1"), out_of_memory);
  EXPECT_EQ(server.run("HSET h a 1"), out_of_memory);
  EXPECT_EQ(server.run("SADD s a"), out_of_memory);
  EXPECT_EQ(server.run("ZADD z 1 a"), out_of_memory);
  EXPECT_EQ(server.run("INCR n"), out_of_memory);
  EXPECT_EQ(server.run("COPY key0 other"), out_of_memory);
  // What reads and what frees goes on.
  EXPECT_EQ(server.run("STRLEN key0"), ":1000\r\n");
  EXPECT_EQ(server.run("DEL key0 key1"), ":2\r\n");
  EXPECT_EQ(server.run("SET more 1"), "+OK\r\n");
}

// No memory is reserved from a number that a client sent.
TEST(limits_test, an_offset_is_not_paid_for_in_memory) {
  resp::keyspace_limits limits;
  limits.max_bytes = 1'000'000;
  data_server server(limits);
  EXPECT_EQ(server.run("SETRANGE a 500000000 x"), out_of_memory);
  EXPECT_EQ(server.run("EXISTS a"), ":0\r\n");
  EXPECT_EQ(server.run("SETRANGE a 500000 x"), ":500001\r\n");
  EXPECT_EQ(server.run("SETRANGE a 600000000 x"),
            "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n");
}

TEST(limits_test, strings_have_a_longest_length) {
  resp::keyspace_limits limits;
  limits.max_string_bytes = 10;
  data_server server(limits);
  EXPECT_EQ(server.run("APPEND a 12345"), ":5\r\n");
  EXPECT_EQ(server.run("APPEND a 67890"), ":10\r\n");
  EXPECT_EQ(server.run("APPEND a x"),
            "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n");
}

TEST(limits_test, random_elements_are_not_repeated_without_end) {
  data_server server;
  server.run("SADD s a");
  server.run("HSET h a 1");
  server.run("ZADD z 1 a");
  for (const char* const line :
       {"SRANDMEMBER s -1000001", "HRANDFIELD h -1000001", "ZRANDMEMBER z -1000001 WITHSCORES"}) {
    EXPECT_EQ(server.run(line), "-ERR value is out of range\r\n") << line;
  }
}

// Whatever was done: when all keys are gone, nothing is counted any more.
TEST(limits_test, memory_is_given_back_to_the_last_byte) {
  for (std::uint64_t seed = 1; seed < 4; ++seed) {
    data_server server;
    random_commands source(seed);
    for (int i = 0; i < 20'000; ++i) server.run(source.next());
    EXPECT_GT(server.shared().used_bytes, 0U);
    server.keys(0).clear();
    server.keys(1).clear();
    EXPECT_EQ(server.shared().used_bytes, 0U) << "seed " << seed;
  }
}

// The pieces that go out for one command.
std::size_t largest_copied(data_server& server, const words& request) {
  send_buffer out;
  resp::reply_writer reply(out, resp::version::resp2);
  const std::vector<std::string_view> views(request.begin(), request.end());
  resp::command_context context{views, reply, server.keys(), server.now, server.wall};
  find_command(request[0])->run(context);
  return out.held();
}

TEST(limits_test, a_large_string_is_not_copied_into_the_reply) {
  data_server server;
  server.run({"SET", "large", std::string(1'000'000, 'x')});
  EXPECT_LT(largest_copied(server, {"GET", "large"}), 20'000U);
  EXPECT_LT(largest_copied(server, {"GETRANGE", "large", "10", "900000"}), 20'000U);
  EXPECT_LT(largest_copied(server, {"MGET", "large", "large"}), 20'000U);
  server.run("APPEND large y");
  EXPECT_LT(largest_copied(server, {"GET", "large"}), 20'000U);
  EXPECT_EQ(server.run("STRLEN large"), ":1000001\r\n");
}

// A reply in flight keeps its bytes whatever happens to the key.
TEST(limits_test, a_reply_outlives_its_key) {
  data_server server;
  server.run({"SET", "large", std::string(10'000, 'x')});
  send_buffer out;
  resp::reply_writer reply(out, resp::version::resp2);
  const std::vector<std::string_view> views{"GET", "large"};
  resp::command_context context{views, reply, server.keys(), server.now, server.wall};
  find_command("get")->run(context);
  server.run("SETRANGE large 0 yyyy");
  server.run("DEL large");
  std::string bytes;
  for (const auto& piece : out.output()) {
    bytes.append(static_cast<const char*>(piece.data), piece.size);
  }
  EXPECT_EQ(bytes, "$10000\r\n" + std::string(10'000, 'x') + "\r\n");
}

}  // namespace
}  // namespace parley::test
