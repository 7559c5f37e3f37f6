// One conformance suite for all loops, which support/worlds.hpp lists.
#pragma once

#include <gtest/gtest.h>

#include "support/line_peer.hpp"
#include "support/worlds.hpp"

namespace parley::test {

// Ends each test with what holds for every one: each driver is released exactly
// once, and the loop can be destroyed.
template <class World>
class loop_test : public ::testing::Test {
 public:
  World world;
  std::vector<std::unique_ptr<line_peer>> clients;
  std::vector<std::unique_ptr<line_server>> servers;

  parley::loop& port() { return world.port(); }

  line_server& serve_at(const address& at,
                        std::function<void(line_peer&)> prepare = line_server::echo) {
    auto& made = *servers.emplace_back(std::make_unique<line_server>(std::move(prepare)));
    const auto ok = made.listen(port(), at);
    EXPECT_TRUE(ok) << ok.error().to_string();
    return made;
  }
  line_server& serve(std::function<void(line_peer&)> prepare = line_server::echo) {
    return serve_at(world.any_port(), std::move(prepare));
  }
  line_peer& connect(const address& to) {
    return *clients.emplace_back(std::make_unique<line_peer>(port(), to));
  }
  line_peer& connect(const line_server& to) { return connect(to.where()); }

  // Both ends of a connection that is up.
  struct both_ends {
    line_peer& client;
    line_peer& server;
  };
  both_ends connected(line_server& s) {
    const std::size_t before = s.peers.size();
    line_peer& c = connect(s);
    EXPECT_TRUE(world.run_until([&] { return c.is_open() && s.peers.size() > before; }));
    return {c, *s.peers.back()};
  }

  // Does something again and again, with time in between, until it had its effect.
  bool repeat_until(const std::function<void()>& again, const std::function<bool()>& done) {
    for (int i = 0; i < 1000 && !done(); ++i) {
      again();
      world.idle();
    }
    return done();
  }

  bool all_released() const {
    for (auto& c : clients) {
      if (c->released_count == 0) return false;
    }
    for (auto& s : servers) {
      if (s->open_count() > 0) return false;
    }
    return true;
  }

  void TearDown() override {
    if (world.exists()) close_all();
    for (auto& c : clients) EXPECT_EQ(c->released_count, 1);
    for (auto& s : servers) {
      for (auto& p : s->peers) EXPECT_EQ(p->released_count, 1);
    }
    world.destroy();
  }

 private:
  void close_all() {
    for (auto& c : clients) c->close();
    for (auto& s : servers) {
      s->stop();
      s->close_all();
    }
    EXPECT_TRUE(world.run_until([this] { return all_released(); }));
    world.idle();
  }
};

}  // namespace parley::test

// A suite of the tests in one file, over every loop.
#define PARLEY_LOOP_SUITE(name)                            \
  template <class World>                                   \
  class name : public ::parley::test::loop_test<World> {}; \
  TYPED_TEST_SUITE(name, ::parley::test::every_world, ::parley::test::loop_names)
