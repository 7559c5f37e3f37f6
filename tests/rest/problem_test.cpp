// Problem details (RFC 9457), and the status of an error.
#include <parley/codecs/http/rest/problem.hpp>

#include <gtest/gtest.h>

#include <parley/codecs/http/errc.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>

namespace parley::test {
namespace {

using http::problem;

TEST(problem, members) {
  problem p(404, "there is no user 7");
  EXPECT_EQ(p.to_json(), R"({"title":"Not Found","status":404,"detail":"there is no user 7"})");
  p.set_type("https://example.com/probs/user").set_title("No such user").set_instance("/users/7");
  p.add("user", 7)
      .add("name", "a\"b")
      .add_json("list", "[1,2]")
      .add("status", 500)
      .add("type", "x");
  EXPECT_EQ(p.to_json(),
            R"({"type":"https://example.com/probs/user","title":"No such user","status":404,)"
            R"("detail":"there is no user 7","instance":"/users/7","user":7,"name":"a\"b",)"
            R"("list":[1,2]})");
  EXPECT_EQ(problem(599).to_json(), R"({"status":599})");
}

std::string json_string(std::string_view text) {
  std::string out;
  http::append_json_string(out, text);
  return out;
}

TEST(problem, strings_are_json_whatever_they_hold) {
  using namespace std::string_view_literals;
  EXPECT_EQ(json_string("a\"\\\n\r\t\b\x1f\x7f/"), R"("a\"\\\n\r\t\u0008\u001f\u007f/")");
  EXPECT_EQ(json_string("\0"sv), R"("\u0000")");
  EXPECT_EQ(json_string("</script>&"), R"("\u003c/script\u003e\u0026")");
  EXPECT_EQ(json_string("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\"");
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(json_string("\xFF"
                        "a\xC3"),
            "\"" + r + "a" + r + "\"");
  EXPECT_EQ(json_string("\xED\xA0\x80"), "\"" + r + r + r + "\"");
  EXPECT_EQ(json_string("\xC0\x80"), "\"" + r + r + "\"");
  EXPECT_EQ(json_string("\xE2\x82"), "\"" + r + r + "\"");
}

TEST(problem, of_a_clients_fault_says_what) {
  const auto p = problem::from(error(http::rest_errc::bad_escape, "q=%zz"));
  EXPECT_EQ(p.status(), 400);
  EXPECT_EQ(p.to_json(),
            R"({"title":"Bad Request","status":400,"detail":"'%' is not followed by two )"
            R"(hexadecimal digits: q=%zz","code":"rest.bad_escape"})");
}

TEST(problem, of_the_servers_own_leaks_nothing) {
  for (const auto& e :
       {error(parley::errc::io, "db-7.internal:5432"), error(parley::errc::misuse, "secret"),
        error(parley::errc::callback_threw, "what()"), error(parley::errc::refused, "10.0.0.1")}) {
    const auto p = problem::from(e);
    EXPECT_GE(p.status(), 500);
    EXPECT_EQ(p.to_json(), problem(p.status()).to_json());
  }
}

TEST(status_for, codes_and_classes) {
  using core = parley::errc;
  const auto of = [](error e) { return http::status_for(e); };
  EXPECT_EQ(of(core::timed_out), 504);
  EXPECT_EQ(of(core::too_large), 413);
  EXPECT_EQ(of(core::bad_value), 400);
  EXPECT_EQ(of(core::not_supported), 501);
  EXPECT_EQ(of(core::queue_full), 503);
  EXPECT_EQ(of(core::refused), 503);
  EXPECT_EQ(of(core::bad_configuration), 500);
  EXPECT_EQ(of(core::callback_threw), 500);
  EXPECT_EQ(of(http::errc::body_too_large), 413);
  EXPECT_EQ(of(http::errc::headers_too_large), 431);
  EXPECT_EQ(of(http::errc::slow_response), 504);
  EXPECT_EQ(of(http::rest_errc::bad_credentials), 401);
  EXPECT_EQ(of(http::rest_errc::too_many_parts), 413);
  EXPECT_EQ(of(http::rest_errc::parts_truncated), 400);
  EXPECT_EQ(of(http::rest_errc::bad_range), 416);
  EXPECT_EQ(of(http::rest_errc::bad_pattern), 500);
}

}  // namespace
}  // namespace parley::test
