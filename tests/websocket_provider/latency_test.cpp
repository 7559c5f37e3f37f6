// A message takes as long as its link, and not a moment more: nothing waits for a timer, for more
// to send with, or for an answer. In simulated time.
#include <gtest/gtest.h>

#include <parley/adapters/sim/host.hpp>
#include <parley/adapters/sim/world.hpp>
#include <parley/codecs/websocket/websocket_provider.hpp>
#include <string>

namespace parley::test {
namespace {

using namespace std::chrono_literals;

class two_hosts {
 public:
  two_hosts() {
    websocket_config c;
    c.host = endpoint(there.at(0)).host();
    server = std::make_unique<websocket_provider>(there, c);
    c.is_server = false;
    c.uri = "ws://server:" + std::to_string(c.port);
    client = std::make_unique<websocket_provider>(here, c);
    EXPECT_TRUE(there.wait(server->initialize()));
    EXPECT_TRUE(here.wait(client->initialize()));
  }
  static sim::world_options even_links() {
    sim::world_options o;
    o.link.latency_min = o.link.latency_max = 7ms;
    o.link.splitting = sim::split::never;
    return o;
  }

  sim::world world{1, even_links()};
  sim::host& there = world.add_host("server");
  sim::host& here = world.add_host("client");
  std::unique_ptr<websocket_provider> server, client;
};

// S99, S139
TEST(websocket_latency, a_message_takes_what_its_link_takes) {
  two_hosts at;
  std::vector<time_point> heard;
  auto ear = at.here.wait(
      at.client->create_speaker("news", [&](const message&) { heard.push_back(at.here.now()); }));
  auto news = at.there.wait(at.server->create_speaker("news"));
  ASSERT_TRUE(ear && news);
  at.world.run_for(100ms);
  std::vector<time_point> said;
  for (int i = 0; i < 10; ++i) {
    said.push_back(at.there.now());
    news->shout(i).then([](const result<delivery>&) {});
    at.world.run_for(i % 2 == 0 ? 3ms : 50ms);  // some follow those that are on their way
  }
  ASSERT_EQ(heard.size(), said.size());
  for (std::size_t i = 0; i < said.size(); ++i) EXPECT_EQ(heard[i] - said[i], 7ms) << i;
}

// S139, S140: there and back, twice the way.
TEST(websocket_latency, a_call_takes_both_ways) {
  two_hosts at;
  ASSERT_TRUE(at.there.wait(
      at.server->create_callable("same", [](const value& v) -> result<value> { return v; })));
  auto same = at.here.wait(at.client->create_callable("same"));
  ASSERT_TRUE(same);
  const time_point begun = at.here.now();
  const value question(21);
  EXPECT_EQ(at.here.wait(same->call(question)).value_or(value()), question);
  EXPECT_EQ(at.here.now() - begun, 14ms);
}

}  // namespace
}  // namespace parley::test
