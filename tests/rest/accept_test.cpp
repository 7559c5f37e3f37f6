// Media types and Accept (RFC 9110 sections 8.3.1 and 12.5.1).
#include <parley/codecs/http/rest/accept.hpp>

#include <gtest/gtest.h>

#include <parley/codecs/http/rest/media_type.hpp>

namespace parley::test {
namespace {

TEST(media_type, is_parsed) {
  const auto t = http::parse_media_type(" Text/HTML; Charset=\"ut\\f-8\" ;; q=1;");
  ASSERT_TRUE(t.has_value());
  EXPECT_TRUE(t->is("text", "html"));
  EXPECT_EQ(t->suffix(), "");
  EXPECT_EQ(t->parameter("charset")->text(), "utf-8");
  EXPECT_TRUE(t->parameter("CHARSET")->equals("UTF-8"));
  EXPECT_FALSE(t->parameter("charset")->equals("utf-80"));
  EXPECT_FALSE(t->parameter("charset")->equals("utf"));
  EXPECT_FALSE(t->parameter("x").has_value());
  EXPECT_EQ(http::parse_media_type("application/a.b+json")->suffix(), "json");
}

TEST(media_type, refuses_what_is_none) {
  for (const auto bad :
       {"", "text", "text/", "/html", "text /html", "text/html x", "text/html; charset",
        "text/html; charset=", "text/html; =utf-8", "text/html; charset=\"utf-8",
        "text/html; a=b c", "text/html charset=a", "text/html; a=\"\x01\"", "te@xt/html",
        "text/html, text/plain", "text/html; charset =utf-8"}) {
    EXPECT_FALSE(http::parse_media_type(bad).has_value()) << bad;
  }
}

TEST(media_type, json) {  // S80
  for (const auto good : {"application/json", "APPLICATION/JSON; charset=UTF-8", "text/json",
                          "application/problem+json", "application/vnd.api+json;charset=\"utf-8\"",
                          "application/json; charset=utf8; a=b"}) {
    EXPECT_TRUE(http::is_json(good)) << good;
  }
  for (const auto bad : {"", "text/plain", "application/jsonp", "application/json+xml",
                         "application/json; charset=utf-16", "application/json; charset",
                         "application/x-www-form-urlencoded", "json"}) {
    EXPECT_FALSE(http::is_json(bad)) << bad;
  }
  EXPECT_TRUE(http::is_form("application/x-www-form-urlencoded; charset=UTF-8"));
  EXPECT_TRUE(http::is_form_data("multipart/form-data; boundary=x"));
  EXPECT_FALSE(http::is_form("multipart/form-data"));
}

TEST(quality, is_a_qvalue) {
  EXPECT_EQ(http::parse_quality("1"), 1000);
  EXPECT_EQ(http::parse_quality("0.5"), 500);
  EXPECT_EQ(http::parse_quality("0.001"), 1);
  EXPECT_EQ(http::parse_quality("1.000"), 1000);
  EXPECT_EQ(http::parse_quality("0."), 0);
  for (const auto bad : {"", ".5", "2", "1.001", "0.1234", "-1", "0,5", "00.5", "1e0", "0.x"}) {
    EXPECT_FALSE(http::parse_quality(bad).has_value()) << bad;
  }
}

int chosen(std::string_view accept, std::vector<std::string_view> offers) {
  const auto i = http::choose_media_type(accept, offers);
  return i ? static_cast<int>(*i) : -1;
}

TEST(accept, the_best_offer) {
  EXPECT_EQ(chosen("text/html, application/json;q=0.9", {"application/json", "text/html"}), 1);
  EXPECT_EQ(chosen("*/*", {"application/json", "text/html"}), 0);
  EXPECT_EQ(chosen("text/*;q=0.5, */*;q=0.1", {"application/json", "text/html"}), 1);
  EXPECT_EQ(chosen("application/xml", {"application/json"}), -1);
  EXPECT_EQ(chosen("application/json;q=0, */*", {"application/json", "text/html"}), 1);
  EXPECT_EQ(chosen("application/json;q=0", {"application/json"}), -1);
  EXPECT_EQ(chosen("TEXT/HTML", {"text/html"}), 0);
  EXPECT_EQ(chosen("a/b;q=0.5, a/b;q=1", {"a/b"}), 0);
}

TEST(accept, the_most_specific_range_counts) {  // RFC 9110 section 12.5.1, the example
  const std::string_view accept =
      "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, "
      "*/*;q=0.5";
  EXPECT_EQ(chosen(accept, {"text/plain", "text/plain;format=flowed"}), 1);
  EXPECT_EQ(chosen(accept, {"text/html", "image/jpeg"}), 1);
  EXPECT_EQ(chosen(accept, {"text/plain;format=fixed", "image/jpeg"}), 1);
  EXPECT_EQ(chosen(accept, {"text/plain;format=fixed", "text/plain"}), 1);
}

TEST(accept, what_is_malformed_is_ignored) {
  EXPECT_EQ(chosen("", {"a/b"}), 0);
  EXPECT_EQ(chosen("nonsense", {"a/b"}), 0);
  EXPECT_EQ(chosen("*/x, a/b;q=2, c/d;q=", {"a/b"}), 0);
  EXPECT_EQ(chosen("nonsense, c/d", {"a/b", "c/d"}), 1);
  EXPECT_EQ(chosen("a/b;x=\"1,2\", c/d;q=0.5", {"c/d", "a/b;x=\"1,2\""}), 1);
  EXPECT_EQ(http::choose_media_type(http::fields_view(), std::vector<std::string_view>{"a/b"}), 0U);
  EXPECT_EQ(chosen("*/*", {}), -1);
  const std::vector<http::header> lines{{"Accept", "a/b;q=0.5"}, {"accept", "c/d"}};
  EXPECT_EQ(http::choose_media_type(lines, std::vector<std::string_view>{"a/b", "c/d"}), 1U);
  std::string many;
  for (int i = 0; i < 64; ++i) many += "x/y,";
  EXPECT_EQ(chosen(many + "a/b", {"a/b"}), -1);
}

}  // namespace
}  // namespace parley::test
