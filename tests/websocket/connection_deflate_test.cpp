// Compressed conversations: every agreement, limits of what is inflated, bad data, shared messages.
#include <parley/codecs/websocket/shared_message.hpp>

#include "support/pair.hpp"
#include "websocket/machine_script.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::StartsWith;

class websocket_deflated : public ::testing::TestWithParam<role> {};
INSTANTIATE_TEST_SUITE_P(sides, websocket_deflated, ::testing::Values(role::server, role::client),
                         [](const auto& p) {
                           return p.param == role::server ? "server" : "client";
                         });

// What the sides of one agreement say to each other.
TEST_P(websocket_deflated, every_agreement_both_ways) {
  for (std::uint8_t bits = 9; bits <= 15; ++bits) {
    for (const bool takes_over : {true, false}) {
      for (const bool pieces : {true, false}) {
        websocket::deflate_agreement agreed;
        agreed.server_max_window_bits = bits;
        agreed.client_max_window_bits = static_cast<std::uint8_t>(24 - bits);
        agreed.server_no_context_takeover = !takes_over;
        agreed.client_no_context_takeover = takes_over;
        websocket::connection_limits l = quiet();
        l.pieces = pieces;
        connection_script s(GetParam(), l, agreed);
        s.log.echoes = true;
        std::vector<std::string> texts;
        for (const std::size_t size : {0U, 5U, 1000U, 1000U, 40'000U, 200'000U}) {
          texts.push_back(letters(size));
          s.feed(s.peer.deflated(opcode::text, texts.back(), size / 3));
          if (pieces) s.machine.release();
          (void)s.sent();
        }
        // Whether to compress is the sender's choice for each message.
        texts.emplace_back("plain");
        s.feed(s.peer.text("plain"));
        (void)s.sent();
        EXPECT_TRUE(s.log.messages == texts) << int{bits} << takes_over << pieces;
        EXPECT_TRUE(s.peer.messages == texts) << int{bits} << takes_over << pieces;
        EXPECT_FALSE(s.log.why) << s.log.why->to_string();
      }
    }
  }
}

TEST_P(websocket_deflated, at_every_cut_with_controls_between) {
  raw_websocket peer(other(GetParam()));
  peer.agree({});
  const std::string text = letters(300);
  std::string all = peer.deflated(opcode::text, text, 40);
  all += peer.ping("p");
  all += peer.deflated(opcode::binary, text, 7);
  for (std::size_t portion = 0; portion < 200; ++portion) {
    connection_script s(GetParam(), quiet(), websocket::deflate_agreement());
    s.feed(all, portion);
    ASSERT_THAT(s.log.messages, ElementsAre(text, text)) << portion;
    EXPECT_THAT(s.sent(), ElementsAre("pong p"));
  }
}

TEST_P(websocket_deflated, small_messages_go_as_they_are) {
  connection_script s(GetParam(), quiet(), websocket::deflate_agreement());
  ASSERT_TRUE(s.machine.send_text("small", s.now()));
  ASSERT_TRUE(s.machine.send_text(letters(100), s.now()));
  EXPECT_THAT(s.sent(), ElementsAre("text small", "text* 100 bytes"));
}

TEST_P(websocket_deflated, limits_are_those_of_what_is_inflated) {
  for (const bool pieces : {false, true}) {
    websocket::connection_limits l = quiet();
    l.max_size = 10'000;
    l.pieces = pieces;
    connection_script s(GetParam(), l, websocket::deflate_agreement());
    s.feed(s.peer.deflated(opcode::text, letters(10'000)));
    EXPECT_EQ(s.log.messages.size(), 1U);
    s.feed(s.peer.deflated(opcode::text, letters(10'001)));
    EXPECT_EQ(s.told().back(), "failed message_too_large");
    EXPECT_THAT(s.sent().back(), StartsWith("close 1009"));
  }
  // Ten megabytes of nothing fit into ten kilobytes.
  for (const bool pieces : {false, true}) {
    websocket::connection_limits l = quiet();
    l.max_size = std::uint64_t{100} << 20;
    l.pieces = pieces;
    connection_script s(GetParam(), l, websocket::deflate_agreement());
    s.feed(s.peer.deflated(opcode::binary, std::string(10 << 20, '\0')));
    EXPECT_EQ(s.told().back(), "failed inflates_too_far");
    EXPECT_THAT(s.sent().back(), StartsWith("close 1009"));
  }
}

TEST_P(websocket_deflated, bad_data) {
  const raw_websocket plain(other(GetParam()));
  for (const std::size_t portion : {0U, 1U}) {
    connection_script s(GetParam(), quiet(), websocket::deflate_agreement());
    s.feed(plain.frame(opcode::text, "\xff\xff\xff", {.rsv = 4}), portion);
    EXPECT_THAT(s.told(), ElementsAre("failed bad_deflate"));
    EXPECT_THAT(s.sent().back(), StartsWith("close 1007"));

    for (const std::string& text : {letters(100) + "\xff" + letters(100), letters(100) + "\xc3"}) {
      connection_script t(GetParam(), quiet(), websocket::deflate_agreement());
      t.feed(t.peer.deflated(opcode::binary, text), portion);
      t.feed(t.peer.deflated(opcode::text, text, 50), portion);
      EXPECT_THAT(t.told(), ElementsAre("binary " + shown(text), "failed bad_text"));
      EXPECT_THAT(t.sent().back(), StartsWith("close 1007"));
    }
    // Compressed are messages: no continuation says so, and no control frame.
    connection_script u(GetParam(), quiet(), websocket::deflate_agreement());
    u.feed(plain.frame(opcode::text, "x", {.fin = false}) +
               plain.frame(opcode::continuation, "y", {.rsv = 4}),
           portion);
    EXPECT_THAT(u.told(), ElementsAre("failed reserved_bits"));
    connection_script v(GetParam(), quiet(), websocket::deflate_agreement());
    v.feed(plain.frame(opcode::ping, "x", {.rsv = 4}), portion);
    EXPECT_THAT(v.told(), ElementsAre("failed reserved_bits"));
  }
}

TEST_P(websocket_deflated, pieces_whose_first_is_empty) {
  connection_script s(GetParam(), quiet(), websocket::deflate_agreement());
  const std::string text = letters(100'000);
  ASSERT_TRUE(s.machine.send_piece(opcode::text, {}, false, s.now()));
  s.machine.release();
  for (std::size_t at = 0; at < text.size(); at += 1000) {
    ASSERT_TRUE(
        s.machine.send_piece(opcode::text, as_bytes(text.substr(at, 1000)), false, s.now()));
    s.machine.release();
  }
  ASSERT_TRUE(s.machine.send_piece(opcode::text, {}, true, s.now()));
  (void)s.sent();
  ASSERT_THAT(s.peer.messages, SizeIs(1));
  EXPECT_TRUE(s.peer.messages[0] == text);
}

// One message for receivers with and without compression, between messages of their own.
TEST(websocket_shared, every_receiver_reads_every_message) {
  websocket::deflate_settings settings;
  settings.own_max_window_bits = 12;
  websocket::shared_deflater deflater(settings);
  websocket::deflate_agreement small, large, alone;
  small.server_max_window_bits = 10;
  alone.server_no_context_takeover = true;
  connection_script plain(role::server), with_small(role::server, quiet(), small),
      with_large(role::server, quiet(), large), with_alone(role::server, quiet(), alone);
  std::vector<std::string> texts;
  for (std::uint32_t i = 0; i < 30; ++i) {
    texts.push_back(letters(20 + 400 * (i % 5), i % 7));
    const bool shares = i % 3 != 0;
    const auto m = websocket::shared_message::make(opcode::text, as_bytes(texts.back()), &deflater);
    ASSERT_TRUE(m);
    for (connection_script* s : {&plain, &with_small, &with_large, &with_alone}) {
      ASSERT_TRUE(shares ? s->machine.send(*m, s->now())
                         : s->machine.send_text(texts.back(), s->now()));
      if (shares && s == &with_large && !m->compressed().empty()) {
        EXPECT_EQ(s->machine.output().back().size, m->compressed().size());
      }
      (void)s->sent();
    }
  }
  for (connection_script* s : {&plain, &with_small, &with_large, &with_alone}) {
    EXPECT_TRUE(s->peer.messages == texts);
  }
}

TEST(websocket_shared, what_is_refused) {
  EXPECT_FALSE(websocket::shared_message::make(opcode::text, as_bytes("\xff")));
  EXPECT_FALSE(websocket::shared_message::make(opcode::ping, {}));
  const auto m = websocket::shared_message::make(opcode::binary, as_bytes("\xff"));
  ASSERT_TRUE(m);
  connection_script client(role::client), server(role::server);
  EXPECT_EQ(client.machine.send(*m, client.now()).error(), errc::misuse);
  ASSERT_TRUE(server.machine.send_piece(opcode::text, as_bytes("x"), false, server.now()));
  EXPECT_EQ(server.machine.send(*m, server.now()).error(), errc::misuse);
  server.machine.end_now();
  EXPECT_EQ(server.machine.send(*m, server.now()).error(), errc::closed);
}

}  // namespace
}  // namespace parley::test
