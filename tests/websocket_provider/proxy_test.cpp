// nginx between client and server, as they stand before most services: what is silent for
// its timeout is cut off, pings keep a connection alive, and what is cut off comes again.
#include "support/nginx.hpp"
#include "websocket_provider/provider_on.hpp"

namespace parley::test {
namespace {

template <class L>
class websocket_behind_nginx_on : public websocket_provider_on<L> {
 protected:
  // A server of ours, and nginx before it. Its timeout has whole seconds.
  void start() {
    server = this->serve();
    proxy.emplace(R"(
      server {
        listen 127.0.0.1:PORT;
        location / {
          proxy_pass http://127.0.0.1:)" +
                  std::to_string(this->port) + R"(;
          proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection "upgrade";
          proxy_read_timeout 1s;
        }
        location /plain { proxy_pass http://127.0.0.1:)" +
                  std::to_string(this->port) + R"(; }
      })");
  }
  websocket_config through(std::string_view path) {
    auto c = this->called();
    c.uri = "ws://127.0.0.1:" + std::to_string(proxy->port()) + std::string(path);
    c.compression = "deflate";
    return c;
  }

  std::unique_ptr<websocket_provider> server;
  std::optional<nginx> proxy;
};
TYPED_TEST_SUITE(websocket_behind_nginx_on, real_loops, loop_names);

// S103, S142
TYPED_TEST(websocket_behind_nginx_on, pings_keep_it_alive) {
  this->start();
  auto c = this->through("/");
  c.ping_interval = 200ms;
  auto client = this->up(c);
  strings got;
  auto ear = this->listen(*client, "news", got);
  this->at.run_for(1500ms);
  auto news = this->speak(*this->server, "news");
  EXPECT_EQ(this->shout(news, "still there"), 1);
  ASSERT_TRUE(this->at.run_until([&] { return got.size() == 1; }));
  EXPECT_EQ(client->status().connects, 1U);
}

// S142
TYPED_TEST(websocket_behind_nginx_on, without_them_it_comes_again) {
  this->start();
  auto client = this->up(this->through("/"));
  strings got;
  auto ear = this->listen(*client, "news", got);
  ASSERT_TRUE(this->at.run_until([&] { return client->status().connects == 2; }));
  auto news = this->speak(*this->server, "news");
  ASSERT_TRUE(this->at.run_until([&] { return this->shout(news, "again") == 1; }));
  ASSERT_TRUE(this->at.run_until([&] { return !got.empty(); }));
}

// S142: one that drops the fields of the upgrade says so in what the user reads.
TYPED_TEST(websocket_behind_nginx_on, one_that_knows_no_upgrade_is_named) {
  this->start();
  auto c = this->through("/plain");
  websocket_provider client(this->home, c);
  const auto ok = this->at.wait(client.initialize());
  ASSERT_FALSE(ok);
  EXPECT_THAT(ok.error().to_string(), ::testing::HasSubstr("did not switch to WebSocket"));
}

}  // namespace
}  // namespace parley::test
