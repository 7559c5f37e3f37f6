// How bytes travel: cut, delayed, held back; never lost, never out of order.
#include "sim/sim_fixture.hpp"

namespace parley::test {
namespace {

class sim_bytes : public sim_fixture {
 protected:
  // Sends lines of growing length and returns what must come back.
  std::vector<std::string> send_lines(std::size_t count) {
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string text = std::to_string(i) + std::string(i * 7 % 500, 'x');
      EXPECT_TRUE(client.send(text));
      expected.push_back("re: " + text);
    }
    return expected;
  }
};

TEST_F(sim_bytes, arrive_complete_and_in_order_however_they_are_cut) {
  for (const auto how : {sim::split::never, sim::split::random, sim::split::every_byte}) {
    for (const std::size_t window : {1U, 100U, 65536U}) {
      SCOPED_TRACE(std::to_string(static_cast<int>(how)) + " " + std::to_string(window));
      world.set_link(a, b, {.splitting = how, .window = window});
      chat_peer p;
      p.connect(a, b.at(7));
      ASSERT_TRUE(world.run_until([&] { return p.opened; }));
      std::vector<std::string> expected;
      for (std::size_t i = 0; i < 40; ++i) {
        const std::string text = std::to_string(i) + std::string(i * 7 % 100, 'x');
        ASSERT_TRUE(p.send(text));
        expected.push_back("re: " + text);
      }
      p.finish();
      ASSERT_TRUE(world.run_until([&] { return p.gone; })) << world.trace();
      EXPECT_EQ(p.lines, expected);
      EXPECT_FALSE(p.failure);
    }
  }
}

TEST_F(sim_bytes, come_one_by_one_when_asked_for) {
  world.set_default_link({.splitting = sim::split::every_byte});
  connect();
  const auto expected = send_lines(20);
  ASSERT_TRUE(is_answered(20));
  EXPECT_EQ(client.lines, expected);
  EXPECT_EQ(client.largest_read, 1U);
  EXPECT_EQ(session().largest_read, 1U);
}

TEST_F(sim_bytes, come_at_once_when_they_are_not_cut) {
  world.set_default_link({.splitting = sim::split::never});
  connect();
  const std::string text(5000, 'x');
  ASSERT_TRUE(client.send(text));
  ASSERT_TRUE(is_answered(1));
  EXPECT_GE(client.largest_read, 4096U);
}

TEST_F(sim_bytes, take_the_latency_of_the_link) {
  world.set_default_link(
      {.latency_min = 10ms, .latency_max = 10ms, .splitting = sim::split::never});
  const time_point start = world.now();
  connect();
  EXPECT_EQ(world.now() - start, 20ms);  // SYN there, SYN-ACK back
  ASSERT_TRUE(client.send("hello"));
  ASSERT_TRUE(is_answered(1));
  EXPECT_EQ(world.now() - start, 40ms);
}

TEST_F(sim_bytes, take_the_time_that_the_bandwidth_needs) {
  world.set_default_link({.latency_min = 0ms, .latency_max = 0ms, .bandwidth = 1000});
  connect();
  session().answers = false;
  const time_point start = world.now();
  ASSERT_TRUE(client.send(std::string(9999, 'x')));
  ASSERT_TRUE(world.run_until([&] { return !session().lines.empty(); }));
  EXPECT_GE(world.now() - start, 10s);
  EXPECT_LE(world.now() - start, 10s + 1ms);  // rounded for each piece
}

TEST_F(sim_bytes, wait_with_the_writer_when_the_reader_does_not_read) {
  world.set_default_link({.window = 1000});
  connect();
  session().pause(true);
  const auto expected = send_lines(100);
  world.run_for(1min);
  EXPECT_TRUE(session().lines.empty());
  EXPECT_GT(client.driven().unsent(), 0U);
  const std::size_t before = client.driven().unsent();
  world.run_for(1h);
  EXPECT_EQ(client.driven().unsent(), before) << "no more than the window goes";
  session().pause(false);
  ASSERT_TRUE(is_answered(100)) << world.trace();
  EXPECT_EQ(client.lines, expected);
}

TEST_F(sim_bytes, that_are_unread_when_an_end_closes_become_a_reset) {
  connect();
  session().pause(true);
  ASSERT_TRUE(client.send("never read"));
  world.run_for(1min);
  session().close();
  ASSERT_TRUE(world.run_until([&] { return client.gone; }));
  ASSERT_TRUE(client.failure);
  EXPECT_EQ(*client.failure, errc::reset);
}

TEST_F(sim_bytes, of_a_pending_write_may_be_closed_at_any_moment) {
  // A completion that is under way keeps pointers into the machine.
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    sim::world small(seed, {.link = {.window = 10}});
    sim::host& here = small.add_host("here");
    sim::host& there = small.add_host("there");
    chat_server s;
    ASSERT_TRUE(s.listen(there, there.at(1)));
    {
      chat_peer p;
      p.connect(here, there.at(1));
      ASSERT_TRUE(small.run_until([&] { return p.opened; }));
      ASSERT_TRUE(p.send(std::string(1000, 'x')));
      small.run_for(std::chrono::milliseconds(seed));
      p.close();
      ASSERT_TRUE(small.run_until([&] { return p.gone; }));
    }
    s.close_all();
    small.run_until_idle();
    EXPECT_EQ(small.open_connections(), 0U);
  }
}

}  // namespace
}  // namespace parley::test
