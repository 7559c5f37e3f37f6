// The machine of one connection: order of replies, back-pressure, holding, limits, time
// and the end.
#include <gtest/gtest.h>

#include <parley/codecs/resp/server/server.hpp>
#include <string>
#include <vector>

#include "support/machine_harness.hpp"

namespace parley::resp {
namespace {

using namespace std::chrono_literals;
using test::machine_harness;

// Answers every request with its words, "hold" by holding, "quit" by closing.
class echo_script {
 public:
  explicit echo_script(server_limits limits = {}) : limits_(limits), machine(limits_) { h.start(); }

  void on_event(server::event& e) {
    if (auto* r = std::get_if<request_event>(&e)) {
      std::string line;
      for (const auto word : r->arguments)
        line += std::string(line.empty() ? "" : " ") + std::string(word);
      seen.push_back(line);
      if (line == "hold") return machine.hold();
      machine.reply().blob(line);
      if (line == "quit") machine.close();
    } else if (auto* f = std::get_if<failed>(&e)) {
      fault = f->why.message();
    } else if (std::holds_alternative<closed>(e)) {
      is_closed = true;
    } else {
      is_paused = std::holds_alternative<paused>(e);
    }
  }

 private:
  server_limits limits_;

 public:
  server machine;
  std::vector<std::string> seen;
  std::string fault;
  bool is_closed = false;
  bool is_paused = false;
  machine_harness<server> h{machine, [this](server::event& e) { on_event(e); }};
};

TEST(resp_server, what_came_together_is_answered_together_in_order) {
  echo_script s;
  s.h.feed("a\r\nb\r\n*1\r\n$1\r\nc\r\n");
  EXPECT_EQ(s.machine.output().size(), 1u) << "one piece for one write";
  EXPECT_EQ(s.h.sent(), "$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n");
}

TEST(resp_server, every_cut_gives_the_same_replies) {
  for (std::size_t portion = 1; portion < 20; ++portion) {
    echo_script s;
    s.h.feed("a b\r\n*2\r\n$1\r\nc\r\n$2\r\ndd\r\n\r\n'e f'\r\n", portion);
    EXPECT_EQ(s.h.sent(), "$3\r\na b\r\n$4\r\nc dd\r\n$3\r\ne f\r\n") << portion;
  }
}

TEST(resp_server, nothing_before_start) {
  const server_limits limits;
  server machine(limits);
  EXPECT_FALSE(machine.wants_read());
  EXPECT_TRUE(machine.prepare(10).empty());
  EXPECT_TRUE(machine.output().empty());
  EXPECT_TRUE(std::holds_alternative<need_data>(machine.next_event()));
  EXPECT_EQ(machine.next_deadline(), std::nullopt);
}

TEST(resp_server, a_client_that_does_not_read_waits_for_itself) {
  server_limits limits;
  limits.high_water = 64;
  echo_script s(limits);
  std::string many;
  for (int i = 0; i < 20; ++i) many += "0123456789\r\n";
  s.h.feed(many);
  EXPECT_TRUE(s.is_paused);
  EXPECT_FALSE(s.machine.wants_read());
  EXPECT_LT(s.seen.size(), 6u);
  for (int i = 0; i < 20 && s.seen.size() < 20; ++i) {
    (void)s.h.sent();
    s.h.drain();
  }
  EXPECT_EQ(s.seen.size(), 20u) << "nothing is lost";
  (void)s.h.sent();
  s.h.drain();
  EXPECT_FALSE(s.is_paused);
  EXPECT_TRUE(s.machine.wants_read());
}

TEST(resp_server, a_held_request_holds_those_behind_it) {
  echo_script s;
  s.h.feed("a\r\nhold\r\nb\r\n");
  EXPECT_EQ(s.seen, (std::vector<std::string>{"a", "hold"}));
  EXPECT_EQ(s.h.sent(), "$1\r\na\r\n");
  s.machine.reply().ok();
  s.machine.go_on();
  s.h.drain();
  EXPECT_EQ(s.h.sent(), "+OK\r\n$1\r\nb\r\n");
}

TEST(resp_server, while_held_input_is_bounded_and_the_end_is_noticed) {
  server_limits limits;
  limits.held_input = 100;
  echo_script s(limits);
  s.h.feed("hold\r\n");
  const std::string flood(100'000, 'x');
  EXPECT_LE(s.h.feed(flood, 50), 200u);
  EXPECT_FALSE(s.machine.wants_read());
  EXPECT_TRUE(s.is_paused);

  echo_script t(limits);
  t.h.feed("hold\r\n");
  EXPECT_TRUE(t.machine.wants_read());
  t.h.feed_eof();
  EXPECT_TRUE(t.is_closed);
  EXPECT_TRUE(t.h.is_over());
}

TEST(resp_server, requests_before_the_end_are_answered) {
  echo_script s;
  s.h.feed("a\r\nb\r\nhalf");
  s.h.feed_eof();
  EXPECT_TRUE(s.is_closed);
  EXPECT_EQ(s.fault, "") << "an end is no fault";
  EXPECT_EQ(s.h.sent(), "$1\r\na\r\n$1\r\nb\r\n");
  EXPECT_TRUE(s.h.is_over());
}

TEST(resp_server, a_protocol_error_is_said_and_ends_it) {
  echo_script s;
  s.h.feed("a\r\n*x\r\nb\r\n");
  EXPECT_EQ(s.h.sent(), "$1\r\na\r\n-ERR Protocol error: invalid multibulk length\r\n");
  EXPECT_EQ(s.fault, "Protocol error: invalid multibulk length");
  EXPECT_TRUE(s.is_closed);
  EXPECT_FALSE(s.machine.wants_read());
  EXPECT_TRUE(s.h.is_over());
  EXPECT_EQ(s.seen.size(), 1u);
}

TEST(resp_server, close_writes_what_was_replied_and_reads_no_more) {
  echo_script s;
  s.h.feed("quit\r\nafter\r\n");
  EXPECT_EQ(s.seen.size(), 1u);
  EXPECT_TRUE(s.is_closed);
  EXPECT_TRUE(s.machine.is_done());
  EXPECT_EQ(s.h.sent(), "$4\r\nquit\r\n");
}

TEST(resp_server, a_broken_connection_fails_once) {
  echo_script s;
  s.h.feed("a\r\n");
  s.h.feed_error(error(errc::reset, "reset"));
  EXPECT_EQ(s.fault, "reset");
  EXPECT_TRUE(s.is_closed);
  s.fault.clear();
  s.h.drain();
  EXPECT_EQ(s.fault, "");
}

shared_bytes message(std::size_t size) {
  return shared_bytes::copy(as_bytes(std::string(size, 'm')));
}

TEST(resp_server, a_subscriber_that_does_not_read_is_given_up) {
  server_limits limits;
  limits.max_subscribed_output = 10'000;
  echo_script s(limits);
  s.machine.set_subscribed(true);
  const shared_bytes m = message(1000);
  int taken = 0;
  while (s.machine.push(m, s.h.now())) ++taken;
  EXPECT_EQ(taken, 10);
  EXPECT_EQ(s.machine.buffered(), 0u) << "what nobody writes is dropped";
  s.h.drain();
  EXPECT_EQ(s.fault, "the client does not read its messages");
  EXPECT_TRUE(s.is_closed);
  EXPECT_FALSE(s.machine.push(m, s.h.now()));
}

TEST(resp_server, output_with_the_loop_stays_when_it_is_given_up) {
  server_limits limits;
  limits.max_subscribed_output = 3'000;
  echo_script s(limits);
  s.machine.set_subscribed(true);
  s.machine.push(message(1000), s.h.now());
  const auto shown = s.machine.output();
  ASSERT_EQ(total_size(shown), 1000u);
  const auto* const data = static_cast<const char*>(shown[0].data);
  while (s.machine.push(message(1000), s.h.now())) {
  }
  EXPECT_EQ(s.machine.buffered(), 1000u);
  EXPECT_EQ(data[999], 'm') << "a write in flight reads it";
}

// Strings that are too much are left out of a reply, which must not be sent then.
TEST(resp_server, who_unsubscribes_above_the_limit_is_given_up_all_the_same) {
  server_limits limits;
  limits.max_subscribed_output = 100;
  echo_script s(limits);
  s.machine.set_subscribed(true);
  auto reply = s.machine.reply();
  reply.blob(std::string(200, 'x'));
  reply.push(3);
  reply.blob("unsubscribe");
  s.machine.set_subscribed(false);
  s.h.drain();
  EXPECT_EQ(s.fault, "the reply exceeds max_output");
  EXPECT_TRUE(s.is_closed);
}

TEST(resp_server, above_the_soft_limit_only_for_a_time) {
  server_limits limits;
  limits.max_subscribed_output = 100'000;
  limits.soft_subscribed_output = 5'000;
  limits.soft_output_time = 60s;
  echo_script s(limits);
  s.machine.set_subscribed(true);
  for (int i = 0; i < 6; ++i) s.machine.push(message(1000), s.h.now());
  s.h.advance(59s);
  EXPECT_EQ(s.fault, "");
  (void)s.h.sent(1000);
  EXPECT_EQ(s.machine.next_deadline(), std::nullopt) << "it has read: forgiven";
  s.machine.push(message(1000), s.h.now());
  s.h.advance(60s);
  EXPECT_EQ(s.fault, "the client reads its messages too slowly");
}

TEST(resp_server, a_reply_above_the_limit_ends_it) {
  server_limits limits;
  limits.high_water = 1'000;
  limits.max_output = 5'000;
  echo_script s(limits);
  s.machine.reply().blob(std::string(6'000, 'x'));
  s.h.drain();
  EXPECT_EQ(s.fault, "the reply exceeds max_output");
  EXPECT_TRUE(s.is_closed);
}

// MGET k k k ... with a long value: a short request, a reply without end.
TEST(resp_server, a_reply_above_the_limit_is_not_even_built) {
  server_limits limits;
  limits.high_water = 1'000;
  limits.max_output = 5'000;
  echo_script s(limits);
  reply_writer reply = s.machine.reply();
  reply.array(1'000);
  for (int i = 0; i < 1'000; ++i) reply.blob(std::string(1'000, 'x'));
  EXPECT_LE(s.machine.buffered(), 6'100u);
  s.h.drain();
  EXPECT_EQ(s.fault, "the reply exceeds max_output");
}

TEST(resp_server, idle_clients_stay_unless_told_otherwise) {
  echo_script forever;
  EXPECT_EQ(forever.machine.next_deadline(), std::nullopt);

  server_limits limits;
  limits.idle_timeout = 10s;
  echo_script s(limits);
  s.h.advance(9s);
  s.h.feed("a\r\n");
  s.h.advance(9s);
  EXPECT_FALSE(s.is_closed);
  s.h.feed("hold\r\n");
  s.h.advance(100s);
  EXPECT_FALSE(s.is_closed) << "it waits for us";
  s.machine.go_on();
  s.machine.set_subscribed(true);
  s.h.advance(100s);
  EXPECT_FALSE(s.is_closed) << "it has nothing to say";
  s.machine.set_subscribed(false);
  s.h.advance(0s);
  EXPECT_TRUE(s.is_closed);
  EXPECT_EQ(s.fault, "");
}

TEST(resp_server, an_idle_connection_holds_nothing) {
  echo_script s;
  EXPECT_EQ(s.machine.held_memory(), 0u);
  s.h.feed("a\r\n");
  EXPECT_GT(s.machine.held_memory(), 0u);
  (void)s.h.sent();
  s.machine.release();
  EXPECT_EQ(s.machine.held_memory(), 0u);
  s.h.feed("half");
  s.machine.release();
  EXPECT_GT(s.machine.held_memory(), 0u) << "not while a request is on its way";
  s.h.feed("way\r\n");
  EXPECT_EQ(s.h.sent(), "$7\r\nhalfway\r\n");
}

TEST(resp_server, limits_before_authentication_hold_at_once) {
  echo_script s;
  s.machine.set_authenticated(false);
  s.h.feed("*11\r\n");
  EXPECT_EQ(s.fault, "Protocol error: unauthenticated multibulk length");
}

}  // namespace
}  // namespace parley::resp
