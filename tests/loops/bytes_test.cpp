// Bytes in bulk: partial writes, back-pressure, ends with data on the way.
#include "loops/fixtures.hpp"
#include "support/letters.hpp"

namespace parley::test {
namespace {

PARLEY_LOOP_SUITE(loop_bytes);

// More than any socket takes at once.
constexpr std::size_t large = 8 * 1024 * 1024;

// A peer that takes lines as long as the large one.
void reads_large_lines(line_peer& p) { p.driven() = line_machine({.max = 2 * large}); }

TYPED_TEST(loop_bytes, what_does_not_go_at_once_goes_later) {
  auto& server = this->serve(reads_large_lines);
  auto pair = this->connected(server);
  const std::string text = letters(large);
  pair.client.send(text);
  ASSERT_TRUE(this->world.run_until([&] { return pair.server.lines.size() == 1; }));
  EXPECT_TRUE(pair.server.lines[0] == text);
  EXPECT_EQ(pair.client.driven().unsent(), 0u);
}

TYPED_TEST(loop_bytes, shared_bytes_and_small_ones_keep_their_order) {
  auto& server = this->serve(reads_large_lines);
  auto pair = this->connected(server);
  const std::string text = letters(large);
  for (int i = 0; i < 300; ++i) {
    pair.client.driven().send("small " + std::to_string(i));
    if (i == 150) pair.client.driven().send(shared_bytes::copy(as_bytes(text)));
  }
  pair.client.transport->wake();
  ASSERT_TRUE(this->world.run_until([&] { return pair.server.lines.size() == 301; }));
  EXPECT_EQ(pair.server.lines[150], "small 150");
  EXPECT_TRUE(pair.server.lines[151] == text);
  EXPECT_EQ(pair.server.lines[300], "small 299");
}

TYPED_TEST(loop_bytes, who_does_not_read_stops_the_writer) {
  auto& server = this->serve(reads_large_lines);
  auto pair = this->connected(server);
  pair.server.pause(true);
  this->world.idle();
  const std::string text = letters(large);
  pair.client.send(text);
  this->world.idle();
  this->world.idle();
  EXPECT_GT(pair.client.driven().unsent(), 0u);
  const std::size_t held = pair.client.driven().unsent();
  this->world.idle();
  EXPECT_EQ(pair.client.driven().unsent(), held);
  EXPECT_TRUE(pair.server.lines.empty());
  pair.server.pause(false);
  ASSERT_TRUE(this->world.run_until([&] { return pair.server.lines.size() == 1; }));
  EXPECT_TRUE(pair.server.lines[0] == text);
}

// A command that comes while a write waits goes out after it.
TYPED_TEST(loop_bytes, output_that_grows_while_a_write_waits_follows_it) {
  auto& server = this->serve(reads_large_lines);
  auto pair = this->connected(server);
  pair.server.pause(true);
  this->world.idle();
  pair.client.send(letters(large));
  this->world.idle();
  pair.client.send("and this");
  this->world.idle();
  pair.server.pause(false);
  ASSERT_TRUE(this->world.run_until([&] { return pair.server.lines.size() == 2; }));
  EXPECT_EQ(pair.server.lines[0].size(), large);
  EXPECT_EQ(pair.server.lines[1], "and this");
}

TYPED_TEST(loop_bytes, one_that_sends_much_does_not_keep_others_waiting) {
  auto& server = this->serve([](line_peer& p) {
    line_server::echo(p);
    reads_large_lines(p);
  });
  auto fast = this->connected(server);
  auto slow = this->connected(server);
  std::size_t taken = 0;
  fast.server.on_line = [&](line_peer&, std::string_view text) { taken += text.size(); };
  const std::string text = letters(large);
  fast.client.send(text);
  slow.client.send("me too");
  std::size_t taken_before_reply = 0;
  slow.client.on_line = [&](line_peer&, std::string_view) { taken_before_reply = taken + 1; };
  ASSERT_TRUE(this->world.run_until([&] { return taken_before_reply != 0; }));
  EXPECT_EQ(taken_before_reply, 1u);  // the long line was still on its way
  ASSERT_TRUE(this->world.run_until([&] { return taken == large; }));
}

TYPED_TEST(loop_bytes, after_the_own_end_the_other_side_still_arrives) {
  auto& server = this->serve(nullptr);
  auto pair = this->connected(server);
  pair.client.send("question");
  pair.client.finish();
  ASSERT_TRUE(this->world.run_until([&] { return pair.server.ended_count == 1; }));
  EXPECT_EQ(pair.server.lines, std::vector<std::string>{"question"});
  this->world.idle();
  EXPECT_TRUE(pair.client.is_open());
  pair.server.send("answer");
  ASSERT_TRUE(this->world.run_until([&] { return pair.client.lines.size() == 1; }));
  EXPECT_EQ(pair.client.ended_count, 0);
  pair.server.finish();
  ASSERT_TRUE(this->world.run_until([&] { return this->all_released(); }));
  EXPECT_EQ(pair.client.ended_count, 1);
  EXPECT_EQ(pair.client.failed_count + pair.server.failed_count, 0);
}

// The peer has ended while much waits to be sent to it: all of it goes, then both
// close.
TYPED_TEST(loop_bytes, an_end_from_the_peer_does_not_cut_what_is_being_sent) {
  const std::string text = letters(large);
  auto& server = this->serve([&](line_peer& p) {
    p.on_ended = [&](line_peer& self) {
      self.driven().send(text);
      self.driven().finish();
    };
  });
  auto pair = this->connected(server);
  pair.client.driven() = line_machine({.max = 2 * large});
  pair.client.driven().start(this->port().now());
  pair.client.finish();
  ASSERT_TRUE(this->world.run_until([&] { return this->all_released(); }));
  ASSERT_EQ(pair.client.lines.size(), 1u);
  EXPECT_TRUE(pair.client.lines[0] == text);
  EXPECT_EQ(pair.server.failed_count, 0);
}

TYPED_TEST(loop_bytes, closing_while_a_write_waits_ends_both_sides) {
  auto& server = this->serve(reads_large_lines);
  auto pair = this->connected(server);
  pair.server.pause(true);
  this->world.idle();
  pair.client.send(letters(large));
  this->world.idle();
  ASSERT_GT(pair.client.driven().unsent(), 0u);
  pair.client.close();
  ASSERT_TRUE(this->world.run_until([&] { return pair.client.released_count == 1; }));
  pair.server.pause(false);
  ASSERT_TRUE(this->world.run_until(
      [&] { return pair.server.ended_count + pair.server.failed_count == 1; }));
  EXPECT_TRUE(pair.server.lines.empty());
}

// Writing to a peer that has gone is an error of the connection and no signal.
TYPED_TEST(loop_bytes, writing_to_who_has_gone_is_reported_as_reset) {
  auto& server = this->serve();
  auto pair = this->connected(server);
  pair.client.pause(true);  // deaf to the end of the peer
  this->world.idle();
  pair.server.close();
  ASSERT_TRUE(this->world.run_until([&] { return pair.server.released_count == 1; }));
  ASSERT_TRUE(this->repeat_until([&] { pair.client.send("anybody there?"); },
                                 [&] { return pair.client.released_count == 1; }));
  ASSERT_TRUE(pair.client.failure);
  EXPECT_TRUE(*pair.client.failure == errc::reset) << pair.client.failure->to_string();
  EXPECT_EQ(pair.client.failed_count, 1);
}

// What the peer said before it went explains why, so it is heard first.
TYPED_TEST(loop_bytes, last_words_are_heard_before_a_failed_write) {
  auto& server = this->serve_at(this->world.local_path("words"), [](line_peer& p) {
    p.on_opened = [](line_peer& self) { self.driven().send("go away"); };
  });
  auto& client = this->connect(server);
  std::vector<std::string> order;
  client.on_line = [&](line_peer&, std::string_view text) { order.emplace_back(text); };
  client.on_failed = [&](line_peer&, const error&) { order.emplace_back("failed"); };
  client.pause(true);
  ASSERT_TRUE(this->world.run_until([&] { return client.is_open() && server.peers.size() == 1; }));
  server.peers[0]->close();
  ASSERT_TRUE(this->world.run_until([&] { return server.peers[0]->released_count == 1; }));
  // Between Unix sockets the first write fails at once, before anything was read.
  client.driven().pause(false);
  ASSERT_TRUE(this->repeat_until([&] { client.send("hello?"); },
                                 [&] { return client.released_count == 1; }));
  EXPECT_EQ(order, (std::vector<std::string>{"go away", "failed"}));
}

}  // namespace
}  // namespace parley::test
