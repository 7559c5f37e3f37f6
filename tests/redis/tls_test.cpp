// Redis over TLS on every loop: the provider against the embedded server and, on the loops that
// have real sockets, against redis-server.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include <gmock/gmock.h>

#include <parley/adapters/files/tls_maker.hpp>
#include <parley/codecs/resp/redis_provider.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>

#include "files/file_fixtures.hpp"
#include "redis/loops.hpp"
#include "redis/watcher.hpp"
#include "support/line_peer.hpp"
#include "support/redis_server.hpp"
#include "support/tls_files.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;

template <class L>
class redis_tls_on : public loop_suite<L> {
 protected:
  redis_tls_on() {
    lower.add("tls", parley::files::tls_maker());
    lower.add("tls_server", parley::files::tls_server_maker());
  }

  redis_server_config served() {
    redis_server_config c;
    c.port = 0;
    c.ssl = true;
    c.tls.certfile = files().chain;
    c.tls.keyfile = files().key;
    c.with = &lower;
    c.watch = &watch;
    return c;
  }
  std::uint16_t serve(redis_server_config c) {
    server = std::make_unique<parley::redis_server>(this->home, std::move(c));
    auto ok = server->listen();
    EXPECT_TRUE(ok) << ok.error().to_string();
    return server->local_address()->port();
  }
  redis_config config(std::uint16_t port) {
    redis_config c;
    c.host = "127.0.0.1";
    c.port = port;
    c.ssl = true;
    c.ssl_ca_certs = files().ca;
    c.with = &lower;
    c.connect_timeout = 2s;
    c.reconnect.base = 5ms;
    c.reconnect.cap = 50ms;
    return c;
  }
  // Everything that a user does, on one provider.
  void talk(redis_config c) {
    redis_provider redis(this->home, std::move(c));
    auto ok = this->at.wait(redis.initialize());
    ASSERT_TRUE(ok) << ok.error().to_string();
    const std::string large(1'000'000, 'l');
    ASSERT_TRUE(this->at.wait(redis.set("key", value(large))));
    EXPECT_EQ(this->at.wait(redis.get("key"))->text(), large);
    int heard = 0;
    const auto on_message = [&](const message& m) { heard += m.text() == "hello"; };
    auto speaker = this->at.wait(redis.create_speaker("news", on_message));
    ASSERT_TRUE(speaker) << speaker.error().to_string();
    EXPECT_EQ(this->at.wait(speaker->shout_bytes(as_bytes("hello")))->receivers, 1);
    EXPECT_TRUE(this->at.run_until([&] { return heard == 1; }));
    ASSERT_TRUE(this->at.wait(redis.command("RPUSH", "list", "item")));
    EXPECT_TRUE(this->at.wait(redis.command("BLPOP", "list", "1")));
    auto own = this->at.wait(redis.acquire());
    ASSERT_TRUE(own) << own.error().to_string();
    EXPECT_TRUE(this->at.wait(own->command("PING")));
  }
  error refusal(redis_config c) {
    redis_provider redis(this->home, std::move(c));
    auto ok = this->at.wait(redis.initialize());
    EXPECT_FALSE(ok);
    return ok ? error(errc::misuse) : ok.error();
  }

  transports lower;
  watcher watch;
  std::unique_ptr<parley::redis_server> server;
};
TYPED_TEST_SUITE(redis_tls_on, all_loops, loop_names);

// S10, S26, S27, S143: the server's certificate is of the authority in ssl_ca_certs.
TYPED_TEST(redis_tls_on, commands_messages_and_waits) {
  this->talk(this->config(this->serve(this->served())));
}

TYPED_TEST(redis_tls_on, comes_back_after_a_restart) {
  const auto port = this->serve(this->served());
  redis_provider redis(this->home, this->config(port));
  ASSERT_TRUE(this->at.wait(redis.initialize()));
  int heard = 0;
  const auto on_message = [&](const message&) { ++heard; };
  auto speaker = this->at.wait(redis.create_speaker("news", on_message));
  ASSERT_TRUE(speaker);
  this->server.reset();
  ASSERT_TRUE(this->at.run_until([&] { return redis.status().state != provider_state::up; }));
  auto again = this->served();
  again.port = port;
  this->serve(std::move(again));
  ASSERT_TRUE(this->at.run_until([&] { return redis.status().state == provider_state::up; }));
  ASSERT_TRUE(this->at.run_until([&] {
    (void)this->at.wait(speaker->shout_bytes(as_bytes("hello")));
    return heard > 0;
  }));
}

// S28, S29: a server that asks for a certificate gets the one of ssl_certfile and ssl_keyfile.
TYPED_TEST(redis_tls_on, certificates_of_clients) {
  auto c = this->served();
  c.tls.ca_certs = files().ca;
  c.tls.clients = client_certificates::required;
  const auto port = this->serve(std::move(c));
  auto named = this->config(port);
  named.ssl_certfile = files().client_chain;
  named.ssl_keyfile = files().client_key;
  this->talk(std::move(named));
  // TLS 1.3 tells it with the first read, after the client's handshake.
  const error why = this->refusal(this->config(port));
  EXPECT_EQ(why, tls::errc::refused_certificate) << why.to_string();
  EXPECT_THAT(why.to_string(), HasSubstr("ssl_certfile"));
}

// S144
TYPED_TEST(redis_tls_on, passwords_and_users_inside) {
  auto c = this->served();
  c.password = "secret";
  const auto port = this->serve(std::move(c));
  EXPECT_EQ(this->refusal(this->config(port)), resp::errc::no_auth);
  auto right = this->config(port);
  right.password = "secret";
  this->talk(std::move(right));
}

// S158
TYPED_TEST(redis_tls_on, says_what_is_wrong) {
  const auto port = this->serve(this->served());
  auto c = this->config(port);
  c.ssl_ca_certs = files().stranger;
  const error unknown = this->refusal(c);
  EXPECT_EQ(unknown.info().domain, "tls") << unknown.to_string();
  EXPECT_THAT(unknown.to_string(), HasSubstr("CN"));
  EXPECT_THAT(unknown.to_string(), HasSubstr("ssl_ca_certs"));
  // S159: there is a switch, and it is loud.
  c.verify = verify_mode::none;
  c.watch = &this->watch;
  this->talk(c);
  EXPECT_THAT(this->watch.lines, ::testing::Contains(HasSubstr("not verified")));

  c = this->config(port);
  c.ssl_ca_certs = files().folder / "none.pem";
  EXPECT_THAT(this->refusal(c).to_string(), HasSubstr("none.pem"));

  c = this->config(port);
  c.ssl = false;
  c.ssl_ca_certs.clear();
  c.connect_timeout = 300ms;
  EXPECT_FALSE(this->refusal(c).to_string().empty());

  auto plain = this->served();
  plain.ssl = false;
  plain.tls = {};
  const auto clear = this->serve(std::move(plain));
  EXPECT_EQ(this->refusal(this->config(clear)), tls::errc::not_tls);
}

// Handshakes that never end count as clients, and are ended with the others.
TYPED_TEST(redis_tls_on, refuses_more_handshakes_than_it_may_have_clients) {
  auto c = this->served();
  c.max_clients = 2;
  const auto port = this->serve(std::move(c));
  const address where = this->at.bind_address().with_port(port);
  line_peer first(this->home, where), second(this->home, where), third(this->home, where);
  const auto refused = [&] {
    int count = 0;
    for (const line_peer* p : {&first, &second, &third}) {
      count += p->ended_count > 0 || p->failed_count > 0;
    }
    return count;
  };
  // Which one depends on the order in which the system hands them over.
  ASSERT_TRUE(this->at.run_until([&] { return refused() > 0; }));
  EXPECT_EQ(refused(), 1);
  EXPECT_EQ(this->server->clients(), 2u);
  for (line_peer* each : {&first, &second, &third}) each->close();
  EXPECT_TRUE(this->at.run_until([&] {
    return this->server->clients() == 0 && first.released_count > 0 && second.released_count > 0 &&
           third.released_count > 0;
  }));
}

TYPED_TEST(redis_tls_on, a_server_says_what_is_wrong_before_it_listens) {
  auto c = this->served();
  c.tls.keyfile = files().client_key;
  parley::redis_server wrong(this->home, c);
  auto ok = wrong.listen();
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error(), tls::errc::key_mismatch);
  EXPECT_THAT(ok.error().to_string(), HasSubstr(files().chain));
  c.with = nullptr;
  parley::redis_server without(this->home, c);
  EXPECT_EQ(without.listen().error(), errc::unavailable);
}

// --- redis-server -----------------------------------------------------------------------

class real_tls_server {
 public:
  explicit real_tls_server(const std::string& clients)
      : server_({"--tls-port", std::to_string(port), "--tls-cert-file", files().chain,
                 "--tls-key-file", files().key, "--tls-ca-cert-file", files().ca,
                 "--tls-auth-clients", clients, "--user", "ann", "on", ">right", "~*", "&*",
                 "+@all"}) {}

  std::uint16_t port = free_port();

 private:
  test::redis_server server_;
};

template <class L>
class real_redis_tls_on : public redis_tls_on<L> {};
TYPED_TEST_SUITE(real_redis_tls_on, real_loops, loop_names);

// S10, S26, S27
TYPED_TEST(real_redis_tls_on, without_certificates_of_clients) {
  const real_tls_server real("no");
  this->talk(this->config(real.port));
  auto user = this->config(real.port);
  user.username = "ann";
  user.password = "wrong";
  EXPECT_EQ(this->refusal(user), resp::errc::wrong_password);
  user.password = "right";
  this->talk(user);
}

// S28, S29
TYPED_TEST(real_redis_tls_on, with_certificates_of_clients) {
  const real_tls_server real("yes");
  auto c = this->config(real.port);
  c.ssl_certfile = files().client_chain;
  c.ssl_keyfile = files().client_key;
  this->talk(c);
  EXPECT_EQ(this->refusal(this->config(real.port)), tls::errc::refused_certificate);
}

}  // namespace
}  // namespace parley::test
#endif
