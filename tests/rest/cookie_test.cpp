// Cookies (RFC 6265bis) and request ids.
#include <parley/codecs/http/rest/cookie.hpp>

#include <gtest/gtest.h>

#include <parley/codecs/http/rest/request_id.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using http::set_cookie;

std::string read(std::string_view value) {
  std::string out;
  http::cookie_reader all(value);
  while (const auto c = all.next()) out.append(c->name).append("=").append(c->value).append("|");
  return out;
}

TEST(cookies, are_read_leniently) {
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("a=1; b=2"), "a=1|b=2|");
  EXPECT_EQ(read("a=1;b=2;"), "a=1|b=2|");
  EXPECT_EQ(read(" a = 1 ;; ; b=\"x y\" "), "a=1|b=\"x y\"|");
  EXPECT_EQ(read("a; =b; c=d=e; f="), "c=d=e|f=|");
  EXPECT_EQ(read("a=1,b=2"), "a=1,b=2|");
  EXPECT_EQ(read("\xC3\xA9=\xFF"), "\xC3\xA9=\xFF|");
}

TEST(cookies, the_first_of_a_name_counts) {
  const std::vector<http::header> lines{
      {"Cookie", "a=1; b=2"}, {"X", "c=9"}, {"cookie", "b=3; C=4"}};
  EXPECT_EQ(http::find_cookie(lines, "b"), "2");
  EXPECT_EQ(http::find_cookie(lines, "C"), "4");
  EXPECT_EQ(http::find_cookie(lines, "c"), std::nullopt);
}

std::string written(const set_cookie& c) {
  const auto text = to_string(c);
  if (text) return *text;
  EXPECT_EQ(text.error(), http::rest_errc::bad_cookie);
  return "refused";
}

TEST(set_cookie, safe_by_default) {
  EXPECT_EQ(written({"id", "abc"}), "id=abc; Path=/; Secure; HttpOnly; SameSite=Lax");
  set_cookie all("id", "");
  all.path = "/a";
  all.domain = "example.com";
  all.max_age = 3600s;
  all.expires = std::chrono::sys_days(std::chrono::year(2026) / 11 / 1);
  all.partitioned = true;
  all.site = http::same_site::none;
  EXPECT_EQ(
      written(all),
      "id=; Path=/a; Domain=example.com; Max-Age=3600; Expires=Sun, 01 Nov 2026 00:00:00 GMT; "
      "Secure; HttpOnly; SameSite=None; Partitioned");
  set_cookie bare("a", "b");
  bare.secure = bare.http_only = false;
  bare.path.clear();
  bare.site = http::same_site::unspecified;
  EXPECT_EQ(written(bare), "a=b");
}

TEST(set_cookie, refuses_what_would_split) {
  for (const auto name : {"", "a b", "a=", "a;", "a\r\nX: y", "a\x7f", "\xC3\xA9", "a,b"}) {
    EXPECT_EQ(written({name, "x"}), "refused") << name;
  }
  for (const auto value : {"a b", "a;Domain=evil", "a\r\nSet-Cookie: x=y", "a\"b", "a,b", "a\\b",
                           "\x01", "\xC3\xA9"}) {
    EXPECT_EQ(written({"n", value}), "refused") << value;
  }
  for (const auto path : {"/a;Domain=evil", "/a\r\n", "a", "/a\x01"}) {
    set_cookie c("n", "v");
    c.path = path;
    EXPECT_EQ(written(c), "refused") << path;
  }
  for (const auto domain : {"a;b", "a b", "a\r\n", "a/b"}) {
    set_cookie c("n", "v");
    c.domain = domain;
    EXPECT_EQ(written(c), "refused") << domain;
  }
  EXPECT_EQ(written({"n", std::string(4096, 'v')}), "refused");
  EXPECT_NE(written({"n", std::string(4095, 'v')}), "refused");
}

TEST(set_cookie, refuses_what_browsers_refuse) {
  const auto plain = [](std::string name) {
    set_cookie c(std::move(name), "v");
    c.secure = false;
    return c;
  };
  EXPECT_NE(written(plain("a")), "refused");
  EXPECT_EQ(written(plain("__Secure-a")), "refused");
  EXPECT_EQ(written(plain("__host-a")), "refused");
  EXPECT_NE(written({"__Host-a", "v"}), "refused");
  set_cookie path("__Host-a", "v");
  path.path = "/a";
  EXPECT_EQ(written(path), "refused");
  set_cookie domain("__HOST-a", "v");
  domain.domain = "example.com";
  EXPECT_EQ(written(domain), "refused");
  auto none = plain("a");
  none.site = http::same_site::none;
  EXPECT_EQ(written(none), "refused");
  auto partitioned = plain("a");
  partitioned.partitioned = true;
  EXPECT_EQ(written(partitioned), "refused");
}

struct counting_entropy final : random_source {
  void random(std::span<std::byte> out) override {
    for (std::byte& b : out) b = std::byte{next++};
  }
  std::uint8_t next = 0;
};

TEST(request_id, the_clients_if_it_is_sane) {
  counting_entropy entropy;
  const auto choose = [&](std::optional<std::string_view> incoming) {
    return std::string(http::request_name::choose(incoming, entropy).text());
  };
  EXPECT_EQ(choose("abc-1.2_3~+/=:@"), "abc-1.2_3~+/=:@");
  EXPECT_EQ(choose(std::string(64, 'a')), std::string(64, 'a'));
  EXPECT_EQ(choose(std::nullopt), "000102030405060708090a0b0c0d0e0f");
  for (const auto& bad : {std::string(), std::string(65, 'a'), std::string("a b"),
                          std::string("a\r\nb"), std::string("<script>"), std::string("a;b"),
                          std::string("a\x1b[0m"), std::string("\xC3\xA9"), std::string("${x}")}) {
    const std::string made = choose(bad);
    EXPECT_EQ(made.size(), 32U) << bad;
    EXPECT_TRUE(http::is_request_name(made));
  }
}

}  // namespace
}  // namespace parley::test
