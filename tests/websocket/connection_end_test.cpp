// How a connection ends, as server and as client: close frames, faults, silence, resets.
#include "websocket/machine_script.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class websocket_end : public ::testing::TestWithParam<role> {};
INSTANTIATE_TEST_SUITE_P(sides, websocket_end, ::testing::Values(role::server, role::client),
                         [](const auto& p) {
                           return p.param == role::server ? "server" : "client";
                         });

constexpr unsigned codes[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
                              1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999};

std::string line_of(unsigned code, std::string_view reason) {
  return "close " + std::to_string(code) + (reason.empty() ? "" : " " + shown(reason));
}

TEST_P(websocket_end, closed_by_the_peer_with_each_code_and_reason) {
  for (const unsigned code : codes) {
    for (const std::string& reason : {std::string(), std::string("bye"), std::string(123, 'x')}) {
      connection_script s(GetParam());
      s.feed(s.peer.text("last") + s.peer.close(code, reason) + s.peer.text("behind"), 3);
      EXPECT_THAT(s.told(), ElementsAre("text last", line_of(code, reason) + " by peer"));
      EXPECT_THAT(s.sent(), ElementsAre("close " + std::to_string(code)));
      EXPECT_TRUE(s.machine.ends_output() && s.machine.wants_read() && !s.machine.is_done());
      EXPECT_EQ(s.machine.send_text("x", s.now()).error(), errc::closed);
      s.log.h.feed_eof();
      EXPECT_THAT(s.told(), ElementsAre("closed"));
    }
  }
}

TEST_P(websocket_end, closed_by_us_with_each_code_and_reason) {
  for (const unsigned code : codes) {
    for (const std::string& reason : {std::string(), std::string("bye"), std::string(123, 'x')}) {
      connection_script s(GetParam());
      ASSERT_TRUE(s.machine.close(close_code{static_cast<std::uint16_t>(code)}, reason, s.now()));
      s.log.h.drain();
      const auto sent = s.sent();
      ASSERT_EQ(sent.size(), 1U);
      EXPECT_THAT(sent[0], StartsWith("close " + std::to_string(code)));
      EXPECT_FALSE(s.machine.ends_output()) << "not before its answer";
      // What was under way still comes, and is not answered.
      s.feed(s.peer.text("under way") + s.peer.ping("p") + s.peer.close(code));
      EXPECT_THAT(s.told(), ElementsAre("text under way", line_of(code, "")));
      EXPECT_THAT(s.sent(), IsEmpty());
      EXPECT_TRUE(s.machine.ends_output());
      s.log.h.feed_eof();
      EXPECT_THAT(s.told(), ElementsAre("closed"));
    }
  }
}

TEST_P(websocket_end, without_a_code) {
  connection_script s(GetParam());
  s.feed(s.peer.close(0));
  EXPECT_THAT(s.told(), ElementsAre("close 1005 by peer"));
  EXPECT_THAT(s.sent(), ElementsAre("close empty"));
  connection_script t(GetParam());
  ASSERT_TRUE(t.machine.close(close_code::no_status, "", t.now()));
  EXPECT_THAT(t.sent(), ElementsAre("close empty"));
  t.feed(t.peer.close(0));
  EXPECT_THAT(t.told(), ElementsAre("close 1005"));
}

TEST_P(websocket_end, close_frames_that_cross) {
  connection_script s(GetParam());
  ASSERT_TRUE(s.machine.close(close_code::going_away, "", s.now()));
  s.feed(s.peer.close(1000, "mine"));
  EXPECT_THAT(s.told(), ElementsAre("close 1000 mine"));
  EXPECT_THAT(s.sent(), ElementsAre("close 1001"));
}

TEST_P(websocket_end, inside_a_message) {
  connection_script s(GetParam());
  s.feed(s.peer.frame(opcode::text, "x", {.fin = false}) + s.peer.close());
  EXPECT_THAT(s.told(), ElementsAre("close 1000 by peer"));
  connection_script t(GetParam());
  ASSERT_TRUE(t.machine.send_piece(opcode::text, as_bytes("x"), false, t.now()));
  ASSERT_TRUE(t.machine.close(close_code::normal, "", t.now()));
  EXPECT_EQ(t.machine.send_piece(opcode::text, {}, true, t.now()).error(), errc::closed);
  EXPECT_THAT(t.sent(), ElementsAre("text+ x", "close 1000"));
}

TEST_P(websocket_end, a_peer_that_does_not_answer_the_close) {
  for (const bool reads : {true, false}) {
    connection_script s(GetParam());
    ASSERT_TRUE(s.machine.send_text(letters(1000), s.now()));
    ASSERT_TRUE(s.machine.close(close_code::normal, "", s.now()));
    EXPECT_EQ(reads ? s.sent().size() : 2U, 2U);
    s.log.h.advance(9s);
    EXPECT_THAT(s.told(), IsEmpty());
    s.log.h.advance(2s);
    EXPECT_THAT(s.told(), ElementsAre("failed close_timeout", "closed"));
    EXPECT_THAT(s.sent(), IsEmpty());
    EXPECT_TRUE(s.log.h.is_over());
  }
}

TEST_P(websocket_end, lingering_has_an_end) {
  for (const bool fails : {false, true}) {
    connection_script s(GetParam());
    s.feed(fails ? s.peer.frame(3, "") : s.peer.close());
    EXPECT_EQ(s.told().size(), 1U);
    EXPECT_EQ(s.sent().size(), 1U);
    s.feed(letters(100'000));
    EXPECT_LE(s.machine.held_memory(), 70'000U) << "thrown away";
    s.machine.release();
    s.feed(letters(100));
    s.log.h.advance(1s);
    EXPECT_THAT(s.told(), IsEmpty());
    s.log.h.advance(2s);
    EXPECT_THAT(s.told(), ElementsAre("closed"));
    EXPECT_TRUE(s.log.h.is_over());
  }
}

TEST_P(websocket_end, an_end_without_a_close_frame) {
  for (const std::string_view inside : {"", "\x81", "\x81\x7e"}) {
    connection_script s(GetParam());
    s.feed(s.peer.text("x"));
    s.feed(inside.substr(0, GetParam() == role::server && inside.size() > 1 ? 1 : 2));
    ASSERT_TRUE(s.machine.send_text("nobody reads it", s.now()));
    s.log.h.feed_eof();
    EXPECT_THAT(s.told(), ElementsAre("text x", "failed abnormal_end", "closed"));
    EXPECT_EQ(s.log.why->to_string().find("middle") != std::string::npos, !inside.empty());
    EXPECT_THAT(s.sent(), IsEmpty());
  }
  connection_script closing(GetParam());
  ASSERT_TRUE(closing.machine.close(close_code::normal, "", closing.now()));
  closing.log.h.feed_eof();
  EXPECT_THAT(closing.told(), ElementsAre("failed abnormal_end", "closed"));
  connection_script both(GetParam());
  both.feed(both.peer.close());
  both.log.h.feed_eof();
  EXPECT_THAT(both.told(), ElementsAre("close 1000 by peer", "closed"));
  EXPECT_THAT(both.sent(), ElementsAre("close 1000")) << "the answer still goes";
}

// Whatever has come before a reset or an end is told.
TEST_P(websocket_end, a_reset_in_every_phase) {
  const error reset(errc::reset);
  connection_script idle(GetParam());
  idle.log.h.feed_error(reset);
  EXPECT_THAT(idle.told(), ElementsAre("failed reset", "closed"));
  connection_script open(GetParam());
  open.feed(open.peer.text("x") + "\x81");
  ASSERT_TRUE(open.machine.send_text("lost", open.now()));
  open.log.h.feed_error(reset);
  EXPECT_THAT(open.told(), ElementsAre("text x", "failed reset", "closed"));
  EXPECT_TRUE(open.log.h.is_over());
  connection_script closing(GetParam());
  ASSERT_TRUE(closing.machine.close(close_code::normal, "", closing.now()));
  closing.log.h.feed_error(reset);
  EXPECT_THAT(closing.told(), ElementsAre("failed reset", "closed"));
  connection_script lingering(GetParam());
  lingering.feed(lingering.peer.close());
  lingering.log.h.feed_error(reset);
  EXPECT_THAT(lingering.told(), ElementsAre("close 1000 by peer", "closed"));
  lingering.log.h.feed_error(reset);
  EXPECT_THAT(lingering.told(), ElementsAre("closed"));
  // Right behind a fault that was not told yet.
  connection_script failing(GetParam());
  failing.machine.fail(error(errc::cancelled), failing.now());
  failing.log.h.feed_error(reset);
  EXPECT_THAT(failing.told(), ElementsAre("failed cancelled", "closed"));
}

TEST_P(websocket_end, failed_by_the_application) {
  for (const auto& [why, code] : {std::pair{error(errc::too_large), "1009"},
                                  {error(errc::not_supported), "1003"},
                                  {error(errc::queue_full), "1013"},
                                  {error(websocket::errc::slow_reader), "1008"},
                                  {error(errc::cancelled), "1011"}}) {
    connection_script s(GetParam());
    ASSERT_TRUE(s.machine.send_text("before", s.now()));
    s.machine.fail(why, s.now());
    s.machine.fail(error(errc::reset), s.now());
    s.log.h.drain();
    EXPECT_THAT(s.told(), ElementsAre("failed " + std::string(why.name())));
    const auto sent = s.sent();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_THAT(sent[1], StartsWith("close " + std::string(code)));
  }
  // Behind its own close no second one.
  connection_script s(GetParam());
  ASSERT_TRUE(s.machine.close(close_code::normal, "", s.now()));
  s.machine.fail(error(errc::too_large), s.now());
  s.log.h.drain();
  EXPECT_THAT(s.sent(), ElementsAre("close 1000"));
  EXPECT_THAT(s.told(), ElementsAre("failed too_large"));
}

enum class unsuitable : std::uint8_t { too_long, no_text };
const error_info& describe(unsuitable which) noexcept {
  static const std::string longest(200, 'x');
  static const error_info infos[] = {
      {"test", "too_long", error_class::protocol, longest, {}},
      {"test", "no_text", error_class::protocol, "\xff", {}},
  };
  return infos[static_cast<std::size_t>(which)];
}

// A text that is no reason for a close frame: the code goes alone.
TEST_P(websocket_end, faults_with_unsuitable_texts) {
  for (const unsuitable which : {unsuitable::too_long, unsuitable::no_text}) {
    connection_script s(GetParam());
    s.machine.fail(error(which), s.now());
    s.log.h.drain();
    EXPECT_THAT(s.sent(), ElementsAre("close 1011"));
  }
}

TEST_P(websocket_end, aborted_in_any_state) {
  for (int state = 0; state < 5; ++state) {
    connection_script s(GetParam());
    ASSERT_TRUE(s.machine.send_text("x", s.now()));
    const std::size_t shown = state % 2 == 0 ? total_size(s.machine.output()) : 0;
    if (state > 0) (void)s.machine.send_text("y", s.now());
    if (state == 2) (void)s.machine.close(close_code::normal, "", s.now());
    if (state == 3) s.feed(s.peer.close());
    if (state == 4) s.feed(s.peer.frame(3, ""));
    (void)s.told();
    s.machine.end_now();
    s.log.h.drain();
    EXPECT_THAT(s.told(), ElementsAre("closed"));
    EXPECT_EQ(s.machine.buffered(), shown) << "what the loop may be writing";
    EXPECT_FALSE(s.machine.next_deadline());
    EXPECT_FALSE(s.machine.wants_read());
    EXPECT_EQ(s.machine.send_text("x", s.now()).error(), errc::closed);
    s.log.h.feed_error(error(errc::reset));
    EXPECT_THAT(s.told(), ElementsAre("closed"));
    (void)s.log.h.sent();
    s.machine.release();
    EXPECT_TRUE(s.log.h.is_over());
  }
}

}  // namespace
}  // namespace parley::test
