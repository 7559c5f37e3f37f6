// The configurations of websocket_server and websocket_client, and their URIs.
#include <gmock/gmock.h>

#include <parley/codecs/websocket/websocket_client.hpp>
#include <parley/codecs/websocket/websocket_server.hpp>

namespace parley::test {
namespace {

using ::testing::HasSubstr;

template <class Config>
result<Config> from(const std::string& text) {
  const auto where = uri::parse(text);
  EXPECT_TRUE(where) << text;
  return Config::from_uri(*where);
}
template <class Config>
std::string fault(const std::string& text) {
  const auto c = from<Config>(text);
  return c ? "none" : c.error().to_string();
}

TEST(websocket_config, a_server_from_its_uri) {
  using config = websocket_server_config;
  const auto plain = from<config>("ws://127.0.0.1:0?max_connections=7&max_size=9&compression=none");
  ASSERT_TRUE(plain) << plain.error().to_string();
  EXPECT_EQ(plain->port, 0);
  EXPECT_EQ(plain->max_connections, 7u);
  EXPECT_EQ(plain->limits.max_size, 9u);
  EXPECT_FALSE(plain->deflate.enabled);
  const auto secure = from<config>("wss://[::1]?certfile=a&keyfile=b&ping_interval=1.5");
  ASSERT_TRUE(secure) << secure.error().to_string();
  EXPECT_TRUE(secure->ssl);
  EXPECT_EQ(secure->host, "::1");
  EXPECT_EQ(secure->port, 443);
  EXPECT_EQ(secure->limits.ping_interval, std::chrono::milliseconds(1500));
  EXPECT_EQ(from<config>("ws+unix:///run/a.sock")->unix_socket, "/run/a.sock");
  EXPECT_THAT(fault<config>("http://127.0.0.1"), HasSubstr("not ws, wss or ws+unix"));
  EXPECT_THAT(fault<config>("ws://127.0.0.1/feed"), HasSubstr("at every path"));
  EXPECT_THAT(fault<config>("ws://127.0.0.1?max_sise=1"), HasSubstr("\"max_sise\""));
  EXPECT_THAT(fault<config>("ws://127.0.0.1?certfile=1"), HasSubstr("\"certfile\""));
  EXPECT_THAT(fault<config>("ws://127.0.0.1?compression=gzip"), HasSubstr("\"compression\""));
  EXPECT_THAT(fault<config>("ws://a.example"), HasSubstr("not a numeric address"));
  EXPECT_THAT(fault<config>("wss://127.0.0.1"), HasSubstr("certfile"));
}

TEST(websocket_config, a_client_from_its_uri) {
  using config = websocket_client_config;
  const auto plain = from<config>("ws://example.test/a%20b?max_size=9");
  ASSERT_TRUE(plain) << plain.error().to_string();
  EXPECT_EQ(plain->port, 80);
  EXPECT_EQ(plain->host, "example.test");
  EXPECT_EQ(plain->target, "/a%20b?max_size=9");
  EXPECT_EQ(plain->to_string(), "ws://example.test/a%20b?max_size=9");
  const auto secure = from<config>("wss://example.test:8443?token=abc");
  ASSERT_TRUE(secure) << secure.error().to_string();
  EXPECT_TRUE(secure->ssl);
  EXPECT_EQ(secure->target, "/?token=abc");
  EXPECT_EQ(secure->to_string(), "wss://example.test:8443/?token=***");
  const auto local = from<config>("ws+unix:///run/a.sock?target=/feed");
  ASSERT_TRUE(local) << local.error().to_string();
  EXPECT_EQ(local->unix_socket, "/run/a.sock");
  EXPECT_EQ(local->target, "/feed");
  EXPECT_EQ(local->to_string(), "ws+unix:///run/a.sock");
  EXPECT_THAT(fault<config>("http://127.0.0.1"), HasSubstr("not ws, wss or ws+unix"));
  EXPECT_THAT(fault<config>("ws://a:b@127.0.0.1"), HasSubstr("Authorization"));
  EXPECT_THAT(fault<config>("ws+unix:///run/a.sock?a=b"), HasSubstr("\"a\""));
}

TEST(websocket_config, every_fault_at_once) {
  websocket_server_config s{
      .host = "here", .max_connections = 0, .subprotocols = {"a b", "c", "c"}};
  s.limits.high_water = 0;
  const std::string why = s.validate().error().to_string();
  for (const char* part : {"numeric", "max_connections", "\"a b\"", "\"c\"", "high_water"}) {
    EXPECT_THAT(why, HasSubstr(part));
  }
  websocket_client_config c{.host = "a b", .port = 0, .target = "x", .needs_subprotocol = true};
  c.limits.max_size = 0;
  const std::string whys = c.validate().error().to_string();
  for (const char* part : {"host", "port", "target", "subprotocols is empty", "max_size"}) {
    EXPECT_THAT(whys, HasSubstr(part));
  }
}

}  // namespace
}  // namespace parley::test
