// The end of a loop, in good order and in time.
#include <parley/core/loop/close_all.hpp>

#include "loops/fixtures.hpp"

namespace parley::test {
namespace {

template <class World>
class loop_close : public loop_test<World> {
 public:
  // How many were broken, or nothing if it did not end.
  std::optional<std::size_t> close_all_within(duration at_most) {
    std::optional<std::size_t> broken;
    close_all(this->port(), at_most).then([&](result<std::size_t> r) { broken = *r; });
    EXPECT_FALSE(broken);  // never from inside
    EXPECT_TRUE(this->world.run_until([&] { return broken.has_value(); }));
    return broken;
  }
};
TYPED_TEST_SUITE(loop_close, every_world, loop_names);

constexpr duration ample = std::chrono::seconds(20);
constexpr duration brief = std::chrono::milliseconds(20);

TYPED_TEST(loop_close, without_connections_it_ends_at_once) {
  const time_point begin = this->port().now();
  EXPECT_EQ(this->close_all_within(ample), 0u);
  EXPECT_LT(this->port().now(), begin + ample);
  EXPECT_EQ(this->close_all_within(duration::zero()), 0u);
}

// More than any socket takes at once, so that most of it waits when the loop is
// told to close.
TYPED_TEST(loop_close, what_was_given_to_send_arrives) {
  constexpr std::size_t large = 4 * 1024 * 1024;
  std::size_t arrived = 0;
  auto& server = this->serve([&](line_peer& p) {
    line_server::echo(p);
    p.driven() = line_machine({.max = 2 * large});
    p.on_line = [&](line_peer&, std::string_view text) { arrived += text.size(); };
  });
  for (int i = 0; i < 3; ++i) this->connected(server);
  for (auto& c : this->clients) c->driven().send(std::string(large, 'x'));
  server.stop();
  EXPECT_EQ(this->close_all_within(ample), 0u);
  EXPECT_EQ(arrived, 3 * large);
  EXPECT_TRUE(this->all_released());
  EXPECT_FALSE(this->port().has_attached());
  for (auto& c : this->clients) EXPECT_EQ(c->failed_count, 0);
}

TYPED_TEST(loop_close, who_does_not_end_is_broken_at_the_deadline) {
  auto& server = this->serve(nullptr);
  auto pair = this->connected(server);
  pair.client.pause(true);  // deaf: they see no end
  pair.server.pause(true);
  this->world.idle();
  pair.client.send("never read");
  server.stop();
  const time_point begin = this->port().now();
  EXPECT_EQ(this->close_all_within(brief), 2u);
  EXPECT_GE(this->port().now(), begin + brief);
  EXPECT_TRUE(this->all_released());
  ASSERT_TRUE(pair.client.failure);
  EXPECT_TRUE(*pair.client.failure == errc::cancelled) << pair.client.failure->to_string();
  EXPECT_EQ(pair.client.failed_count, 1);
}

TYPED_TEST(loop_close, a_write_that_waits_is_cut_at_the_deadline) {
  constexpr std::size_t large = 8 * 1024 * 1024;
  auto& server = this->serve(nullptr);
  auto pair = this->connected(server);
  pair.server.pause(true);
  this->world.idle();
  pair.client.send(std::string(large, 'x'));
  this->world.idle();
  EXPECT_GT(pair.client.driven().unsent(), 0u);
  server.stop();
  EXPECT_EQ(this->close_all_within(brief), 2u);
  EXPECT_TRUE(this->all_released());
}

TYPED_TEST(loop_close, an_attempt_to_connect_is_given_up_at_once) {
  auto& server = this->serve();
  auto& client = this->connect(server);
  EXPECT_EQ(client.opened_count, 0);
  const time_point begin = this->port().now();
  client.on_failed = [&](line_peer&, const error& why) {
    EXPECT_TRUE(why == errc::cancelled) << why.to_string();
  };
  this->close_all_within(ample);
  EXPECT_LT(this->port().now(), begin + ample);
  // Over loopback it may have come up just before.
  EXPECT_EQ(client.failed_count, client.opened_count == 0 ? 1 : 0);
  EXPECT_EQ(client.released_count, 1);
}

// From a callback that sees views of the input: nothing may be torn from under it.
TYPED_TEST(loop_close, may_be_asked_for_inside_an_event) {
  auto& server = this->serve();
  std::optional<std::size_t> broken;
  auto& client = this->connect(server);
  client.on_opened = [&](line_peer& self) {
    self.driven().send("one");
    close_all(this->port(), ample).then([&](result<std::size_t> r) { broken = *r; });
  };
  ASSERT_TRUE(this->world.run_until([&] { return server.peers.size() == 1; }));
  server.stop();
  ASSERT_TRUE(this->world.run_until([&] { return broken.has_value(); }));
  EXPECT_TRUE(this->all_released());
  EXPECT_EQ(server.peers[0]->ended_count, 1);
}

TYPED_TEST(loop_close, what_connects_meanwhile_is_broken_too) {
  auto& server = this->serve(nullptr);
  auto pair = this->connected(server);
  pair.client.on_failed = [&](line_peer&, const error&) { this->connect(server); };
  pair.client.pause(true);
  pair.server.pause(true);
  this->world.idle();
  EXPECT_GE(*this->close_all_within(brief), 2u);
  EXPECT_GE(this->clients.size(), 2u);
  server.stop();
}

TYPED_TEST(loop_close, one_connection_may_be_finished_alone) {
  auto& server = this->serve();
  auto one = this->connected(server);
  auto other = this->connected(server);
  one.client.driven().send("last words");
  one.client.transport->finish();
  ASSERT_TRUE(this->world.run_until([&] { return one.client.released_count == 1; }));
  EXPECT_EQ(one.client.lines, std::vector<std::string>{"last words"});
  EXPECT_EQ(one.client.failed_count + one.server.failed_count, 0);
  EXPECT_TRUE(other.client.is_open());
}

}  // namespace
}  // namespace parley::test
