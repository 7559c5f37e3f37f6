// A connection in time: pings of the machine and of the application.
#include "websocket/machine_script.hpp"

namespace parley::test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class websocket_time : public ::testing::TestWithParam<role> {};
INSTANTIATE_TEST_SUITE_P(sides, websocket_time, ::testing::Values(role::server, role::client),
                         [](const auto& p) {
                           return p.param == role::server ? "server" : "client";
                         });

websocket::connection_limits pinging() {
  websocket::connection_limits l;
  l.ping_interval = 10s;
  l.ping_timeout = 5s;
  return l;
}

std::string payload_of(const std::string& line) { return line.substr(line.find(' ') + 1); }

TEST_P(websocket_time, a_ping_of_the_application) {
  connection_script s(GetParam());
  ASSERT_TRUE(s.machine.ping(as_bytes("first"), s.now()));
  s.log.h.advance(20ms);
  ASSERT_TRUE(s.machine.ping(as_bytes("second"), s.now()));
  s.log.h.advance(30ms);
  // Only the last one is told of, and once.
  s.feed(s.peer.pong("unasked") + s.peer.pong("first") + s.peer.pong("second") +
         s.peer.pong("second"));
  EXPECT_THAT(s.told(), ElementsAre("pong 30 ms"));
  EXPECT_THAT(s.sent(), ElementsAre("ping first", "ping second"));
}

// S103, S115, S154.
TEST_P(websocket_time, pings_by_itself) {
  connection_script s(GetParam(), pinging());
  for (int i = 0; i < 5; ++i) {
    s.log.h.advance(10s);
    const auto sent = s.sent();
    ASSERT_THAT(sent, SizeIs(1)) << i;
    EXPECT_THAT(sent[0], StartsWith("ping "));
    s.feed(s.peer.pong(payload_of(sent[0])));
    EXPECT_THAT(s.told(), ElementsAre("pong 0 ms"));
  }
}

// S116.
TEST_P(websocket_time, silence_fails) {
  connection_script s(GetParam(), pinging());
  s.feed(s.peer.text("x"));
  s.log.h.advance(14s);
  EXPECT_THAT(s.told(), ElementsAre("text x"));
  s.log.h.advance(2s);
  EXPECT_THAT(s.told(), ElementsAre("failed ping_timeout"));
  const auto sent = s.sent();
  ASSERT_THAT(sent, SizeIs(2));
  EXPECT_THAT(sent[1], StartsWith("close 1011"));
  s.log.h.advance(3s);
  EXPECT_THAT(s.told(), ElementsAre("closed"));
}

// A pong cannot come inside of a large frame.
TEST_P(websocket_time, any_byte_is_a_sign_of_life) {
  connection_script s(GetParam(), pinging());
  const std::string large = s.peer.binary(letters(1000));
  for (std::size_t i = 0; i < 100; ++i) {
    s.feed(large.substr(i, 1));
    s.log.h.advance(4s);
  }
  EXPECT_THAT(s.told(), IsEmpty());
  EXPECT_THAT(s.sent(), Each(StartsWith("ping ")));
}

TEST_P(websocket_time, a_pong_for_another_ping_is_one_too) {
  connection_script s(GetParam(), pinging());
  s.log.h.advance(10s);
  s.feed(s.peer.pong("another"));
  s.log.h.advance(6s);
  EXPECT_THAT(s.told(), IsEmpty());
  s.log.h.advance(6s);
  EXPECT_THAT(s.told(), ElementsAre("failed ping_timeout", "closed"));
}

TEST_P(websocket_time, silence_while_held_is_our_own) {
  connection_script s(GetParam(), pinging());
  s.machine.hold();
  s.log.h.drain();
  s.log.h.advance(1000s);
  EXPECT_THAT(s.told(), ElementsAre("paused"));
  EXPECT_THAT(s.sent(), Each(StartsWith("ping ")));
  // Right before the next one is due: there was no time to read the answers.
  s.log.h.advance(std::chrono::duration_cast<duration>(*s.machine.next_deadline() - s.now() - 1ms));
  (void)s.told();
  s.machine.go_on();
  s.log.h.drain();
  s.log.h.advance(1ms);
  EXPECT_THAT(s.told(), IsEmpty());
  s.log.h.advance(10s);
  EXPECT_THAT(s.told(), ElementsAre("failed ping_timeout", "closed"));
}

TEST_P(websocket_time, held_for_a_moment_only) {
  connection_script s(GetParam(), pinging());
  s.log.h.advance(10s);
  s.machine.hold();
  s.machine.go_on();
  s.log.h.advance(6s);
  EXPECT_THAT(s.told(), IsEmpty());
  s.log.h.advance(6s);
  EXPECT_THAT(s.told(), ElementsAre("failed ping_timeout", "closed"));
}

TEST_P(websocket_time, pings_that_nobody_must_answer) {
  websocket::connection_limits l = pinging();
  l.ping_timeout = {};
  connection_script s(GetParam(), l);
  s.log.h.advance(100s);
  EXPECT_THAT(s.told(), IsEmpty());
  EXPECT_THAT(s.sent(), SizeIs(10));
  connection_script none(GetParam());
  EXPECT_FALSE(none.machine.next_deadline());
}

TEST_P(websocket_time, no_pings_behind_a_close) {
  connection_script s(GetParam(), pinging());
  s.log.h.advance(9s);
  ASSERT_TRUE(s.machine.close(close_code::normal, "", s.now()));
  s.log.h.advance(9s);
  EXPECT_THAT(s.sent(), ElementsAre("close 1000"));
}

// Idle connections, whose buffers are released, go on pinging.
TEST_P(websocket_time, released_meanwhile) {
  connection_script s(GetParam(), pinging());
  for (int i = 0; i < 5; ++i) {
    s.machine.release();
    EXPECT_EQ(s.machine.held_memory(), 0U);
    s.log.h.advance(10s);
    const auto sent = s.sent();
    ASSERT_THAT(sent, SizeIs(1));
    s.machine.release();
    s.feed(s.peer.pong(payload_of(sent[0])));
  }
  EXPECT_THAT(s.told(), Each("pong 0 ms"));
}

}  // namespace
}  // namespace parley::test
