// What a rest_provider is made with: every fault at once, and what a URI says of it.
#include <gmock/gmock.h>

#include <parley/codecs/http/rest_config.hpp>

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

std::string fault(const rest_config& c) {
  const auto ok = c.validate();
  return ok ? "none" : ok.error().to_string();
}
result<rest_config> client(std::string_view text) {
  return rest_config::from_uri(*uri::parse(text));
}
result<rest_config> server(std::string_view text) {
  return rest_config::server_from_uri(*uri::parse(text));
}
template <class R>
std::string fault_of(const R& r) {
  return r ? "none" : r.error().to_string();
}

// S90 to S98
TEST(rest_config, defaults) {
  const rest_config c;
  EXPECT_EQ(c.host, "0.0.0.0");
  EXPECT_EQ(c.port, 8443);
  EXPECT_TRUE(c.is_server);
  EXPECT_TRUE(c.ssl_cert.empty());
  EXPECT_TRUE(c.ssl_key.empty());
  EXPECT_TRUE(c.cors_enabled);
  EXPECT_THAT(c.cors_origins, ::testing::ElementsAre("*"));
  EXPECT_EQ(c.timeout, 30s);
  EXPECT_EQ(c.max_connections, 100u);
  EXPECT_EQ(fault(c), "none");
  rest_config asking;
  asking.is_server = false;
  EXPECT_EQ(fault(asking), "none");
}

TEST(rest_config, every_fault_of_a_client_at_once) {
  rest_config c;
  c.is_server = false;
  c.base_url = "ftp://ann:s3cr3t@host";
  c.proxy = "https://ann:s3cr3t@proxy";
  c.ssl_cert = "/c";
  c.clients = client_certificates::required;
  c.timeout = c.connect_timeout = 0s;
  c.max_connections = c.max_queue = 0;
  c.max_reply = 0;
  c.headers = {{"X", "s3cr3t\r\nY: z"}};
  c.client_limits.idle_timeout = -1s;
  c.client_limits.high_water = 0;
  c.reconnect.factor = 0.5;
  const std::string all = fault(c);
  for (const char* text :
       {"base_url: it is not http", "proxy: it is not http://host:port", "ssl_cert and ssl_key",
        "clients is a server's", "timeout is not positive", "connect_timeout is not positive",
        "max_connections is 0", "max_queue is 0", "max_reply is 0", "headers has one",
        "a timeout of client_limits", "client_limits.high_water", "reconnect.factor"}) {
    EXPECT_THAT(all, HasSubstr(text));
  }
  EXPECT_THAT(all, Not(HasSubstr("s3cr3t")));
}

TEST(rest_config, every_fault_of_a_server_at_once) {
  rest_config c;
  c.base_url = "https://host";
  c.host = "example.test";
  c.proxy = "http://proxy:1";
  c.clients = client_certificates::required;
  c.max_clients = 0;
  c.max_body = 0;
  c.close_timeout = 0s;
  c.cors_origins = {"https://host/path"};
  const std::string all = fault(c);
  for (const char* text :
       {"a server has no base_url", "host is no numeric address", "proxy", "clients is set",
        "max_clients", "max_body", "close_timeout", "origin"}) {
    EXPECT_THAT(all, HasSubstr(text));
  }
  c = {};
  c.cors_origins = {};
  c.cors_enabled = false;
  EXPECT_EQ(fault(c), "none");
}

TEST(rest_config, a_base_url) {
  rest_config c;
  c.is_server = false;
  for (const char* good : {"http://host", "https://ann:p%40s@[::1]:8443/v1/", "http+unix:///s"}) {
    c.base_url = good;
    EXPECT_EQ(fault(c), "none") << good;
  }
  for (const char* bad : {"host", "https://", "http://host/?a=1", "http://host/#x", "//host"}) {
    c.base_url = bad;
    EXPECT_THAT(fault(c), HasSubstr("base_url")) << bad;
  }
}

TEST(rest_config, a_client_from_a_uri) {
  const auto c = client(
      "https://ann:p%40ss@api.test:8443/v2?timeout=1.5&connect_timeout=2&max_connections=7&"
      "max_redirects=0&proxy=http://proxy:3128&ca_certs=/ca&certfile=/c&keyfile=/k&crlfile=/l&"
      "verify=ca_only");
  ASSERT_TRUE(c) << c.error().to_string();
  EXPECT_FALSE(c->is_server);
  EXPECT_EQ(c->base_url, "https://ann:p%40ss@api.test:8443/v2");
  EXPECT_EQ(c->timeout, 1500ms);
  EXPECT_EQ(c->connect_timeout, 2s);
  EXPECT_EQ(c->max_connections, 7u);
  EXPECT_EQ(c->max_redirects, 0u);
  EXPECT_EQ(c->proxy, "http://proxy:3128");
  EXPECT_EQ(c->ssl_ca_certs, "/ca");
  EXPECT_EQ(c->ssl_cert, "/c");
  EXPECT_EQ(c->ssl_key, "/k");
  EXPECT_EQ(c->ssl_crlfile, "/l");
  EXPECT_EQ(c->verify, verify_mode::ca_only);
  EXPECT_EQ(client("http://[::1]:81")->base_url, "http://[::1]:81/");
  EXPECT_EQ(client("http+unix:///run/api.sock?timeout=2")->base_url, "http+unix:///run/api.sock");
  const std::string bad = fault_of(client("http://host?colour=red&timeout=x&verify=none#f"));
  for (const char* text : {"\"colour\"", "\"timeout\"", "\"verify\"", "fragment"}) {
    EXPECT_THAT(bad, HasSubstr(text));
  }
  EXPECT_THAT(fault_of(client("redis://host")), HasSubstr("not http, https"));
}

TEST(rest_config, a_server_from_a_uri) {
  const auto c = server(
      "https://localhost:99?certfile=/c&keyfile=/k&ca_certs=/a&clients=required&"
      "max_clients=5&max_body=6&timeout=7");
  ASSERT_TRUE(c) << c.error().to_string();
  EXPECT_TRUE(c->is_server);
  EXPECT_EQ(c->host, "127.0.0.1");
  EXPECT_EQ(c->port, 99);
  EXPECT_EQ(c->ssl_cert, "/c");
  EXPECT_EQ(c->clients, client_certificates::required);
  EXPECT_EQ(c->max_clients, 5u);
  EXPECT_EQ(c->max_body, 6u);
  EXPECT_EQ(c->timeout, 7s);
  EXPECT_EQ(server("http+unix:///run/api.sock")->unix_socket, "/run/api.sock");
  EXPECT_THAT(fault_of(server("https://127.0.0.1")), HasSubstr("certfile and keyfile"));
  EXPECT_THAT(fault_of(server("http://ann@127.0.0.1/path?x=1")),
              ::testing::AllOf(HasSubstr("user"), HasSubstr("path"), HasSubstr("\"x\"")));
}

}  // namespace
}  // namespace parley::test
