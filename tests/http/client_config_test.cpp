// What an http_client is made with, and what a URI says of it.
#include <gmock/gmock.h>

#include <parley/codecs/http/http_client.hpp>

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

result<http_client_config> read(std::string_view text) {
  return http_client_config::from_uri(*uri::parse(text));
}
std::string fault(std::string_view text) {
  const auto c = read(text);
  return c ? "none" : c.error().to_string();
}

TEST(http_client_config, from_a_uri) {
  const auto plain = read("http://example.test");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "example.test");
  EXPECT_EQ(plain->port, 80);
  EXPECT_FALSE(plain->ssl);
  EXPECT_EQ(plain->timeout, 30s);  // S153
  EXPECT_EQ(plain->to_string(), "http://example.test");

  const auto full = read(
      "https://[::1]:8443/?timeout=1.5&connect_timeout=2&max_body=77&ca_certs=/ca.pem&certfile=/c&"
      "keyfile=/k&crlfile=/l&verify=ca_only");
  ASSERT_TRUE(full) << full.error().to_string();
  EXPECT_EQ(full->host, "::1");
  EXPECT_EQ(full->port, 8443);
  EXPECT_TRUE(full->ssl);
  EXPECT_EQ(full->timeout, 1500ms);
  EXPECT_EQ(full->connect_timeout, 2s);
  EXPECT_EQ(full->max_body, 77u);
  EXPECT_EQ(full->tls, (tls_settings{.ca_certs = "/ca.pem",
                                     .certfile = "/c",
                                     .keyfile = "/k",
                                     .crlfile = "/l",
                                     .verify = verify_mode::ca_only}));
  EXPECT_EQ(full->to_string(), "https://[::1]:8443");
  EXPECT_EQ(read("https://example.test")->port, 443);
  EXPECT_EQ(read("https://example.test")->to_string(), "https://example.test");

  const auto local = read("http+unix:///run/web.sock?timeout=2");
  ASSERT_TRUE(local);
  EXPECT_EQ(local->unix_socket, "/run/web.sock");
  EXPECT_EQ(local->host, "localhost");
  EXPECT_EQ(local->to_string(), "http+unix:///run/web.sock");
}

TEST(http_client_config, what_a_uri_may_not_say) {
  EXPECT_THAT(fault("redis://host"), HasSubstr("not http, https or http+unix"));
  EXPECT_THAT(fault("http://ann:s3cr3t@host"), HasSubstr("Authorization"));
  EXPECT_THAT(fault("http://ann:s3cr3t@host"), ::testing::Not(HasSubstr("s3cr3t")));
  EXPECT_THAT(fault("http://host/path"), HasSubstr("the URI has a path"));
  EXPECT_THAT(fault("http://host?colour=red"), HasSubstr("unknown parameter \"colour\""));
  EXPECT_THAT(fault("http://host?ca_certs=/ca.pem"), HasSubstr("unknown parameter \"ca_certs\""));
  EXPECT_THAT(fault("https://host?clients=none"), HasSubstr("unknown parameter \"clients\""));
  EXPECT_THAT(fault("https://host?verify=maybe"), HasSubstr("\"verify\" has no valid value"));
  EXPECT_THAT(fault("http://host?timeout=0"), HasSubstr("\"timeout\" has no valid value"));
  EXPECT_THAT(fault("http://host?max_body=1k"), HasSubstr("\"max_body\" has no valid value"));
}

TEST(http_client_config, every_fault_at_once) {
  EXPECT_TRUE(http_client_config().validate());
  http_client_config c;
  c.host = "";
  c.port = 0;
  c.tls.certfile = "/c";
  c.connect_timeout = 0s;
  c.timeout = -1s;
  c.max_queue = 0;
  c.limits.high_water = 0;
  c.limits.idle_timeout = -1s;
  const auto verdict = c.validate();
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error(), errc::bad_configuration);
  for (const char* each :
       {"host is empty", "port is 0", "ssl is false", "certfile and keyfile go together",
        "connect_timeout is not positive", "timeout is not positive", "max_queue is 0",
        "limits.high_water", "a timeout of limits is negative"}) {
    EXPECT_THAT(std::string(verdict.error().message()), HasSubstr(each));
  }
  c = {};
  c.host = "a b";
  EXPECT_FALSE(c.validate());
}

TEST(http_headers, are_found_by_name) {
  http_headers h;
  EXPECT_EQ(h.find("a"), std::nullopt);
  h.add("Set-Cookie", "one");
  h.add("set-cookie", "two");
  EXPECT_EQ(h.find("SET-COOKIE"), "one");
  EXPECT_EQ(h.find("cookie"), std::nullopt);
  ASSERT_EQ(h.size(), 2u);
  EXPECT_EQ(h[1].value, "two");
  EXPECT_EQ(h.views().size(), 2u);
}

}  // namespace
}  // namespace parley::test
