// TLS and mutual TLS from the same settings as the other protocols (S38, S150), and the sizes of
// messages (S49, S50, S155, S162).
#include <parley/codecs/tls/errc.hpp>

#include "grpc_on.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;

template <class L>
class grpc_secure : public grpc_on<L> {
 protected:
  grpc_config secured() {
    auto c = this->served();
    c.ssl = true;
    c.tls.certfile = files().chain;
    c.tls.keyfile = files().key;
    return c;
  }
  grpc_config trusting() {
    auto c = this->called();
    c.ssl = true;
    c.tls.ca_certs = files().ca;
    c.connect_timeout = 2s;
    return c;
  }
  error refused(grpc_config c) {
    grpc_provider p(this->home, std::move(c));
    const auto up = this->at.wait(p.initialize());
    EXPECT_FALSE(up);
    return up ? error(errc::misuse) : up.error();
  }
};
TYPED_TEST_SUITE(grpc_secure, real_loops);

TYPED_TEST(grpc_secure, calls_and_channels_over_tls) {  // S38, S150
  const auto server = this->up(this->secured());
  this->answer(*server, "calculate", add);
  const auto client = this->up(this->trusting());
  EXPECT_EQ(this->ask(*client, "calculate", fields("x", 10, "y", 32)), fields("result", 42));
  strings heard;
  const auto s = this->listen(*client, "a", heard);
  auto out = this->speak(*server, "a");
  EXPECT_EQ(this->shout(out, value("x")), 1);
  EXPECT_TRUE(this->at.run_until([&] { return !heard.empty(); }));
}

TYPED_TEST(grpc_secure, a_server_that_cannot_prove_its_name_is_refused) {
  const auto server = this->up(this->secured());
  auto stranger = this->trusting();
  stranger.tls.ca_certs = files().stranger;
  const error unknown = this->refused(stranger);
  EXPECT_EQ(unknown, grpc_errc::handshake_failed) << unknown.to_string();
  EXPECT_FALSE(unknown.hint().empty());
  auto other = this->trusting();
  other.tls_name = "elsewhere";
  const error name = this->refused(other);
  EXPECT_EQ(name, grpc_errc::handshake_failed) << name.to_string();
  other.tls_name = "server";
  EXPECT_TRUE(this->up(other));
}

TYPED_TEST(grpc_secure, an_expired_certificate_is_refused) {
  auto old = this->secured();
  old.tls.certfile = files().expired_chain;
  old.tls.keyfile = files().expired_key;
  const auto server = this->up(old);
  EXPECT_EQ(this->refused(this->trusting()), grpc_errc::handshake_failed);
}

TYPED_TEST(grpc_secure, both_ends_may_prove_who_they_are) {  // S38
  auto config = this->secured();
  config.tls.clients = client_certificates::required;
  config.tls.ca_certs = files().ca;
  const auto server = this->up(config);
  this->answer(*server, "echo", echo);
  auto ann = this->trusting();
  ann.tls.certfile = files().client_chain;
  ann.tls.keyfile = files().client_key;
  const auto client = this->up(ann);
  EXPECT_EQ(this->ask(*client, "echo", value(1)), value(1));
  auto nobody = this->trusting();
  nobody.connect_timeout = 300ms;
  const error why = this->refused(nobody);
  EXPECT_EQ(why.info().domain, "grpc") << why.to_string();
  EXPECT_THAT(std::string(why.hint()), HasSubstr("certfile"));
}

TYPED_TEST(grpc_secure, plain_and_tls_do_not_meet) {
  const auto server = this->up(this->secured());
  auto plain = this->called();
  plain.connect_timeout = 300ms;
  EXPECT_TRUE(this->refused(plain).is_transient());
  const auto other = this->up([&] {
    auto c = this->served();
    c.port = 0;
    return c;
  }());
  auto secure = this->trusting();
  secure.port = other->local_address()->port();
  secure.connect_timeout = 300ms;
  const error why = this->refused(secure);
  EXPECT_EQ(why, grpc_errc::handshake_failed) << why.to_string();
}

TYPED_TEST(grpc_secure, files_that_are_wrong_are_told_before_anything_begins) {
  auto config = this->secured();
  config.tls.certfile = this->folder / "nothing.pem";
  EXPECT_THAT(this->refused(config).to_string(), HasSubstr("nothing.pem"));
  this->port = 1;
  auto client = this->trusting();
  client.tls.ca_certs = this->folder / "nothing.pem";
  EXPECT_THAT(this->refused(client).to_string(), HasSubstr("nothing.pem"));
}

TYPED_TEST(grpc_secure, files_that_hold_something_else_are_told_as_such) {
  auto config = this->secured();
  config.tls.keyfile = files().client_key;
  const error foreign = this->refused(config);
  EXPECT_EQ(foreign, tls::errc::key_mismatch) << foreign.to_string();
  this->port = 1;
  auto client = this->trusting();
  client.tls.certfile = files().client_chain;
  client.tls.keyfile = files().key;
  EXPECT_EQ(this->refused(client), tls::errc::key_mismatch);
  client = this->trusting();
  client.tls.ca_certs = files().key;
  const error none = this->refused(client);
  EXPECT_EQ(none, tls::errc::bad_pem) << none.to_string();
  EXPECT_FALSE(none.is_transient());
}

TYPED_TEST(grpc_secure, what_is_larger_than_the_limit_names_it) {  // S49, S50, S162
  const auto server = this->serve();
  this->answer(*server, "echo", echo);
  const auto client = this->call();
  const value fits(std::string((std::size_t{10} << 20) - 100, 'x'));
  EXPECT_EQ(this->ask(*client, "echo", fits), fits);
  const value over(std::string(std::size_t{10} << 20, 'x'));
  const error sent = this->ask(*client, "echo", over).error();
  EXPECT_EQ(sent, errc::too_large) << sent.to_string();
  EXPECT_THAT(std::string(sent.hint()), HasSubstr("max_send_message_length"));
  auto wide = this->called();
  wide.max_send_message_length = std::size_t{20} << 20;
  const auto other = this->up(wide);
  const error received = this->ask(*other, "echo", over).error();
  EXPECT_EQ(received, errc::too_large) << received.to_string();
  EXPECT_THAT(std::string(received.hint()), HasSubstr("max_receive_message_length"));
  auto out = this->speak(*client, "a");
  EXPECT_EQ(this->at.wait(out.shout(over)).error(), errc::too_large);
}

TYPED_TEST(grpc_secure, the_limit_goes_to_100_mib_by_settings_or_by_gRPCs_own_options) {  // S155
  auto config = this->served_on_socket();
  config.max_receive_message_length = config.max_send_message_length = std::size_t{101} << 20;
  const auto server = this->up(config);
  ASSERT_TRUE(server->serve(
      "size", [](grpc_answer a) { a.reply(grpc_message(value(a.request().bytes().size()))); }));
  auto by_name = this->called_on_socket();
  by_name.options = {{"grpc.max_send_message_length", 101 << 20},
                     {"grpc.primary_user_agent", "parley-test"}};
  const auto client = this->up(by_name);
  grpc_call_options patient;
  patient.timeout = 15s;
  const auto r = this->at.wait(client->call(
      "size", grpc_message::from_bytes(std::string(std::size_t{100} << 20, 'x')), patient));
  ASSERT_TRUE(r) << r.error().to_string();
  EXPECT_EQ(r->message.content(), value(std::size_t{100} << 20));
}

TYPED_TEST(grpc_secure, messages_may_be_compressed) {
  for (const auto how : {grpc_compression::gzip, grpc_compression::deflate}) {
    auto config = this->served();
    config.port = 0;
    config.compression = how;
    const auto server = this->up(config);
    this->answer(*server, "echo", echo);
    auto with = this->called();
    with.compression = how;
    const auto client = this->up(with);
    const value large(std::string(100'000, 'x'));
    EXPECT_EQ(this->ask(*client, "echo", large), large);
  }
}

}  // namespace
}  // namespace parley::test
