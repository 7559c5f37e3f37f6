// Conversations over TLS: what arrives, how it ends, and what was agreed.
#include <gmock/gmock.h>

#include "tls/tls_pair.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(tls, lines_travel_both_ways) {
  tls_world world(good_setup());
  tls_pair p(world);
  ASSERT_TRUE(p.is_open()) << (p.client.failure ? p.client.failure->to_string() : "");
  EXPECT_EQ(p.client.tls->version(), "TLSv1.3");
  EXPECT_EQ(p.client.tls->cipher(), p.server.tls->cipher());
  p.client.say("hello");
  p.server.say("who is there?");
  p.client.say("it is me");
  p.link.drive();
  EXPECT_THAT(p.server.lines, ElementsAre("hello", "it is me"));
  EXPECT_THAT(p.client.lines, ElementsAre("who is there?"));
}

TEST(tls, speaks_tls_1_2) {
  tls_setup s = good_setup();
  s.client.highest = tls::version::tls1_2;
  tls_world world(std::move(s));
  tls_pair p(world);
  ASSERT_TRUE(p.is_open());
  EXPECT_EQ(p.server.tls->version(), "TLSv1.2");
  EXPECT_FALSE(p.client.tls->update_keys());
  p.client.say("hello");
  p.link.drive();
  EXPECT_THAT(p.server.lines, ElementsAre("hello"));
}

TEST(tls, every_way_to_cut_the_bytes) {
  for (const auto splitting : {sim::split::never, sim::split::random, sim::split::every_byte}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      tls_setup s = good_setup();
      s.link = {.seed = seed, .splitting = splitting, .window = 1 + seed * 37};
      if (seed % 2 == 0) s.server.highest = tls::version::tls1_2;
      tls_world world(std::move(s));
      tls_pair p(world);
      ASSERT_TRUE(p.is_open());
      const std::string large(50'000, static_cast<char>('a' + seed));
      p.client.say(large);
      p.server.say("small");
      p.link.drive();
      ASSERT_EQ(p.server.lines.size(), 1u);
      EXPECT_EQ(p.server.lines[0], large);
      EXPECT_THAT(p.client.lines, ElementsAre("small"));
    }
  }
}

TEST(tls, an_orderly_end_both_ways) {
  tls_world world(good_setup());
  tls_pair p(world);
  p.client.say("last words");
  p.client.machine.top().finish();
  p.link.drive();
  // close_notify has come; this side may go on (RFC 8446 section 6.1).
  EXPECT_TRUE(p.server.has_peer_ended);
  EXPECT_THAT(p.server.lines, ElementsAre("last words"));
  p.server.say("an answer");
  p.link.drive();
  EXPECT_THAT(p.client.lines, ElementsAre("an answer"));
  p.server.machine.top().finish();
  p.link.drive();
  EXPECT_TRUE(p.client.has_peer_ended);
  EXPECT_TRUE(p.link.first.is_over());
  EXPECT_TRUE(p.link.second.is_over());
  EXPECT_FALSE(p.client.failure || p.server.failure);
}

TEST(tls, an_end_without_close_notify_is_truncated) {
  tls_world world(good_setup());
  tls_pair p(world);
  p.server.say("whole");
  p.link.drive();
  p.link.first.feed_eof();
  ASSERT_TRUE(p.client.failure);
  EXPECT_EQ(*p.client.failure, errc::truncated);
  EXPECT_THAT(p.client.lines, ElementsAre("whole"));
}

TEST(tls, application_protocols) {
  tls_setup s = good_setup();
  s.client.alpn = {"redis/3", "redis/2"};
  s.server.alpn = {"redis/2", "redis/3"};
  tls_world world(std::move(s));
  tls_pair p(world);
  EXPECT_EQ(p.client.tls->alpn(), "redis/2");  // the server's preference
  EXPECT_EQ(p.server.tls->alpn(), "redis/2");

  tls_setup other = good_setup();
  other.client.alpn = {"http/1.1"};
  other.server.alpn = {"redis/2"};
  tls_world apart(std::move(other));
  tls_pair q(apart);
  ASSERT_TRUE(q.client.failure && q.server.failure);
  EXPECT_EQ(*q.client.failure, tls::errc::no_shared_protocol);
  EXPECT_EQ(*q.server.failure, tls::errc::no_shared_protocol);
}

TEST(tls, sessions_are_resumed) {
  for (const auto highest : {tls::version::tls1_2, tls::version::tls1_3}) {
    tls_setup s = good_setup();
    s.client.highest = highest;
    tls_world world(std::move(s));
    for (int i = 0; i < 3; ++i) {
      tls_pair p(world);
      ASSERT_TRUE(p.is_open());
      EXPECT_EQ(p.client.tls->is_resumed(), i > 0);
      EXPECT_EQ(p.server.tls->is_resumed(), i > 0);
      ASSERT_TRUE(p.client.tls->peer_certificate());
      EXPECT_THAT(p.client.tls->peer_certificate()->names, ::testing::Contains("server.test"));
    }
    // Another name of the same server proves nothing by an old session.
    world.host = "127.0.0.1";
    EXPECT_FALSE(tls_pair(world).client.tls->is_resumed());
    tls::material again;
    again.authorities = {good_authority().pem(), "ca.pem"};
    ASSERT_TRUE(world.client_context.reload(std::move(again)));
    EXPECT_EQ(world.client_context.sessions(), 0u);
    EXPECT_FALSE(tls_pair(world).client.tls->is_resumed());
  }
}

TEST(tls, without_resumption_nothing_is_remembered) {
  tls_setup s = good_setup();
  s.client.resumption = false;
  tls_world world(std::move(s));
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(tls_pair(world).client.tls->is_resumed());
  EXPECT_EQ(world.client_context.sessions(), 0u);
}

TEST(tls, keys_are_updated) {
  tls_world world(good_setup());
  tls_pair p(world);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE((i % 2 == 0 ? p.client : p.server).tls->update_keys());
    p.client.say("from the client");
    p.server.say("from the server");
    p.link.drive();
  }
  EXPECT_EQ(p.server.lines.size(), 5u);
  EXPECT_EQ(p.client.lines.size(), 5u);
}

TEST(tls, certificates_are_renewed_while_connections_live) {
  tls_world world(good_setup());
  tls_pair old(world);
  const identity next = good_authority().issue({.name = "next", .dns = {"server.test"}});
  tls::material bytes;
  give(bytes, next);
  ASSERT_TRUE(world.server_context.reload(std::move(bytes)));
  tls_pair fresh(world);
  EXPECT_THAT(fresh.client.tls->peer_certificate()->subject, HasSubstr("next"));
  old.client.say("still here");
  old.link.drive();
  EXPECT_THAT(old.server.lines, ElementsAre("still here"));

  // What cannot be loaded changes nothing.
  tls::material broken;
  give(broken, next);
  broken.key = {good_server().key, "old.pem"};
  const auto no = world.server_context.reload(std::move(broken));
  ASSERT_FALSE(no);
  EXPECT_EQ(no.error(), tls::errc::key_mismatch);
  EXPECT_TRUE(tls_pair(world).is_open());
}

TEST(tls, a_handshake_has_a_deadline) {
  tls_world world(good_setup());
  tls_side client(std::make_unique<tls::client>(world.client_context, world.host, world.wall));
  machine_harness<tls_lines> h(client.machine, [&](tls_lines::event& e) { client.on_event(e); });
  h.start();
  EXPECT_FALSE(h.sent().empty());
  h.advance(9s);
  EXPECT_FALSE(client.failure);
  h.advance(1s);
  ASSERT_TRUE(client.failure);
  EXPECT_EQ(*client.failure, errc::timed_out);
  EXPECT_TRUE(h.is_over());
}

// One byte a second keeps a connection alive, and its handshake no longer than any other.
TEST(tls, a_slow_handshake_ends_at_the_same_deadline) {
  tls_world world(good_setup());
  tls_side server(std::make_unique<tls::server>(world.server_context, world.wall));
  machine_harness<tls_lines> h(server.machine, [&](tls_lines::event& e) { server.on_event(e); });
  h.start();
  const std::string hello = "\x16\x03\x01\x02\x00\x01" + std::string(500, 'h');
  int seconds = 0;
  while (!server.failure && seconds < 60) {
    h.feed(hello.substr(static_cast<std::size_t>(seconds++), 1));
    h.advance(1s);
  }
  ASSERT_TRUE(server.failure);
  EXPECT_EQ(*server.failure, errc::timed_out);
  EXPECT_EQ(seconds, 10);
}

TEST(tls, an_intermediate_that_was_revoked) {
  const authority middle = good_authority().intermediate("Middle");
  const identity leaf = middle.issue({.name = "server", .dns = {"server.test"}});
  const auto verdict = [&](bool whole, const std::string& lists) {
    tls_setup s = good_setup();
    s.client.bytes.crls = {lists, "crl.pem"};
    s.client.crls_of_whole_chain = whole;
    give(s.server.bytes, leaf);
    tls_world world(std::move(s));
    tls_pair p(world);
    return p.client.failure;
  };
  const std::string of_middle = middle.crl({});
  const std::string revoking = good_authority().crl({identity{.certificate = middle.pem()}});
  EXPECT_FALSE(verdict(false, of_middle + revoking));  // the leaf alone is asked for
  EXPECT_FALSE(verdict(true, of_middle + good_authority().crl({})));
  const auto revoked = verdict(true, of_middle + revoking);
  ASSERT_TRUE(revoked);
  EXPECT_EQ(*revoked, tls::errc::revoked);
  EXPECT_THAT(revoked->to_string(), HasSubstr("CN=Middle"));
  const auto without = verdict(true, of_middle);
  ASSERT_TRUE(without);
  EXPECT_EQ(*without, tls::errc::no_crl);
}

TEST(tls, a_peer_in_the_clear_is_recognised) {
  tls_world world(good_setup());
  {
    tls_side client(std::make_unique<tls::client>(world.client_context, world.host, world.wall));
    machine_harness<tls_lines> h(client.machine, [&](tls_lines::event& e) { client.on_event(e); });
    h.start();
    h.feed("-ERR Protocol error\r\n");
    ASSERT_TRUE(client.failure);
    EXPECT_EQ(*client.failure, tls::errc::not_tls);
    EXPECT_THAT(client.failure->to_string(), HasSubstr("-ERR Protocol error.."));
  }
  tls_side server(std::make_unique<tls::server>(world.server_context, world.wall));
  machine_harness<tls_lines> h(server.machine, [&](tls_lines::event& e) { server.on_event(e); });
  h.start();
  h.feed("GET / HTTP/1.1\r\n", 1);
  ASSERT_TRUE(server.failure);
  EXPECT_EQ(*server.failure, tls::errc::not_tls);
  EXPECT_THAT(server.failure->to_string(), HasSubstr("connect with TLS"));
}

TEST(tls, a_server_that_hangs_up_is_told_from_one_in_the_middle) {
  tls_world world(good_setup());
  tls_side client(std::make_unique<tls::client>(world.client_context, world.host, world.wall));
  machine_harness<tls_lines> h(client.machine, [&](tls_lines::event& e) { client.on_event(e); });
  h.start();
  h.feed_eof();
  ASSERT_TRUE(client.failure);
  EXPECT_EQ(*client.failure, errc::closed);
  EXPECT_THAT(client.failure->to_string(), HasSubstr("speaks TLS"));
}

TEST(tls, records_that_were_changed_are_noticed) {
  for (std::size_t at = 0; at < 60; ++at) {
    tls_world world(good_setup());
    tls_pair p(world);
    p.client.say("a line that somebody changes on its way");
    std::string wire = p.link.first.sent();
    ASSERT_GT(wire.size(), 60u);
    wire[at] = static_cast<char>(wire[at] ^ 0x20);
    p.link.second.feed(wire);
    p.link.second.feed_eof();
    ASSERT_TRUE(p.server.failure) << at;
    EXPECT_TRUE(p.server.lines.empty()) << at;
  }
}

TEST(tls, one_who_does_not_read_slows_the_other_down) {
  tls_setup s = good_setup();
  s.link.window = 4 * 1024;
  tls_world world(std::move(s));
  tls_pair p(world);
  p.server.machine.top().pause(true);
  for (int i = 0; i < 800; ++i) p.client.say(std::string(999, 'x'));
  p.link.drive();
  EXPECT_GT(p.client.machine.top().unsent(), 600'000u);
  EXPECT_FALSE(p.server.machine.wants_read());
  p.server.machine.top().pause(false);
  p.link.drive();
  EXPECT_EQ(p.server.lines.size(), 800u);
  EXPECT_EQ(p.client.machine.top().unsent(), 0u);
}

}  // namespace
}  // namespace parley::test
