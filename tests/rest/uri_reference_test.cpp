// Where redirects lead (RFC 3986 section 5.4).
#include <parley/codecs/http/rest/uri_reference.hpp>

#include <gtest/gtest.h>

#include <array>
#include <parley/codecs/http/rest/rest_errc.hpp>

namespace parley::test {
namespace {

std::string resolved(std::string_view reference, std::string_view base = "http://a/b/c/d;p?q") {
  const auto to = http::resolve_reference(base, reference);
  if (to) return *to;
  EXPECT_EQ(to.error(), http::rest_errc::bad_uri_reference);
  return "refused";
}

TEST(uri_reference, examples_of_the_standard) {  // sections 5.4.1 and 5.4.2
  constexpr auto examples = std::to_array<std::array<std::string_view, 2>>({
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/../x", "http://a/b/c/g#s/../x"},
  });
  for (const auto& [reference, target] : examples)
    EXPECT_EQ(resolved(reference), target) << reference;
}

TEST(uri_reference, absolute_ones) {
  EXPECT_EQ(resolved("https://b:8443/x/../y?z"), "https://b:8443/y?z");
  EXPECT_EQ(resolved("https://b"), "https://b/");
  EXPECT_EQ(resolved("g", "http://a"), "http://a/g");
  EXPECT_EQ(resolved("g", "http://a?q"), "http://a/g");
  EXPECT_EQ(resolved("/x", "https://[::1]:8080/a"), "https://[::1]:8080/x");
  // The fragment of the base is kept (RFC 9110 section 10.2.2).
  EXPECT_EQ(resolved("/x", "http://a/y#part"), "http://a/x#part");
  EXPECT_EQ(resolved("/x#other", "http://a/y#part"), "http://a/x#other");
}

TEST(uri_reference, refuses_what_leads_out_of_http) {
  for (const auto bad : {"file:///etc/passwd",
                         "javascript:alert(1)",
                         "redis://a/",
                         "ftp://a/x",
                         "data:,x",
                         "http:g",
                         "https:///x",
                         "http://",
                         "//",
                         "http://user:pass@a/",
                         "//user@evil/",
                         "mailto:a@b",
                         "/a b",
                         "/a\r\nX: y",
                         "\\\\evil\\x",
                         "/%zz",
                         "http://a:99999/",
                         "http://a b/",
                         "/\xC3\xA9",
                         "http+unix://%2Frun%2Fx/",
                         "http://[::1/"}) {
    EXPECT_EQ(resolved(bad), "refused") << bad;
  }
  EXPECT_EQ(resolved("g", "redis://a/"), "refused");
  EXPECT_EQ(resolved("g", "/b"), "refused");
  EXPECT_EQ(resolved("g", ""), "refused");
}

TEST(uri_reference, origins) {
  EXPECT_TRUE(http::is_same_origin("http://a/x", "HTTP://A:80/y"));
  EXPECT_TRUE(http::is_same_origin("https://a", "https://a:443/"));
  EXPECT_FALSE(http::is_same_origin("http://a/", "https://a/"));
  EXPECT_FALSE(http::is_same_origin("http://a/", "http://a:81/"));
  EXPECT_FALSE(http::is_same_origin("http://a/", "http://b/"));
  EXPECT_FALSE(http::is_same_origin("http://a/", "http://a.b/"));
  EXPECT_FALSE(http::is_same_origin("x", "x"));
  EXPECT_FALSE(http::is_same_origin("redis://a/", "redis://a/"));
}

}  // namespace
}  // namespace parley::test
