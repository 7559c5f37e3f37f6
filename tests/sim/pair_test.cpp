#include "support/pair.hpp"

#include "sim/chat_machine.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using event = chat_machine::event;

// A client that records, and a server that answers each line.
struct conversation {
  explicit conversation(const pair_options& options = {}, duration patience = {})
      : client(patience),
        link(
            client, [this](event& e) { note(e); }, server, [this](event& e) { answer(e); },
            options) {}

  void note(event& e) {
    if (auto* l = std::get_if<chat_machine::line>(&e)) replies.emplace_back(l->text);
    if (auto* f = std::get_if<failed>(&e)) failure = f->why;
    ended |= std::holds_alternative<closed>(e);
  }
  void answer(event& e) {
    auto* l = std::get_if<chat_machine::line>(&e);
    if (l && answers) (void)server.send("re: " + std::string(l->text), link.now());
    server_ended |= std::holds_alternative<closed>(e);
  }

  chat_machine client;
  chat_machine server;
  std::vector<std::string> replies;
  std::optional<error> failure;
  bool answers = true;
  bool ended = false;
  bool server_ended = false;
  pair<chat_machine, chat_machine> link;
};

TEST(machine_pair, carries_everything_in_order_however_it_is_cut) {
  for (const auto how : {sim::split::never, sim::split::random, sim::split::every_byte}) {
    for (const std::size_t window : {1U, 7U, 65536U}) {
      conversation c({.seed = window, .splitting = how, .window = window});
      c.link.start();
      std::vector<std::string> expected;
      for (int i = 0; i < 50; ++i) {
        const std::string text = std::to_string(i) + std::string(std::size_t(i), 'x');
        ASSERT_TRUE(c.client.send(text, c.link.now()));
        expected.push_back("re: " + text);
      }
      c.link.drive();
      EXPECT_EQ(c.replies, expected);
    }
  }
}

TEST(machine_pair, carries_the_end_after_all_bytes) {
  conversation c;
  c.link.start();
  ASSERT_TRUE(c.client.send("last", c.link.now()));
  c.client.finish();
  c.link.drive();
  EXPECT_EQ(c.replies, std::vector<std::string>{"re: last"});
  EXPECT_TRUE(c.server_ended);
  EXPECT_TRUE(c.ended);
  EXPECT_FALSE(c.failure);
}

TEST(machine_pair, fires_deadlines_at_their_time) {
  conversation c({}, 5s);
  c.link.start();
  c.answers = false;
  ASSERT_TRUE(c.client.send("anyone", c.link.now()));
  c.link.advance(4s);
  EXPECT_FALSE(c.failure);
  c.link.advance(1s);
  ASSERT_TRUE(c.failure);
  EXPECT_EQ(*c.failure, errc::timed_out);
}

TEST(machine_pair, breaks_both_sides_or_neither) {
  conversation c({}, 5s);
  c.link.start();
  c.link.break_link(errc::reset);
  ASSERT_TRUE(c.failure);
  EXPECT_EQ(*c.failure, errc::reset);
  EXPECT_TRUE(c.server_ended);

  conversation silent({}, 5s);
  silent.link.start();
  silent.link.cut();
  ASSERT_TRUE(silent.client.send("anyone", silent.link.now()));
  silent.link.drive();
  EXPECT_FALSE(silent.failure);
  silent.link.advance(5s);
  ASSERT_TRUE(silent.failure);
  EXPECT_EQ(*silent.failure, errc::timed_out);
}

TEST(machine_pair, bounds_a_conversation_without_end) {
  chat_machine one;
  chat_machine two;
  const auto back = [](chat_machine& m, event& e) {
    auto* l = std::get_if<chat_machine::line>(&e);
    if (l) (void)m.send(std::string(l->text), time_point{});
  };
  pair<chat_machine, chat_machine> link(
      one, [&](event& e) { back(one, e); }, two, [&](event& e) { back(two, e); });
  link.start();
  EXPECT_TRUE(link.drive_bounded(10));
  ASSERT_TRUE(one.send("ball", time_point{}));
  EXPECT_FALSE(link.drive_bounded(1000));
}

TEST(machine_pair, holds_back_for_who_does_not_read) {
  conversation c({.window = 100});
  c.link.start();
  c.server.pause(true);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(c.client.send("0123456789", c.link.now()));
  c.link.drive();
  EXPECT_EQ(c.client.unsent(), 1100U - 100U);
  c.server.pause(false);
  c.link.drive();
  EXPECT_EQ(c.replies.size(), 100U);
}

}  // namespace
}  // namespace parley::test
