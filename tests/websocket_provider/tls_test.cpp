// TLS at the provider: a server's certificate and key, a client's, and what is refused.
#include <gtest/gtest.h>

#include "websocket_provider/provider_on.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class L>
class websocket_provider_tls_on : public websocket_provider_on<L> {
 protected:
  websocket_config secure() {
    auto c = this->served();
    c.ssl_cert = files().chain;
    c.ssl_key = files().key;
    return c;
  }
  websocket_config asking() {
    auto c = this->called();
    c.uri.replace(0, 2, "wss");
    c.ssl_ca_certs = files().ca;
    return c;
  }
  std::string failure(websocket_config c) {
    c.connect_timeout = 500ms;
    websocket_provider client(this->home, std::move(c));
    const auto ok = this->at.wait(client.initialize());
    return ok ? "none" : ok.error().to_string();
  }
  // Both ways, and a call.
  void talk(websocket_config there, websocket_config here) {
    auto server = this->up(std::move(there));
    here.uri = "wss://127.0.0.1:" + std::to_string(this->port) + "/";
    auto client = this->up(std::move(here));
    strings down, up;
    auto ear = this->listen(*client, "news", down);
    auto other = this->listen(*server, "chat", up);
    auto news = this->speak(*server, "news"), chat = this->speak(*client, "chat");
    EXPECT_EQ(this->shout(news, "to all"), 1);
    EXPECT_EQ(this->shout(chat, std::string(100'000, 'x')), -1);
    ASSERT_TRUE(this->at.run_until([&] { return !down.empty() && !up.empty(); }));
    EXPECT_THAT(down, ElementsAre("news:to all"));
    EXPECT_EQ(up[0].size(), std::string("chat:").size() + 100'000);
  }
};
TYPED_TEST_SUITE(websocket_provider_tls_on, all_loops, loop_names);

// S112, S113, S143: a server with ssl_cert and ssl_key is wss://.
TYPED_TEST(websocket_provider_tls_on, a_server_with_a_certificate) {
  this->talk(this->secure(), this->asking());
}

TYPED_TEST(websocket_provider_tls_on, what_is_refused) {
  auto server = this->up(this->secure());
  auto c = this->asking();
  c.ssl_ca_certs = files().stranger;
  EXPECT_THAT(this->failure(c), HasSubstr("certificate"));
  EXPECT_NE(this->failure(this->called()), "none") << "ws:// at a port of wss://";
  EXPECT_EQ(server->counts().clients, 0U);
  auto good = this->up(this->asking());
  EXPECT_TRUE(this->at.run_until([&] { return server->counts().clients == 1; }));
  // A key of another certificate.
  auto wrong = this->secure();
  wrong.port = 0;
  wrong.ssl_key = files().client_key;
  EXPECT_THAT(this->failure(wrong), HasSubstr(files().client_key));
}

// S112, S113 of a client: its own certificate, for a server that asks for one.
TYPED_TEST(websocket_provider_tls_on, certificates_of_clients) {
  auto strict = this->secure();
  strict.ssl_ca_certs = files().ca;
  strict.clients = client_certificates::required;
  auto named = this->asking();
  named.ssl_cert = files().client_chain;
  named.ssl_key = files().client_key;
  this->talk(strict, named);
  strict.port = 0;
  auto server = this->up(strict);
  EXPECT_THAT(this->failure(this->asking()), HasSubstr("certificate"));
  EXPECT_EQ(server->counts().clients, 0U);
}

}  // namespace
}  // namespace parley::test
