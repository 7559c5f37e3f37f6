// Contexts beside their connections: key logs, remembered sessions, and who lives longer.
#include <gmock/gmock.h>

#include "tls/refusals.hpp"

namespace parley::test {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(tls_context_life, keys_are_logged_for_wireshark) {
  for (const tls::version v : both_versions) {
    for (const bool by_server : {false, true}) {
      std::vector<std::string> lines;
      tls_setup s = good_setup();
      (by_server ? s.server : s.client).key_log = [&](std::string_view line) {
        lines.emplace_back(line);
      };
      ASSERT_TRUE(meet(std::move(s), v).is_open);
      const bool is_old = v == tls::version::tls1_2;
      EXPECT_THAT(lines, ::testing::Contains(StartsWith(
                             is_old ? "CLIENT_RANDOM " : "CLIENT_HANDSHAKE_TRAFFIC_SECRET ")));
      EXPECT_THAT(lines, Each(::testing::Not(HasSubstr("\n"))));
    }
  }
}

TEST(tls_context_life, sessions_have_a_bound) {
  const identity any = good_authority().issue({.name = "any", .dns = {"*.one.test"}});
  for (const tls::version v : both_versions) {
    for (const std::size_t most : {std::size_t{0}, std::size_t{2}}) {
      tls_setup s = at_version(shows(any), v);
      s.client.max_sessions = most;
      tls_world world(std::move(s));
      for (const char* host : {"a.one.test", "b.one.test", "c.one.test", "d.one.test"}) {
        world.host = host;
        EXPECT_TRUE(outcome(world).is_open);
        EXPECT_LE(world.client_context.sessions(), most);
      }
      EXPECT_EQ(world.client_context.sessions(), most);
      // The last one is never the one that was dropped for it.
      EXPECT_EQ(tls_pair(world).client.tls->is_resumed(), most > 0);
    }
  }
}

TEST(tls_context_life, connections_outlive_it) {
  for (const tls::version v : both_versions) {
    tls_setup s = at_version(good_setup(), v);
    s.client.alpn = s.server.alpn = {"lines"};
    auto world = std::make_unique<tls_world>(std::move(s));
    tls_pair p(*world);
    world.reset();
    ASSERT_TRUE(p.is_open());
    EXPECT_EQ(p.client.tls->update_keys(), v == tls::version::tls1_3);
    p.client.say("still here");
    p.server.say("so am I");
    p.link.drive();
    EXPECT_EQ(p.server.lines, std::vector<std::string>{"still here"});
    EXPECT_EQ(p.client.lines, std::vector<std::string>{"so am I"});
    EXPECT_EQ(p.client.tls->alpn(), "lines");
  }
}

}  // namespace
}  // namespace parley::test
