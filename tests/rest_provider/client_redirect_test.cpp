// Redirections of a REST client (RFC 9110 section 15.4), on every loop.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "rest_provider/rest_on.hpp"

namespace parley::test {
namespace {

template <class L>
class rest_redirect_on : public rest_on<L> {};
TYPED_TEST_SUITE(rest_redirect_on, all_loops, loop_names);

TYPED_TEST(rest_redirect_on, which_method_goes_on) {
  auto& origin = this->serve([](const seen_request& r) -> canned {
    if (r.target == "/there") return json_reply('"' + r.method + r.body + '"');
    return moved(static_cast<std::uint16_t>(std::stoi(r.target.substr(1))), "/there");
  });
  auto client = this->client_of(origin);
  const auto after = [&](const char* status, const char* method) {
    const value said = this->got(*client, std::string("/") + status, 7, this->by(method));
    return std::string(said.text());
  };
  EXPECT_EQ(after("301", "POST"), "GET");
  EXPECT_EQ(origin.seen.back().field("Content-Type"), "");
  EXPECT_EQ(after("302", "POST"), "GET");
  EXPECT_EQ(after("303", "POST"), "GET");
  EXPECT_EQ(after("303", "PUT"), "GET");
  EXPECT_EQ(after("301", "PUT"), "PUT7");
  EXPECT_EQ(after("307", "POST"), "POST7");
  EXPECT_EQ(origin.seen.back().field("Content-Type"), "application/json");
  EXPECT_EQ(after("308", "PATCH"), "PATCH7");
  EXPECT_EQ(this->fetched(*client, http_request("HEAD", "/303")).status, 200);
  EXPECT_EQ(origin.seen.back().method, "HEAD");
  // All of it over one connection.
  EXPECT_EQ(client->status().connects, 1u);
}

// What proves who we are stays at its origin.
TYPED_TEST(rest_redirect_on, credentials_stay) {
  auto& far = this->serve([](const seen_request&) { return json_reply("1"); });
  const std::string away = this->url_of(far) + "/far?x=1#frag";
  auto& origin = this->serve([&](const seen_request& r) {
    return r.target == "/near" ? json_reply("2") : moved(302, r.target == "/a" ? "near" : away);
  });
  auto c = this->asking(this->url_of(origin, "ann:pass@"));
  c.headers = {{"X-API-Key", "k"}, {"X-Other", "o"}};
  auto client = this->up(c);
  EXPECT_EQ(this->got(*client, "/a"), value(2));
  EXPECT_NE(origin.seen.back().field("Authorization"), "");
  EXPECT_EQ(origin.seen.back().field("X-API-Key"), "k");

  http_request r("GET", "/b");
  r.headers.add("Cookie", "id=1");
  r.headers.add("X-Auth-Token", "t");
  r.headers.add("X-Mine", "m");
  EXPECT_EQ(this->fetched(*client, std::move(r)).status, 200);
  ASSERT_EQ(far.seen.size(), 1u);
  EXPECT_EQ(far.seen.back().line(), "GET /far?x=1");
  for (const char* name : {"Authorization", "X-API-Key", "X-Other", "Cookie", "X-Auth-Token"}) {
    EXPECT_EQ(far.seen.back().field(name), "") << name;
  }
  EXPECT_EQ(far.seen.back().field("X-Mine"), "m");
  EXPECT_EQ(far.seen.back().field("Host"), away.substr(7, away.find("/far") - 7));
}

TYPED_TEST(rest_redirect_on, from_tls_and_back) {
  auto& plain = this->serve([](const seen_request&) { return json_reply("1"); });
  std::string to = this->url_of(plain);
  auto& secure = this->serve([&](const seen_request&) { return moved(302, to); }, wire::tls);
  auto client = this->client_of(secure);
  const error why = this->refusal(*client, "/x");
  EXPECT_EQ(why, http::rest_errc::bad_redirect);
  EXPECT_THAT(why.to_string(), HasSubstr("https://"));
  EXPECT_EQ(plain.seen.size(), 0u);
  // The other way round is welcome.
  auto& upgraded = this->serve([](const seen_request&) { return json_reply("3"); }, wire::tls);
  auto& first =
      this->serve([&](const seen_request&) { return moved(308, this->url_of(upgraded)); });
  EXPECT_EQ(this->got(*client, this->url_of(first) + "/x", 5), value(3));
  EXPECT_EQ(upgraded.seen.back().method, "POST");
}

TYPED_TEST(rest_redirect_on, loops_and_nonsense) {
  auto& origin = this->serve([](const seen_request& r) -> canned {
    if (r.target == "/loop") return moved(302, "/loop");
    if (r.target == "/script") return moved(302, "javascript:alert(1)");
    if (r.target == "/phish") return moved(302, "http://good.example@127.0.0.1/");
    if (r.target == "/bare") return {302, "nowhere", {}};
    // A page of its own, larger than what is read for the sake of a connection.
    if (r.target == "/large") return {302, std::string(300'000, 'x'), {{"Location", "/end"}}};
    return json_reply("1");
  });
  auto client = this->client_of(origin);
  const error why = this->refusal(*client, "/loop");
  EXPECT_EQ(why, http::rest_errc::too_many_redirects);
  EXPECT_EQ(origin.seen.size(), 6u);
  EXPECT_EQ(this->refusal(*client, "/script"), http::rest_errc::bad_uri_reference);
  EXPECT_EQ(this->refusal(*client, "/phish"), http::rest_errc::bad_uri_reference);
  EXPECT_EQ(this->refusal(*client, "/bare"), http::rest_errc::bad_redirect);
  EXPECT_EQ(this->fetched(*client, http_request("GET", "/bare")).status, 302);
  EXPECT_EQ(this->got(*client, "/large"), value(1));

  auto c = this->asking(this->url_of(origin));
  c.max_redirects = 0;
  auto strict = this->up(c);
  EXPECT_EQ(this->fetched(*strict, http_request("GET", "/loop")).status, 302);
}

// The time is that of all hops.
TYPED_TEST(rest_redirect_on, one_time_for_all) {
  auto& origin = this->serve(
      [](const seen_request& r) { return r.target == "/end" ? silence() : moved(302, "/end"); });
  auto c = this->asking(this->url_of(origin));
  c.timeout = 60ms;
  auto client = this->up(c);
  EXPECT_EQ(this->refusal(*client, "/x"), errc::timed_out);
  EXPECT_THAT(origin.lines(), ElementsAre("GET /x", "GET /end"));
}

// A relative one stays on its Unix socket.
TYPED_TEST(rest_redirect_on, over_a_unix_socket) {
  auto& origin = this->serve(
      [](const seen_request& r) { return r.target == "/b" ? json_reply("1") : moved(302, "/b"); },
      wire::local);
  auto client = this->client_of(origin);
  EXPECT_EQ(this->got(*client, "/a"), value(1));
}

}  // namespace
}  // namespace parley::test
#endif
