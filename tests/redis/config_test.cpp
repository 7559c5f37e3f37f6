// The provider's configuration: defaults, URIs, and every fault at once.
#include <gtest/gtest.h>

#include <parley/codecs/resp/redis_config.hpp>

namespace parley {
namespace {

TEST(redis_config, defaults_are_those_of_the_requirements) {
  const redis_config c;
  EXPECT_EQ(c.host, "localhost");          // S21
  EXPECT_EQ(c.port, 6379);                 // S22
  EXPECT_EQ(c.db, 0u);                     // S23
  EXPECT_TRUE(c.username.empty());         // S24
  EXPECT_TRUE(c.password.empty());         // S25: no default password
  EXPECT_FALSE(c.ssl);                     // S26
  EXPECT_TRUE(c.ssl_ca_certs.empty());     // S27
  EXPECT_TRUE(c.ssl_certfile.empty());     // S28
  EXPECT_TRUE(c.ssl_keyfile.empty());      // S29
  EXPECT_TRUE(c.decode_responses);         // S30
  EXPECT_EQ(c.max_connections, 50u);       // S31
  EXPECT_EQ(c.verify, verify_mode::full);  // S159: off only on request
  EXPECT_TRUE(c.validate());
}

// S15: all of it as named members.
TEST(redis_config, designated_initialisers_work) {
  const redis_config c{.host = "cache", .port = 6380, .username = "ann", .password = "s"};
  EXPECT_TRUE(c.validate());
  EXPECT_EQ(c.to_string(), "redis://ann:***@cache:6380");
}

TEST(redis_config, every_fault_is_reported_at_once) {
  redis_config c;
  c.host.clear();
  c.port = 0;
  c.username = "ann";
  c.max_connections = 0;
  c.ssl_certfile = "c.pem";
  c.reconnect.factor = 0.5;
  const auto ok = c.validate();
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error(), errc::bad_configuration);
  EXPECT_EQ(ok.error().kind(), error_class::configuration);
  const std::string text(ok.error().message());
  for (const char* part : {"host", "port", "username", "max_connections", "ssl_certfile",
                           "TLS files", "reconnect.factor"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in: " << text;
  }
}

TEST(redis_config, reads_a_uri) {
  auto c = redis_config::from_uri("redis://ann:p%40ss@[::1]:6380/7?client_name=me&timeout=2.5");
  ASSERT_TRUE(c) << c.error().to_string();
  EXPECT_EQ(c->host, "::1");
  EXPECT_EQ(c->port, 6380);
  EXPECT_EQ(c->username, "ann");
  EXPECT_EQ(c->password, "p@ss");
  EXPECT_EQ(c->db, 7u);
  EXPECT_EQ(c->client_name, "me");
  EXPECT_EQ(c->command_timeout, std::chrono::milliseconds(2500));
  EXPECT_EQ(c->to_string(), "redis://ann:***@[::1]:6380/7");
}

TEST(redis_config, reads_unix_and_tls_uris) {
  auto local = redis_config::from_uri("redis+unix:///run/redis.sock?db=2");
  ASSERT_TRUE(local) << local.error().to_string();
  EXPECT_EQ(local->unix_socket, "/run/redis.sock");
  EXPECT_EQ(local->db, 2u);
  auto tls = redis_config::from_uri("rediss://host?verify=ca_only&ca_certs=/ca.pem&protocol=3");
  ASSERT_TRUE(tls) << tls.error().to_string();
  EXPECT_TRUE(tls->ssl);
  EXPECT_EQ(tls->verify, verify_mode::ca_only);
  EXPECT_EQ(tls->protocol, resp::version_choice::resp3);
}

TEST(redis_config, refuses_what_it_does_not_know) {
  for (const char* text :
       {"redis://h?colour=blue", "redis://h/zero", "redis://h?db=-1", "redis://h?timeout=soon",
        "http://h", "redis://h?protocol=4", "redis://ann@h", "redis://h?timeout=nan"}) {
    auto c = redis_config::from_uri(text);
    EXPECT_FALSE(c) << text;
  }
}

TEST(redis_config, faults_never_show_the_password) {
  for (const char* text : {"redis://u:hunter2@h:99999", "redis://u:hunter2@h?colour=blue"}) {
    auto c = redis_config::from_uri(text);
    ASSERT_FALSE(c);
    EXPECT_EQ(c.error().to_string().find("hunter2"), std::string::npos);
  }
}

}  // namespace
}  // namespace parley
