// One connection, as server and as client: messages, fragments, pieces, commands, back-pressure.
#include "websocket/machine_script.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class websocket_connection : public ::testing::TestWithParam<role> {};
INSTANTIATE_TEST_SUITE_P(sides, websocket_connection, ::testing::Values(role::server, role::client),
                         [](const auto& p) {
                           return p.param == role::server ? "server" : "client";
                         });

TEST_P(websocket_connection, messages_of_every_size_both_ways) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 4096U, 4097U, 65535U, 65536U, 300'000U}) {
    connection_script s(GetParam());
    const std::string text = letters(size);
    s.log.echoes = true;
    s.feed(s.peer.text(text) + s.peer.binary(text));
    ASSERT_EQ(s.log.messages.size(), 2U);
    EXPECT_TRUE(s.log.messages[0] == text && s.log.messages[1] == text) << size;
    EXPECT_THAT(s.sent(), ElementsAre("text " + shown(text), "binary " + shown(text)));
    EXPECT_TRUE(s.peer.messages == s.log.messages) << size;
    EXPECT_EQ(s.machine.buffered(), 0U);
  }
}

TEST_P(websocket_connection, fragments_with_controls_between_at_every_cut) {
  const raw_websocket peer(other(GetParam()));
  const std::string all = peer.frame(opcode::text, "a\xc3", {.fin = false}) + peer.ping("1") +
                          peer.frame(opcode::continuation, "\xa4", {.fin = false}) +
                          peer.frame(opcode::continuation, "", {.fin = false}) + peer.pong("?") +
                          peer.ping("") + peer.frame(opcode::continuation, "b") + peer.text("c");
  for (std::size_t portion = 0; portion < all.size(); ++portion) {
    connection_script s(GetParam());
    s.feed(all, portion);
    EXPECT_THAT(s.told(), ElementsAre("text a\xc3\xa4"
                                      "b",
                                      "text c"));
    EXPECT_THAT(s.sent(), ElementsAre("pong 1", "pong "));
  }
}

TEST_P(websocket_connection, empty_fragments_make_an_empty_message) {
  connection_script s(GetParam());
  s.feed(s.peer.frame(opcode::binary, "", {.fin = false}) +
         s.peer.frame(opcode::continuation, "", {.fin = false}) +
         s.peer.frame(opcode::continuation, ""));
  EXPECT_THAT(s.told(), ElementsAre("binary "));
}

TEST_P(websocket_connection, pieces_come_as_they_arrive) {
  websocket::connection_limits l = quiet();
  l.pieces = true;
  connection_script s(GetParam(), l);
  s.feed(s.peer.frame(opcode::text, "ab", {.fin = false}) + s.peer.ping("1") +
         s.peer.frame(opcode::continuation, "", {.fin = false}) +
         s.peer.frame(opcode::continuation, "c") + s.peer.binary("") + s.peer.text("whole"));
  EXPECT_THAT(s.told(), ElementsAre("first text ab", "text ", "last text c", "first last binary ",
                                    "first last text whole"));
  // One frame larger than any buffer.
  const std::string large = letters(1'000'000);
  s.feed(s.peer.binary(large));
  EXPECT_TRUE(s.log.messages.back() == large);
  EXPECT_LE(s.machine.held_memory(), 40'000U);
}

TEST_P(websocket_connection, messages_in_pieces_are_sent_as_frames) {
  connection_script s(GetParam());
  const auto now = s.now();
  ASSERT_TRUE(s.machine.send_piece(opcode::text, as_bytes("a\xc3"), false, now));
  ASSERT_TRUE(s.machine.send_piece(opcode::text, {}, false, now));
  ASSERT_TRUE(s.machine.send_piece(opcode::text, as_bytes("\xa4"), false, now));
  ASSERT_TRUE(s.machine.ping(as_bytes("p"), now));
  EXPECT_EQ(s.machine.send_text("x", now).error(), errc::misuse);
  ASSERT_TRUE(s.machine.send_piece(opcode::text, {}, true, now));
  ASSERT_TRUE(s.machine.send_piece(opcode::binary, {}, true, now));
  EXPECT_THAT(s.sent(), ElementsAre("text+ a\xc3", "more+ \xa4", "ping p", "more ", "binary "));
  // Checked across pieces; what is refused changes nothing.
  ASSERT_TRUE(s.machine.send_piece(opcode::text, as_bytes("\xc3"), false, now));
  EXPECT_EQ(s.machine.send_piece(opcode::text, as_bytes("x"), false, now).error(),
            errc::invalid_argument);
  EXPECT_EQ(s.machine.send_piece(opcode::text, {}, true, now).error(), errc::invalid_argument);
  ASSERT_TRUE(s.machine.send_piece(opcode::text, as_bytes("\xa4"), true, now));
  EXPECT_EQ(s.machine.send_piece(opcode::text, as_bytes("\xff"), true, now).error(),
            errc::invalid_argument);
  EXPECT_THAT(s.sent(), ElementsAre("text+ \xc3", "more \xa4"));
  EXPECT_THAT(s.peer.messages, ElementsAre("a\xc3\xa4", "", "\xc3\xa4"));
}

TEST_P(websocket_connection, shared_bytes_are_not_copied_where_they_need_not_be) {
  connection_script s(GetParam());
  const std::string text = letters(100'000);
  const shared_bytes large = shared_bytes::copy(as_bytes(text));
  ASSERT_TRUE(s.machine.send(opcode::text, large, s.now()));
  ASSERT_TRUE(s.machine.send(opcode::binary, shared_bytes::copy(as_bytes("small")), s.now()));
  bool is_shared = false;
  for (const const_buffer& b : s.machine.output()) is_shared |= b.data == large.data();
  EXPECT_EQ(is_shared, GetParam() == role::server);
  EXPECT_THAT(s.sent(), ElementsAre("text 100000 bytes", "binary small"));
  EXPECT_TRUE(s.peer.messages[0] == text);
}

// Each is answered by its close code.
TEST_P(websocket_connection, faults_of_the_peer) {
  const raw_websocket peer(other(GetParam()));
  raw_websocket wrong(GetParam());
  const std::string foreign = wrong.text("x");
  struct fault {
    std::string bytes;
    std::string name;
    std::string code;
  };
  const fault all[] = {
      {peer.frame(3, ""), "bad_opcode", "1002"},
      {peer.frame(opcode::text, "x", {.rsv = 4}), "reserved_bits", "1002"},
      {foreign, GetParam() == role::server ? "not_masked" : "masked", "1002"},
      {peer.frame(opcode::ping, "", {.fin = false}), "fragmented_control", "1002"},
      {peer.frame(opcode::pong, std::string(126, 'x')), "control_too_long", "1002"},
      {peer.frame(opcode::continuation, "x"), "unexpected_continuation", "1002"},
      {peer.frame(opcode::text, "x", {.fin = false}) + peer.text("y"), "unfinished_message",
       "1002"},
      {peer.frame(opcode::close, "x"), "bad_close", "1002"},
      {peer.close(1005), "bad_close", "1002"},
      {peer.text("\xff"), "bad_text", "1007"},
      {peer.frame(opcode::text, "\xc3", {.fin = false}) + peer.frame(opcode::continuation, ""),
       "bad_text", "1007"},
      {peer.close(1000, "\xff"), "bad_text", "1007"},
      {peer.binary(std::string(2001, 'x')), "frame_too_large", "1009"},
      {peer.frame(opcode::text, std::string(2000, 'x'), {.fin = false}) +
           peer.frame(opcode::continuation, "x"),
       "message_too_large", "1009"},
  };
  for (const fault& f : all) {
    for (const std::size_t portion : {0U, 1U}) {
      websocket::connection_limits l = quiet();
      l.max_size = 2000;
      connection_script s(GetParam(), l);
      s.feed(peer.text("before") + f.bytes + peer.text("behind") + peer.ping(""), portion);
      EXPECT_THAT(s.told(), ElementsAre("text before", "failed " + f.name)) << f.name;
      const auto sent = s.sent();
      ASSERT_EQ(sent.size(), 1U) << f.name;
      EXPECT_THAT(sent[0], ::testing::StartsWith("close " + f.code)) << f.name;
      EXPECT_TRUE(s.machine.ends_output());
      EXPECT_EQ(s.machine.send_text("x", s.now()).error(), errc::closed);
      s.log.h.feed_eof();
      EXPECT_THAT(s.told(), ElementsAre("closed"));
    }
  }
}

TEST_P(websocket_connection, refused_commands_change_nothing) {
  counting_source random;
  websocket::connection_limits limits = quiet();
  limits.max_output = 1000;
  machine_log<websocket::connection> early(GetParam(), limits, &random);
  EXPECT_EQ(early.machine.send_text("x", {}).error(), errc::misuse);
  EXPECT_EQ(early.machine.send_piece(opcode::text, {}, true, {}).error(), errc::misuse);
  EXPECT_EQ(early.machine.close(close_code::normal, "", {}).error(), errc::misuse);
  EXPECT_EQ(early.machine.ping({}, {}).error(), errc::misuse);

  connection_script s(GetParam(), limits);
  const auto now = s.now();
  EXPECT_EQ(s.machine.send_text("\xff", now).error(), errc::invalid_argument);
  EXPECT_EQ(s.machine.send(opcode::ping, byte_view(), now).error(), errc::invalid_argument);
  EXPECT_EQ(s.machine.send_piece(opcode::close, {}, false, now).error(), errc::invalid_argument);
  const std::string long_reason(124, 'x');
  EXPECT_EQ(s.machine.ping(as_bytes(long_reason + "xx"), now).error(), errc::invalid_argument);
  EXPECT_EQ(s.machine.close(close_code::normal, long_reason, now).error(), errc::invalid_argument);
  EXPECT_EQ(s.machine.close(close_code::abnormal, "", now).error(), errc::invalid_argument);
  EXPECT_EQ(s.machine.close(close_code{999}, "", now).error(), errc::invalid_argument);
  EXPECT_EQ(s.machine.close(close_code::normal, "\xff", now).error(), errc::invalid_argument);
  EXPECT_EQ(s.machine.close(close_code::no_status, "x", now).error(), errc::invalid_argument);
  EXPECT_THAT(s.sent(), IsEmpty());

  // One may be larger; behind it nothing but control frames goes.
  ASSERT_TRUE(s.machine.send_text(letters(3000), now));
  EXPECT_EQ(s.machine.send_text("x", now).error(), errc::queue_full);
  EXPECT_EQ(s.machine.send_piece(opcode::text, as_bytes("x"), true, now).error(), errc::queue_full);
  ASSERT_TRUE(s.machine.ping({}, now));
  ASSERT_TRUE(s.machine.close(close_code::normal, "", now));
  EXPECT_THAT(s.sent(), ElementsAre("text 3000 bytes", "ping ", "close 1000"));
  EXPECT_EQ(s.machine.send_text("x", now).error(), errc::closed);
  EXPECT_EQ(s.machine.ping({}, now).error(), errc::closed);
  EXPECT_EQ(s.machine.close(close_code::normal, "", now).error(), errc::closed);
}

TEST_P(websocket_connection, writers_are_told_when_to_go_on) {
  websocket::connection_limits l = quiet();
  l.high_water = 4000;
  connection_script s(GetParam(), l);
  EXPECT_LE(s.machine.send_text(letters(3000), s.now()).value(), l.high_water);
  EXPECT_GT(s.machine.send_text(letters(3000), s.now()).value(), l.high_water);
  std::string all = s.log.h.sent(3000);
  s.log.h.drain();
  EXPECT_THAT(s.told(), IsEmpty());
  all += s.log.h.sent(2000);
  s.log.h.drain();
  EXPECT_THAT(s.told(), ElementsAre("writable"));
  all += s.log.h.sent();
  s.log.h.drain();
  EXPECT_THAT(s.told(), IsEmpty()) << "once";
  EXPECT_THAT(s.peer.read(all), ElementsAre("text 3000 bytes", "text 3000 bytes"));
}

// A loop drains, then writes: when all goes out in one write nothing else makes it drain again.
TEST_P(websocket_connection, writers_are_told_when_all_went_out_at_once) {
  websocket::connection_limits l = quiet();
  l.high_water = 4000;
  connection_script s(GetParam(), l);
  EXPECT_GT(s.machine.send_text(letters(5000), s.now()).value(), l.high_water);
  s.log.h.drain();
  EXPECT_FALSE(s.machine.next_deadline()) << "nothing was written yet";
  const std::string all = s.log.h.sent();
  ASSERT_TRUE(s.machine.next_deadline());
  EXPECT_LE(*s.machine.next_deadline(), s.now());
  s.machine.handle_timeout(s.now());
  EXPECT_FALSE(s.machine.next_deadline()) << "a loop that cannot drain would spin";
  s.log.h.drain();
  EXPECT_THAT(s.told(), ElementsAre("writable"));
  EXPECT_FALSE(s.machine.next_deadline());
  // And again.
  EXPECT_GT(s.machine.send_text(letters(5000), s.now()).value(), l.high_water);
  (void)s.log.h.sent();
  EXPECT_TRUE(s.machine.next_deadline());
  s.log.h.drain();
  EXPECT_THAT(s.told(), ElementsAre("writable"));
  EXPECT_THAT(s.peer.read(all), ElementsAre("text 5000 bytes"));
}

TEST_P(websocket_connection, held_back) {
  connection_script s(GetParam());
  s.log.then = [&](websocket::event& e) {
    if (std::holds_alternative<websocket::message_event>(e)) s.machine.hold();
  };
  s.feed(s.peer.text("1") + s.peer.text("2") + s.peer.ping("p"));
  EXPECT_THAT(s.told(), ElementsAre("text 1", "paused"));
  EXPECT_FALSE(s.machine.wants_read());
  EXPECT_TRUE(s.machine.prepare(10).empty());
  ASSERT_TRUE(s.machine.send_text("meanwhile", s.now()));
  s.log.h.feed_eof();
  EXPECT_THAT(s.told(), ElementsAre("paused"));
  EXPECT_THAT(s.sent(), ElementsAre("text meanwhile"));
  s.log.then = nullptr;
  s.machine.go_on();
  s.log.h.drain();
  EXPECT_THAT(s.told(), ElementsAre("text 2", "failed abnormal_end", "closed"));
}

TEST_P(websocket_connection, views_last_until_the_next_event) {
  connection_script s(GetParam());
  std::string seen;
  s.log.then = [&](websocket::event& e) {
    const auto* m = std::get_if<websocket::message_event>(&e);
    if (!m) return;
    // Whatever an application does with it meanwhile.
    for (int i = 0; i < 3; ++i) (void)s.machine.send(m->type, m->data, s.now());
    (void)s.machine.ping(as_bytes("p"), s.now());
    if (m->text() == "end") (void)s.machine.close(close_code::normal, "", s.now());
    if (m->text() == "abort") s.machine.end_now();
    seen += m->text();
  };
  s.feed(s.peer.frame(opcode::text, "a", {.fin = false}) + s.peer.frame(opcode::continuation, "b") +
         s.peer.text("end") + s.peer.text("abort") + s.peer.text("never"));
  EXPECT_EQ(seen, "abendabort");
}

TEST_P(websocket_connection, output_outlives_its_machine) {
  const websocket::connection_limits limits = quiet();
  counting_source random;
  const std::string text = letters(100'000);
  auto machine = std::make_unique<websocket::connection>(GetParam(), limits, &random);
  machine->start(time_point(1h));
  (void)machine->next_event();
  ASSERT_TRUE(machine->send_text(text, time_point(1h)));
  // With the loop, which takes some of it, while more is said.
  machine->consume_output(std::min<std::size_t>(machine->output()[0].size, 3));
  (void)machine->output();
  ASSERT_TRUE(machine->send_text("last", time_point(1h)));
  std::string all;
  output_chain chain = machine->release_output();
  EXPECT_EQ(machine->buffered(), 0U);
  machine.reset();
  for (auto list = chain.output(); !list.empty(); list = chain.output()) {
    all.append(static_cast<const char*>(list[0].data), list[0].size);
    chain.consume(list[0].size);
  }
  EXPECT_TRUE(all.ends_with(GetParam() == role::server ? "\x04last" : ""));
  EXPECT_GT(all.size(), text.size());
}

// Pings whose answers nobody reads are bounded; those that are read are not.
TEST_P(websocket_connection, pings_without_end) {
  websocket::connection_limits l = quiet();
  l.max_pongs = 1000;
  const std::string payload(100, 'x');
  connection_script good(GetParam(), l), bad(GetParam(), l);
  // Something is always waiting: what matters is that it moves.
  ASSERT_TRUE(good.machine.send_text(letters(500), good.now()));
  std::string taken;
  for (int i = 0; i < 200; ++i) {
    good.feed(good.peer.ping(payload));
    taken += good.log.h.sent(GetParam() == role::server ? 102 : 106);
    if (i % 3 == 0) bad.feed(bad.peer.ping(payload));
  }
  EXPECT_THAT(good.told(), IsEmpty());
  EXPECT_GE(good.peer.read(taken).size(), 190U);
  EXPECT_THAT(bad.told(), ElementsAre("failed too_many_controls"));
  const auto sent = bad.sent();
  EXPECT_LE(sent.size(), 12U);
  EXPECT_THAT(sent.back(), ::testing::StartsWith("close 1008"));
}

}  // namespace
}  // namespace parley::test
