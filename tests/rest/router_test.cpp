// Routes: patterns, preference, methods, and paths that must reach nothing.
#include <parley/codecs/http/rest/router.hpp>

#include <gtest/gtest.h>

#include <parley/codecs/http/rest/rest_errc.hpp>

#include "support/allocations.hpp"

namespace parley::test {
namespace {

using namespace std::string_view_literals;
using http::rest_errc;
using http::route_outcome;
using http::router;

void add(router& r, std::string_view method, std::string_view pattern) {
  const auto ok = r.add(method, pattern);
  ASSERT_TRUE(ok.has_value()) << ok.error().to_string();
}

// "GET /users/{id} id=7", "options GET, HEAD", "not_found", ...
std::string found(const router& r, std::string_view method, std::string_view path) {
  http::path_parameters p;
  const auto m = r.lookup(method, path, p);
  std::string out;
  switch (m.how) {
    case route_outcome::found:
      out = std::string(r.method_of(m.route)) + " " + std::string(r.pattern_of(m.route));
      if (m.head_by_get) out += " head_by_get";
      for (const auto& each : p) {
        out += " " + std::string(each.name) + "=" + std::string(each.value);
      }
      return out;
    case route_outcome::options:
      return "options " + r.allow(m.allowed);
    case route_outcome::not_found:
      return "not_found";
    case route_outcome::method_not_allowed:
      return "405 " + r.allow(m.allowed);
    case route_outcome::bad_path:
      return "bad_path";
  }
  return "?";
}

TEST(router, finds_literals_and_parameters) {
  router r;
  for (const auto p : {"/", "/users", "/users/{id}", "/users/{id}/posts/{post}", "/a/b/c"}) {
    add(r, "GET", p);
  }
  EXPECT_EQ(found(r, "GET", "/"), "GET /");
  EXPECT_EQ(found(r, "GET", "/users"), "GET /users");
  EXPECT_EQ(found(r, "GET", "/users/7"), "GET /users/{id} id=7");
  EXPECT_EQ(found(r, "GET", "/users/7/posts/x.y"), "GET /users/{id}/posts/{post} id=7 post=x.y");
  EXPECT_EQ(found(r, "GET", "/users/7/posts"), "not_found");
  EXPECT_EQ(found(r, "GET", "/Users"), "not_found");
  EXPECT_EQ(found(r, "GET", "/a/b"), "not_found");
  EXPECT_EQ(found(r, "GET", "/a/b/c/d"), "not_found");
  EXPECT_EQ(found(r, "GET", ""), "not_found");
  EXPECT_EQ(found(r, "GET", "users"), "not_found");
}

TEST(router, prefers_literal_typed_plain_rest) {
  router r;
  for (const auto p : {"/v/{rest...}", "/v/{any}", "/v/{n:double}", "/v/{n:int}", "/v/{n:uint}",
                       "/v/{n:uuid}", "/v/7"}) {
    add(r, "GET", p);
  }
  EXPECT_EQ(found(r, "GET", "/v/7"), "GET /v/7");
  EXPECT_EQ(found(r, "GET", "/v/8"), "GET /v/{n:uint} n=8");
  EXPECT_EQ(found(r, "GET", "/v/-8"), "GET /v/{n:int} n=-8");
  EXPECT_EQ(found(r, "GET", "/v/-8.5e3"), "GET /v/{n:double} n=-8.5e3");
  EXPECT_EQ(found(r, "GET", "/v/x"), "GET /v/{any} any=x");
  EXPECT_EQ(found(r, "GET", "/v/x/y"), "GET /v/{rest...} rest=x/y");
  EXPECT_EQ(found(r, "GET", "/v/123e4567-e89b-12d3-a456-426614174000"),
            "GET /v/{n:uuid} n=123e4567-e89b-12d3-a456-426614174000");
  EXPECT_EQ(found(r, "GET", "/v/123e4567-e89b-12d3-a456-42661417400g"),
            "GET /v/{any} any=123e4567-e89b-12d3-a456-42661417400g");
}

TEST(router, typed_parameters_hold_what_their_type_holds) {
  router r;
  for (const auto p : {"/u/{n:uint}", "/i/{n:int}", "/d/{n:double}"}) add(r, "GET", p);
  for (const auto good : {"0", "007", "18446744073709551615"}) {
    EXPECT_NE(found(r, "GET", "/u/" + std::string(good)), "not_found") << good;
  }
  for (const auto bad : {"18446744073709551616", "99999999999999999999999", "-1", "+1", "1.0",
                         "0x1", "1e3", "%20"}) {
    EXPECT_EQ(found(r, "GET", "/u/" + std::string(bad)), "not_found") << bad;
  }
  for (const auto good : {"0", "-0", "9223372036854775807", "-9223372036854775808"}) {
    EXPECT_NE(found(r, "GET", "/i/" + std::string(good)), "not_found") << good;
  }
  for (const auto bad : {"9223372036854775808", "-9223372036854775809", "-", "--1", "+1"}) {
    EXPECT_EQ(found(r, "GET", "/i/" + std::string(bad)), "not_found") << bad;
  }
  for (const auto good : {"0", "-1.5", "1e300", "3."}) {
    EXPECT_NE(found(r, "GET", "/d/" + std::string(good)), "not_found") << good;
  }
  for (const auto bad : {"inf", "-inf", "nan", "1e999", "+1", "-", ".5", "1x", "0x1p3"}) {
    EXPECT_EQ(found(r, "GET", "/d/" + std::string(bad)), "not_found") << bad;
  }
}

TEST(router, parameters_are_read_as_numbers) {
  router r;
  add(r, "GET", "/{a}/{b:int}/{c}");
  http::path_parameters p;
  ASSERT_EQ(r.lookup("GET", "/18446744073709551615/-5/1.25", p).how, route_outcome::found);
  EXPECT_EQ(p.size(), 3U);
  EXPECT_EQ(p.as_uint("a"), 18446744073709551615U);
  EXPECT_EQ(p.as_int("a"), std::nullopt);
  EXPECT_EQ(p.as_int("b"), -5);
  EXPECT_EQ(p.as_uint("b"), std::nullopt);
  EXPECT_EQ(p.as_double("c"), 1.25);
  EXPECT_EQ(p.find("d"), std::nullopt);
  ASSERT_EQ(r.lookup("GET", "/", p).how, route_outcome::not_found);
  EXPECT_TRUE(p.empty());
}

TEST(router, goes_back_where_a_choice_leads_nowhere) {
  router r;
  for (const auto p : {"/a/b/c", "/a/{x}/d", "/{y}/b/e", "/{y...}"}) add(r, "GET", p);
  EXPECT_EQ(found(r, "GET", "/a/b/c"), "GET /a/b/c");
  EXPECT_EQ(found(r, "GET", "/a/b/d"), "GET /a/{x}/d x=b");
  EXPECT_EQ(found(r, "GET", "/a/b/e"), "GET /{y}/b/e y=a");
  EXPECT_EQ(found(r, "GET", "/a/b/f"), "GET /{y...} y=a/b/f");
}

TEST(router, a_path_that_lacks_the_method_is_no_end) {
  router r;
  add(r, "POST", "/users/me");
  add(r, "GET", "/users/{id}");
  EXPECT_EQ(found(r, "GET", "/users/me"), "GET /users/{id} id=me");
  EXPECT_EQ(found(r, "POST", "/users/me"), "POST /users/me");
  EXPECT_EQ(found(r, "PUT", "/users/me"), "405 GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(found(r, "POST", "/users/7"), "405 GET, HEAD, OPTIONS");
}

TEST(router, head_falls_to_get_and_options_is_answered) {
  router r;
  add(r, "GET", "/a");
  add(r, "HEAD", "/b");
  add(r, "GET", "/b");
  add(r, "OPTIONS", "/c");
  add(r, "PURGE", "/d");
  EXPECT_EQ(found(r, "HEAD", "/a"), "GET /a head_by_get");
  EXPECT_EQ(found(r, "HEAD", "/b"), "HEAD /b");
  EXPECT_EQ(found(r, "HEAD", "/d"), "405 OPTIONS, PURGE");
  EXPECT_EQ(found(r, "OPTIONS", "/a"), "options GET, HEAD, OPTIONS");
  EXPECT_EQ(found(r, "OPTIONS", "/c"), "OPTIONS /c");
  EXPECT_EQ(found(r, "OPTIONS", "/x"), "not_found");
  EXPECT_EQ(found(r, "OPTIONS", "*"), "options GET, HEAD, OPTIONS, PURGE");
  EXPECT_EQ(found(r, "GET", "*"), "not_found");
  EXPECT_EQ(found(r, "PURGE", "/d"), "PURGE /d");
  EXPECT_EQ(found(r, "purge", "/d"), "405 OPTIONS, PURGE");
  EXPECT_EQ(found(r, "get", "/a"), "405 GET, HEAD, OPTIONS");
}

TEST(router, segments_are_compared_decoded) {
  router r;
  add(r, "GET", "/caf%C3%A9/{x}");
  add(r, "GET", "/a b");
  add(r, "GET", "/files/{path...}");
  EXPECT_EQ(found(r, "GET", "/caf%c3%a9/%41"), "GET /caf%C3%A9/{x} x=A");
  EXPECT_EQ(found(r, "GET", "/%63af\xC3\xA9/%41b"), "GET /caf%C3%A9/{x} x=Ab");
  EXPECT_EQ(found(r, "GET", "/a%20b"), "GET /a b");
  EXPECT_EQ(found(r, "GET", "/a+b"), "not_found");
  EXPECT_EQ(found(r, "GET", "/caf%C3%A9/a%2Fb"), "GET /caf%C3%A9/{x} x=a/b");
  EXPECT_EQ(found(r, "GET", "/files/a%20b/c/"), "GET /files/{path...} path=a b/c/");
  // What becomes a file's path has no slash that was not one.
  EXPECT_EQ(found(r, "GET", "/files/a%2Fb"), "not_found");
  EXPECT_EQ(found(r, "GET", "/files/a%5Cb"), "not_found");
  EXPECT_EQ(found(r, "GET", "/files/a\\b"), "not_found");
}

TEST(router, paths_that_others_would_read_differently_are_refused) {
  router r;
  add(r, "GET", "/{path...}");
  add(r, "GET", "/s/{x}");
  for (const auto bad : {"/..", "/a/../b", "/a/..", "/.", "/./a", "/%2e%2e/a", "/%2E./a", "/.%2e",
                         "/%2e", "/s/..%2fetc", "/s/a%2F..%2Fb", "/s/..%5cetc", "/s/..\\etc",
                         "/s/a%00b", "/s/%", "/s/%4", "/s/%zz", "/s/%4g", "/s/%%30"}) {
    EXPECT_EQ(found(r, "GET", bad), "bad_path") << bad;
  }
  for (const auto none : {"//", "/s//", "//s", "/s//x", "/a//b"}) {
    EXPECT_EQ(found(r, "GET", none), "not_found") << none;
  }
  EXPECT_EQ(found(r, "GET", "/s/a\0b"sv), "bad_path");
  EXPECT_EQ(found(r, "GET", "/..."), "GET /{path...} path=...");
  EXPECT_EQ(found(r, "GET", "/s/..a"), "GET /s/{x} x=..a");
  std::string deep;
  for (std::size_t i = 0; i < http::max_path_segments; ++i) deep += "/a";
  EXPECT_TRUE(found(r, "GET", deep).starts_with("GET /{path...}"));
  EXPECT_EQ(found(r, "GET", deep + "/a"), "bad_path");
  EXPECT_EQ(found(r, "GET", deep + "/%41"), "bad_path");
}

TEST(router, wildcards_never_match_nothing) {
  router r;
  add(r, "GET", "/a/{x}");
  add(r, "GET", "/b/{x...}");
  add(r, "GET", "/{x}/c");
  for (const auto none : {"/a", "/a/", "/b", "/b/", "//c", "/a//"}) {
    EXPECT_EQ(found(r, "GET", none), "not_found") << none;
  }
}

TEST(router, trailing_slashes) {
  router same;
  add(same, "GET", "/a");
  add(same, "GET", "/b/");
  add(same, "GET", "/c");
  add(same, "GET", "/c/");
  add(same, "POST", "/c/");
  EXPECT_EQ(found(same, "GET", "/a/"), "GET /a");
  EXPECT_EQ(found(same, "GET", "/b"), "GET /b/");
  EXPECT_EQ(found(same, "GET", "/c"), "GET /c");
  EXPECT_EQ(found(same, "GET", "/c/"), "GET /c/");
  EXPECT_EQ(found(same, "POST", "/c"), "POST /c/");
  router distinct(http::trailing_slash::distinct);
  add(distinct, "GET", "/a");
  add(distinct, "GET", "/b/");
  add(distinct, "GET", "/c");
  add(distinct, "POST", "/c/");
  EXPECT_EQ(found(distinct, "GET", "/a/"), "not_found");
  EXPECT_EQ(found(distinct, "GET", "/b"), "not_found");
  EXPECT_EQ(found(distinct, "GET", "/b/"), "GET /b/");
  EXPECT_EQ(found(distinct, "POST", "/c"), "405 GET, HEAD, OPTIONS");
}

TEST(router, refuses_patterns_that_are_none) {
  router r;
  for (const auto bad :
       {"",        "users",     "*",         "/a//b",     "//",           "/a?x",
        "/a#x",    "/a{x}",     "/{x}a",     "/{x",       "/x}",          "/{}",
        "/{:int}", "/{x:}",     "/{x:word}", "/{x:rest}", "/{1x}",        "/{x y}",
        "/{...}",  "/{x...}/a", "/{x...}/",  "/{x}/{x}",  "/{x}/{x:int}", "/%",
        "/%4",     "/a/../b",   "/%2e%2e",   "/.",        "/a%00",        "/a%0a"}) {
    const auto ok = r.add("GET", bad);
    EXPECT_TRUE(!ok && ok.error() == rest_errc::bad_pattern) << bad;
  }
  EXPECT_FALSE(r.add("", "/a"));
  EXPECT_FALSE(r.add("GET ", "/a"));
  EXPECT_FALSE(r.add("G\r\nT", "/a"));
  EXPECT_FALSE(r.add("GET", "/" + std::string(9000, 'a')));
  std::string parameters;
  for (std::size_t i = 0; i < http::max_path_parameters; ++i) {
    parameters += "/{p" + std::to_string(i) + "}";
  }
  EXPECT_TRUE(r.add("GET", parameters));
  EXPECT_FALSE(r.add("GET", parameters + "/{q}"));
  EXPECT_EQ(r.size(), 1U);
}

TEST(router, says_what_a_conflict_is) {
  router r;
  add(r, "GET", "/users/{id}");
  const auto ok = r.add("GET", "/users/{name}");
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error(), rest_errc::route_conflict);
  EXPECT_EQ(ok.error().message(),
            "GET /users/{name} is the same as GET /users/{id}, which is there already");
  // What differs in method, type or slash is another route; names are each route's own.
  add(r, "POST", "/users/{name}");
  add(r, "GET", "/users/{id:int}");
  add(r, "GET", "/users/{id}/");
  EXPECT_EQ(found(r, "POST", "/users/x"), "POST /users/{name} name=x");
  EXPECT_FALSE(r.add("GET", "/users/{id:int}"));
  EXPECT_EQ(r.size(), 4U);
}

TEST(router, is_bounded) {
  router r(http::trailing_slash::same, {.max_routes = 2});
  add(r, "GET", "/a");
  add(r, "GET", "/b");
  const auto third = r.add("GET", "/c");
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error(), rest_errc::too_many_routes);
  router methods;
  for (int i = 0; i < 16; ++i) add(methods, "M" + std::to_string(i), "/a");
  const auto more = methods.add("M16", "/a");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error(), rest_errc::too_many_routes);
  // A method without routes makes room.
  EXPECT_TRUE(methods.remove("M3", "/a"));
  add(methods, "M16", "/a");
  EXPECT_EQ(found(methods, "M16", "/a"), "M16 /a");
  EXPECT_TRUE(found(methods, "M3", "/a").starts_with("405 "));
}

TEST(router, forgets_what_is_removed) {
  router r;
  add(r, "GET", "/a/b/{x}");
  add(r, "GET", "/a/b");
  add(r, "PUT", "/a/b");
  EXPECT_FALSE(r.remove("GET", "/a"));
  EXPECT_FALSE(r.remove("POST", "/a/b"));
  EXPECT_FALSE(r.remove("GET", "nonsense"));
  EXPECT_FALSE(r.remove(99));
  EXPECT_TRUE(r.remove("GET", "/a/b"));
  EXPECT_EQ(found(r, "GET", "/a/b"), "405 PUT, OPTIONS");
  EXPECT_EQ(found(r, "GET", "/a/b/c"), "GET /a/b/{x} x=c");
  EXPECT_TRUE(r.remove("GET", "/a/b/{other}"));
  EXPECT_TRUE(r.remove("PUT", "/a/b"));
  EXPECT_EQ(found(r, "GET", "/a/b/c"), "not_found");
  EXPECT_EQ(r.size(), 0U);
  // Numbers are given again: they are an index.
  EXPECT_LT(*r.add("GET", "/z"), 3U);
}

TEST(router, thousands_are_all_found_and_all_removed) {
  router r;
  const auto path = [](int i) {
    return "/s" + std::to_string(i % 7) + "/r" + std::to_string(i) + "/x";
  };
  for (int i = 0; i < 3000; ++i) add(r, "GET", path(i));
  for (int i = 0; i < 3000; ++i) ASSERT_EQ(found(r, "GET", path(i)), "GET " + path(i));
  for (int i = 0; i < 3000; i += 2) ASSERT_TRUE(r.remove("GET", path(i)));
  for (int i = 0; i < 3000; ++i) {
    ASSERT_EQ(found(r, "GET", path(i)), i % 2 == 0 ? "not_found" : "GET " + path(i));
  }
}

TEST(router, lookups_allocate_nothing) {
  router r;
  for (const auto p : {"/users/{id:uint}/posts/{post}", "/files/{path...}"}) add(r, "GET", p);
  http::path_parameters p;
  (void)r.lookup("GET", "/users/7/posts/some%20long%20name%20of%20a%20post", p);
  const auto before = allocations();
  for (int i = 0; i < 100; ++i) {
    (void)r.lookup("GET", "/users/7/posts/1", p);
    (void)r.lookup("GET", "/users/7/posts/a%20b", p);
    (void)r.lookup("HEAD", "/files/some/where/deep/in/a/tree", p);
    (void)r.lookup("PUT", "/files/x", p);
    (void)r.lookup("GET", "/no/such/path", p);
  }
  EXPECT_EQ(allocations(), before);
}

TEST(fill_path, is_what_a_router_finds) {
  const auto fill = [](std::string_view pattern,
                       std::vector<http::path_parameter> values) -> std::string {
    const auto made = http::fill_path(pattern, values);
    return made ? *made : std::string(made.error().name());
  };
  EXPECT_EQ(fill("/users/{id}", {{"id", "a b/c?d"}}), "/users/a%20b%2Fc%3Fd");
  EXPECT_EQ(fill("/{n:int}/x", {{"n", "-7"}}), "/-7/x");
  EXPECT_EQ(fill("/f/{p...}", {{"p", "a/b c/"}}), "/f/a/b%20c/");
  EXPECT_EQ(fill("/", {}), "/");
  EXPECT_EQ(fill("/a/", {}), "/a/");
  EXPECT_EQ(fill("/users/{id}", {}), "bad_pattern");
  EXPECT_EQ(fill("/users/{id}", {{"id", ""}}), "bad_pattern");
  EXPECT_EQ(fill("/users/{id}", {{"id", ".."}}), "bad_pattern");
  EXPECT_EQ(fill("/users/{id}", {{"id", "../x"}}), "bad_pattern");
  EXPECT_EQ(fill("/{n:int}", {{"n", "x"}}), "bad_pattern");
  EXPECT_EQ(fill("/f/{p...}", {{"p", "a/../b"}}), "bad_pattern");
  EXPECT_EQ(fill("/f/{p...}", {{"p", "a//b"}}), "bad_pattern");
  EXPECT_EQ(fill("/f/{p...}", {{"p", "/a"}}), "bad_pattern");
}

}  // namespace
}  // namespace parley::test
