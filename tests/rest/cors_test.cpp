// CORS by the Fetch standard: who may read what (S81, S95, S96).
#include <parley/codecs/http/rest/cors.hpp>

#include <gtest/gtest.h>

#include <parley/codecs/http/rest/rest_errc.hpp>

#include "support/allocations.hpp"

namespace parley::test {
namespace {

using http::cors_policy;
using http::cors_settings;
using http::method;
using fields = std::vector<http::header>;

// "204 Vary: ...; Access-...", or what is added to another answer.
std::string judged(const cors_policy& policy, method verb, const fields& request,
                   std::string_view route_methods = "GET, PUT") {
  const auto answer = policy.judge(verb, request, route_methods);
  std::string out = answer.preflight ? std::to_string(answer.status) : "";
  for (const auto& h : answer.headers()) {
    if (!out.empty()) out += "; ";
    std::string_view name = h.name;
    if (name.starts_with("Access-Control-")) name.remove_prefix(15);
    out.append(name).append(": ").append(h.value);
  }
  return out;
}

cors_policy policy_of(cors_settings settings) {
  auto made = cors_policy::make(std::move(settings));
  EXPECT_TRUE(made.has_value()) << made.error().to_string();
  return made ? *made : cors_policy();
}

constexpr std::string_view preflight_vary =
    "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

TEST(cors, defaults_let_every_page_read) {  // S95, S96
  const cors_settings defaults;
  EXPECT_TRUE(defaults.enabled);
  EXPECT_EQ(defaults.origins, std::vector<std::string>{"*"});
  EXPECT_FALSE(defaults.credentials);
  EXPECT_TRUE(defaults.validate());
  const cors_policy policy;
  EXPECT_EQ(judged(policy, method::get, {{"Origin", "https://a.example"}}), "Allow-Origin: *");
  EXPECT_EQ(judged(policy, method::get, {}), "Allow-Origin: *");
  EXPECT_EQ(judged(policy, method::options,
                   {{"Origin", "https://a.example"},
                    {"Access-Control-Request-Method", "PUT"},
                    {"Access-Control-Request-Headers", "authorization,content-type"}}),
            "204; " + std::string(preflight_vary) +
                "; Allow-Origin: *; Allow-Methods: GET, PUT; "
                "Allow-Headers: authorization,content-type; Max-Age: 600");
}

TEST(cors, vary_is_there_wherever_the_answer_depends_on_the_origin) {
  const auto policy = policy_of({.origins = {"https://a.example", "http://localhost:3000"}});
  EXPECT_EQ(judged(policy, method::get, {{"Origin", "https://a.example"}}),
            "Vary: Origin; Allow-Origin: https://a.example");
  EXPECT_EQ(judged(policy, method::post, {{"Origin", "http://localhost:3000"}}),
            "Vary: Origin; Allow-Origin: http://localhost:3000");
  EXPECT_EQ(judged(policy, method::get, {{"Origin", "https://b.example"}}), "Vary: Origin");
  EXPECT_EQ(judged(policy, method::get, {}), "Vary: Origin");
  EXPECT_EQ(judged(policy, method::get, {{"Origin", "null"}}), "Vary: Origin");
  EXPECT_EQ(judged(policy, method::get, {{"Origin", ""}}), "Vary: Origin");
  // Two are nobody's.
  EXPECT_EQ(judged(policy, method::get,
                   {{"Origin", "https://a.example"}, {"Origin", "https://b.example"}}),
            "Vary: Origin");
}

TEST(cors, origins_are_compared_exactly) {
  const auto policy = policy_of({.origins = {"https://a.example"}});
  for (const auto other :
       {"http://a.example", "https://a.example:443", "https://a.example:8443", "https://A.example",
        "https://a.example.evil", "https://evil-a.example", "https://a.example/", "a.example",
        "https://a.example evil", "https://x.a.example"}) {
    EXPECT_FALSE(policy.allows_origin(other)) << other;
  }
}

TEST(cors, subdomains) {
  const auto policy = policy_of({.origins = {"https://*.a.example", "http://*.b.example:81"}});
  for (const auto good :
       {"https://x.a.example", "https://x.y.a.example", "http://x.b.example:81"}) {
    EXPECT_TRUE(policy.allows_origin(good)) << good;
  }
  for (const auto bad :
       {"https://a.example", "https://.a.example", "https://x.a.example:81", "http://x.a.example",
        "https://evila.example", "https://evil.example/.a.example", "https://evil:1.a.example",
        "https://user@x.a.example", "https://x..a.example.evil", "http://x.b.example",
        "https://x.a.example.", "https://evil.example#.a.example", "https://x .a.example"}) {
    EXPECT_FALSE(policy.allows_origin(bad)) << bad;
  }
}

TEST(cors, preflights_are_judged) {
  const auto policy = policy_of({.origins = {"https://a.example"},
                                 .methods = {"PUT", "PURGE"},
                                 .headers = {"X-One", "Content-Type"},
                                 .credentials = true,
                                 .max_age = std::chrono::seconds(5)});
  const auto ask = [&](std::string_view origin, std::string_view verb, std::string_view names) {
    fields f{{"Origin", origin}, {"Access-Control-Request-Method", verb}};
    if (!names.empty()) f.push_back({"Access-Control-Request-Headers", names});
    return judged(policy, method::options, f);
  };
  const std::string yes = "204; " + std::string(preflight_vary) +
                          "; Allow-Origin: https://a.example; Allow-Credentials: true; "
                          "Allow-Methods: PUT, PURGE; Allow-Headers: X-One, Content-Type; "
                          "Max-Age: 5";
  const std::string no = "403; " + std::string(preflight_vary);
  EXPECT_EQ(ask("https://a.example", "PUT", "x-one, content-type"), yes);
  EXPECT_EQ(ask("https://a.example", "GET", ""), yes);
  EXPECT_EQ(ask("https://a.example", "PURGE", "x-one"), yes);
  EXPECT_EQ(ask("https://a.example", "purge", ""), no);
  EXPECT_EQ(ask("https://a.example", "DELETE", ""), no);
  EXPECT_EQ(ask("https://a.example", "PUT", "x-two"), no);
  EXPECT_EQ(ask("https://a.example", "PUT", "x-one, @"), no);
  EXPECT_EQ(ask("https://b.example", "PUT", "x-one"), no);
  EXPECT_EQ(ask("https://a.example", "*", ""), no);
}

TEST(cors, what_is_no_preflight_is_a_request) {
  EXPECT_FALSE(cors_policy::is_preflight(method::options, fields{{"Origin", "https://a.example"}}));
  EXPECT_FALSE(
      cors_policy::is_preflight(method::options, fields{{"Access-Control-Request-Method", "PUT"}}));
  EXPECT_FALSE(cors_policy::is_preflight(
      method::get,
      fields{{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "PUT"}}));
  const cors_policy policy;
  EXPECT_EQ(judged(policy, method::options, {{"Origin", "https://a.example"}}), "Allow-Origin: *");
}

TEST(cors, methods_of_the_route_are_what_preflights_get) {
  const cors_policy policy;
  const auto ask = [&](std::string_view verb, std::string_view route) {
    return policy
        .judge(method::options,
               fields{{"Origin", "https://a.example"}, {"Access-Control-Request-Method", verb}},
               route)
        .status;
  };
  EXPECT_EQ(ask("PUT", "GET, PUT"), 204);
  EXPECT_EQ(ask("DELETE", "GET, PUT"), 403);
  EXPECT_EQ(ask("PUT", ""), 403);
  EXPECT_EQ(ask("GET", ""), 204);
}

TEST(cors, exposed_fields) {
  const auto policy = policy_of({.origins = {"https://a.example"}, .exposed = {"ETag", "Link"}});
  EXPECT_EQ(judged(policy, method::get, {{"Origin", "https://a.example"}}),
            "Vary: Origin; Allow-Origin: https://a.example; Expose-Headers: ETag, Link");
  EXPECT_EQ(judged(policy, method::get, {{"Origin", "https://b.example"}}), "Vary: Origin");
}

TEST(cors, can_be_off) {
  const auto policy = policy_of({.enabled = false});
  EXPECT_EQ(judged(policy, method::options,
                   {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "PUT"}}),
            "");
}

TEST(cors, nothing_that_splits_a_head_is_sent_back) {
  const cors_policy policy;
  for (const auto names : {"a\r\nSet-Cookie: x=y", "a b", "a;b", "\"a\"", "a\x01"}) {
    const auto answer = policy.judge(method::options,
                                     fields{{"Origin", "https://a.example"},
                                            {"Access-Control-Request-Method", "GET"},
                                            {"Access-Control-Request-Headers", names}},
                                     "GET");
    EXPECT_EQ(answer.status, 403) << names;
    EXPECT_EQ(answer.headers().size(), 1U);
  }
}

TEST(cors, settings_that_open_the_server_are_refused_with_reasons) {
  const auto why = [](const cors_settings& s) {
    const auto ok = s.validate();
    if (ok) return std::string("good");
    EXPECT_EQ(ok.error(), http::rest_errc::bad_cors_settings);
    return std::string(ok.error().message());
  };
  EXPECT_EQ(why({.credentials = true}),
            "with credentials every one must be named, not *: origins; with credentials every one "
            "must be named, not *: headers");
  EXPECT_NE(why({.origins = {"null"}, .headers = {}, .credentials = true}), "good");
  EXPECT_NE(
      why({.origins = {"https://a.example"}, .headers = {}, .exposed = {"*"}, .credentials = true}),
      "good");
  EXPECT_EQ(why({.origins = {"https://a.example"}, .headers = {}, .credentials = true}), "good");
  for (const auto bad : {"", "a.example", "https://a.example/", "https://", "https://A.example",
                         "HTTPS://a.example", "https://a.example/x", "https://*", "https://*.",
                         "*.a.example", "https://x.*.example", "https://*.*.example", "https://:80",
                         "https://a.example:", "https://user@a.example", "https://*a.example"}) {
    EXPECT_NE(why({.origins = {bad}}), "good") << bad;
  }
  EXPECT_NE(why({.origins = {"*", "https://a.example"}}), "good");
  EXPECT_NE(why({.methods = {"*"}}), "good");
  EXPECT_NE(why({.methods = {"P\r\nT"}}), "good");
  EXPECT_NE(why({.headers = {"X Y"}}), "good");
  EXPECT_NE(why({.exposed = {"a,b"}}), "good");
  EXPECT_NE(why({.max_age = std::chrono::seconds(-1)}), "good");
  EXPECT_FALSE(cors_policy::make({.credentials = true}));
}

TEST(cors, judging_allocates_nothing) {
  const auto policy = policy_of({.origins = {"https://*.a.example"}});
  const fields request{{"Origin", "https://some.long.name.of.a.page.a.example"},
                       {"Access-Control-Request-Method", "PUT"},
                       {"Access-Control-Request-Headers", "x-one, x-two"}};
  const auto before = allocations();
  EXPECT_EQ(policy.judge(method::options, request, "GET, PUT").status, 204);
  EXPECT_TRUE(policy.judge(method::get, request, "GET, PUT").allowed);
  EXPECT_EQ(allocations(), before);
}

}  // namespace
}  // namespace parley::test
