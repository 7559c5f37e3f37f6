// One connection of a server: bodies nobody wants, expectations, faults, back-pressure, upgrades.
#include "http/server_script.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view post =
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";

TEST(http_server_faults, continue_is_sent_when_nobody_objects) {
  server_script s;
  s.h.feed(post);
  EXPECT_EQ(s.h.sent(), "HTTP/1.1 100 Continue\r\n\r\n");
  s.h.feed("hello");
  EXPECT_THAT(s.told(), ElementsAre("1 POST /", "1 body hello", "1 end"));
}

TEST(http_server_faults, continue_is_not_sent_for_a_body_that_is_there) {
  server_script s;
  s.h.feed(std::string(post) + "hello");
  EXPECT_EQ(s.h.sent(), "");
  s.answer(1, "");
  EXPECT_THAT(s.h.sent(), Not(HasSubstr("close")));
}

TEST(http_server_faults, a_refused_body_ends_the_connection) {
  http::server_limits l = small_limits();
  l.ask_before_body = true;
  server_script s(l);
  s.h.feed(post);
  EXPECT_EQ(s.h.sent(), "");
  s.answer(1, "", {.status = 403});
  EXPECT_THAT(s.h.sent(), HasSubstr("Connection: close\r\n"));
  EXPECT_FALSE(s.machine.is_done()) << "the client may be sending";
  EXPECT_TRUE(s.machine.ends_output());
  s.h.feed_eof();
  EXPECT_TRUE(s.machine.is_done());
}

TEST(http_server_faults, asked_for_the_body_by_hand_behind_another_request) {
  http::server_limits l = small_limits();
  l.ask_before_body = true;
  server_script s(l);
  s.h.feed(s.get("/1") + std::string(post));
  ASSERT_TRUE(s.machine.accept_body(2, s.h.now()));
  EXPECT_EQ(s.h.sent(), "") << "not before the first answer";
  s.answer(1, "a");
  EXPECT_THAT(s.h.sent(), HasSubstr("a"
                                    "HTTP/1.1 100 Continue\r\n\r\n"));
}

TEST(http_server_faults, an_answer_in_pieces_reads_the_body) {
  server_script s;
  s.h.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\nExpect: 100-continue\r\n\r\n");
  s.h.sent();
  s.h.feed("x");
  ASSERT_TRUE(s.machine.begin(1, {}, std::nullopt, s.h.now()));
  EXPECT_THAT(s.h.sent(), Not(HasSubstr("close")));
  s.h.feed(std::string(8999, 'x'));
  EXPECT_EQ(s.told().back(), "1 end");
  ASSERT_TRUE(s.machine.finish(1, {}, s.h.now()));
  s.h.sent();
  s.h.feed(s.get("/2"));
  EXPECT_EQ(s.told().back(), "2 end");
}

TEST(http_server_faults, unknown_expectations) {
  server_script s;
  s.h.feed(s.get("/", "Expect: miracles\r\n"));
  EXPECT_THAT(s.told(), ElementsAre("failed unknown_expectation"));
  EXPECT_THAT(s.h.sent(), StartsWith("HTTP/1.1 417 "));
}

TEST(http_server_faults, bodies_nobody_wants) {
  server_script s;
  s.h.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\nab");
  s.told();
  s.answer(1, "no");
  EXPECT_THAT(s.h.sent(), Not(HasSubstr("close")));
  s.h.feed(std::string(898, 'x') + s.get("/2"));
  EXPECT_THAT(s.told(), ElementsAre("2 GET /2", "2 end"));
  s.answer(2, "");
  s.h.sent();
  s.h.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\nab");
  s.answer(3, "no");
  EXPECT_THAT(s.h.sent(), HasSubstr("Connection: close\r\n"));
}

TEST(http_server_faults, the_rest_of_a_body_counts_and_not_its_length) {
  server_script s;
  s.h.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n" + std::string(8500, 'x'));
  s.answer(1, "enough");
  EXPECT_THAT(s.h.sent(), Not(HasSubstr("close")));
  s.h.feed(std::string(500, 'x') + s.get("/2"));
  EXPECT_EQ(s.told().back(), "2 end");
}

TEST(http_server_faults, chunks_nobody_wants) {
  server_script s;
  s.h.feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  s.answer(1, "no");
  for (int i = 0; i < 300 && !s.machine.ends_output(); ++i) s.h.feed("a\r\n0123456789\r\n");
  EXPECT_TRUE(s.machine.ends_output()) << "not for ever";
}

TEST(http_server_faults, a_fault_is_answered_behind_what_came_before) {
  server_script s;
  s.h.feed(s.get("/1") + "BAD\r\n\r\n");
  EXPECT_THAT(s.told(), ElementsAre("1 GET /1", "1 end", "paused"));
  EXPECT_EQ(s.h.sent(), "");
  s.answer(1, "one");
  EXPECT_THAT(s.told(), ElementsAre("failed bad_request_line"));
  const std::string sent = s.h.sent();
  EXPECT_THAT(sent, HasSubstr("one"
                              "HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(sent, HasSubstr("Connection: close\r\n"));
  s.h.feed_eof();
  EXPECT_THAT(s.told(), ElementsAre("closed"));
}

TEST(http_server_faults, statuses_that_say_what_is_wrong) {
  const auto status = [](const std::string& bytes) {
    http::server_limits l = small_limits();
    l.message.start_line = 100;
    l.message.header_block = 200;
    l.message.body = 10;
    server_script s(l);
    s.h.feed(bytes);
    return s.h.sent().substr(9, 3);
  };
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(status("GET /" + std::string(200, 'x')), "414");
  EXPECT_EQ(status(start + "X: " + std::string(300, 'x')), "431");
  EXPECT_EQ(status(start + "Content-Length: 11\r\n\r\n"), "413");
  EXPECT_EQ(status(start + "Transfer-Encoding: chunked\r\n\r\nb\r\n"), "413");
  EXPECT_EQ(status(start + "Transfer-Encoding: gzip, chunked\r\n\r\n"), "501");
  EXPECT_EQ(status("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), "505");
  EXPECT_EQ(status("GET / HTTP/1.1\r\n\r\n"), "400");
}

TEST(http_server_faults, a_fault_inside_a_body_that_is_being_answered) {
  server_script s;
  s.h.feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  ASSERT_TRUE(s.machine.begin(1, {}, std::nullopt, s.h.now()));
  s.told();
  s.h.feed("nonsense\r\n");
  EXPECT_THAT(s.told(), ElementsAre("failed bad_chunk_size"));
  EXPECT_THAT(s.h.sent(), Not(HasSubstr("400"))) << "it would be read as part of the answer";
}

TEST(http_server_faults, clients_that_do_not_read) {
  server_script s;
  s.echoes = true;
  const std::string target = "/" + std::string(500, 'x');
  std::string many;
  for (int i = 0; i < 100; ++i) many += s.get(target);
  s.h.feed(many);
  EXPECT_LE(s.machine.buffered(), 4096U + 600U);
  EXPECT_FALSE(s.machine.wants_read());
  std::string all = s.h.sent();
  s.h.drain();
  while (s.machine.buffered() > 0) {
    all += s.h.sent();
    s.h.drain();
  }
  std::size_t answers = 0;
  for (std::size_t at = 0; (at = all.find("200 OK", at)) != std::string::npos; ++at) ++answers;
  EXPECT_EQ(answers, 100U);
}

TEST(http_server_faults, no_more_than_max_pipelined_at_once) {
  http::server_limits l = small_limits();
  l.max_pipelined = 4;
  server_script s(l);
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += s.get("/");
  std::size_t fed = 0;
  for (http::request_id id = 1; id <= 10'000; ++id) {
    fed += s.h.feed(std::string_view(many).substr(fed));
    EXPECT_LE(s.machine.unanswered(), 4U);
    s.answer(id, "");
    s.h.sent();
  }
  EXPECT_EQ(s.machine.unanswered(), 0U);
}

TEST(http_server_faults, writers_are_told_when_to_go_on) {
  server_script s;
  s.h.feed(s.get("/"));
  ASSERT_TRUE(s.machine.begin(1, {}, std::nullopt, s.h.now()));
  const std::string piece(3000, 'x');
  EXPECT_LE(s.machine.write(1, as_bytes(piece), s.h.now()).value(), s.limits.high_water);
  EXPECT_GT(s.machine.write(1, as_bytes(piece), s.h.now()).value(), s.limits.high_water);
  s.told();
  s.h.sent(1000);
  s.h.drain();
  EXPECT_THAT(s.told(), ElementsAre("paused"));
  s.h.sent(4000);
  s.h.drain();
  EXPECT_THAT(s.told(), ElementsAre("writable"));
}

// A second answer in pieces must not keep the first one waiting.
TEST(http_server_faults, each_writer_waits_for_itself) {
  server_script s;
  s.h.feed(s.get("/1") + s.get("/2"));
  const std::string piece(6000, 'x');
  for (const http::request_id id : {1U, 2U}) {
    ASSERT_TRUE(s.machine.begin(id, {}, std::nullopt, s.h.now()));
  }
  ASSERT_TRUE(s.machine.write(2, as_bytes(piece), s.h.now()));
  ASSERT_TRUE(s.machine.write(1, as_bytes(piece), s.h.now()));
  EXPECT_GT(s.machine.buffered(1), piece.size());
  EXPECT_GT(s.machine.buffered(2), piece.size());
  EXPECT_EQ(s.machine.buffered(), s.machine.buffered(1) + s.machine.buffered(2));
  EXPECT_EQ(s.machine.buffered(3), 0u);
  s.told();
  s.h.sent();
  s.h.drain();
  EXPECT_THAT(s.told(), ::testing::Contains("writable"));
  EXPECT_EQ(s.machine.buffered(1), 0u);
  EXPECT_GT(s.machine.buffered(2), piece.size());
  // Its turn comes, with all that it has written.
  ASSERT_TRUE(s.machine.finish(1, {}, s.h.now()));
  EXPECT_EQ(s.machine.buffered(1), 0u);
  s.h.drain();
  s.told();
  EXPECT_GT(s.machine.buffered(2), piece.size());
  s.h.sent();
  s.h.drain();
  EXPECT_THAT(s.told(), ::testing::Contains("writable"));
  EXPECT_EQ(s.machine.buffered(2), 0u);
}

TEST(http_server_faults, more_than_max_output_is_refused) {
  http::server_limits l = small_limits();
  l.max_output = 10'000;
  server_script s(l);
  s.h.feed(s.get("/1") + s.get("/2"));
  s.answer(1, std::string(50'000, 'x'));  // one may be larger
  const auto got = s.machine.respond(2, {}, std::string(100, 'x'), s.h.now());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), parley::errc::queue_full);
  s.h.sent();
  s.answer(2, "x");
}

TEST(http_server_faults, held_back) {
  server_script s;
  s.machine.hold();
  s.h.feed(s.get("/"));
  EXPECT_THAT(s.told(), IsEmpty());
  EXPECT_FALSE(s.machine.wants_read());
  s.machine.go_on();
  s.h.feed(s.get("/"));
  EXPECT_THAT(s.told(), ElementsAre("1 GET /", "1 end"));
}

TEST(http_server_faults, an_upgrade_hands_over_what_follows) {
  server_script s;
  s.h.feed(s.get("/chat", "Connection: Upgrade\r\nUpgrade: chat\r\n") + "\x01\x02");
  EXPECT_THAT(s.told(), ElementsAre("1 GET /chat", "1 end"));
  const std::vector<http::header> fields = {{"X-Chat", "1"}};
  ASSERT_TRUE(s.machine.upgrade(1, "chat", fields, s.h.now()));
  EXPECT_EQ(s.h.sent(),
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n"
            "X-Chat: 1\r\n\r\n");
  EXPECT_TRUE(s.machine.is_upgraded());
  EXPECT_EQ(as_text(s.machine.take_rest().data()), "\x01\x02");
}

TEST(http_server_faults, an_upgrade_that_is_declined_reads_on) {
  server_script s;
  s.h.feed(s.get("/1", "Connection: Upgrade\r\nUpgrade: h2c\r\n") + s.get("/2"));
  EXPECT_THAT(s.told(), ElementsAre("1 GET /1", "1 end"));
  s.answer(1, "plain");
  EXPECT_THAT(s.told(), ElementsAre("2 GET /2", "2 end"));
}

TEST(http_server_faults, connect_makes_a_tunnel) {
  server_script s;
  s.h.feed("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\nraw");
  ASSERT_TRUE(s.machine.accept_tunnel(1, {}, s.h.now()));
  EXPECT_EQ(s.h.sent(), "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(as_text(s.machine.take_rest().data()), "raw");
}

}  // namespace
}  // namespace parley::test
