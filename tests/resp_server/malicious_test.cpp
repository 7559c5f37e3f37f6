// Clients that do what no well-behaved one would, against a redis_server on real sockets:
// each is bounded or ended, and others do not notice.
#include <gmock/gmock.h>

#include <parley/codecs/resp/server/redis_server.hpp>

#include "resp_server/raw_client.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using ::testing::StartsWith;

class malicious : public ::testing::Test {
 protected:
  std::uint16_t listen(redis_server_config c = {}) {
    c.port = 0;
    server = std::make_unique<redis_server>(loop, std::move(c));
    EXPECT_TRUE(server->listen());
    return server->local_address()->port();
  }
  // Others are served as if nothing were.
  void expect_alive(std::uint16_t port) {
    raw_client other(loop, port);
    EXPECT_EQ(other.ask("PING\r\n", "\r\n"), "+PONG\r\n");
  }
  void wait_for_clients(std::size_t count) {
    const time_point until = loop.now() + 5s;
    while (server->clients() != count && loop.now() < until) loop.run_once(1ms);
    EXPECT_EQ(server->clients(), count);
  }

  blocking::loop loop;
  std::unique_ptr<redis_server> server;
};

TEST_F(malicious, giant_counts_and_lengths) {
  const auto port = listen();
  struct {
    std::string_view sent;
    std::string_view answer;
  } const cases[] = {
      {"*2147483647\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
      {"*99999999999999999999\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
      {"*1\r\n$9223372036854775807\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
      {"*1\r\n$-1\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
      {"*1\r\n:1\r\n", "-ERR Protocol error: expected '$', got ':'\r\n"},
  };
  for (const auto& c : cases) {
    raw_client bad(loop, port);
    bad.send(c.sent);
    EXPECT_EQ(bad.receive_all(), c.answer) << c.sent;
    EXPECT_TRUE(bad.has_ended());
  }
  // What is allowed and never comes costs nothing.
  raw_client patient(loop, port);
  patient.send("*1048576\r\n$536870912\r\n");
  expect_alive(port);
  wait_for_clients(1);
}

TEST_F(malicious, a_line_that_never_ends) {
  const auto port = listen();
  raw_client bad(loop, port);
  EXPECT_LT(bad.send(std::string(8 << 20, 'x')), std::size_t{8} << 20);
  expect_alive(port);
  wait_for_clients(0);
}

TEST_F(malicious, half_a_request_and_silence) {
  redis_server_config c;
  c.limits.idle_timeout = 50ms;
  const auto port = listen(c);
  raw_client bad(loop, port);
  bad.send("*2\r\n$3\r\nGET\r\n$3\r\nk");
  EXPECT_EQ(bad.receive_all(), "");
  EXPECT_TRUE(bad.has_ended());
}

TEST_F(malicious, a_subscriber_that_never_reads_among_others_that_do) {
  redis_server_config c;
  c.limits.max_subscribed_output = 1 << 20;
  c.limits.soft_subscribed_output = 1 << 19;
  const auto port = listen(c);
  raw_client deaf(loop, port, 4096);
  deaf.send("SUBSCRIBE news\r\n");
  raw_client listener(loop, port);
  (void)listener.ask("SUBSCRIBE news\r\n", ":1\r\n");
  raw_client speaker(loop, port);
  const std::string text(10'000, 'x');
  const std::string request = "*3\r\n$7\r\nPUBLISH\r\n$4\r\nnews\r\n$10000\r\n" + text + "\r\n";
  std::size_t receivers = 2;
  int rounds = 0;
  for (; rounds < 5000 && receivers == 2; ++rounds) {
    const std::string answer = speaker.ask(request, "\r\n");
    ASSERT_THAT(listener.receive_until(text + "\r\n"), StartsWith("*3\r\n$7\r\nmessage"));
    receivers = answer == ":2\r\n" ? 2 : 1;
  }
  EXPECT_EQ(receivers, 1u) << "the deaf one is given up";
  EXPECT_EQ(server->clients(), 2u);
}

TEST_F(malicious, a_flood_that_reads_no_reply_waits_for_itself) {
  redis_server_config c;
  c.limits.high_water = 64 << 10;
  const auto port = listen(c);
  raw_client bad(loop, port, 4096);
  ASSERT_EQ(bad.ask("SET k " + std::string(60'000, 'v') + "\r\n", "\r\n"), "+OK\r\n");
  std::string flood;
  for (int i = 0; i < 100'000; ++i) flood += "GET k\r\n";
  bad.send(flood, 200ms);
  // 6 GB of replies were asked for; kept are the high-water mark and one reply.
  raw_client other(loop, port);
  const std::string list = other.ask("CLIENT LIST\r\n", "\n\r\n");
  const auto at = list.find("omem=");
  ASSERT_NE(at, std::string::npos);
  EXPECT_LE(std::stoul(list.substr(at + 5)), (64u << 10) + 61'000u);
  expect_alive(port);
}

TEST_F(malicious, guesses_before_the_password_are_small) {
  const auto port = listen({.password = "secret"});
  raw_client bad(loop, port);
  bad.send("*2\r\n$4\r\nAUTH\r\n$16385\r\n");
  EXPECT_EQ(bad.receive_all(), "-ERR Protocol error: unauthenticated bulk length\r\n");
  raw_client many(loop, port);
  many.send("*11\r\n");
  EXPECT_EQ(many.receive_all(), "-ERR Protocol error: unauthenticated multibulk length\r\n");
}

TEST_F(malicious, a_waiting_client_that_leaves_is_noticed) {
  const auto port = listen();
  {
    raw_client waiting(loop, port);
    waiting.send("BLPOP q 0\r\n");
    wait_for_clients(1);
  }
  wait_for_clients(0);
  raw_client other(loop, port);
  EXPECT_EQ(other.ask("RPUSH q 1\r\n", "\r\n"), ":1\r\n");
  EXPECT_EQ(other.ask("LLEN q\r\n", "\r\n"), ":1\r\n") << "nothing went to nobody";
}

TEST_F(malicious, one_client_kills_another_and_then_itself) {
  const auto port = listen();
  raw_client a(loop, port);
  raw_client b(loop, port);
  const std::string id = b.ask("CLIENT ID\r\n", "\r\n").substr(1);
  EXPECT_EQ(a.ask("CLIENT KILL ID " + id, "\r\n"), ":1\r\n");
  EXPECT_EQ(b.receive_all(), "");
  EXPECT_TRUE(b.has_ended());
  a.send("CLIENT KILL TYPE normal SKIPME no\r\n");
  EXPECT_EQ(a.receive_all(), ":1\r\n");
  EXPECT_TRUE(a.has_ended());
}

}  // namespace
}  // namespace parley::test
