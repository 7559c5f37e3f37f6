// How resp::client opens a connection: HELLO 3, the way back to RESP2, AUTH,
// SELECT, and what it makes of peers that refuse or are something else.
#include <gtest/gtest.h>

#include "client_script.hpp"

namespace parley::test {
namespace {

using resp::client_config;
using resp::version_choice;

client_config with(resp::login who) {
  client_config c;
  c.who = std::move(who);
  return c;
}

void holds(const script& s) {
  play_every_way(s);
  fail_each_step(s);
}

// The error with which a handshake ends, at whatever byte the answers are cut.
std::optional<error> why_failed(const client_config& config, std::vector<std::string_view> answers,
                                bool then_eof = false) {
  std::optional<error> why;
  for (const std::size_t chunk : {0u, 1u}) {
    resp::client c(config);
    time_point now{};
    c.start(now);
    std::optional<error> seen;
    auto drain = [&] {
      for (auto e = c.next_event(); !is_drained(e); e = c.next_event()) {
        if (auto* f = std::get_if<failed>(&e)) seen = f->why;
        if (std::holds_alternative<closed>(e)) break;
      }
    };
    for (std::string_view a : answers) {
      while (!a.empty() && !seen) {
        const std::size_t n = chunk == 0 ? a.size() : chunk;
        const auto room = c.prepare(n);
        std::ranges::copy(as_bytes(a.substr(0, n)), room.begin());
        c.commit(n, now);
        a.remove_prefix(n);
        drain();
      }
    }
    if (then_eof) c.commit_eof(now);
    drain();
    if (!seen) return std::nullopt;
    // The text shows what has come so far: the whole answer's is looked at.
    if (why) {
      EXPECT_EQ(*why, *seen);
    } else {
      why = seen;
    }
  }
  return why;
}

bool says(const error& e, std::string_view word) {
  return e.to_string().find(word) != std::string::npos;
}

TEST(client_handshake, says_hello_and_speaks_resp3) { holds(script().opened3()); }

TEST(client_handshake, falls_back_to_resp2_on_old_servers) { holds(script().opened2()); }

TEST(client_handshake, falls_back_when_the_version_is_not_known) {
  script s;
  s.start().sent(cmd("HELLO", "3"));
  s.receive("-NOPROTO unsupported protocol version\r\n").sent(cmd("PING"));
  s.receive("+PONG\r\n").event("opened 2");
  holds(s);
}

TEST(client_handshake, logs_in_with_the_password_alone) {  // S25
  script s(with({.password = "secret"}));
  s.start().sent(cmd("HELLO", "3", "AUTH", "default", "secret"));
  s.receive(hello3).event("opened 3");
  holds(s);
}

TEST(client_handshake, logs_in_as_an_acl_user) {  // S11, S12, S24
  script s(with({.username = "ann", .password = "secret"}));
  s.start().sent(cmd("HELLO", "3", "AUTH", "ann", "secret"));
  s.receive(hello3).event("opened 3");
  holds(s);
}

TEST(client_handshake, logs_in_at_old_servers_with_one_word) {
  script s(with({.password = "secret"}));
  s.start().sent(cmd("HELLO", "3", "AUTH", "default", "secret"));
  s.receive(unknown_hello).sent(cmd("AUTH", "secret"));
  s.receive("+OK\r\n").event("opened 2");
  holds(s);
}

TEST(client_handshake, logs_in_with_both_words_in_resp2) {
  script s(with({.username = "ann", .password = "p", .protocol = version_choice::resp2}));
  s.start().sent(cmd("AUTH", "ann", "p")).receive("+OK\r\n").event("opened 2");
  holds(s);
}

TEST(client_handshake, selects_its_database) {  // S23, S146
  script s(with({.database = 7}));
  s.start().sent(cmd("HELLO", "3")).receive(hello3);
  s.sent(cmd("SELECT", "7")).receive("+OK\r\n").event("opened 3");
  holds(s);
}

TEST(client_handshake, tells_its_name) {
  script s(with({.client_name = "worker"}));
  s.start().sent(cmd("HELLO", "3", "SETNAME", "worker")).receive(hello3).event("opened 3");
  holds(s);
}

TEST(client_handshake, does_everything_in_order_on_old_servers) {
  script s(with({.username = "u", .password = "p", .client_name = "n", .database = 3}));
  s.start().sent(cmd("HELLO", "3", "AUTH", "u", "p", "SETNAME", "n")).receive(unknown_hello);
  s.sent(cmd("AUTH", "u", "p")).receive("+OK\r\n");
  s.sent(cmd("CLIENT", "SETNAME", "n")).receive("+OK\r\n");
  s.sent(cmd("SELECT", "3")).receive("+OK\r\n").event("opened 2");
  holds(s);
}

TEST(client_handshake, a_refused_name_does_not_cost_the_connection) {
  script s(with({.client_name = "n", .protocol = version_choice::resp2}));
  s.start().sent(cmd("CLIENT", "SETNAME", "n")).receive("-ERR no\r\n").event("opened 2");
  holds(s);
}

TEST(client_handshake, resp2_alone_asks_only_for_a_sign_of_life) {
  script s(with({.protocol = version_choice::resp2}));
  s.start().sent(cmd("PING")).receive("+PONG\r\n").event("opened 2");
  holds(s);
}

TEST(client_handshake, resp3_is_not_given_up_where_it_is_demanded) {
  const auto why = why_failed(with({.protocol = version_choice::resp3}), {unknown_hello});
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, resp::errc::unknown_command);
  EXPECT_TRUE(says(*why, "RESP3"));
}

TEST(client_handshake, a_wrong_password_is_an_authentication_error) {
  const auto why =
      why_failed(with({.password = "x"}),
                 {"-WRONGPASS invalid username-password pair or user is disabled.\r\n"});
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, resp::errc::wrong_password);
  EXPECT_EQ(why->kind(), error_class::authentication);
  EXPECT_TRUE(says(*why, "username"));
}

TEST(client_handshake, a_wrong_password_of_old_servers_is_the_same) {
  const auto why =
      why_failed(with({.password = "x"}), {unknown_hello, "-ERR invalid password\r\n"});
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, resp::errc::wrong_password);
}

TEST(client_handshake, a_missing_password_is_named) {
  for (const auto choice : {version_choice::automatic, version_choice::resp2}) {
    const auto why = why_failed(with({.protocol = choice}),
                                {"-NOAUTH HELLO must be called with the client already "
                                 "authenticated, otherwise the HELLO <proto> AUTH <user> <pass> "
                                 "option can be used\r\n"});
    ASSERT_TRUE(why);
    EXPECT_EQ(*why, resp::errc::no_auth);
    EXPECT_TRUE(says(*why, "password"));
  }
}

TEST(client_handshake, a_server_that_loads_its_data_is_tried_again) {
  const auto why = why_failed(with({}), {"-LOADING Redis is loading the dataset in memory\r\n"});
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, resp::errc::loading);
  EXPECT_TRUE(why->is_transient());
}

TEST(client_handshake, a_database_that_is_not_there_is_configuration) {
  const auto why =
      why_failed(with({.database = 99}), {hello3, "-ERR DB index is out of range\r\n"});
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, resp::errc::bad_database);
  EXPECT_EQ(why->kind(), error_class::configuration);
}

TEST(client_handshake, a_full_server_is_tried_again) {
  const auto why = why_failed(with({}), {"-ERR max number of clients reached\r\n"});
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, resp::errc::max_clients);
  EXPECT_TRUE(why->is_transient());
}

TEST(client_handshake, an_answer_to_hello_that_is_no_map_is_a_fault) {
  const auto why = why_failed(with({}), {"+OK\r\n"});
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, resp::errc::misplaced);
}

TEST(client_handshake, an_http_server_is_recognised) {
  const auto why = why_failed(with({}), {"HTTP/1.1 400 Bad Request\r\n\r\n"});
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, resp::errc::not_redis);
  EXPECT_EQ(why->kind(), error_class::configuration);
  EXPECT_TRUE(says(*why, "HTTP"));
}

TEST(client_handshake, a_server_that_wants_tls_is_recognised) {
  const auto why = why_failed(with({}), {std::string_view("\x15\x03\x01\x00\x02\x02\x46", 7)});
  ASSERT_TRUE(why);
  EXPECT_TRUE(says(*why, "rediss"));
  EXPECT_EQ(*why, resp::errc::not_redis);
}

TEST(client_handshake, other_peers_are_shown_as_text_without_control_bytes) {
  const auto why = why_failed(with({}), {"\x01SSH-2.0-OpenSSH_9.2p1\r\n"});
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, resp::errc::not_redis);
  EXPECT_EQ(why->to_string().find('\x01'), std::string::npos);
}

TEST(client_handshake, a_peer_that_ends_at_once_gets_a_hint) {
  const auto why = why_failed(with({}), {}, true);
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, errc::closed);
  EXPECT_TRUE(says(*why, "TLS"));
}

TEST(client_handshake, a_silent_peer_times_out) {
  script s;
  s.start().sent(cmd("HELLO", "3")).advance(4999ms).advance(1ms);
  s.event("failed core.timed_out").event("closed");
  play_every_way(s);
  script slow(with({.database = 1}));  // the time is for the whole handshake
  slow.start().sent(cmd("HELLO", "3")).advance(4s).receive(hello3).sent(cmd("SELECT", "1"));
  slow.advance(999ms).advance(1ms).event("failed core.timed_out").event("closed");
  play_every_way(slow);
}

TEST(client_handshake, an_early_reply_is_no_reason_to_open_twice) {
  script s;
  s.opened3().receive("+OK\r\n").event("failed resp.misplaced").event("closed");
  play_every_way(s);
}

// Strings in parts must not let half an answer pass for a whole one.
TEST(client_handshake, an_endless_answer_is_refused) {
  client_config config;
  config.reply.parts_above = 64;
  const std::string huge = "%1\r\n$6\r\nserver\r\n$100000\r\n" + std::string(5000, 'x');
  const auto why = why_failed(config, {huge});
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, resp::errc::reply_too_large);
}

TEST(client_handshake, nothing_works_before_start) {
  player p({});
  const std::string_view words[] = {"GET", "k"};
  EXPECT_EQ(p.client.send(words, 1, {}, p.now).error(), errc::misuse);
  EXPECT_EQ(p.client.send(words, shared_bytes(), 1, {}, p.now).error(), errc::misuse);
  EXPECT_EQ(p.client.subscribe(resp::subscription::channel, words, 1, {}, p.now).error(),
            errc::misuse);
  EXPECT_TRUE(p.client.output().empty());
  EXPECT_FALSE(p.client.next_deadline());
  EXPECT_FALSE(p.client.wants_read());
  EXPECT_TRUE(p.client.prepare(10).empty());
  EXPECT_FALSE(p.client.cancel(1));
  p.drain();
  EXPECT_TRUE(p.events.empty());
}

TEST(client_handshake, commands_are_misuse_until_opened) {
  player p({});
  p.client.start(p.now);
  const std::string_view words[] = {"GET", "k"};
  EXPECT_EQ(p.client.send(words, 1, {}, p.now).error(), errc::misuse);
  EXPECT_EQ(p.take_output(), cmd("HELLO", "3"));  // and nothing else was queued
  EXPECT_FALSE(p.client.cancel(0));               // the handshake is not the user's
  p.receive(hello3);
  EXPECT_TRUE(p.client.send(words, 1, {}, p.now));
}

TEST(client_handshake, may_be_closed_before_and_during_it) {
  script before;
  before.close().event("closed");
  play_every_way(before);
  script during;
  during.start().close().event("closed");
  play_every_way(during);
}

TEST(client_handshake, an_end_below_before_the_start_is_a_failure) {
  script s;
  s.eof().event("failed core.closed").event("closed");
  play_every_way(s);
}

}  // namespace
}  // namespace parley::test
