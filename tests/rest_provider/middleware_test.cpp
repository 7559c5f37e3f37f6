// Middleware, CORS and the access log, on every loop.
#include "rest_provider/served_on.hpp"

namespace parley::test {
namespace {

template <class L>
class rest_middleware_on : public rest_served_on<L> {
 protected:
  // Notes each step, and lets pass.
  rest_before noting(std::string name) {
    return [this, name](rest_request&) -> result<std::optional<rest_reply>> {
      steps.push_back(name);
      return std::nullopt;
    };
  }
  rest_after noting_after(std::string name) {
    return [this, name](const rest_request&, rest_reply& reply) {
      steps.push_back(name + " " + std::to_string(reply.status));
    };
  }
  rest_handler noting_handler() {
    return [this](rest_request&) -> result<rest_reply> {
      steps.push_back("handler");
      return rest_reply();
    };
  }
  http_reply ask_from(std::string origin, std::string verb, std::string target,
                      std::string asks = {}) {
    http_request r(std::move(verb), std::move(target));
    r.headers.add("Origin", std::move(origin));
    if (!asks.empty()) r.headers.add("Access-Control-Request-Method", std::move(asks));
    return this->ask(std::move(r));
  }
  static std::string field(const http_reply& r, std::string_view name) {
    return std::string(r.headers.find(name).value_or("-"));
  }

  strings steps;
};
TYPED_TEST_SUITE(rest_middleware_on, all_loops, loop_names);

// S83
TYPED_TEST(rest_middleware_on, runs_in_order_around_the_handler) {
  this->start();
  this->server->use(this->noting("s1"));
  this->server->use(this->noting("s2"));
  this->server->use_after(this->noting_after("after s"));
  auto route = this->route("GET", "/", this->noting_handler());
  route.use(this->noting("r1")).use(this->noting("r2"));
  route.use_after(this->noting_after("after r1")).use_after(this->noting_after("after r2"));
  EXPECT_EQ(this->ask("GET", "/").status, 204);
  EXPECT_THAT(this->steps, ElementsAre("s1", "s2", "r1", "r2", "handler", "after r2 204",
                                       "after r1 204", "after s 204"));
  // Those of the server see what no route answers as well.
  this->steps.clear();
  EXPECT_EQ(this->ask("GET", "/none").status, 404);
  EXPECT_THAT(this->steps, ElementsAre("s1", "s2", "after s 404"));
}

TYPED_TEST(rest_middleware_on, stops_a_request_and_leaves_notes) {
  this->start();
  this->server->use(rest_before([](rest_request& r) -> result<std::optional<rest_reply>> {
    const auto key = r.header("X-API-Key");
    if (!key) return std::unexpected(error(errc::bad_value, "no key"));
    if (*key != "k1") return rest_reply::text("wrong", 403);
    r.set_user("ann");
    r.notes().set("level", 7);
    return std::nullopt;
  }));
  this->route("GET", "/", [](rest_request& r) -> result<rest_reply> {
    return rest_reply::text(std::string(r.user()) + std::to_string(*r.notes()["level"].as_int()));
  });
  EXPECT_EQ(this->ask("GET", "/").status, 400);
  http_request wrong("GET", "/");
  wrong.headers.add("X-API-Key", "k2");
  EXPECT_EQ(this->said(this->ask(std::move(wrong))), "403 wrong");
  http_request right("GET", "/");
  right.headers.add("X-API-Key", "k1");
  EXPECT_EQ(this->said(this->ask(std::move(right))), "200 ann7");
  // The next request on the same connection begins anew.
  EXPECT_EQ(this->ask("GET", "/").status, 400);
}

TYPED_TEST(rest_middleware_on, takes_its_time) {
  this->start();
  std::vector<rest_gate> gates;
  this->server->use(rest_before_async([&](rest_gate g) { gates.push_back(std::move(g)); }));
  this->server->use(this->noting("second"));
  // One that passes at once, inside its own call.
  this->server->use(rest_before_async([](rest_gate g) { g.pass(); }));
  this->route("GET", "/", this->noting_handler());
  auto first = this->client->call(http_request("GET", "/"));
  ASSERT_TRUE(this->at.run_until([&] { return gates.size() == 1; }));
  EXPECT_TRUE(this->steps.empty());
  gates[0].pass();
  EXPECT_EQ(this->at.wait(std::move(first))->status, 204);
  EXPECT_THAT(this->steps, ElementsAre("second", "handler"));
  gates[0].pass();
  auto second = this->client->call(http_request("GET", "/"));
  ASSERT_TRUE(this->at.run_until([&] { return gates.size() == 2; }));
  gates[1].reply(rest_reply::text("no", 401));
  EXPECT_EQ(this->at.wait(std::move(second))->status, 401);
  auto third = this->client->call(http_request("GET", "/"));
  ASSERT_TRUE(this->at.run_until([&] { return gates.size() == 3; }));
  gates.pop_back();
  EXPECT_EQ(this->at.wait(std::move(third))->status, 500);
}

// S95, S96
TYPED_TEST(rest_middleware_on, pages_of_every_site_may_read) {
  this->start();
  this->server->use(rest_before([](rest_request& r) -> result<std::optional<rest_reply>> {
    if (!r.header("Authorization")) return rest_reply::text("who?", 401);
    return std::nullopt;
  }));
  this->route("PUT", "/x", this->noting_handler());
  // A preflight carries no credentials, and no middleware sees it.
  const auto preflight = this->ask_from("https://a.example", "OPTIONS", "/x", "PUT");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(this->field(preflight, "access-control-allow-origin"), "*");
  EXPECT_THAT(this->field(preflight, "access-control-allow-methods"), HasSubstr("PUT"));
  EXPECT_EQ(this->ask_from("https://a.example", "OPTIONS", "/x", "DELETE").status, 403);
  // Errors are read too, or a page cannot tell why.
  const auto refused = this->ask_from("https://a.example", "PUT", "/x");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(this->field(refused, "access-control-allow-origin"), "*");
}

// S81, S96
TYPED_TEST(rest_middleware_on, pages_of_some_sites_may_read) {
  auto c = this->served();
  c.cors_origins = {"https://a.example"};
  c.cors.headers = {"Content-Type"};
  c.cors.credentials = true;
  this->start(c);
  this->route("GET", "/", this->noting_handler());
  const auto good = this->ask_from("https://a.example", "GET", "/");
  EXPECT_EQ(this->field(good, "access-control-allow-origin"), "https://a.example");
  EXPECT_EQ(this->field(good, "access-control-allow-credentials"), "true");
  EXPECT_THAT(this->field(good, "vary"), HasSubstr("Origin"));
  const auto bad = this->ask_from("https://b.example", "GET", "/");
  EXPECT_EQ(bad.status, 204);
  EXPECT_EQ(this->field(bad, "access-control-allow-origin"), "-");
  EXPECT_THAT(this->field(bad, "vary"), HasSubstr("Origin"));
}

// S95
TYPED_TEST(rest_middleware_on, nothing_is_added_without_cors) {
  auto c = this->served();
  c.cors_enabled = false;
  this->start(c);
  this->route("GET", "/", this->noting_handler());
  const auto reply = this->ask_from("https://a.example", "GET", "/");
  EXPECT_EQ(this->field(reply, "access-control-allow-origin"), "-");
  EXPECT_EQ(this->field(reply, "vary"), "Accept-Encoding");
}

TYPED_TEST(rest_middleware_on, each_request_is_logged_once) {
  this->start();
  this->server->log_access_with([this](const rest_access& a) {
    this->steps.push_back(std::string(a.method) + " " + std::string(a.target) + " " +
                          std::string(a.route) + " " + std::to_string(a.status) + " " +
                          std::to_string(a.body_bytes) + " " + std::string(a.agent));
    EXPECT_EQ(a.from->port() == 0, false);
    EXPECT_FALSE(a.id.empty());
    EXPECT_GE(a.took, duration::zero());
  });
  std::optional<rest_responder> kept;
  rest_async_handler keep = [&](rest_responder r) { kept.emplace(std::move(r)); };
  ASSERT_TRUE(this->server->route("GET", "/kept", std::move(keep)));
  this->route("GET", "/{x}", [](rest_request&) -> result<rest_reply> { return rest_reply("abc"); });
  http_request r("GET", "/a?b");
  r.headers.add("User-Agent", "test/1");
  this->ask(std::move(r));
  this->ask("GET", "/b/c");
  auto peer = this->connect();
  peer->send("GET /kept HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(this->at.run_until([&] { return kept.has_value(); }));
  peer.reset();
  // A client that has said all it has to say may still read: it is gone once it takes nothing.
  ASSERT_TRUE(kept->begin(rest_reply::text("")));
  for (int i = 0; i < 100 && this->steps.size() < 3; ++i) {
    (void)kept->write(as_bytes("x"));
    this->at.run_for(10ms);
  }
  ASSERT_EQ(this->steps.size(), 3U);
  EXPECT_EQ(this->steps[0], "GET /a?b /{x} 200 5 test/1");
  EXPECT_THAT(this->steps[1], HasSubstr("GET /b/c  404 "));
  EXPECT_THAT(this->steps[2], HasSubstr("GET /kept /kept 200 "));
}

// What the client got is logged, and not what the handler wanted.
TYPED_TEST(rest_middleware_on, what_was_not_sent_is_not_logged) {
  this->start();
  this->server->log_access_with([this](const rest_access& a) {
    this->steps.push_back(std::to_string(a.status) + " " + std::to_string(a.body_bytes));
  });
  this->route("GET", "/split", [](rest_request&) -> result<rest_reply> {
    auto r = rest_reply::text("abc");
    r.headers.add("X-Note", "a\r\nb: c");
    return r;
  });
  this->route("GET", "/text",
              [](rest_request&) -> result<rest_reply> { return rest_reply::text("abc"); });
  EXPECT_EQ(this->ask("GET", "/split").status, 500);
  EXPECT_EQ(this->ask("HEAD", "/text").status, 200);
  EXPECT_THAT(this->steps, ElementsAre("500 0", "200 0"));
}

}  // namespace
}  // namespace parley::test
