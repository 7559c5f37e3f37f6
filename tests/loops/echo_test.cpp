// Connections that work: both ends, every kind of address, many at once.
#include "loops/fixtures.hpp"

namespace parley::test {
namespace {

PARLEY_LOOP_SUITE(loop_echo);

TYPED_TEST(loop_echo, lines_go_there_and_back_in_order) {
  auto& server = this->serve();
  auto& client = this->connect(server);
  client.on_opened = [](line_peer& self) {
    for (int i = 0; i < 100; ++i) self.driven().send(std::to_string(i));
  };
  ASSERT_TRUE(this->world.run_until([&] { return client.lines.size() == 100; }));
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(client.lines[i], std::to_string(i));
  EXPECT_EQ(client.opened_count, 1);
  ASSERT_EQ(server.peers.size(), 1u);
  EXPECT_EQ(server.peers[0]->opened_count, 1);
  EXPECT_EQ(client.failed_count, 0);
}

TYPED_TEST(loop_echo, a_listener_tells_the_port_that_was_chosen) {
  auto& server = this->serve();
  EXPECT_NE(server.where().port(), 0);
  EXPECT_EQ(server.where().with_port(0), this->world.any_port());
}

TYPED_TEST(loop_echo, the_acceptor_learns_who_connects) {
  auto& server = this->serve();
  auto pair = this->connected(server);
  EXPECT_EQ(pair.server.from.with_port(0), this->world.any_port());
  EXPECT_NE(pair.server.from.port(), 0);
}

TYPED_TEST(loop_echo, works_over_unix_sockets) {
  auto& server = this->serve_at(this->world.local_path("echo"));
  EXPECT_EQ(server.where(), this->world.local_path("echo"));
  auto& client = this->connect(server);
  client.driven().send("over a path");
  ASSERT_TRUE(this->world.run_until([&] { return client.lines.size() == 1; }));
  EXPECT_EQ(client.lines[0], "over a path");
}

TYPED_TEST(loop_echo, works_over_abstract_names) {
  auto& server = this->serve_at(this->world.abstract_name("echo"));
  EXPECT_EQ(server.where(), this->world.abstract_name("echo"));
  auto& client = this->connect(server);
  client.driven().send("over a name");
  ASSERT_TRUE(this->world.run_until([&] { return client.lines.size() == 1; }));
  EXPECT_EQ(client.lines[0], "over a name");
}

TYPED_TEST(loop_echo, a_unix_path_can_be_used_again) {
  const address path = this->world.local_path("again");
  this->serve_at(path).stop();
  auto& server = this->serve_at(path);
  auto& client = this->connect(path);
  client.driven().send("hello");
  ASSERT_TRUE(this->world.run_until([&] { return client.lines.size() == 1; }));
  EXPECT_EQ(server.peers.size(), 1u);
}

TYPED_TEST(loop_echo, an_end_of_both_sides_closes) {
  auto& server = this->serve();
  auto pair = this->connected(server);
  pair.client.send("last");
  pair.client.finish();
  ASSERT_TRUE(this->world.run_until([&] { return this->all_released(); }));
  EXPECT_EQ(pair.client.lines, std::vector<std::string>{"last"});
  EXPECT_EQ(pair.client.ended_count, 1);
  EXPECT_EQ(pair.server.ended_count, 1);
  EXPECT_EQ(pair.client.failed_count + pair.server.failed_count, 0);
}

TYPED_TEST(loop_echo, serves_two_hundred_connections) {
  constexpr std::size_t many = 200;
  auto& server = this->serve();
  for (std::size_t i = 0; i < many; ++i) {
    this->connect(server).driven().send("I am " + std::to_string(i));
  }
  ASSERT_TRUE(this->world.run_until([&] {
    for (auto& c : this->clients) {
      if (c->lines.empty()) return false;
    }
    return true;
  }));
  for (std::size_t i = 0; i < many; ++i) {
    EXPECT_EQ(this->clients[i]->lines[0], "I am " + std::to_string(i));
  }
  EXPECT_EQ(server.peers.size(), many);
  // Every second one leaves; the others do not notice.
  for (std::size_t i = 0; i < many; i += 2) this->clients[i]->close();
  for (std::size_t i = 1; i < many; i += 2) this->clients[i]->send("still here");
  ASSERT_TRUE(this->world.run_until([&] {
    for (std::size_t i = 1; i < many; i += 2) {
      if (this->clients[i]->lines.size() < 2) return false;
    }
    return true;
  }));
}

TYPED_TEST(loop_echo, a_connection_at_rest_holds_no_buffer) {
  auto& server = this->serve();
  auto pair = this->connected(server);
  pair.client.send("hello");
  ASSERT_TRUE(this->world.run_until([&] { return pair.client.lines.size() == 1; }));
  EXPECT_GT(pair.client.driven().held(), 0u);
  // No deadline of the machine is needed for it.
  ASSERT_TRUE(this->world.run_until(
      [&] { return pair.client.driven().held() + pair.server.driven().held() == 0; }));
  pair.client.send("again");
  ASSERT_TRUE(this->world.run_until([&] { return pair.client.lines.size() == 2; }));
}

}  // namespace
}  // namespace parley::test
