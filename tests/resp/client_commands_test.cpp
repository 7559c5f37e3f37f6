// resp::client when it is open: pairing of replies, cancelling, timeouts,
// liveness, and the end.
#include <gtest/gtest.h>

#include <array>

#include "client_script.hpp"

namespace parley::test {
namespace {

using resp::client_config;

void holds(const script& s) {
  play_every_way(s);
  fail_each_step(s);
}

TEST(client_commands, a_reply_belongs_to_its_command) {
  script s;
  s.opened3().send(7, {"GET", "k"}, 1s).sent(cmd("GET", "k"));
  s.receive("$3\r\nabc\r\n").event("reply 7 \"abc\"");
  holds(s);
}

TEST(client_commands, what_is_sent_together_is_written_together) {
  script s;
  s.opened3().send(1, {"SET", "a", "1"}, 1s).send(2, {"INCR", "a"}, 1s).send(3, {"GET", "a"}, 1s);
  s.sent(cmd("SET", "a", "1") + cmd("INCR", "a") + cmd("GET", "a"));
  s.receive("+OK\r\n:2\r\n$1\r\n2\r\n");
  s.event("reply 1 +OK").event("reply 2 :2").event("reply 3 \"2\"");
  holds(s);
}

TEST(client_commands, every_kind_of_reply_comes_through) {
  script s;
  s.opened3();
  for (std::uint64_t tag = 1; tag <= 9; ++tag) s.send(tag, {"EVAL", "x", "0"}, 1s);
  s.receive("_\r\n#t\r\n,1.5\r\n(12345678901234567890\r\n*2\r\n:1\r\n*0\r\n");
  s.event("reply 1 _").event("reply 2 #t").event("reply 3 ,1.500000");
  s.event("reply 4 (12345678901234567890").event("reply 5 *[:1 *[]]");
  s.receive("%1\r\n$1\r\nk\r\n:2\r\n~1\r\n+x\r\n=7\r\ntxt:abc\r\n!5\r\nERR x\r\n");
  s.event("reply 6 %{\"k\" :2}").event("reply 7 ~[+x]").event("reply 8 \"abc\"");
  s.event("reply 9 -ERR x");
  holds(s);
}

TEST(client_commands, an_error_reply_is_a_reply) {
  script s;
  s.opened3().send(1, {"INCR", "a"}, 1s).send(2, {"GET", "b"}, 1s);
  s.receive("-WRONGTYPE Operation against a key\r\n_\r\n");
  s.event("reply 1 -WRONGTYPE Operation against a key").event("reply 2 _");
  holds(s);
}

TEST(client_commands, an_attribute_stands_before_its_reply) {
  script s;
  s.opened3().send(1, {"GET", "a"}, 1s);
  s.receive("|1\r\n+ttl\r\n:3600\r\n$1\r\nx\r\n").event("reply 1 \"x\"");
  holds(s);
}

TEST(client_commands, an_attribute_may_stand_before_the_answer_to_hello) {
  script s;
  s.start().receive("|1\r\n+a\r\n*1\r\n:1\r\n" + std::string(hello3)).event("opened 3");
  play_every_way(s);
}

TEST(client_commands, old_servers_pair_alike) {
  script s;
  s.opened2().send(1, {"GET", "a"}, 1s).send(2, {"KEYS", "*"}, 1s);
  s.sent(cmd("GET", "a") + cmd("KEYS", "*"));
  // Without subscriptions an array that looks like a message is a reply.
  s.receive("$-1\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n");
  s.event("reply 1 _").event("reply 2 *[\"message\" \"a\" \"b\"]");
  holds(s);
}

TEST(client_commands, a_reply_that_nobody_asked_for_ends_the_connection) {
  script s;
  s.opened3().send(1, {"GET", "a"}, 1s).receive("+OK\r\n+OK\r\n");
  s.event("reply 1 +OK").event("failed resp.misplaced").event("closed");
  play_every_way(s);
}

TEST(client_commands, a_broken_stream_ends_the_connection_after_what_was_whole) {
  for (const std::string_view bad :
       {"?\r\n", "+lone\ncr\r\n", ":12x\r\n", "$-2\r\n", "*-7\r\n", "$3\r\nabcd\r\n"}) {
    script s;
    s.opened3().send(1, {"GET", "a"}).send(2, {"GET", "b"});
    s.receive("+OK\r\n" + std::string(bad)).event("reply 1 +OK");
    player p(s.config);
    p.play(s, s.steps.size() - 1);
    EXPECT_EQ(p.all_events.at(1), "reply 1 +OK");
    EXPECT_EQ(p.failures, 1u) << bad;
    EXPECT_TRUE(p.is_over()) << bad;
  }
}

// --- cancelling (P29) ------------------------------------------------------------

TEST(client_commands, a_cancelled_commands_reply_is_dropped) {
  script s;
  s.opened3().send(1, {"GET", "a"}, 1s).send(2, {"GET", "b"}, 1s).send(3, {"GET", "c"}, 1s);
  s.cancel(2).receive("$1\r\nA\r\n$1\r\nB\r\n$1\r\nC\r\n");
  s.event("reply 1 \"A\"").event("reply 3 \"C\"");
  holds(s);
}

// However much of the replies has come when the command is cancelled: the others
// get their own, and it gets nothing more.
TEST(client_commands, cancelling_at_any_byte_keeps_the_step) {
  const std::string replies = "$1\r\nA\r\n*2\r\n$1\r\nB\r\n:2\r\n$1\r\nC\r\n";
  const std::array<std::string_view, 2> get{"GET", "k"};
  for (std::size_t at = 0; at <= replies.size(); ++at) {
    for (std::uint64_t victim = 1; victim <= 3; ++victim) {
      player p({});
      p.play(script().opened3());
      for (std::uint64_t tag = 1; tag <= 3; ++tag) {
        ASSERT_TRUE(p.client.send(get, tag, {}, p.now));
      }
      p.receive(std::string_view(replies).substr(0, at));
      const bool pending = p.client.cancel(victim);
      p.receive(std::string_view(replies).substr(at));
      std::vector<std::string> expected{"opened 3"};
      const char* lines[] = {"reply 1 \"A\"", "reply 2 *[\"B\" :2]", "reply 3 \"C\""};
      for (std::uint64_t tag = 1; tag <= 3; ++tag) {
        if (tag != victim || !pending) expected.emplace_back(lines[tag - 1]);
      }
      EXPECT_EQ(p.all_events, expected) << "cancelled " << victim << " at byte " << at;
      EXPECT_EQ(p.client.in_flight_count(), 0u);
    }
  }
}

TEST(client_commands, only_a_waiting_tag_can_be_cancelled) {
  player p({});
  p.play(script().opened3().send(1, {"GET", "a"}));
  EXPECT_FALSE(p.client.cancel(2));
  EXPECT_TRUE(p.client.cancel(1));
  EXPECT_FALSE(p.client.cancel(1));
  EXPECT_FALSE(p.client.cancel(0));
  EXPECT_EQ(p.client.in_flight_count(), 1u);  // the slot stays
}

// --- timeouts --------------------------------------------------------------------

TEST(client_commands, a_late_reply_is_dropped) {
  script s;
  s.opened3().send(1, {"GET", "a"}, 100ms).send(2, {"GET", "b"}, 3s);
  s.advance(99ms).advance(1ms).event("expired 1");
  s.receive("+late\r\n+fine\r\n").event("reply 2 +fine");
  holds(s);
}

TEST(client_commands, a_command_that_has_expired_cannot_be_cancelled) {
  player p({});
  p.play(script().opened3().send(1, {"GET", "a"}, 100ms));
  p.advance(200ms);
  EXPECT_EQ(p.all_events.back(), "expired 1");
  EXPECT_FALSE(p.client.cancel(1));
}

TEST(client_commands, timeouts_come_in_the_order_of_the_commands) {
  script s;
  s.opened3().send(1, {"GET", "a"}, 300ms).send(2, {"GET", "b"}, 100ms).send(3, {"GET", "c"});
  s.send(4, {"GET", "d"}, 100ms);
  s.advance(100ms).event("expired 2").event("expired 4").advance(200ms).event("expired 1");
  s.receive("+1\r\n+2\r\n+3\r\n+4\r\n").event("reply 3 +3");
  play_every_way(s);
}

TEST(client_commands, a_reply_that_comes_with_the_deadline_is_late) {
  player p({});
  p.play(script().opened3().send(1, {"GET", "a"}, 100ms));
  p.now += 100ms;
  p.receive("+x\r\n");
  EXPECT_EQ(p.all_events.back(), "expired 1");
}

TEST(client_commands, many_timeouts_at_once_are_all_told) {
  player p({});
  p.play(script().opened3());
  const std::array<std::string_view, 1> ping{"PING"};
  constexpr std::size_t count = 50000;
  for (std::uint64_t tag = 1; tag <= count; ++tag) {
    ASSERT_TRUE(p.client.send(ping, tag, {.timeout = 1s}, p.now));
  }
  p.take_output();
  p.now += 1s;
  p.client.handle_timeout(p.now);
  for (std::uint64_t tag = 1; tag <= count; ++tag) {
    const auto e = p.client.next_event();
    const auto* late = std::get_if<resp::expired>(&e);
    ASSERT_TRUE(late);
    ASSERT_EQ(late->tag, tag);
  }
  EXPECT_TRUE(is_drained(p.client.next_event()));
}

// --- liveness --------------------------------------------------------------------

TEST(client_liveness, an_idle_connection_is_asked_for_a_sign_of_life) {
  script s;
  s.opened3().sent("").advance(1999ms).sent("").advance(1ms).sent(cmd("PING"));
  s.advance(1s).receive("+PONG\r\n").sent("");
  s.advance(1999ms).sent("").advance(1ms).sent(cmd("PING"));
  holds(s);
}

TEST(client_liveness, a_dead_server_is_given_up_after_twice_the_interval) {
  script s;
  s.opened3().advance(3999ms).sent(cmd("PING")).advance(1ms);
  s.event("failed core.timed_out").event("closed");
  play_every_way(s);
}

TEST(client_liveness, any_byte_is_a_sign_of_life) {
  script s;
  s.opened3().send(1, {"GET", "a"}, 60s).sent(cmd("GET", "a"));
  s.receive("$10\r\n");
  for (int i = 0; i < 10; ++i) s.advance(1900ms).receive("x");
  s.receive("\r\n").event("reply 1 \"xxxxxxxxxx\"").sent("");
  player p(s.config);
  p.play(s);
}

TEST(client_liveness, a_slow_command_is_no_dead_server_before_its_timeout) {
  script s;
  s.opened3().send(1, {"KEYS", "*"}, 60s).sent(cmd("KEYS", "*")).advance(59s).sent("");
  s.receive("*0\r\n").event("reply 1 *[]");
  play_every_way(s);
}

TEST(client_liveness, a_blocking_command_may_wait_for_ever) {
  script s;
  s.opened3().send(1, {"BLPOP", "q", "0"}).sent(cmd("BLPOP", "q", "0")).advance(10min).sent("");
  s.receive("*2\r\n+q\r\n+v\r\n").event("reply 1 *[+q +v]");
  play_every_way(s);
}

TEST(client_liveness, an_expired_command_without_an_answer_condemns_the_server) {
  script s;
  s.opened3().send(1, {"GET", "a"}, 3s).advance(3s).event("expired 1").advance(1s);
  s.event("failed core.timed_out").event("closed");
  play_every_way(s);
}

TEST(client_liveness, can_be_switched_off) {
  client_config config;
  config.ping_interval = duration::zero();
  script s(config);
  s.opened3().advance(10min).sent("");
  player p(s.config);
  p.play(s);
  EXPECT_FALSE(p.client.next_deadline());
}

TEST(client_liveness, the_servers_answer_to_ping_reaches_nobody) {
  script s;
  s.opened3().advance(2s).send(5, {"GET", "a"}, 1s);
  s.sent(cmd("PING") + cmd("GET", "a"));
  s.receive("-LOADING busy\r\n+a\r\n").event("reply 5 +a");
  holds(s);
}

// --- the end ---------------------------------------------------------------------

TEST(client_end, the_peers_end_comes_after_everything_that_was_whole) {
  script s;
  s.opened3().send(1, {"GET", "a"}, 1s).send(2, {"GET", "b"}, 1s);
  s.receive("+A\r\n").event("reply 1 +A").eof().event("failed core.closed").event("closed");
  play_every_way(s);
}

TEST(client_end, an_end_inside_a_reply_is_a_truncation) {
  for (const std::string_view half : {"$5\r\nab", "*2\r\n:1\r\n", "+O", "%1\r\n"}) {
    script s;
    s.opened3().send(1, {"GET", "a"}).receive(half).eof();
    s.event("failed core.truncated").event("closed");
    play_every_way(s);
  }
}

TEST(client_end, what_arrived_before_the_end_is_delivered_although_it_was_not_drained) {
  player p({});
  p.play(script().opened3().send(1, {"GET", "a"}));
  const std::string_view reply = "+A\r\n";
  std::ranges::copy(as_bytes(reply), p.client.prepare(10).begin());
  p.client.commit(reply.size(), p.now);
  p.client.commit_eof(p.now);
  p.drain();
  EXPECT_EQ(p.all_events,
            (std::vector<std::string>{"opened 3", "reply 1 +A", "failed core.closed", "closed"}));
}

TEST(client_end, an_error_keeps_its_cause) {
  resp::client c;
  c.start(time_point{});
  c.commit_error(error(errc::reset, "10.0.0.1:6379").with_cause(error(errc::io, "below")),
                 time_point{});
  const auto e = c.next_event();
  const auto* f = std::get_if<failed>(&e);
  ASSERT_TRUE(f);
  EXPECT_EQ(f->why.message(), "10.0.0.1:6379");
  ASSERT_TRUE(f->why.cause());
  EXPECT_EQ(f->why.cause()->message(), "below");
}

TEST(client_end, the_first_error_counts) {
  script s;
  s.opened3().broken().event("failed core.reset").event("closed").eof().broken();
  play_every_way(s);
}

TEST(client_end, a_close_waits_for_what_is_due_and_takes_no_more) {
  script s;
  s.opened3().send(1, {"GET", "a"}, 3s).close();
  player p(s.config);
  p.play(s);
  const std::array<std::string_view, 1> ping{"PING"};
  EXPECT_EQ(p.client.send(ping, 2, {}, p.now).error(), errc::misuse);
  EXPECT_FALSE(p.client.is_done());
  s.sent(cmd("GET", "a")).receive("+A\r\n").event("reply 1 +A").event("closed");
  holds(s);
}

TEST(client_end, an_idle_client_closes_at_once) {
  script s;
  s.opened3().close().event("closed");
  play_every_way(s);
}

TEST(client_end, the_peers_end_after_close_is_no_failure) {
  script s;
  s.opened3().send(1, {"GET", "a"}).close().receive("+A\r\n").event("reply 1 +A");
  s.event("closed").eof();
  play_every_way(s);
}

}  // namespace
}  // namespace parley::test
