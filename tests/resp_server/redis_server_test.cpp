// redis_server on every loop, with our provider as its client: the life of a server, and
// what many connections do to each other.
#include <gtest/gtest.h>

#include <parley/codecs/resp/redis_provider.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>

#include "redis/loops.hpp"
#include "redis/watcher.hpp"

namespace parley::test {
namespace {

template <class L>
class redis_server_on : public loop_suite<L> {
 protected:
  void listen(redis_server_config c = {}) {
    c.port = 0;
    server = std::make_unique<redis_server>(this->home, std::move(c));
    const auto ok = server->listen();
    ASSERT_TRUE(ok) << ok.error().to_string();
    port = server->local_address()->port();
  }
  redis_config config() {
    redis_config c;
    c.host = "127.0.0.1";
    c.port = port;
    c.connect_timeout = 2s;
    c.reconnect.base = 5ms;
    c.reconnect.cap = 50ms;
    return c;
  }
  std::unique_ptr<redis_provider> up(redis_config c) {
    auto p = std::make_unique<redis_provider>(this->home, std::move(c));
    auto ok = this->at.wait(p->initialize());
    EXPECT_TRUE(ok) << ok.error().to_string();
    return p;
  }
  std::unique_ptr<redis_provider> up() { return up(config()); }
  template <class T>
  T get(operation<T> op) {
    auto r = this->at.wait(std::move(op));
    EXPECT_TRUE(r) << r.error().to_string();
    return r ? *std::move(r) : T();
  }

  std::unique_ptr<redis_server> server;
  std::uint16_t port = 0;
};

TYPED_TEST_SUITE(redis_server_on, all_loops, loop_names);

TYPED_TEST(redis_server_on, keeps_keys_and_carries_messages) {
  this->listen();
  auto redis = this->up();
  EXPECT_TRUE(this->get(redis->set("key", value("text"))));
  EXPECT_EQ(this->get(redis->get("key")), value("text"));
  EXPECT_EQ(this->get(redis->del("key")), 1);

  std::vector<std::string> heard;
  auto on_message = [&](const message& m) { heard.emplace_back(m.text()); };
  auto listener = this->at.wait(redis->create_speaker("news", on_message));
  ASSERT_TRUE(listener);
  auto sent = this->at.wait(listener->shout("hello"));
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->receivers, 1);
  EXPECT_TRUE(this->at.run_until([&] { return heard.size() == 1; }));
  EXPECT_EQ(heard[0], "hello");
}

TYPED_TEST(redis_server_on, asks_for_its_password) {
  this->listen({.password = "secret"});
  redis_config wrong = this->config();
  wrong.password = "guess";
  redis_provider refused(this->home, wrong);
  auto no = this->at.wait(refused.initialize());
  ASSERT_FALSE(no);
  EXPECT_EQ(no.error(), resp::errc::wrong_password);
  redis_config right = this->config();
  right.password = "secret";
  auto redis = this->up(right);
  EXPECT_TRUE(this->get(redis->set("key", value(1))));
}

// Who names a user in the URL wants no other to come in.
TYPED_TEST(redis_server_on, asks_for_the_user_of_its_url) {
  auto served = redis_server_config::from_uri(*uri::parse("redis://ann:secret@127.0.0.1:0"));
  ASSERT_TRUE(served) << served.error().to_string();
  this->listen(*std::move(served));
  redis_config c = this->config();
  redis_provider nobody(this->home, c);
  const auto no = this->at.wait(nobody.initialize());
  ASSERT_FALSE(no);
  EXPECT_EQ(no.error(), resp::errc::no_auth) << no.error().to_string();
  c.username = "ann";
  c.password = "secret";
  auto redis = this->up(c);
  EXPECT_TRUE(this->get(redis->set("key", value(1))));
  c.username = "default";
  redis_provider standard(this->home, c);
  EXPECT_EQ(this->at.wait(standard.initialize()).error(), resp::errc::wrong_password);
}

TYPED_TEST(redis_server_on, keys_expire_by_its_own_timer) {
  this->listen();
  auto redis = this->up();
  EXPECT_TRUE(this->get(redis->set("key", value(1), set_options(20ms))));
  EXPECT_TRUE(this->at.run_until([&] { return this->server->stats().expired_keys == 1; }));
}

TYPED_TEST(redis_server_on, stop_lets_clients_go_and_listen_may_follow) {
  this->listen();
  auto redis = this->up();
  EXPECT_GE(this->server->clients(), 1u);
  EXPECT_TRUE(this->get(redis->set("key", value("kept"))));
  auto stopped = this->at.wait(this->server->stop());
  EXPECT_TRUE(stopped);
  EXPECT_EQ(this->server->clients(), 0u);
  EXPECT_FALSE(this->server->is_listening());
  EXPECT_EQ(this->server->local_address(), std::nullopt);

  EXPECT_TRUE(this->at.wait(this->server->stop())) << "once more is no harm";
  EXPECT_TRUE(this->server->listen());
  this->port = this->server->local_address()->port();
  auto again = this->up();
  EXPECT_EQ(this->get(again->get("key")), value("kept")) << "data is kept";
}

TYPED_TEST(redis_server_on, thousands_of_channels_come_back_after_a_break) {
  constexpr int many = 5000;
  this->listen();
  watcher watch;
  redis_config c = this->config();
  c.watch = &watch;
  c.command_timeout = 60s;
  auto redis = this->up(c);
  std::vector<speaker> ears;
  std::string heard;
  for (int i = 0; i < many; ++i) {
    redis->create_speaker("a/" + std::to_string(i), [&](const message& m) { heard = m.topic(); })
        .then([&](result<speaker> s) {
          if (s) ears.push_back(*std::move(s));
        });
  }
  ASSERT_TRUE(this->at.run_until([&] { return ears.size() == many; }, 60s));
  this->server.reset();
  this->server =
      std::make_unique<redis_server>(this->home, redis_server_config{.port = this->port});
  ASSERT_TRUE(this->server->listen());
  ASSERT_TRUE(this->at.run_until([&] { return watch.restored == many; }, 60s));
  ASSERT_TRUE(this->at.run_until([&] {
    auto sent = this->at.wait(ears.back().shout("again"));
    return sent && sent->receivers == 1;
  }));
  EXPECT_TRUE(this->at.run_until([&] { return heard == ears.back().name(); }));
  // All are left at once; the provider outlives them.
  ears.clear();
  auto one = this->at.wait(redis->create_speaker("b"));
  ASSERT_TRUE(one);
  EXPECT_EQ(this->at.wait(one->shout("x"))->receivers, 0);
}

TYPED_TEST(redis_server_on, may_be_destroyed_among_its_clients) {
  this->listen();
  auto redis = this->up();
  auto on_message = [&](const message&) { this->server.reset(); };
  auto listener = this->at.wait(redis->create_speaker("news", on_message));
  ASSERT_TRUE(listener);
  (void)this->at.wait(listener->shout("the end"));
  EXPECT_TRUE(this->at.run_until([&] { return this->server == nullptr; }));
}

TYPED_TEST(redis_server_on, destroyed_while_it_stops_cancels_the_stop) {
  this->listen();
  auto redis = this->up();
  auto stopping = this->server->stop();
  this->server.reset();
  auto r = this->at.wait(std::move(stopping));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), errc::cancelled);
}

TYPED_TEST(redis_server_on, a_second_listen_is_misuse) {
  this->listen();
  auto r = this->server->listen();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), errc::misuse);
}

TYPED_TEST(redis_server_on, refuses_more_clients_than_it_may_have) {
  this->listen({.max_clients = 1});
  auto redis = this->up();
  redis_config c = this->config();
  c.connect_timeout = 100ms;
  redis_provider other(this->home, c);
  auto no = this->at.wait(other.initialize());
  ASSERT_FALSE(no);
  EXPECT_TRUE(this->get(redis->set("key", value(1)))) << "the first one has its place";
}

TEST(redis_server_config, says_every_fault_at_once) {
  redis_server_config c{.host = "somewhere", .databases = 0};
  c.users = {{.name = "ann"}};
  const auto r = c.validate();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), errc::bad_configuration);
  EXPECT_EQ(r.error().message(),
            "host is not a numeric address; databases is outside 1 to 10000; user ann needs a "
            "password and has none");
  EXPECT_FALSE((redis_server_config{.host = "0.0.0.0"}.validate()));
  EXPECT_TRUE((redis_server_config{.host = "0.0.0.0", .password = "x"}.validate()));
  EXPECT_TRUE((redis_server_config{.unix_socket = "/tmp/x"}.validate()));
  EXPECT_TRUE(redis_server_config::from_uri(*uri::parse("redis://ann:x@0.0.0.0")));
  EXPECT_FALSE(redis_server_config::from_uri(*uri::parse("redis://ann@127.0.0.1")));
  c = {.host = "0.0.0.0", .password = "x"};
  c.users = {{.name = "default", .needs_password = false}};
  EXPECT_EQ(c.validate().error().message(),
            "host can be reached from other machines, and needs no password");
}

TEST(redis_server_unix, serves_a_path) {
  blocking::loop loop;
  const std::string path = ::testing::TempDir() + "parley_redis_server_" +
                           std::to_string(loop.now().time_since_epoch().count()) + ".sock";
  redis_server server(loop, {.unix_socket = path});
  ASSERT_TRUE(server.listen());
  redis_provider redis(loop, {.unix_socket = path});
  ASSERT_TRUE(loop.wait(redis.initialize()));
  EXPECT_TRUE(loop.wait(redis.set("key", value(1))));
}

}  // namespace
}  // namespace parley::test
