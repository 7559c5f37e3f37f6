// The same conversations, byte for byte, with a real redis-server and with ours: the
// replies must be the same.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <parley/codecs/resp/server/redis_server.hpp>
#include <regex>
#include <vector>

#include "resp_server/raw_client.hpp"
#include "support/redis_server.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

// One step of a conversation between a server and several clients.
struct step {
  char who = 'a';
  // say: and take what comes. send: without waiting. hear: what came meanwhile.
  enum what { say, send, hear } kind = say;
  std::string text{};
};
using conversation = std::vector<step>;

std::string without_what_differs(const std::string& text) {
  // The number of a connection in HELLO.
  return std::regex_replace(text, std::regex("id\r\n:[0-9]+"), "id\r\n:N");
}

// What all clients got, in order.
std::string run(blocking::loop& loop, std::uint16_t port, const conversation& steps,
                std::size_t portion) {
  std::map<char, std::unique_ptr<raw_client>> clients;
  std::string got;
  int number = 0;
  for (const step& s : steps) {
    auto& client = clients[s.who];
    if (!client) client = std::make_unique<raw_client>(loop, port);
    // PING is allowed in every state; its word shows where the replies end.
    const std::string mark = "mark" + std::to_string(++number);
    std::string sent = s.kind == step::hear ? "" : s.text + "\r\n";
    if (s.kind != step::send) sent += "PING " + mark + "\r\n";
    if (portion == 0) {
      client->send(sent);
    } else {
      for (std::size_t i = 0; i < sent.size(); i += portion) client->send(sent.substr(i, portion));
    }
    if (s.kind != step::send) got += client->receive_until(mark + "\r\n", 3s);
  }
  return without_what_differs(got);
}

class differential : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(redis_server::available()) << "redis-server is a package of the tests";
    ASSERT_TRUE(ours.listen());
  }
  void expect_same(const conversation& steps) {
    const std::string expected = run(loop, theirs.port(), steps, 0);
    for (const std::size_t portion : {std::size_t{0}, std::size_t{5}}) {
      // Each time from the beginning.
      raw_client(loop, ours.local_address()->port()).ask("FLUSHALL\r\n", "\r\n");
      EXPECT_EQ(run(loop, ours.local_address()->port(), steps, portion), expected)
          << "in portions of " << portion;
    }
    raw_client(loop, theirs.port()).ask("FLUSHALL\r\n", "\r\n");
  }
  // Each line by itself, in both versions of the protocol.
  void expect_same_lines(const std::vector<std::string>& lines) {
    for (const char* const hello : {"HELLO 2", "HELLO 3"}) {
      conversation steps{{'a', step::say, hello}};
      for (const std::string& line : lines) steps.push_back({'a', step::say, line});
      expect_same(steps);
    }
  }
  // All the bytes, until the server ends the connection.
  void expect_same_end(const std::string& bytes) {
    const auto answer = [&](std::uint16_t port) {
      raw_client c(loop, port);
      c.send(bytes);
      return c.receive_all();
    };
    EXPECT_EQ(answer(ours.local_address()->port()), answer(theirs.port())) << bytes.substr(0, 80);
  }

  blocking::loop loop;
  redis_server theirs;
  parley::redis_server ours{loop, {.port = 0}};
};

TEST_F(differential, words_that_are_no_commands) {
  expect_same_lines({"foo", "foo a b", "FoO \"a\\r\\nb\"", "foo \"a\\0b\" c",
                     "foo " + std::string(200, 'x') + " y", std::string(200, 'z') + " a", "get",
                     "get a b", "client", "client foo", "client id x", "config", "config get",
                     "config foo", "pubsub foo", "pubsub channels a b", "command foo",
                     "command count x"});
}

TEST_F(differential, connections) {
  expect_same_lines({"PING",
                     "PING a",
                     "PING a b",
                     "ECHO a",
                     "ECHO",
                     "ECHO a b",
                     "HELLO",
                     "HELLO 4",
                     "HELLO a",
                     "HELLO 2 FOO",
                     "HELLO 2 AUTH a",
                     "HELLO 2 AUTH a b",
                     "HELLO 2 SETNAME",
                     "HELLO 2 SETNAME \"a b\"",
                     "HELLO 3 SETNAME me",
                     "CLIENT GETNAME",
                     "HELLO 2",
                     "AUTH",
                     "AUTH a",
                     "AUTH a b",
                     "AUTH a b c",
                     "AUTH default x",
                     "SELECT 1",
                     "SELECT 16",
                     "SELECT -1",
                     "SELECT x",
                     "SELECT 99999999999",
                     "SELECT",
                     "RESET x",
                     "RESET",
                     "CLIENT GETNAME"});
}

TEST_F(differential, clients) {
  expect_same_lines({"CLIENT SETNAME x",
                     "CLIENT GETNAME",
                     "CLIENT SETNAME \"a b\"",
                     "CLIENT SETNAME \"\"",
                     "CLIENT GETNAME",
                     "CLIENT KILL a b c",
                     "CLIENT KILL 1.2.3.4:5",
                     "CLIENT KILL ID 999",
                     "CLIENT KILL ID x",
                     "CLIENT KILL ID 0",
                     "CLIENT KILL TYPE foo",
                     "CLIENT KILL foo bar",
                     "CLIENT KILL USER nobody",
                     "CLIENT KILL ADDR 1.2.3.4:5",
                     "CLIENT KILL ID 999 SKIPME maybe",
                     "CLIENT LIST TYPE foo",
                     "CLIENT LIST TYPE pubsub",
                     "CLIENT LIST ID x",
                     "CLIENT LIST FOO",
                     "CLIENT NO-EVICT on",
                     "CLIENT NO-EVICT x",
                     "CLIENT REPLY x",
                     "CLIENT REPLY ON",
                     "CLIENT REPLY SKIP",
                     "PING",
                     "CLIENT UNBLOCK x",
                     "CLIENT UNBLOCK 999",
                     "CLIENT UNBLOCK 1 foo"});
}

TEST_F(differential, settings_and_descriptions) {
  expect_same_lines({"CONFIG GET appendonly",
                     "CONFIG GET save",
                     "CONFIG GET timeout",
                     "CONFIG GET TIMEO*",
                     "CONFIG GET nothing",
                     "CONFIG SET foo bar",
                     "CONFIG SET timeout abc",
                     "CONFIG SET timeout -5",
                     "CONFIG SET timeout",
                     "CONFIG SET timeout 0 foo",
                     "CONFIG SET timeout 1 timeout 2",
                     "CONFIG SET databases 4",
                     "CONFIG SET save \"\"",
                     "CONFIG SET appendonly no",
                     "CONFIG RESETSTAT",
                     "CONFIG RESETSTAT x",
                     "INFO foo",
                     "INFO keyspace",
                     "TIME x",
                     "COMMAND INFO nosuch",
                     "COMMAND GETKEYS get a",
                     "COMMAND GETKEYS mset a 1 b 2",
                     "COMMAND GETKEYS foo a",
                     "COMMAND LIST FOO",
                     "COMMAND GETKEYS ping",
                     "COMMAND GETKEYS blpop a b 0"});
}

TEST_F(differential, subscriptions_of_one_client) {
  expect_same_lines({"SUBSCRIBE", "SUBSCRIBE a", "SUBSCRIBE a b", "PSUBSCRIBE a*", "PING", "PING x",
                     "PING x y", "UNSUBSCRIBE c", "UNSUBSCRIBE a b", "PUNSUBSCRIBE", "UNSUBSCRIBE",
                     "PUNSUBSCRIBE", "PUNSUBSCRIBE x", "PUBLISH a x", "SUBSCRIBE \"\"",
                     "UNSUBSCRIBE", "RESET"});
  expect_same({{'a', step::say, "SUBSCRIBE a"},
               {'a', step::say, "GET x"},
               {'a', step::say, "CONFIG GET x"},
               {'a', step::say, "PUBLISH a x"},
               {'a', step::say, "foo"},
               {'a', step::say, "GET"},
               {'a', step::say, "HELLO 3"},
               {'a', step::say, "RESET"},
               {'a', step::say, "GET x"}});
  expect_same({{'a', step::say, "HELLO 3"},
               {'a', step::say, "SUBSCRIBE a"},
               {'a', step::say, "GET x"},
               {'a', step::say, "PUBLISH a self"}});
}

TEST_F(differential, messages_between_clients) {
  for (const char* const hello : {"HELLO 2", "HELLO 3"}) {
    expect_same({{'a', step::say, hello},
                 {'a', step::say, "SUBSCRIBE news"},
                 {'a', step::say, "PSUBSCRIBE n[a-f]w?*"},
                 {'b', step::say, "PUBLISH news hello"},
                 {'b', step::say, "PUBLISH newsy \"a\\r\\nb\""},
                 {'b', step::say, "PUBLISH other x"},
                 {'b', step::say, "PUBSUB CHANNELS"},
                 {'b', step::say, "PUBSUB CHANNELS x*"},
                 {'b', step::say, "PUBSUB NUMSUB news other"},
                 {'b', step::say, "PUBSUB NUMSUB"},
                 {'b', step::say, "PUBSUB NUMPAT"},
                 {'a', step::hear}});
  }
}

TEST_F(differential, waiting_for_lists) {
  for (const char* const hello : {"HELLO 2", "HELLO 3"}) {
    expect_same({{'a', step::say, hello},
                 {'a', step::say, "BLPOP q x"},
                 {'a', step::say, "BLPOP q -1"},
                 {'a', step::say, "BLPOP q 0.01"},
                 {'b', step::say, "SET s v"},
                 {'a', step::say, "BLPOP q s 0"},
                 {'b', step::say, "RPUSH q 1 2 3"},
                 {'a', step::say, "BLPOP z q 0"},
                 {'a', step::say, "BRPOP q 0"},
                 {'b', step::say, "DEL q"},
                 {'a', step::send, "BLPOP x q 0"},
                 {'c', step::send, "BRPOP q 0"},
                 {'b', step::say, "LPUSH q 1 2 3"},
                 {'a', step::hear},
                 {'c', step::hear},
                 {'b', step::say, "LRANGE q 0 -1"}});
  }
}

TEST_F(differential, databases) {
  expect_same_lines({"SET k v", "SELECT 1", "GET k", "SWAPDB 0 1", "GET k", "SWAPDB 1",
                     "SWAPDB x 1", "SWAPDB 1 x", "SWAPDB 0 99", "DBSIZE", "FLUSHDB", "DBSIZE",
                     "FLUSHALL foo", "FLUSHALL sync async", "FLUSHALL ASYNC", "SELECT 0",
                     "DBSIZE"});
}

TEST_F(differential, keys_and_values) {
  expect_same_lines({"SET k v EX 10 NX",
                     "SET k v NX",
                     "GETDEL k",
                     "MSET a 1 b 2 c 3",
                     "MGET a nothing c",
                     "INCR a",
                     "INCRBY a -5",
                     "INCRBY a x",
                     "INCR k2",
                     "APPEND k2 abc",
                     "INCR k2",
                     "STRLEN k2",
                     "EXPIRE a 100",
                     "TTL a",
                     "PERSIST a",
                     "TTL a",
                     "TTL nothing",
                     "TYPE a",
                     "EXISTS a b nothing",
                     "DEL a b",
                     "HSET h f 1 g 2",
                     "HGETALL h",
                     "HMGET h f x",
                     "HLEN h",
                     "HDEL h f",
                     "HGET h f",
                     "LPUSH l 1 2 3",
                     "RPUSH l 4",
                     "LRANGE l 0 -1",
                     "LTRIM l 1 2",
                     "LLEN l",
                     "LPOP l",
                     "RPOP l 5",
                     "SADD s a b c",
                     "SCARD s",
                     "SREM s a",
                     "SISMEMBER s b",
                     "ZADD z 1 a 2.5 b",
                     "ZRANGE z 0 -1 WITHSCORES",
                     "ZSCORE z b",
                     "ZPOPMIN z",
                     "ZCARD z",
                     "ZREM z b",
                     "GET h",
                     "HGET k2 f",
                     "SET",
                     "SET k v EX 0",
                     "SET k v FOO",
                     "GETSET k2 z",
                     "SETEX k3 0 v",
                     "SETNX k2 v",
                     "TYPE nothing"});
}

TEST_F(differential, broken_requests) {
  for (const std::string& bytes :
       {"*x\r\n"s, "PING\r\n*1048577000000\r\n"s, "*1\r\n$x\r\n"s, "*1\r\n$-1\r\n"s,
        "*1\r\n$536870913\r\n"s, "*1\r\n:1\r\n"s, "*2\r\n$4\r\nPING\r\nfoo\r\n"s, "get \"a\r\n"s,
        "get 'a'b\r\n"s, "*"s + std::string(70'000, '1'), "*1\r\n$"s + std::string(70'000, '1'),
        std::string(70'000, 'x'), "*0\r\n\r\n*-5\r\n*1\r\n$4\r\nQUIT\r\n"s,
        "*1\r\n$4\r\nPINGxxQUIT\r\n"s, "SET k v\r\nGET k\r\nQUIT\r\nGET k\r\n"s}) {
    expect_same_end(bytes);
  }
}

}  // namespace
}  // namespace parley::test
