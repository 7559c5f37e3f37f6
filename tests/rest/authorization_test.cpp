// Credentials and challenges (RFC 9110 section 11, RFC 7617, RFC 6750).
#include <parley/codecs/http/rest/authorization.hpp>

#include <gtest/gtest.h>

#include <array>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/core/text/base64.hpp>

namespace parley::test {
namespace {

using namespace std::string_view_literals;
using http::rest_errc;

TEST(base64, known_texts) {  // RFC 4648 section 10
  constexpr std::array<std::array<std::string_view, 2>, 7> known{{{"", ""},
                                                                  {"f", "Zg=="},
                                                                  {"fo", "Zm8="},
                                                                  {"foo", "Zm9v"},
                                                                  {"foob", "Zm9vYg=="},
                                                                  {"fooba", "Zm9vYmE="},
                                                                  {"foobar", "Zm9vYmFy"}}};
  for (const auto& [plain, coded] : known) {
    EXPECT_EQ(text::base64_encode(as_bytes(plain)), coded);
    EXPECT_EQ(text::base64_decode(coded), plain);
  }
  EXPECT_EQ(text::base64_decode("+/+/"), "\xFB\xFF\xBF");
}

TEST(base64, is_strict) {
  for (const auto bad : {"Z", "Zg", "Zg=", "Zg===", "=", "==", "====", "Zh==", "Zm9=", "Zm9v Zg==",
                         "Zg==Zg==", "Zm-_", "Zm9v\n", "Z=g=", "Zg=a"}) {
    EXPECT_FALSE(text::base64_decode(bad).has_value()) << bad;
  }
}

TEST(base64, every_byte_comes_back) {
  std::string all;
  for (int c = 0; c < 256; ++c) {
    all += static_cast<char>(c);
    EXPECT_EQ(text::base64_decode(text::base64_encode(as_bytes(all))), all);
  }
}

TEST(basic, user_and_password) {  // RFC 7617 section 2
  const auto c = http::parse_basic("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  ASSERT_TRUE(c.has_value());
  EXPECT_EQ(c->user, "Aladdin");
  EXPECT_EQ(c->password.reveal(), "open sesame");
  EXPECT_EQ(http::basic_authorization("Aladdin", "open sesame"),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  const auto colons = http::parse_basic(*http::basic_authorization("", ":a:"));
  ASSERT_TRUE(colons.has_value());
  EXPECT_EQ(colons->user, "");
  EXPECT_EQ(colons->password.reveal(), ":a:");
  EXPECT_TRUE(http::parse_basic("bASIC  Og=="));
}

TEST(basic, refuses_what_is_none) {
  for (const auto bad : {"", "Basic", "Basic ", "Basic Zm9v", "Basic Og", "Basic Og== x",
                         "Bearer Og==", "Basic !", "BasicOg==", "Basic OgA=", "Basic Cjo="}) {
    const auto c = http::parse_basic(bad);
    ASSERT_FALSE(c) << bad;
    EXPECT_EQ(c.error(), rest_errc::bad_credentials);
    EXPECT_EQ(http::status_for(c.error()), 401);
  }
  EXPECT_FALSE(http::basic_authorization("a:b", "c"));
  EXPECT_FALSE(http::basic_authorization("a", "b\r\nX: y"));
}

TEST(bearer, tokens) {
  EXPECT_EQ(http::parse_bearer("Bearer abc.DEF-1_2~3+4/5=="), "abc.DEF-1_2~3+4/5==");
  EXPECT_EQ(http::parse_bearer("bearer  a "), "a");
  for (const auto bad : {"", "Bearer", "Bearer ", "Bearer =", "Bearer a b", "Bearer a=b", "Basic a",
                         "Bearer a,b", "Bearera", "Bearer \"a\""}) {
    EXPECT_EQ(http::parse_bearer(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(http::bearer_authorization("abc"), "Bearer abc");
  EXPECT_FALSE(http::bearer_authorization(""));
  EXPECT_FALSE(http::bearer_authorization("a\r\nb"));
}

TEST(api_key, is_there_once) {  // S148
  const std::array<http::header, 2> one{{{"x-api-key", " k1 "}, {"Other", "x"}}};
  EXPECT_EQ(http::find_api_key(one), "k1");
  EXPECT_EQ(http::find_api_key(one, "Other"), "x");
  const std::array<http::header, 2> two{{{"X-API-Key", "k1"}, {"X-Api-Key", "k2"}}};
  EXPECT_EQ(http::find_api_key(two), std::nullopt);
  const std::array<http::header, 1> spaced{{{"X-API-Key", "a b"}}};
  EXPECT_EQ(http::find_api_key(spaced), std::nullopt);
  EXPECT_EQ(http::find_api_key({}), std::nullopt);
}

TEST(equals_in_constant_time, is_equality) {
  EXPECT_TRUE(http::equals_in_constant_time("", ""));
  EXPECT_TRUE(http::equals_in_constant_time("abc", "abc"));
  for (const auto other : {"", "ab", "abd", "xbc", "abcd", "ABC"}) {
    EXPECT_FALSE(http::equals_in_constant_time("abc", other)) << other;
    EXPECT_FALSE(http::equals_in_constant_time(other, "abc")) << other;
  }
  EXPECT_FALSE(http::equals_in_constant_time("a\0b"sv, "a\0c"sv));
}

TEST(challenges, are_built) {
  EXPECT_EQ(http::basic_challenge("a \"b\" \\"), R"(Basic realm="a \"b\" \\", charset="UTF-8")");
  EXPECT_FALSE(http::basic_challenge("a\r\nb"));
  EXPECT_EQ(to_string(http::bearer_challenge{}), "Bearer");
  EXPECT_EQ(to_string(http::bearer_challenge{
                .realm = "x", .error = "invalid_token", .description = "expired"}),
            R"(Bearer realm="x", error="invalid_token", error_description="expired")");
  EXPECT_FALSE(to_string(http::bearer_challenge{.scope = "a\nb"}));
}

// "scheme token68 name=value ...|...", and "failed".
std::string read(std::string_view value) {
  std::string out;
  http::challenge_reader all(value);
  while (const auto c = all.next()) {
    out += c->scheme();
    if (!c->token68().empty()) out.append(" ").append(c->token68());
    for (auto rest = c->parameters(); const auto p = http::next_parameter(rest);) {
      out.append(" ").append(p->name).append("=").append(unquoted(*p));
    }
    out += "|";
  }
  return all.failed() ? out + "failed" : out;
}

TEST(challenges, are_told_apart) {
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("Negotiate"), "Negotiate|");
  EXPECT_EQ(read("Basic realm=\"a, b=c\", charset=UTF-8"), "Basic realm=a, b=c charset=UTF-8|");
  EXPECT_EQ(read("Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic "
                 "realm=\"simple\""),
            "Newauth realm=apps type=1 title=Login to \"apps\"|Basic realm=simple|");
  EXPECT_EQ(read("Negotiate abc==, Basic realm=x"), "Negotiate abc==|Basic realm=x|");
  EXPECT_EQ(read(" , Negotiate , ,Basic realm = \"x\" ,, y=z ,"), "Negotiate|Basic realm=x y=z|");
  EXPECT_EQ(read("A, B, C x=y, D"), "A|B|C x=y|D|");
  for (const auto bad : {"=", "\"a\"", "Basic realm=\"x", "Basic =x", "Basic realm=\"x\" y",
                         "Basic a b", "B@sic", "Basic realm=@"}) {
    EXPECT_TRUE(read(bad).ends_with("failed")) << bad << ": " << read(bad);
  }
  http::challenge_reader all("Bearer Realm=\"x\"");
  const auto c = all.next();
  ASSERT_TRUE(c.has_value());
  EXPECT_EQ(c->find("realm")->value, "x");
  EXPECT_FALSE(c->find("scope").has_value());
}

}  // namespace
}  // namespace parley::test
