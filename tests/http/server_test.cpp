// One connection of a server: order of answers, framing of answers, the end.
#include "http/server_script.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(http_server_machine, a_request_and_its_answer) {
  server_script s;
  s.h.feed(s.get("/x"));
  EXPECT_THAT(s.told(), ElementsAre("1 GET /x", "1 end"));
  EXPECT_EQ(s.machine.unanswered(), 1U);
  const std::vector<http::header> fields = {{"Content-Type", "text/plain"}};
  s.answer(1, "hello", {.headers = fields});
  EXPECT_EQ(s.h.sent(),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(s.machine.unanswered(), 0U);
  s.h.feed(s.get("/y"));
  EXPECT_THAT(s.told(), ElementsAre("2 GET /y", "2 end"));
}

// S79: GET, POST, PUT, DELETE, PATCH.
TEST(http_server_machine, every_method_is_delivered_by_name) {
  for (const std::string method : {"GET", "POST", "PUT", "DELETE", "PATCH"}) {
    server_script s;
    s.echoes = true;
    s.h.feed(method + " /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_THAT(s.told(), ElementsAre("1 " + method + " /x", "1 body hi", "1 end"));
    EXPECT_THAT(s.h.sent(), HasSubstr("\r\n\r\nhi")) << method;
  }
}

// S135: a request means the same whatever came before it on its connection.
TEST(http_server_machine, requests_stand_alone) {
  const std::string last = "GET /same HTTP/1.1\r\nHost: a\r\n\r\n";
  server_script fresh, used;
  fresh.echoes = used.echoes = true;
  used.h.feed(
      "POST /x HTTP/1.1\r\nHost: b\r\nContent-Encoding: gzip\r\nCookie: c=d\r\n"
      "Transfer-Encoding: chunked\r\n\r\n0\r\nSum: 1\r\n\r\nHEAD /y HTTP/1.1\r\nHost: b\r\n\r\n");
  used.h.sent();
  fresh.h.feed(last);
  used.h.feed(last);
  EXPECT_EQ(used.h.sent(), fresh.h.sent());
}

// S136: validators and directives go through untouched, and 304 has no body to replace.
TEST(http_server_machine, answers_can_be_cached) {
  server_script s;
  const std::vector<http::header> fields = {{"ETag", "\"1\""}, {"Cache-Control", "max-age=60"}};
  s.h.feed(s.get("/") + s.get("/", "If-None-Match: \"1\"\r\n"));
  s.answer(1, "body", {.headers = fields});
  EXPECT_THAT(s.h.sent(), HasSubstr("ETag: \"1\"\r\nCache-Control: max-age=60\r\n"));
  s.answer(2, "", {.status = 304, .headers = fields});
  EXPECT_EQ(s.h.sent(),
            "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\nCache-Control: max-age=60\r\n\r\n");
  EXPECT_TRUE(http::is_cacheable(http::method::get) && http::is_cacheable(http::method::head));
  EXPECT_FALSE(http::is_cacheable(http::method::post) || http::is_cacheable(http::method::put));
}

// RFC 9110 section 15.5.22: it says which protocol is needed, as nothing else may.
TEST(http_server_machine, an_upgrade_can_be_asked_for) {
  server_script s;
  const std::vector<http::header> fields = {{"Upgrade", "websocket"}};
  s.h.feed(s.get("/1") + s.get("/2") + s.get("/3"));
  s.answer(1, "", {.status = 426, .headers = fields});
  EXPECT_THAT(s.h.sent(), HasSubstr("Upgrade: websocket\r\nContent-Length: 0\r\n"
                                    "Connection: upgrade\r\n\r\n"));
  EXPECT_FALSE(s.machine.respond(2, {.status = 400, .headers = fields}, "", s.h.now()));
  s.answer(2, "");
  EXPECT_THAT(s.h.sent(), Not(HasSubstr("Connection")));
  s.answer(3, "", {.status = 426, .headers = fields, .close = true});
  EXPECT_THAT(s.h.sent(), HasSubstr("Connection: upgrade, close\r\n"));
}

TEST(http_server_machine, every_cut_tells_the_same) {
  const std::string all =
      "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
      "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\nSum: 1\r\n\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n";
  std::string sent;
  for (std::size_t portion = 0; portion < all.size(); ++portion) {
    server_script s;
    s.echoes = true;
    s.h.feed(all, portion);
    EXPECT_THAT(s.told(), ElementsAre("1 POST /a", "1 body hello", "1 end", "2 POST /b",
                                      "2 body abcde", "2 end Sum", "3 GET /c", "3 end"));
    const std::string now = s.h.sent();
    if (portion == 0) sent = now;
    EXPECT_EQ(now, sent) << "in portions of " << portion;
  }
  EXPECT_THAT(sent, HasSubstr("\r\n\r\nabcde"));
}

TEST(http_server_machine, what_came_together_leaves_in_one_piece) {
  server_script s;
  s.echoes = true;
  s.h.feed(s.get("/1") + s.get("/2") + s.get("/3"));
  EXPECT_EQ(s.machine.output().size(), 1U);
}

TEST(http_server_machine, answers_go_in_the_order_of_requests) {
  server_script s;
  s.h.feed(s.get("/1") + s.get("/2") + s.get("/3"));
  s.answer(3, "three");
  EXPECT_EQ(s.h.sent(), "");
  ASSERT_TRUE(s.machine.begin(2, {}, std::nullopt, s.h.now()));
  ASSERT_TRUE(s.machine.write(2, as_bytes("tw"), s.h.now()));
  EXPECT_EQ(s.h.sent(), "");
  s.answer(1, "one");
  const std::string sent = s.h.sent();
  EXPECT_THAT(sent, HasSubstr("\r\n\r\none"));
  EXPECT_THAT(sent, HasSubstr("\r\n\r\n2\r\ntw\r\n"));
  EXPECT_THAT(sent, Not(HasSubstr("three")));
  ASSERT_TRUE(s.machine.write(2, as_bytes("o"), s.h.now()));
  ASSERT_TRUE(s.machine.finish(2, {}, s.h.now()));
  EXPECT_THAT(s.h.sent(), testing::MatchesRegex("1\r\no\r\n0\r\n\r\n.*\r\n\r\nthree"));
}

TEST(http_server_machine, shared_bodies_are_not_copied) {
  server_script s;
  s.h.feed(s.get("/1") + s.get("/2"));
  const shared_bytes large = shared_bytes::copy(as_bytes(std::string(100'000, 'x')));
  ASSERT_TRUE(s.machine.respond(2, {}, large, s.h.now()));
  ASSERT_TRUE(s.machine.respond(1, {}, large, s.h.now()));
  std::size_t same = 0;
  for (const const_buffer& b : s.machine.output()) same += b.data == large.data() ? 1 : 0;
  EXPECT_EQ(same, 2U) << "also the one that had to wait";
}

TEST(http_server_machine, head_has_no_body_but_its_length) {
  server_script s;
  s.h.feed("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  s.answer(1, "hello");
  EXPECT_EQ(s.h.sent(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  s.h.feed("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(s.machine.begin(2, {}, std::nullopt, s.h.now()));
  ASSERT_TRUE(s.machine.write(2, as_bytes("hello"), s.h.now()));
  ASSERT_TRUE(s.machine.finish(2, {}, s.h.now()));
  EXPECT_EQ(s.h.sent(), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  // Nor has anybody to write it, to a file's length say.
  s.h.feed("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(s.machine.begin(3, {}, 5, s.h.now()));
  EXPECT_TRUE(s.machine.finish(3, {}, s.h.now()));
  EXPECT_EQ(s.h.sent(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
}

TEST(http_server_machine, bare_statuses) {
  server_script s;
  s.h.feed(s.get("/1") + s.get("/2"));
  EXPECT_FALSE(s.machine.respond(1, {.status = 204}, "x", s.h.now()));
  s.answer(1, "", {.status = 204});
  s.answer(2, "", {.status = 304});
  EXPECT_EQ(s.h.sent(), "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n");
}

TEST(http_server_machine, old_clients) {
  server_script s;
  s.h.feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  s.answer(1, "a");
  EXPECT_EQ(s.h.sent(), "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\na");
  s.h.feed("GET / HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(s.machine.begin(2, {}, std::nullopt, s.h.now()));
  ASSERT_TRUE(s.machine.write(2, as_bytes("until the end"), s.h.now()));
  ASSERT_TRUE(s.machine.finish(2, {}, s.h.now()));
  EXPECT_EQ(s.h.sent(), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end");
  EXPECT_TRUE(s.machine.is_done());
}

TEST(http_server_machine, close_after_the_last_answer) {
  server_script s;
  s.h.feed(s.get("/1") + s.get("/2", "Connection: close\r\n") + s.get("/3"));
  EXPECT_THAT(s.told(), ElementsAre("1 GET /1", "1 end", "2 GET /2", "2 end"));
  s.answer(1, "a");
  EXPECT_THAT(s.h.sent(), Not(HasSubstr("close")));
  s.answer(2, "b");
  EXPECT_THAT(s.h.sent(), HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(s.told(), ElementsAre("closed"));
}

TEST(http_server_machine, what_would_split_an_answer_is_refused) {
  server_script s;
  s.h.feed(s.get("/"));
  for (const http::header& bad :
       {http::header{"X", "a\r\nSet-Cookie: b"}, http::header{"X y", "a"}, http::header{"", "a"},
        http::header{"X", std::string_view("a\0b", 3)}, http::header{"Content-Length", "3"},
        http::header{"transfer-encoding", "chunked"}, http::header{"Connection", "close"}}) {
    const auto got = s.machine.respond(1, {.headers = {&bad, 1}}, "", s.h.now());
    ASSERT_FALSE(got) << bad.name;
    EXPECT_EQ(got.error(), parley::errc::invalid_argument);
  }
  EXPECT_FALSE(s.machine.respond(1, {.reason = "a\r\nb"}, "", s.h.now()));
  EXPECT_FALSE(s.machine.respond(1, {.status = 101}, "", s.h.now()));
  EXPECT_EQ(s.h.sent(), "") << "refusals change nothing";
  s.answer(1, "ok");
}

TEST(http_server_machine, lengths_are_kept) {
  server_script s;
  s.h.feed(s.get("/"));
  ASSERT_TRUE(s.machine.begin(1, {}, 3, s.h.now()));
  EXPECT_FALSE(s.machine.write(1, as_bytes("abcd"), s.h.now()));
  ASSERT_TRUE(s.machine.write(1, as_bytes("ab"), s.h.now()));
  EXPECT_FALSE(s.machine.finish(1, {}, s.h.now()));
  ASSERT_TRUE(s.machine.write(1, as_bytes("c"), s.h.now()));
  ASSERT_TRUE(s.machine.finish(1, {}, s.h.now()));
  EXPECT_EQ(s.h.sent(), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
}

TEST(http_server_machine, misuse_is_told_and_changes_nothing) {
  server_script s;
  const auto misuse = [](const auto& r) { return !r && r.error() == parley::errc::misuse; };
  EXPECT_TRUE(misuse(s.machine.respond(1, {}, "", s.h.now())));
  s.h.feed(s.get("/"));
  EXPECT_TRUE(misuse(s.machine.write(1, as_bytes("a"), s.h.now())));
  EXPECT_TRUE(misuse(s.machine.finish(1, {}, s.h.now())));
  EXPECT_TRUE(misuse(s.machine.upgrade(1, "x", {}, s.h.now())));
  s.answer(1, "");
  EXPECT_TRUE(misuse(s.machine.respond(1, {}, "", s.h.now())));
  EXPECT_TRUE(misuse(s.machine.respond(2, {}, "", s.h.now())));
}

TEST(http_server_machine, abandoned_answers_end_the_connection) {
  server_script s;
  s.h.feed(s.get("/1") + s.get("/2"));
  ASSERT_TRUE(s.machine.begin(2, {}, 10, s.h.now()));
  s.machine.abandon(2);
  s.h.drain();
  EXPECT_FALSE(s.machine.is_done());
  s.answer(1, "one");
  EXPECT_THAT(s.h.sent(), HasSubstr("one"));
  EXPECT_TRUE(s.machine.is_done());
}

TEST(http_server_machine, draining_answers_what_was_asked) {
  server_script s;
  s.h.feed(s.get("/1") + s.get("/2"));
  s.machine.drain(s.h.now());
  s.h.drain();
  s.answer(1, "a");
  s.answer(2, "b");
  const std::string sent = s.h.sent();
  EXPECT_EQ(sent.find("Connection: close"), sent.rfind("Connection: close")) << "the last only";
  EXPECT_TRUE(s.machine.is_done());

  server_script idle;
  idle.machine.drain(idle.h.now());
  idle.h.drain();
  EXPECT_THAT(idle.told(), ElementsAre("closed"));
}

TEST(http_server_machine, a_client_that_ended_its_side_is_answered) {
  server_script s;
  s.h.feed(s.get("/1") + s.get("/2"));
  s.h.feed_eof();
  EXPECT_FALSE(s.machine.is_done());
  s.answer(1, "a");
  s.answer(2, "b");
  EXPECT_THAT(s.h.sent(), HasSubstr("\r\n\r\nb"));
  EXPECT_TRUE(s.machine.is_done());
}

// Unless it is told that those who do so have gone.
TEST(http_server_machine, a_client_that_ended_its_side_has_gone) {
  http::server_limits l = small_limits();
  l.allow_half_close = false;
  server_script s(l);
  s.h.feed(s.get("/1") + s.get("/2"));
  s.answer(1, "a");
  EXPECT_THAT(s.told(), ElementsAre("1 GET /1", "1 end", "2 GET /2", "2 end"));
  s.h.feed_eof();
  EXPECT_THAT(s.told(), ElementsAre("closed"));
  EXPECT_TRUE(s.machine.is_done());
  EXPECT_EQ(s.machine.respond(2, {}, "late", s.h.now()).error(), parley::errc::misuse);
  // Who owes nothing says the rest.
  server_script answered(l);
  answered.h.feed(answered.get("/1"));
  ASSERT_TRUE(answered.machine.respond(1, {}, "all of it", answered.h.now()));
  answered.h.feed_eof();
  EXPECT_THAT(answered.h.sent(), HasSubstr("all of it"));
  EXPECT_TRUE(answered.machine.is_done());
}

TEST(http_server_machine, trusted_fields_stand_behind_the_others) {
  server_script s;
  s.h.feed(s.get("/"));
  const std::vector<http::header> given = {{"X-Given", "1"}}, ours = {{"X-Ours", "2"}};
  s.answer(1, "", {.headers = given, .trusted = ours});
  EXPECT_EQ(s.h.sent(), "HTTP/1.1 200 OK\r\nX-Given: 1\r\nX-Ours: 2\r\nContent-Length: 0\r\n\r\n");
  // What is given is looked at all the same.
  s.h.feed(s.get("/"));
  const std::vector<http::header> bad = {{"X-Given", "1\r\nX: 2"}};
  EXPECT_EQ(s.machine.respond(2, {.headers = bad, .trusted = ours}, "", s.h.now()).error(),
            parley::errc::invalid_argument);
  EXPECT_EQ(s.h.sent(), "");
}

TEST(http_server_machine, ends_between_and_inside_requests) {
  server_script between;
  between.h.feed_eof();
  EXPECT_THAT(between.told(), ElementsAre("closed"));
  server_script inside;
  inside.h.feed("GET / HTT");
  inside.h.feed_eof();
  EXPECT_THAT(inside.told(), ElementsAre("failed truncated", "closed"));
  server_script broken;
  broken.h.feed_error(error(parley::errc::reset));
  EXPECT_THAT(broken.told(), ElementsAre("failed reset", "closed"));
  // TLS without close_notify, at a place where nothing is lost by it.
  server_script cut;
  cut.h.feed_error(error(parley::errc::truncated));
  EXPECT_THAT(cut.told(), ElementsAre("closed"));
}

}  // namespace
}  // namespace parley::test
