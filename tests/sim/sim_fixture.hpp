// Two hosts, a server on one, a client for the other; all of it must be gone in
// the end.
#pragma once

#include <gtest/gtest.h>

#include <parley/adapters/sim/world.hpp>

#include "sim/chat_peers.hpp"

namespace parley::test {

using namespace std::chrono_literals;

class sim_fixture : public testing::Test {
 protected:
  sim_fixture() : world(1, {.trace = true, .max_steps_per_instant = 10'000}) {}

  void SetUp() override { ASSERT_TRUE(server.listen(b, b.at(7))); }
  void TearDown() override {
    client.close();
    server.close_all();
    server.stop();
    world.heal_all();
    EXPECT_EQ(world.run_until_idle(), sim::stopped::idle);
    EXPECT_EQ(world.open_connections(), 0U) << world.trace();
  }
  // Connects, and runs until that has an outcome.
  void connect(const address& to) {
    client.connect(a, to);
    world.run_until([&] { return client.opened || client.is_over(); });
  }
  void connect() {
    connect(b.at(7));
    world.run_until([&] { return !server.sessions.empty(); });
    ASSERT_TRUE(client.opened && !server.sessions.empty()) << world.trace();
  }
  bool is_answered(std::size_t replies, duration bound = 1h) {
    return world.run_until([&] { return client.lines.size() >= replies; }, bound);
  }
  chat_peer& session(std::size_t i = 0) { return *server.sessions.at(i); }

  sim::world world;
  sim::host& a = world.add_host("a", {"10.0.0.1", "fd00::1"});
  sim::host& b = world.add_host("b", {"10.0.0.2", "fd00::2"});
  chat_server server;
  chat_peer client;
};

}  // namespace parley::test
