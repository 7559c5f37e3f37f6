// Connections that do not come about, and listeners that cannot listen.
#include "loops/fixtures.hpp"

namespace parley::test {
namespace {

PARLEY_LOOP_SUITE(loop_failures);

// S157
TYPED_TEST(loop_failures, refused_says_where_and_what_to_check) {
  auto& client = this->connect(this->world.nobody());
  EXPECT_EQ(client.failed_count, 0);  // never from inside connect()
  ASSERT_TRUE(this->world.run_until([&] { return client.released_count == 1; }));
  ASSERT_TRUE(client.failure);
  EXPECT_TRUE(*client.failure == errc::refused) << client.failure->to_string();
  EXPECT_TRUE(client.failure->is_transient());
  EXPECT_EQ(client.failure->message(), this->world.nobody().to_string());
  EXPECT_TRUE(client.failure->hint().contains("running")) << client.failure->hint();
  EXPECT_TRUE(client.failure->hint().contains("port")) << client.failure->hint();
  EXPECT_TRUE(client.failure->hint().contains("firewall")) << client.failure->hint();
  EXPECT_EQ(client.opened_count, 0);
}

// S157
TYPED_TEST(loop_failures, a_unix_path_without_a_socket_is_refused) {
  const address path = this->world.local_path("nothing");
  auto& client = this->connect(path);
  EXPECT_EQ(client.failed_count, 0);
  ASSERT_TRUE(this->world.run_until([&] { return client.released_count == 1; }));
  EXPECT_TRUE(*client.failure == errc::refused) << client.failure->to_string();
  EXPECT_EQ(client.failure->message(), path.to_string());
  EXPECT_TRUE(client.failure->hint().contains("path")) << client.failure->hint();
}

TYPED_TEST(loop_failures, an_abstract_name_without_a_listener_is_refused) {
  auto& client = this->connect(this->world.abstract_name("nothing"));
  ASSERT_TRUE(this->world.run_until([&] { return client.released_count == 1; }));
  EXPECT_TRUE(*client.failure == errc::refused) << client.failure->to_string();
}

TYPED_TEST(loop_failures, a_path_that_is_too_long_is_an_invalid_argument) {
  const address path = this->world.local_path(std::string(200, 'p'));
  auto& client = this->connect(path);
  ASSERT_TRUE(this->world.run_until([&] { return client.released_count == 1; }));
  EXPECT_TRUE(*client.failure == errc::invalid_argument) << client.failure->to_string();
  line_server server;
  const auto ok = server.listen(this->port(), path);
  ASSERT_FALSE(ok);
  EXPECT_TRUE(ok.error() == errc::invalid_argument) << ok.error().to_string();
}

TYPED_TEST(loop_failures, a_port_in_use_cannot_be_listened_on) {
  auto& server = this->serve();
  line_server other;
  const auto ok = other.listen(this->port(), server.where());
  ASSERT_FALSE(ok);
  EXPECT_TRUE(ok.error() == errc::io) << ok.error().to_string();
  EXPECT_TRUE(ok.error().message().starts_with(server.where().to_string()));
  EXPECT_TRUE(ok.error().hint().contains("another program")) << ok.error().hint();
}

TYPED_TEST(loop_failures, a_unix_path_in_use_is_not_taken_away) {
  auto& server = this->serve_at(this->world.local_path("mine"));
  line_server other;
  const auto ok = other.listen(this->port(), server.where());
  ASSERT_FALSE(ok);
  auto& client = this->connect(server);
  ASSERT_TRUE(this->world.run_until([&] { return client.is_open(); }));
}

TYPED_TEST(loop_failures, an_attempt_can_be_given_up) {
  auto& server = this->serve();
  auto& client = this->connect(server);
  client.close();
  EXPECT_EQ(client.released_count, 0);  // never from inside close()
  ASSERT_TRUE(this->world.run_until([&] { return client.released_count == 1; }));
  EXPECT_EQ(client.opened_count, 0);
  EXPECT_EQ(client.failed_count, 0);
}

TYPED_TEST(loop_failures, an_attempt_that_has_failed_can_be_given_up) {
  auto& client = this->connect(this->world.local_path("nothing"));
  client.close();
  ASSERT_TRUE(this->world.run_until([&] { return client.released_count == 1; }));
  EXPECT_EQ(client.failed_count, 0);
}

TYPED_TEST(loop_failures, an_acceptor_may_refuse) {
  auto& server = this->serve();
  server.refuse = true;
  auto& client = this->connect(server);
  ASSERT_TRUE(this->world.run_until([&] { return client.ended_count + client.failed_count == 1; }));
  EXPECT_TRUE(server.peers.empty());
}

TYPED_TEST(loop_failures, a_listener_that_is_gone_refuses_but_its_connections_stay) {
  auto& server = this->serve();
  auto pair = this->connected(server);
  const address where = server.where();
  server.stop();
  auto& late = this->connect(where);
  ASSERT_TRUE(this->world.run_until([&] { return late.released_count == 1; }));
  EXPECT_TRUE(*late.failure == errc::refused) << late.failure->to_string();
  pair.client.send("still there?");
  ASSERT_TRUE(this->world.run_until([&] { return pair.client.lines.size() == 1; }));
}

TYPED_TEST(loop_failures, one_failure_does_not_touch_the_others) {
  auto& server = this->serve();
  auto& good = this->connect(server);
  for (int i = 0; i < 20; ++i) this->connect(this->world.nobody());
  good.driven().send("hello");
  ASSERT_TRUE(this->world.run_until([&] {
    for (auto& c : this->clients) {
      if (c.get() != &good && c->released_count == 0) return false;
    }
    return good.lines.size() == 1;
  }));
}

}  // namespace
}  // namespace parley::test
