// From a name to a connection, on every loop: several addresses, and giving up at
// every step on the way.
#include <parley/core/loop/connector.hpp>

#include "loops/fixtures.hpp"

namespace parley::test {
namespace {

// Gives the winner to a line_peer.
class taker final : public connector_owner {
 public:
  void connected(connection& c, time_point now) override {
    ++up;
    peer.transport = &c;
    c.rebind(peer);
    peer.driven().start(now);
  }
  void connect_failed(const error& why) override {
    ++down;
    failure = why;
  }
  line_peer peer;
  std::optional<error> failure;
  int up = 0;
  int down = 0;
};

template <class World>
class loop_connects : public loop_test<World> {
 public:
  // Both kinds of loopback address, of which the server has one.
  line_server& serve_ipv4() { return this->serve_at(address::v4({127, 0, 0, 1}, 0)); }
  static endpoint to(const line_server& s) { return endpoint("localhost", s.where().port()); }
};
TYPED_TEST_SUITE(loop_connects, every_world, loop_names);

TYPED_TEST(loop_connects, a_name_with_several_addresses_leads_to_the_one_that_answers) {
  auto& server = this->serve_ipv4();
  taker who;
  connector c(this->port(), who);
  // Of whatever family is first: the other ones are raced.
  for (std::uint64_t round = 0; round < 3; ++round) {
    who.peer.released_count = 0;
    c.start(this->to(server), round, {});
    EXPECT_EQ(who.up, static_cast<int>(round));  // never from inside
    ASSERT_TRUE(this->world.run_until([&] { return who.up + who.down > static_cast<int>(round); }));
    ASSERT_EQ(who.down, 0) << who.failure->to_string();
    who.peer.close();
    ASSERT_TRUE(this->world.run_until([&] { return who.peer.released_count == 1; }));
  }
}

TYPED_TEST(loop_connects, all_addresses_refused_is_one_failure) {
  auto& server = this->serve_ipv4();
  const endpoint where = this->to(server);
  server.stop();
  taker who;
  connector c(this->port(), who);
  c.start(where, 0, {});
  ASSERT_TRUE(this->world.run_until([&] { return who.up + who.down > 0; }));
  this->world.idle();
  EXPECT_EQ(who.down, 1);
  EXPECT_TRUE(*who.failure == errc::refused) << who.failure->to_string();
}

TYPED_TEST(loop_connects, an_unknown_name_is_one_failure) {
  taker who;
  connector c(this->port(), who);
  c.start(endpoint(this->world.unknown_host(), 1), 0, {});
  ASSERT_TRUE(this->world.run_until([&] { return who.down > 0; }));
  EXPECT_TRUE(*who.failure == errc::unresolvable) << who.failure->to_string();
}

// Fires once in each of so many turns.
struct countdown final : timer {
  countdown(loop& l, int turns) : home(l), left(turns) { home.set_timer(*this, home.now()); }
  void fired(time_point now) override {
    if (--left > 0) home.set_timer(*this, now);
  }
  loop& home;
  int left;
};

// P27: after cancel() nothing is told, whatever was on its way: a name, attempts,
// a connection that is up but not announced.
TYPED_TEST(loop_connects, giving_up_at_any_step_is_the_end_of_it) {
  auto& server = this->serve_ipv4();
  for (int step = 0; step < 40; ++step) {
    taker who;
    {
      connector c(this->port(), who);
      c.start(this->to(server), static_cast<std::uint64_t>(step), {});
      if (step > 0) {
        countdown turns(this->port(), step);
        ASSERT_TRUE(this->world.run_until([&] { return turns.left <= 0; }));
      }
      if (step % 2 == 0) c.cancel();
    }  // or destroyed
    const int told = who.up + who.down;
    EXPECT_LE(told, 1);
    this->world.idle();
    EXPECT_EQ(who.up + who.down, told) << "step " << step;
    if (who.up == 0) continue;
    who.peer.close();
    ASSERT_TRUE(this->world.run_until([&] { return who.peer.released_count == 1; }));
  }
}

// The same for a connection: closed at any step, it is released once.
TYPED_TEST(loop_connects, closing_at_any_step_releases_once) {
  auto& server = this->serve();
  for (int step = 0; step < 40; ++step) {
    auto& client = this->connect(server);
    client.driven().send(std::string(100'000, 'x'));
    if (step > 0) {
      countdown turns(this->port(), step);
      ASSERT_TRUE(this->world.run_until([&] { return turns.left <= 0; }));
    }
    client.close();
    ASSERT_TRUE(this->world.run_until([&] { return client.released_count == 1; }));
  }
  this->world.idle();
  for (auto& c : this->clients) EXPECT_EQ(c->released_count, 1);
}

}  // namespace
}  // namespace parley::test
