// Routes, handlers and what they get and give, on every loop.
#include <stdexcept>

#include "rest_provider/served_on.hpp"

namespace parley::test {
namespace {

template <class L>
class rest_server_on : public rest_served_on<L> {};
TYPED_TEST_SUITE(rest_server_on, all_loops, loop_names);

// S6, S80, S84 to S86: a handler that is added after the start gets the parsed body, and what it
// returns is JSON.
TYPED_TEST(rest_server_on, a_callable_answers_with_json) {
  this->start();
  auto calculate = [](rest_request& request) -> result<rest_reply> {
    const auto n = request["body"]["value"].template to<int>();
    if (!n) return std::unexpected(n.error());
    return parley::fields("result", *n * 2);
  };
  auto served = this->at.wait(this->server->create_callable("/api/calculate", calculate));
  ASSERT_TRUE(served) << served.error().to_string();
  EXPECT_EQ(served->name(), "/api/calculate");
  auto reply = this->ask("POST", "/api/calculate", R"({"value":21})");
  EXPECT_EQ(this->said(reply), R"(200 {"result":42})");
  EXPECT_EQ(reply.headers.find("content-type"), "application/json");
  EXPECT_FALSE(reply.headers.find("x-request-id")->empty());
  // What is no number is the client's fault, and it is told.
  reply = this->ask("POST", "/api/calculate", R"({"value":"x"})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.headers.find("content-type"), "application/problem+json");
  EXPECT_THAT(detail_of(reply), HasSubstr("text"));
}

// The same code as with other providers: the handler gets the body itself.
TYPED_TEST(rest_server_on, a_plain_callable_gets_the_body) {
  this->start();
  call_handler twice = [](const value& v) -> result<value> { return value(*v.as_int() * 2); };
  auto served = this->at.wait(this->server->create_callable("/twice", std::move(twice)));
  ASSERT_TRUE(served);
  EXPECT_EQ(this->say("POST", "/twice", "21"), "200 42");
  EXPECT_EQ(this->at.wait(served->call(1)).error(), errc::not_supported);
}

// Bad JSON is 400 with its place, another type 415; forms are bodies too.
TYPED_TEST(rest_server_on, a_body_that_is_none) {
  this->start();
  rest_handler echo = [](rest_request& r) -> result<rest_reply> { return rest_reply(r.body()); };
  ASSERT_TRUE(this->at.wait(this->server->create_callable("/echo", std::move(echo))));
  auto bad = this->ask("POST", "/echo", "{\"a\":\n1,]");
  EXPECT_EQ(bad.status, 400);
  EXPECT_THAT(detail_of(bad), HasSubstr("line 2"));
  EXPECT_EQ(this->ask("POST", "/echo", "<a/>", "application/xml").status, 415);
  EXPECT_EQ(this->say("POST", "/echo", "a=1+2&b=%C3%A4", "application/x-www-form-urlencoded"),
            "200 {\"a\":\"1 2\",\"b\":\"\xC3\xA4\"}");
  EXPECT_EQ(this->ask("POST", "/echo", "a=%zz", "application/x-www-form-urlencoded").status, 400);
  EXPECT_EQ(this->say("POST", "/echo"), "200 null");
  EXPECT_THAT(detail_of(this->ask("POST", "/echo", "a", "text/plain")),
              HasSubstr("of another kind than is taken here: text/plain is no JSON"));
  // A coding that nobody here can take off, and one that is none.
  http_request coded("POST", "/echo", "1");
  coded.headers.add("Content-Encoding", "br");
  bad = this->ask(std::move(coded));
  EXPECT_EQ(bad.status, 415);
  EXPECT_THAT(detail_of(bad), HasSubstr("Content-Encoding: br"));
  http_request plain("POST", "/echo", "1");
  plain.headers.add("Content-Encoding", "identity");
  EXPECT_EQ(this->said(this->ask(std::move(plain))), "200 1");
}

// S79
TYPED_TEST(rest_server_on, routes_by_method_and_path) {
  this->start();
  for (const std::string_view method : {"GET", "POST", "PUT", "DELETE", "PATCH"}) {
    this->route(method, "/items/{id:uint}", [](rest_request& r) -> result<rest_reply> {
      return rest_reply::text(std::string(r.method()) + " " + std::string(r.parameter("id")) + " " +
                              std::string(r.route()));
    });
  }
  this->route("GET", "/files/{path...}", [](rest_request& r) -> result<rest_reply> {
    return rest_reply::text(r.parameter("path"));
  });
  for (const std::string method : {"GET", "POST", "PUT", "DELETE", "PATCH"}) {
    EXPECT_EQ(this->say(method, "/items/7"), "200 " + method + " 7 /items/{id:uint}");
  }
  EXPECT_EQ(this->say("GET", "/files/a/b%20c"), "200 a/b c");
  EXPECT_EQ(this->ask("GET", "/items/x").status, 404);
  EXPECT_EQ(this->ask("GET", "/nothing").status, 404);
  EXPECT_EQ(this->ask("GET", "/files/../x").status, 400);
  const auto other = this->ask("POST", "/files/a");
  EXPECT_EQ(other.status, 405);
  EXPECT_EQ(other.headers.find("allow"), "GET, HEAD, OPTIONS");
  const auto options = this->ask("OPTIONS", "/items/7");
  EXPECT_EQ(options.status, 204);
  EXPECT_THAT(std::string(*options.headers.find("allow")), HasSubstr("PATCH"));
  const auto head = this->ask("HEAD", "/files/abc");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.find("content-length"), "3");
  EXPECT_EQ(head.text(), "");
}

TYPED_TEST(rest_server_on, conflicts_and_removal) {
  this->start();
  rest_handler one = [](rest_request&) -> result<rest_reply> { return rest_reply::text("one"); };
  auto first = this->route("GET", "/x/{a}", std::move(one));
  rest_handler two = [](rest_request&) -> result<rest_reply> { return rest_reply::text("two"); };
  const auto again = this->server->route("GET", "/x/{b}", std::move(two));
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().to_string(), HasSubstr("/x/{a}"));
  EXPECT_EQ(this->say("GET", "/x/1"), "200 one");
  first.remove();
  first.remove();
  EXPECT_EQ(this->ask("GET", "/x/1").status, 404);
}

// S135: what a handler gets and answers depends on nothing that came before, so that it is the same
// behind other requests of its connection, on another one, and at another server.
TYPED_TEST(rest_server_on, requests_stand_alone) {
  rest_config c = this->served();
  strings seen;
  const auto same = [&](rest_request& r) -> result<rest_reply> {
    seen.push_back(
        std::string(r.target()) + "|" + std::string(r.parameter("id")) + "|" +
        std::string(r.query("q").value_or("-")) + "|" + std::string(r.cookie("sid").value_or("-")) +
        "|" + std::string(r.header("authorization").value_or("-")) + "|" + std::string(r.text()));
    return parley::fields("id", std::string(r.parameter("id")));
  };
  this->start(std::move(c));
  this->route("GET", "/same/{id}", same);
  this->route("POST", "/other/{id}", [](rest_request&) -> result<rest_reply> {
    auto reply = rest_reply::text("logged in");
    reply.headers.add("Set-Cookie", "sid=1");
    return reply;
  });
  const auto once = [&] { return this->said(this->ask("GET", "/same/7")); };
  const std::string first = once();
  http_request before("POST", "/other/8?q=2", R"({"a":1})");
  before.headers.add("Content-Type", "application/json");
  before.headers.add("Cookie", "sid=1");
  before.headers.add("Authorization", "Bearer token");
  EXPECT_EQ(this->said(this->ask(std::move(before))), "200 logged in");
  EXPECT_EQ(this->ask("GET", "/nothing?q=3").status, 404);
  EXPECT_EQ(once(), first);
  http_client_config to{.host = "127.0.0.1", .port = this->server->local_address()->port()};
  this->client = std::make_unique<http_client>(this->home, std::move(to));
  EXPECT_EQ(once(), first);
  this->client.reset();
  this->start();
  this->route("GET", "/same/{id}", same);
  EXPECT_EQ(once(), first);
  EXPECT_EQ(first, R"(200 {"id":"7"})");
  EXPECT_THAT(seen, ElementsAre("/same/7|7|-|-|-|", seen[0], seen[0], seen[0]));
}

TYPED_TEST(rest_server_on, a_request_shows_all_it_has) {
  this->start();
  std::string seen;
  this->route("POST", "/a/{b}", [&](rest_request& r) -> result<rest_reply> {
    seen = std::string(r.method()) + "|" + std::string(r.target()) + "|" + std::string(r.path()) +
           "|" + std::string(r.query("q").value_or("-")) + "|" +
           std::string(r.query("none").value_or("-")) + "|" +
           std::string(r.cookie("sid").value_or("-")) + "|" +
           std::string(r.header("x-thing").value_or("-")) + "|" + std::string(r.text()) + "|" +
           std::string(r.id()) + "|" + std::string(r["parameters"]["b"].text()) + "|" +
           std::string(r["query"]["q"].text()) + "|" + std::string(r["method"].text()) + "|" +
           std::string(r["path"].text()) + "|" + std::string(r["headers"]["X-Thing"].text()) + "|" +
           std::to_string(r["other"].is_null());
    return rest_reply();
  });
  http_request r("POST", "/a/b%41?q=1%202&z", "text");
  r.headers.add("X-Thing", "thing");
  r.headers.add("Cookie", "a=b; sid=s1");
  r.headers.add("X-Request-Id", "mine-7");
  const auto reply = this->ask(std::move(r));
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.headers.find("x-request-id"), "mine-7");
  EXPECT_EQ(
      seen,
      "POST|/a/b%41?q=1%202&z|/a/b%41|1 2|-|s1|thing|text|mine-7|bA|1 2|POST|/a/b%41|thing|1");
}

// A handler that throws is a 500 that tells nothing, and the observer is told.
TYPED_TEST(rest_server_on, what_is_thrown_does_not_leak) {
  this->start();
  this->route("GET", "/throw", [](rest_request&) -> result<rest_reply> {
    throw std::runtime_error("table users at db7");
  });
  this->route("GET", "/fail",
              [](rest_request&) -> result<rest_reply> { return fail(errc::refused, "db7:5432"); });
  for (const std::string path : {"/throw", "/fail"}) {
    const auto reply = this->ask("GET", path);
    EXPECT_GE(reply.status, 500);
    EXPECT_EQ(reply.text().find("db7"), std::string::npos) << reply.text();
  }
  ASSERT_EQ(this->watch.faults.size(), 1U);
  EXPECT_THAT(this->watch.faults[0], HasSubstr("db7"));
}

TYPED_TEST(rest_server_on, a_body_that_is_too_large) {
  auto c = this->served();
  c.max_body = 1000;
  this->start(c);
  int runs = 0;
  this->route("POST", "/", [&](rest_request& r) -> result<rest_reply> {
    ++runs;
    return rest_reply::text(std::to_string(r.bytes().size()));
  });
  EXPECT_EQ(this->say("POST", "/", std::string(1000, 'x'), "text/plain"), "200 1000");
  const auto told = this->ask("POST", "/", std::string(1001, 'x'), "text/plain");
  EXPECT_EQ(told.status, 413);
  EXPECT_EQ(told.headers.find("content-type"), "application/problem+json");
  // Without a length it is seen while it comes.
  raw_peer peer(this->home,
                this->at.bind_address().with_port(this->server->local_address()->port()));
  peer.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3e8\r\n" +
      std::string(1000, 'x') +
      "\r\n"
      "1\r\n");
  this->at.run_for(20ms);
  EXPECT_EQ(peer.received, "");
  peer.send("x\r\n0\r\n\r\n");
  ASSERT_TRUE(this->at.run_until([&] { return peer.received.contains("\r\n\r\n"); }));
  EXPECT_THAT(peer.received, HasSubstr("HTTP/1.1 413 "));
  EXPECT_EQ(runs, 1);
}

// 504 after its time; the answer that comes then finds nobody.
TYPED_TEST(rest_server_on, a_handler_that_never_answers) {
  auto c = this->served();
  c.timeout = 50ms;
  this->start(c);
  std::optional<rest_responder> kept;
  rest_async_handler keep = [&](rest_responder r) { kept.emplace(std::move(r)); };
  ASSERT_TRUE(this->server->route("GET", "/never", std::move(keep)));
  EXPECT_EQ(this->ask("GET", "/never").status, 504);
  EXPECT_TRUE(kept->is_gone());
  kept->reply(rest_reply::text("late"));
  kept.reset();
  rest_async_handler drop = [](rest_responder) {};
  ASSERT_TRUE(this->server->route("GET", "/dropped", std::move(drop)));
  EXPECT_EQ(this->ask("GET", "/dropped").status, 500);
}

TYPED_TEST(rest_server_on, answers_come_later_or_from_coroutines) {
  this->start();
  std::vector<rest_responder> kept;
  rest_async_handler keep = [&](rest_responder r) { kept.push_back(std::move(r)); };
  ASSERT_TRUE(this->server->route("GET", "/later", std::move(keep)));
  auto first = this->client->call(http_request("GET", "/later?1"));
  ASSERT_TRUE(this->at.run_until([&] { return kept.size() == 1; }));
  kept[0].reply(parley::fields("target", kept[0].request().target()));
  EXPECT_EQ(this->said(*this->at.wait(std::move(first))), R"(200 {"target":"/later?1"})");
  // A coroutine that waits for that request.
  rest_task_handler waits = [&at = this->home,
                             &like = *this->client](rest_request& r) -> rest_task {
    const std::string name(r.parameter("name"));
    http_client other(at, like.config());
    http_request question("GET", "/later");
    auto inner = co_await other.call(std::move(question));
    if (!inner) co_return std::unexpected(inner.error());
    if (name == "throws") throw std::runtime_error("secret");
    co_return parley::fields("name", name, "status", inner->status);
  };
  ASSERT_TRUE(this->server->route("GET", "/waits/{name}", std::move(waits)));
  auto second = this->client->call(http_request("GET", "/waits/ann"));
  ASSERT_TRUE(this->at.run_until([&] { return kept.size() == 2; }));
  kept[1].reply(rest_reply());
  EXPECT_EQ(this->said(*this->at.wait(std::move(second))), R"(200 {"name":"ann","status":204})");
  auto third = this->client->call(http_request("GET", "/waits/throws"));
  ASSERT_TRUE(this->at.run_until([&] { return kept.size() == 3; }));
  kept[2].reply(rest_reply());
  const auto thrown = this->at.wait(std::move(third));
  EXPECT_EQ(thrown->status, 500);
  EXPECT_EQ(thrown->text().find("secret"), std::string::npos);
  EXPECT_EQ(this->watch.faults.size(), 1U);
}

// The client has gone in the middle, and that is noticed at once: nothing is written to it.
TYPED_TEST(rest_server_on, a_client_that_goes) {
  this->start();
  std::optional<rest_responder> kept;
  int gone = 0;
  rest_async_handler keep = [&](rest_responder r) {
    r.on_gone([&] { ++gone; });
    kept.emplace(std::move(r));
  };
  ASSERT_TRUE(this->server->route("GET", "/", std::move(keep)));
  std::vector<std::uint16_t> logged;
  this->server->log_access_with([&](const rest_access& a) { logged.push_back(a.status); });
  auto peer = this->connect();
  peer->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(this->at.run_until([&] { return kept.has_value(); }));
  EXPECT_EQ(this->server->status().pending, 1U);
  peer.reset();
  EXPECT_TRUE(this->at.run_until([&] { return gone == 1; }));
  EXPECT_TRUE(kept->is_gone());
  EXPECT_EQ(kept->begin(rest_reply()).error(), errc::closed);
  EXPECT_EQ(this->server->status().pending, 0U);
  EXPECT_EQ(kept->request().target(), "/");
  EXPECT_EQ(logged, std::vector<std::uint16_t>{0});
  EXPECT_TRUE(this->at.run_until([&] { return this->server->connections() == 0; }));
}

// The same inside a stream that has nothing to say at the moment.
TYPED_TEST(rest_server_on, a_client_that_leaves_a_stream) {
  this->start();
  std::optional<rest_responder> kept;
  bool gone = false;
  rest_async_handler keep = [&](rest_responder r) {
    r.on_gone([&] { gone = true; });
    EXPECT_TRUE(r.begin(rest_reply::text("")));
    EXPECT_TRUE(r.write(as_bytes("x")));
    kept.emplace(std::move(r));
  };
  ASSERT_TRUE(this->server->route("GET", "/", std::move(keep)));
  auto peer = this->connect();
  peer->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(this->at.run_until([&] { return peer->received.contains("x"); }));
  EXPECT_FALSE(gone);
  peer.reset();
  EXPECT_TRUE(this->at.run_until([&] { return gone; }));
}

// What was answered before the end came is delivered all the same.
TYPED_TEST(rest_server_on, a_client_that_says_no_more) {
  this->start();
  this->route("GET", "/", [](rest_request&) -> result<rest_reply> {
    return rest_reply::text(std::string(300'000, 'x') + "end");
  });
  auto peer = this->connect();
  peer->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  peer->end_writing();
  EXPECT_TRUE(this->at.run_until([&] { return peer->received.contains("xend"); }));
}

// What proxies are asked for: every server must take it too (RFC 9112 section 3.2.2).
TYPED_TEST(rest_server_on, a_target_with_a_scheme) {
  this->start();
  const auto show = [](rest_request& r) -> result<rest_reply> {
    return rest_reply::text(std::string(r.authority()) + " " + std::string(r.path()) + " " +
                            std::string(r.target()) + " " +
                            std::string(r.query("q").value_or("-")));
  };
  this->route("GET", "/users/{id}", show);
  this->route("GET", "/", show);
  const std::pair<std::string, std::string> all[] = {
      {"http://b:1/users/7", "b:1 /users/7 /users/7 -"},
      {"HTTP://b/users/7?q=http://c/", "b /users/7 /users/7?q=http://c/ http://c/"},
      {"http://b?q=1", "b / /?q=1 1"},
      {"http://b", "b / / -"},
  };
  auto peer = this->connect();
  for (const auto& [target, said] : all) {
    peer->received.clear();
    peer->send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(this->at.run_until([&] { return peer->received.ends_with("\r\n\r\n" + said); }))
        << peer->received;
  }
}

// With allow_half_close it may wait for an answer, and is missed by what is written to it.
TYPED_TEST(rest_server_on, a_half_closed_client) {
  auto c = this->served();
  c.server_limits.allow_half_close = true;
  this->start(std::move(c));
  std::optional<rest_responder> kept;
  int gone = 0;
  rest_async_handler keep = [&](rest_responder r) {
    r.on_gone([&] { ++gone; });
    kept.emplace(std::move(r));
  };
  ASSERT_TRUE(this->server->route("GET", "/", std::move(keep)));
  auto peer = this->connect();
  peer->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  peer->end_writing();
  ASSERT_TRUE(this->at.run_until([&] { return kept.has_value(); }));
  this->at.run_for(10ms);
  EXPECT_EQ(gone, 0);
  kept->reply(rest_reply::text("late"));
  EXPECT_TRUE(this->at.run_until([&] { return peer->received.contains("late"); }));
  kept.reset();
  peer = this->connect();
  peer->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(this->at.run_until([&] { return kept.has_value(); }));
  peer.reset();
  ASSERT_TRUE(kept->begin(rest_reply::text("")));
  for (int i = 0; i < 100 && gone == 0; ++i) {
    (void)kept->write(as_bytes("x"));
    this->at.run_for(10ms);
  }
  EXPECT_EQ(gone, 1);
}

// Graceful: what is under way is answered.
TYPED_TEST(rest_server_on, close_answers_what_has_begun) {
  this->start();
  std::optional<rest_responder> kept;
  rest_async_handler keep = [&](rest_responder r) { kept.emplace(std::move(r)); };
  ASSERT_TRUE(this->server->route("GET", "/", std::move(keep)));
  auto call = this->client->call(http_request("GET", "/"));
  ASSERT_TRUE(this->at.run_until([&] { return kept.has_value(); }));
  auto closing = this->server->close();
  this->at.run_for(20ms);
  kept->reply(rest_reply::text("still"));
  EXPECT_EQ(this->said(*this->at.wait(std::move(call))), "200 still");
  ASSERT_TRUE(this->at.wait(std::move(closing)));
  EXPECT_EQ(this->server->connections(), 0U);
  EXPECT_EQ(this->server->status().state, provider_state::closed);
}

TYPED_TEST(rest_server_on, a_provider_may_go_in_its_own_handler) {
  this->start();
  this->route("GET", "/", [&](rest_request& r) -> result<rest_reply> {
    this->server.reset();
    return rest_reply::text(r.target());
  });
  const auto reply = this->at.wait(this->client->call(http_request("GET", "/")));
  EXPECT_FALSE(reply);
  // And with a request that somebody keeps.
  this->start();
  std::optional<rest_responder> kept;
  rest_async_handler keep = [&](rest_responder r) { kept.emplace(std::move(r)); };
  ASSERT_TRUE(this->server->route("GET", "/", std::move(keep)));
  auto call = this->client->call(http_request("GET", "/"));
  ASSERT_TRUE(this->at.run_until([&] { return kept.has_value(); }));
  this->server.reset();
  kept->reply(rest_reply());
  EXPECT_FALSE(this->at.wait(std::move(call)));
}

// A value of a field that would split the message.
TYPED_TEST(rest_server_on, a_reply_cannot_be_split) {
  this->start();
  this->route("GET", "/", [](rest_request& r) -> result<rest_reply> {
    rest_reply reply = rest_reply::text("ok");
    reply.headers.add("X-Echo", std::string(r.query("v").value_or("")));
    return reply;
  });
  EXPECT_EQ(this->ask("GET", "/?v=fine").status, 200);
  const auto split = this->ask("GET", "/?v=a%0d%0aSet-Cookie:%20x=y");
  EXPECT_EQ(split.status, 500);
  EXPECT_FALSE(split.headers.find("set-cookie"));
  EXPECT_EQ(this->watch.faults.size(), 1U);
}

// S136: the client has it already.
TYPED_TEST(rest_server_on, an_unchanged_answer_is_not_sent_again) {
  this->start();
  this->route("GET", "/", [](rest_request&) -> result<rest_reply> {
    rest_reply reply = rest_reply::json(parley::array(1, 2, 3));
    reply.tag = true;
    return reply;
  });
  const auto first = this->ask("GET", "/");
  ASSERT_EQ(first.status, 200);
  http_request again("GET", "/");
  again.headers.add("If-None-Match", std::string(*first.headers.find("etag")));
  const auto second = this->ask(std::move(again));
  EXPECT_EQ(second.status, 304);
  EXPECT_EQ(second.text(), "");
  EXPECT_EQ(second.headers.find("etag"), first.headers.find("etag"));
  http_request other("GET", "/");
  other.headers.add("If-Match", "\"other\"");
  EXPECT_EQ(this->ask(std::move(other)).status, 412);
}

}  // namespace
}  // namespace parley::test
