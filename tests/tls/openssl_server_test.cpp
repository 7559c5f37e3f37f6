// Our server against the real openssl s_client, over loopback.
#include <gmock/gmock.h>

#include "tls/tls_peer.hpp"

namespace parley::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using tls::errc;

// Takes one connection.
class one_guest final : public acceptor {
 public:
  one_guest(blocking::loop& loop, tls::config how)
      : loop_(loop),
        context_(tls::context::make_server(std::move(how)).value()),
        listener_(loop.listen(*address::parse_ip("127.0.0.1", 0), *this).value()) {}
  one_guest(const one_guest&) = delete;
  one_guest& operator=(const one_guest&) = delete;
  ~one_guest() {
    if (peer) end(loop_, *peer);
  }

  driver* accept(connection& c, const address&) override {
    if (peer) return nullptr;
    auto under = std::make_unique<tls::server>(context_, std::chrono::system_clock::now());
    tls = under.get();
    peer = std::make_unique<tls_peer>(std::move(under));
    peer->transport = &c;
    peer->echoes = true;
    return peer.get();
  }
  std::string where() const { return listener_->local_address().to_string(); }
  bool is_gone() const { return peer && !peer->transport; }

  std::unique_ptr<tls_peer> peer;
  tls::server* tls = nullptr;

 private:
  blocking::loop& loop_;
  tls::context context_;
  std::unique_ptr<listener> listener_;
};

words client_words(pem_folder& files, const one_guest& host, const authority& trusted) {
  return {
      "s_client",    "-connect",    host.where(),       "-CAfile",     files.write(trusted.pem()),
      "-servername", "server.test", "-verify_hostname", "server.test", "-verify_return_error"};
}

TEST(tls_openssl_server, our_server_and_s_client) {
  pem_folder files;
  for (const tls::version v : both_versions) {
    blocking::loop loop;
    one_guest host(loop, std::move(good_setup().server));
    words w = client_words(files, host, good_authority());
    w.insert(w.end(), {flag(v), "-quiet"});
    openssl_process client(files, std::move(w));
    client.say("hello\n");
    ASSERT_TRUE(until(loop, [&] { return client.output().contains("echo hello"); }))
        << client.output();
    EXPECT_THAT(host.peer->lines, Contains("hello"));
    EXPECT_EQ(host.tls->version(), v == tls::version::tls1_2 ? "TLSv1.2" : "TLSv1.3");
    // An orderly end is one for it as well.
    host.peer->finish();
    EXPECT_TRUE(until(loop, [&] { return client.exit_code() && host.is_gone(); }));
    EXPECT_EQ(client.exit_code(), 0) << client.output();
    EXPECT_FALSE(host.peer->failure) << host.peer->why();
  }
}

TEST(tls_openssl_server, s_client_refuses_our_certificate) {
  pem_folder files;
  blocking::loop loop;
  one_guest host(loop, std::move(good_setup().server));
  openssl_process client(files, client_words(files, host, authority("Other")));
  ASSERT_TRUE(until(loop, [&] { return client.exit_code() && host.is_gone(); }));
  EXPECT_NE(client.exit_code(), 0);
  ASSERT_TRUE(host.peer->failure);
  EXPECT_EQ(*host.peer->failure, errc::refused_certificate) << host.peer->why();
}

TEST(tls_openssl_server, our_server_wants_certificates) {
  pem_folder files;
  const identity old = good_authority().issue({.name = "old",
                                               .use = purpose::client,
                                               .not_before = days_from_now(-9),
                                               .not_after = days_from_now(-2)});
  const std::pair<const identity*, errc> guests[] = {
      {&good_client(), {}}, {&old, errc::certificate_expired}, {nullptr, errc::no_certificate}};
  for (const tls::version v : both_versions) {
    for (const auto& [who, code] : guests) {
      tls_setup s = good_setup();
      s.server.clients = tls::client_certificates::required;
      s.server.bytes.authorities = {good_authority().pem(), "clients.pem"};
      blocking::loop loop;
      one_guest host(loop, std::move(s.server));
      words w = client_words(files, host, good_authority());
      w.insert(w.end(), {flag(v), "-quiet"});
      if (who) w.insert(w.end(), {"-cert", files.write(who->chain), "-key", files.write(who->key)});
      openssl_process client(files, std::move(w));
      client.say("hello\n");
      if (who == &good_client()) {
        ASSERT_TRUE(until(loop, [&] { return client.output().contains("echo hello"); }))
            << client.output();
        EXPECT_EQ(host.tls->peer_certificate()->subject, "CN=client");
        continue;
      }
      ASSERT_TRUE(until(loop, [&] { return client.exit_code() && host.is_gone(); }));
      EXPECT_NE(client.exit_code(), 0) << client.output();
      EXPECT_THAT(client.output(), HasSubstr("alert"));
      ASSERT_TRUE(host.peer->failure);
      EXPECT_EQ(*host.peer->failure, code) << host.peer->why();
      EXPECT_FALSE(host.peer->is_open);
    }
  }
}

TEST(tls_openssl_server, renegotiation_is_refused) {
  pem_folder files;
  blocking::loop loop;
  one_guest host(loop, std::move(good_setup().server));
  words w = client_words(files, host, good_authority());
  w.push_back("-tls1_2");
  openssl_process client(files, std::move(w));
  client.say("before\n");
  ASSERT_TRUE(until(loop, [&] { return client.output().contains("echo before"); }));
  client.say("R\n");
  // Our server only says no; it is s_client that gives up.
  ASSERT_TRUE(until(loop, [&] { return client.exit_code() && host.is_gone(); }));
  EXPECT_THAT(client.output(), HasSubstr("RENEGOTIATING"));
  EXPECT_THAT(client.output(), HasSubstr("no renegotiation"));
  EXPECT_THAT(host.peer->lines, Not(Contains("R")));
  ASSERT_TRUE(host.peer->failure);
  EXPECT_EQ(*host.peer->failure, errc::alert) << host.peer->why();
}

}  // namespace
}  // namespace parley::test
