// What a grpc_provider is made with: defaults, faults, URIs (S46 to S50).
#include <gmock/gmock.h>

#include <parley/adapters/grpc/grpc_config.hpp>

namespace parley::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string faults_of(const grpc_config& c) {
  const auto ok = c.validate();
  return ok ? "" : std::string(ok.error().message());
}

TEST(grpc_config, defaults) {  // S46 to S50
  const grpc_config c;
  EXPECT_TRUE(c.is_server);
  EXPECT_EQ(c.max_workers, 10U);
  EXPECT_EQ(c.max_send_message_length, 10U << 20);
  EXPECT_EQ(c.max_receive_message_length, 10U << 20);
  EXPECT_EQ(c.call_timeout, std::chrono::seconds(5));
  EXPECT_EQ(faults_of(c), "");
}

TEST(grpc_config, all_faults_are_told_at_once) {
  grpc_config c;
  c.host = "example.org";
  c.socket_path = "/tmp/x";
  c.max_workers = 0;
  c.max_send_message_length = 0;
  c.max_receive_message_length = std::size_t{3} << 30;
  c.keepalive_timeout = {};
  c.tls.verify = verify_mode::none;
  c.tls.clients = client_certificates::required;
  c.options = {{"", 1}};
  EXPECT_THAT(faults_of(c),
              AllOf(HasSubstr("neither host nor targets"), HasSubstr("not a numeric address"),
                    HasSubstr("max_workers"), HasSubstr("max_send_message_length"),
                    HasSubstr("max_receive_message_length"), HasSubstr("keepalive_timeout"),
                    HasSubstr("verifies in full"), HasSubstr("ssl is false"),
                    HasSubstr("ca_certs is not"), HasSubstr("an option has no name")));
  grpc_config client;
  client.is_server = false;
  client.host = "example.org";
  client.connect_timeout = {};
  client.relay = client.reflection = true;
  client.metadata = {{"Upper", "x"}, {"line", "\n"}};
  EXPECT_THAT(faults_of(client),
              AllOf(HasSubstr("port is 0"), HasSubstr("connect_timeout"), HasSubstr("relay"),
                    HasSubstr("\"Upper\""), HasSubstr("\"line\" is not printable")));
  client = {};
  client.is_server = false;
  client.targets = {endpoint("127.0.0.1", 1), endpoint("::1", 2)};
  EXPECT_THAT(faults_of(client), HasSubstr("one family"));
  client.targets = {endpoint("localhost", 1)};
  EXPECT_THAT(faults_of(client), HasSubstr("one family"));
  client.targets.clear();
  client.socket_path = std::string(108, 'x');
  client.ssl = true;
  EXPECT_THAT(faults_of(client), AllOf(HasSubstr("107 bytes"), HasSubstr("not for a socket")));
}

TEST(grpc_config, of_a_client_from_a_uri) {
  auto c = grpc_config::from_uri(*uri::parse("grpc://example.org"));
  ASSERT_TRUE(c);
  EXPECT_FALSE(c->is_server);
  EXPECT_EQ(c->host, "example.org");
  EXPECT_EQ(c->port, 50051);
  c = grpc_config::from_uri(*uri::parse(
      "grpcs://[::1]:7?timeout=2.5&connect_timeout=1&lb_policy=round_robin&compression=gzip"
      "&max_size=1000&ca_certs=/ca.pem&certfile=/c.pem&keyfile=/k.pem"));
  ASSERT_TRUE(c) << c.error().to_string();
  EXPECT_TRUE(c->ssl);
  EXPECT_EQ(c->host, "::1");
  EXPECT_EQ(c->call_timeout, std::chrono::milliseconds(2500));
  EXPECT_EQ(c->connect_timeout, std::chrono::seconds(1));
  EXPECT_EQ(c->lb_policy, grpc_balancing::round_robin);
  EXPECT_EQ(c->compression, grpc_compression::gzip);
  EXPECT_EQ(c->max_receive_message_length, 1000U);
  EXPECT_EQ(c->tls.ca_certs, "/ca.pem");
  c = grpc_config::from_uri(*uri::parse("grpc://x?connect_timeout=1&timeout=2.5"));
  ASSERT_TRUE(c);
  EXPECT_EQ(c->call_timeout, std::chrono::milliseconds(2500));
  EXPECT_EQ(c->connect_timeout, std::chrono::seconds(1));
  c = grpc_config::from_uri(*uri::parse("grpc+unix:/tmp/vyra.sock?timeout=0.5"));
  ASSERT_TRUE(c);
  EXPECT_EQ(c->connect_timeout, std::chrono::milliseconds(500));
  EXPECT_EQ(c->socket_path, "/tmp/vyra.sock");
  const auto wrong = grpc_config::from_uri(
      *uri::parse("grpc://ann:secret@x/service?timeout=soon&ca_certs=x&colour=red"));
  ASSERT_FALSE(wrong);
  EXPECT_THAT(
      std::string(wrong.error().message()),
      AllOf(HasSubstr("no user"), HasSubstr("has a path"), HasSubstr("timeout"),
            HasSubstr("ca_certs"), HasSubstr("colour"), ::testing::Not(HasSubstr("secret"))));
}

TEST(grpc_config, of_a_server_from_a_uri) {
  auto c =
      grpc_config::server_from_uri(*uri::parse("grpc://localhost:0?relay=true&reflection=true"));
  ASSERT_TRUE(c) << c.error().to_string();
  EXPECT_TRUE(c->is_server);
  EXPECT_EQ(c->host, "127.0.0.1");
  EXPECT_EQ(c->port, 0);
  EXPECT_TRUE(c->relay);
  EXPECT_TRUE(c->reflection);
  c = grpc_config::server_from_uri(*uri::parse("grpc+unix:/tmp/x.sock?mode=660&max_workers=4"));
  ASSERT_TRUE(c) << c.error().to_string();
  EXPECT_EQ(c->socket_mode, 0660U);
  EXPECT_EQ(c->max_workers, 4U);
  EXPECT_EQ(c->handlers, grpc_threads::workers);
  EXPECT_FALSE(grpc_config::server_from_uri(*uri::parse("grpcs://localhost:1")));
  EXPECT_FALSE(grpc_config::server_from_uri(*uri::parse("grpc://localhost:1?mode=9")));
  EXPECT_FALSE(grpc_config::server_from_uri(*uri::parse("grpc://localhost:1?reflection=1")));
  EXPECT_FALSE(grpc_config::server_from_uri(*uri::parse("grpc://example.org:1")));
  EXPECT_FALSE(grpc_config::server_from_uri(*uri::parse("http://localhost:1")));
}

}  // namespace
}  // namespace parley::test
