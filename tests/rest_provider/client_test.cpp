// Callables and fetch() of a REST client, on every loop and wire.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "rest_provider/rest_on.hpp"

namespace parley::test {
namespace {

template <class L>
class rest_client_on : public rest_on<L> {};
TYPED_TEST_SUITE(rest_client_on, all_loops, loop_names);

canned echo(const seen_request& r) { return json_reply(r.body.empty() ? "null" : r.body); }

// S89: the result is the reply's JSON, https by the scheme.
TYPED_TEST(rest_client_on, a_value_there_and_back) {
  for (const wire w : every_wire) {
    auto& origin = this->serve(echo, w);
    auto client = this->client_of(origin);
    EXPECT_EQ(this->got(*client, "/api/calculate", fields("value", 21)), fields("value", 21));
    EXPECT_EQ(origin.seen.back().line(), "POST /api/calculate");
    EXPECT_EQ(origin.seen.back().field("Content-Type"), "application/json");
    EXPECT_EQ(this->got(*client, "/api/calculate"), value());
    EXPECT_EQ(origin.seen.back().line(), "GET /api/calculate");
    EXPECT_EQ(client->status().connects, 1u);
    EXPECT_EQ(client->status().pending, 0u);
  }
}

// S87 to S89: method and base URL are each call's.
TYPED_TEST(rest_client_on, method_and_base_url_by_call) {
  auto& one = this->serve(echo);
  auto& other = this->serve(echo, wire::tls);
  auto client = this->up(this->asking({}));
  auto api = this->named(*client, "/api/calculate");
  const std::string first = this->url_of(one), second = this->url_of(other) + "/v2/";
  call_options how = this->by("PUT");
  how.base_url = first;
  EXPECT_EQ(*this->at.wait(api.call(fields("value", 1), how)), fields("value", 1));
  how.base_url = second;
  how.method = {};
  EXPECT_EQ(*this->at.wait(api.call(fields("value", 2), how)), fields("value", 2));
  EXPECT_THAT(one.lines(), ElementsAre("PUT /api/calculate"));
  EXPECT_THAT(other.lines(), ElementsAre("POST /v2/api/calculate"));
  const error none = this->refusal(*client, "/api/calculate");
  EXPECT_EQ(none, errc::invalid_argument);
  EXPECT_THAT(none.to_string(), HasSubstr("no base_url"));
  // A name may be a whole URL.
  EXPECT_EQ(this->got(*client, first + "/whole?x=1"), value());
  EXPECT_EQ(one.seen.back().line(), "GET /whole?x=1");
  // Schemes have no case, and others are no paths.
  EXPECT_EQ(this->got(*client, "HTTP" + first.substr(4) + "/upper"), value());
  EXPECT_EQ(one.seen.back().line(), "GET /upper");
  EXPECT_EQ(this->refusal(*client, "ftp" + first.substr(4) + "/x", value()),
            errc::invalid_argument);
  EXPECT_EQ(one.seen.back().line(), "GET /upper");
}

// S135: a call takes nothing over from those before it.
TYPED_TEST(rest_client_on, calls_stand_alone) {
  auto& origin = this->serve([](const seen_request&) {
    canned c = json_reply("true");
    c.fields.emplace_back("Set-Cookie", "sid=1");
    c.fields.emplace_back("ETag", "\"1\"");
    return c;
  });
  auto client = this->client_of(origin);
  EXPECT_EQ(this->got(*client, "/same", fields("q", 1), this->by("GET")), value(true));
  EXPECT_EQ(this->got(*client, "/other", fields("a", 1), this->by("PUT")), value(true));
  EXPECT_EQ(this->got(*client, "/same", fields("q", 1), this->by("GET")), value(true));
  ASSERT_EQ(origin.seen.size(), 3u);
  EXPECT_EQ(origin.seen[2].line(), origin.seen[0].line());
  EXPECT_EQ(origin.seen[2].body, origin.seen[0].body);
  EXPECT_EQ(origin.seen[2].fields, origin.seen[0].fields);
}

TYPED_TEST(rest_client_on, parameters_and_queries) {
  auto& origin = this->serve([](const seen_request&) { return json_reply("true"); });
  auto client = this->up(this->asking(this->url_of(origin) + "/v1"));
  EXPECT_EQ(this->got(*client, "/users/{id:uint}/files/{path...}",
                      fields("id", 7, "path", "a b/c", "page", 2), this->by("GET")),
            value(true));
  EXPECT_EQ(this->got(*client, "users/{id}", fields("id", "x/y", "name", "ann"), this->by("PATCH")),
            value(true));
  EXPECT_EQ(origin.seen.back().body, R"({"name":"ann"})");
  EXPECT_EQ(
      this->got(*client, "/find?fixed=1",
                fields("tag", array("a&b", "c"), "on", true, "none", nullptr), this->by("DELETE")),
      value(true));
  EXPECT_THAT(origin.lines(),
              ElementsAre("GET /v1/users/7/files/a%20b/c?page=2", "PATCH /v1/users/x%2Fy",
                          "DELETE /v1/find?fixed=1&tag=a%26b&tag=c&on=true"));
  EXPECT_EQ(this->refusal(*client, "/users/{id}", fields("name", "ann")),
            http::rest_errc::bad_pattern);
  EXPECT_EQ(this->refusal(*client, "/users/{id:uint}", fields("id", "ann")),
            http::rest_errc::bad_pattern);
  EXPECT_EQ(this->refusal(*client, "/users/{id}", fields("id", "..")),
            http::rest_errc::bad_pattern);
  EXPECT_EQ(this->refusal(*client, "/find", "text", this->by("GET")), errc::invalid_argument);
  EXPECT_EQ(this->refusal(*client, "/find", fields("a", fields("b", 1)), this->by("GET")),
            errc::invalid_argument);
  EXPECT_EQ(origin.seen.size(), 3u);
}

TYPED_TEST(rest_client_on, replies_by_their_type) {
  auto& origin = this->serve([](const seen_request& r) -> canned {
    if (r.target == "/text")
      return {200,
              "gr\xc3\xbc\xc3\x9f"
              "e",
              {{"Content-Type", "text/plain"}}};
    if (r.target == "/bytes") return {200, "\xff\xfe", {}};
    if (r.target == "/problem") return {200, "[1]", {{"Content-Type", "application/x+json"}}};
    if (r.target == "/broken") return json_reply("{\"a\":");
    return {204, {}, {}};
  });
  auto client = this->client_of(origin);
  EXPECT_EQ(this->got(*client, "/text"), value("gr\xc3\xbc\xc3\x9f"
                                               "e"));
  EXPECT_TRUE(this->got(*client, "/bytes").is_bytes());
  EXPECT_EQ(this->got(*client, "/problem"), array(1));
  EXPECT_EQ(this->got(*client, "/nothing"), value());
  EXPECT_THAT(this->refusal(*client, "/broken").to_string(), HasSubstr("/broken"));
  // Bytes go as they are.
  (void)this->got(*client, "/nothing", value::from_bytes(as_bytes(std::string_view("\x01\x02"))));
  EXPECT_EQ(origin.seen.back().field("Content-Type"), "application/octet-stream");
  EXPECT_EQ(origin.seen.back().body, "\x01\x02");
}

TYPED_TEST(rest_client_on, statuses_are_errors) {
  auto& origin = this->serve([](const seen_request& r) -> canned {
    const auto status = static_cast<std::uint16_t>(std::stoi(r.target.substr(1)));
    return {status,
            R"({"title":"No good","detail":"the value is odd"})",
            {{"Content-Type", "application/problem+json"}, {"Retry-After", "7"}}};
  });
  auto c = this->asking(this->url_of(origin));
  c.max_retries = 0;
  auto client = this->up(c);
  const auto kind = [&](int status) {
    return this->refusal(*client, "/" + std::to_string(status), fields("a", 1)).kind();
  };
  EXPECT_EQ(kind(400), error_class::reply);
  EXPECT_EQ(kind(401), error_class::authentication);
  EXPECT_EQ(kind(403), error_class::authentication);
  EXPECT_EQ(kind(404), error_class::configuration);
  EXPECT_EQ(kind(405), error_class::configuration);
  EXPECT_EQ(kind(413), error_class::limit);
  EXPECT_EQ(kind(415), error_class::configuration);
  EXPECT_EQ(kind(422), error_class::reply);
  EXPECT_EQ(kind(429), error_class::transient);
  EXPECT_EQ(kind(500), error_class::reply);
  EXPECT_EQ(kind(503), error_class::transient);
  const error why = this->refusal(*client, "/422", fields("a", 1));
  EXPECT_EQ(why, http::rest_errc::refused);
  EXPECT_THAT(why.to_string(), HasSubstr("POST " + this->url_of(origin) + "/422: 422 "));
  EXPECT_THAT(why.to_string(), HasSubstr("No good: the value is odd"));
  EXPECT_EQ(this->refusal(*client, "/503", fields("a", 1)).retry_after(), 7000ms);
  // What another server has said is no state of a server of ours that asks it.
  EXPECT_EQ(http::status_for(why), 502);
}

TYPED_TEST(rest_client_on, fetch_gives_what_came) {
  auto& origin = this->serve([](const seen_request& r) -> canned {
    return {404, r.body, {{"X-Seen", r.field("X-Own")}, {"X-Type", r.field("Content-Type")}}};
  });
  auto client = this->up(this->asking(this->url_of(origin) + "/base"));
  http_request r("PROPFIND", "/dav", "<x/>");
  r.headers.add("X-Own", "yes");
  r.headers.add("Content-Type", "text/xml");
  const http_reply reply = this->fetched(*client, std::move(r));
  EXPECT_EQ(reply.status, 404) << reply.reason;
  EXPECT_EQ(reply.headers.find("X-Seen"), "yes");
  EXPECT_EQ(reply.headers.find("X-Type"), "text/xml");
  EXPECT_EQ(reply.text(), "<x/>");
  EXPECT_EQ(origin.seen.back().line(), "PROPFIND /base/dav");
  EXPECT_EQ(this->fetched(*client, http_request("HEAD", "/h")).status, 404);
}

// S148: an API key is a field of the configuration; the URL's user is Basic, to its origin alone.
TYPED_TEST(rest_client_on, credentials_and_fields) {
  auto& origin = this->serve(echo);
  auto& stranger = this->serve(echo);
  auto c = this->asking(this->url_of(origin, "ann:p%40ss@"));
  c.headers = {{"X-API-Key", "k1"}, {"X-Plain", "p"}};
  auto client = this->up(c);
  (void)this->got(*client, "/x");
  EXPECT_EQ(origin.seen.back().field("Authorization"), "Basic YW5uOnBAc3M=");
  EXPECT_EQ(origin.seen.back().field("X-API-Key"), "k1");
  EXPECT_NE(origin.seen.back().field("User-Agent"), "");
  EXPECT_THAT(origin.seen.back().field("Accept"), HasSubstr("application/json"));
  (void)this->got(*client, this->url_of(stranger) + "/x");
  EXPECT_EQ(stranger.seen.back().field("Authorization"), "");
  EXPECT_EQ(stranger.seen.back().field("X-API-Key"), "");
  EXPECT_EQ(stranger.seen.back().field("X-Plain"), "p");
  // A request's own field goes before that of the configuration.
  http_request r("GET", "/x");
  r.headers.add("x-api-key", "own");
  r.headers.add("Authorization", "Custom 1");
  (void)this->fetched(*client, std::move(r));
  EXPECT_EQ(origin.seen.back().field("X-API-Key"), "own");
  EXPECT_EQ(origin.seen.back().field("Authorization"), "Custom 1");
  // No cookie is kept.
  EXPECT_EQ(origin.seen.back().field("Cookie"), "");
}

// Nothing of a request can become another.
TYPED_TEST(rest_client_on, values_split_no_head) {
  auto& origin = this->serve(echo);
  auto client = this->client_of(origin);
  http_request r("GET", "/x");
  r.headers.add("X-Own", "a\r\nX-Other: b");
  EXPECT_THAT(this->fetched(*client, std::move(r)).reason, HasSubstr("GET "));
  EXPECT_EQ(this->fetched(*client, http_request("GET\r\nX: y", "/x")).status, 0);
  EXPECT_EQ(this->fetched(*client, http_request("GET", "/x\r\nX: y")).status, 0);
  EXPECT_EQ(this->refusal(*client, "/a b"), errc::invalid_argument);
  EXPECT_EQ(this->refusal(*client, "/x", {}, this->by("G ET")), errc::invalid_argument);
  EXPECT_TRUE(this->got(*client, "/{p}", fields("p", "a\r\nX: y"), this->by("GET")).is_null());
  EXPECT_THAT(origin.lines(), ElementsAre("GET /a%0D%0AX%3A%20y"));
  auto c = this->asking(this->url_of(origin));
  c.headers = {{"X", "a\nb"}};
  rest_provider none(this->home, c);
  EXPECT_EQ(this->at.wait(none.initialize()).error(), errc::bad_configuration);
}

// S98, S152: as many connections as max_connections says, and no more.
TYPED_TEST(rest_client_on, calls_at_once_share_a_pool) {
  auto& origin = this->serve(echo);
  auto c = this->asking(this->url_of(origin));
  c.max_connections = 3;
  auto client = this->up(c);
  auto api = this->named(*client, "/x");
  int ended = 0;
  for (int i = 0; i < 20; ++i) {
    api.call(i).then([&, i](result<value> v) {
      ++ended;
      EXPECT_EQ(v ? *v : value(v.error().to_string()), value(i));
    });
  }
  EXPECT_EQ(client->status().pending, 20u);
  ASSERT_TRUE(this->at.run_until([&] { return ended == 20; }));
  EXPECT_LE(origin.server->connections(), 3u);
  EXPECT_LE(client->status().connects, 3u);
  // They are kept.
  EXPECT_EQ(this->got(*client, "/x", 1), value(1));
  EXPECT_LE(client->status().connects, 3u);
}

}  // namespace
}  // namespace parley::test
#endif
