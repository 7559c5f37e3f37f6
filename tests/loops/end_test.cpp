// Ends: whatever is destroyed or closed wherever, the rest goes on.
#include "loops/fixtures.hpp"

namespace parley::test {
namespace {

PARLEY_LOOP_SUITE(loop_ends);

struct job final : work {
  explicit job(std::function<void()> f) : body(std::move(f)) {}
  void run() override { body(); }
  std::function<void()> body;
};

TYPED_TEST(loop_ends, a_driver_may_close_inside_an_event) {
  auto& server = this->serve([](line_peer& p) {
    p.on_line = [](line_peer& self, std::string_view) {
      self.close();
      EXPECT_EQ(self.released_count, 0);  // not from inside
    };
  });
  auto pair = this->connected(server);
  pair.client.send("one\ntwo\nthree");
  ASSERT_TRUE(this->world.run_until([&] { return pair.server.released_count == 1; }));
  ASSERT_TRUE(this->world.run_until(
      [&] { return pair.client.ended_count + pair.client.failed_count == 1; }));
}

TYPED_TEST(loop_ends, a_driver_may_close_as_soon_as_it_starts) {
  auto& server = this->serve([](line_peer& p) { p.on_opened = [](line_peer& s) { s.close(); }; });
  auto& client = this->connect(server);
  client.on_opened = [](line_peer& self) { self.close(); };
  ASSERT_TRUE(this->world.run_until([&] { return client.released_count == 1; }));
  ASSERT_TRUE(this->world.run_until(
      [&] { return server.peers.size() == 1 && server.peers[0]->released_count == 1; }));
}

// All of them are readable in the same turn; the first one to hear closes all.
TYPED_TEST(loop_ends, a_driver_may_close_the_others) {
  constexpr std::size_t many = 20;
  auto& server = this->serve(nullptr);
  for (std::size_t i = 0; i < many; ++i) this->connect(server);
  ASSERT_TRUE(this->world.run_until([&] {
    return std::ranges::all_of(this->clients, [](auto& c) { return c->is_open(); }) &&
           server.peers.size() == many;
  }));
  int heard = 0;
  for (auto& c : this->clients) {
    c->on_line = [&](line_peer&, std::string_view) {
      if (++heard == 1) {
        for (auto& other : this->clients) other->close();
      }
    };
  }
  for (auto& p : server.peers) p->send("all at once");
  ASSERT_TRUE(this->world.run_until([&] {
    return std::ranges::all_of(this->clients, [](auto& c) { return c->released_count == 1; });
  }));
  EXPECT_EQ(heard, 1);
}

TYPED_TEST(loop_ends, closing_twice_is_closing_once) {
  auto& server = this->serve();
  auto pair = this->connected(server);
  pair.client.send("never sent");
  pair.client.close();
  pair.client.close();
  pair.client.transport->wake();
  EXPECT_TRUE(pair.client.transport->is_closing());
  ASSERT_TRUE(this->world.run_until([&] { return pair.client.released_count == 1; }));
}

TYPED_TEST(loop_ends, closing_after_waking_waits_for_the_queue) {
  auto& server = this->serve();
  auto pair = this->connected(server);
  job closes([&] { pair.client.close(); });
  this->port().enqueue(closes);   // runs first
  pair.client.transport->wake();  // stands behind it
  ASSERT_TRUE(this->world.run_until([&] { return pair.client.released_count == 1; }));
}

TYPED_TEST(loop_ends, a_driver_may_be_destroyed_when_it_is_released) {
  auto& server = this->serve();
  auto owned = std::make_unique<line_peer>(this->port(), server.where());
  bool gone = false;
  owned->on_released = [&](line_peer& self) {
    EXPECT_EQ(&self, owned.get());
    owned.reset();
    gone = true;
  };
  owned->on_opened = [](line_peer& self) { self.close(); };
  ASSERT_TRUE(this->world.run_until([&] { return gone; }));
}

// A completion is user code: it may take everything down at once.
TYPED_TEST(loop_ends, work_may_close_everything) {
  auto& server = this->serve();
  for (int i = 0; i < 10; ++i) this->connected(server);
  for (auto& c : this->clients) c->send("on its way");
  job all([&] {
    server.stop();
    server.close_all();
    for (auto& c : this->clients) c->close();
  });
  this->port().post(all);
  ASSERT_TRUE(this->world.run_until([&] { return this->all_released(); }));
}

TYPED_TEST(loop_ends, a_listener_may_end_while_it_accepts) {
  auto& server = this->serve();
  auto* listening = &server;
  int accepted = 0;
  auto& ends = this->serve([&](line_peer& p) {
    line_server::echo(p);
    ++accepted;
    listening->stop();
  });
  listening = &ends;
  const address where = ends.where();
  for (int i = 0; i < 5; ++i) this->connect(where);
  ASSERT_TRUE(this->world.run_until([&] { return accepted > 0; }));
  const auto is_settled = [](auto& c) {
    return !c->lines.empty() || c->ended_count + c->failed_count > 0;
  };
  ASSERT_TRUE(this->repeat_until(
      [&] {
        for (auto& c : this->clients) {
          if (c->is_open()) c->send("hello");
        }
      },
      [&] { return std::ranges::all_of(this->clients, is_settled); }));
  EXPECT_EQ(accepted, 1);
}

TYPED_TEST(loop_ends, another_driver_may_take_over) {
  auto& server = this->serve();
  auto first = this->connected(server);
  line_peer second;
  second.driven().start(this->port().now());
  second.driven().send("from the second");
  second.transport = first.client.transport;
  first.client.transport->rebind(second);
  second.transport->wake();
  ASSERT_TRUE(this->world.run_until([&] { return second.lines.size() == 1; }));
  EXPECT_EQ(second.lines[0], "from the second");
  second.close();
  ASSERT_TRUE(this->world.run_until([&] { return second.released_count == 1; }));
  EXPECT_EQ(first.client.released_count, 0);  // it was not the driver any more
  first.client.transport = nullptr;
  first.client.released_count = 1;
}

// Inside the drain of the first: the second has events as well.
TYPED_TEST(loop_ends, a_driver_that_takes_over_in_an_event_is_drained_too) {
  auto& server = this->serve();
  auto first = this->connected(server);
  line_peer second;
  int opened_by_then = -1;
  job after([&] { opened_by_then = second.opened_count; });  // runs after this drain
  first.client.on_line = [&](line_peer& self, std::string_view) {
    second.driven().start(this->port().now());
    second.transport = self.transport;
    self.transport->rebind(second);
    this->port().enqueue(after);
  };
  first.client.send("switch");
  ASSERT_TRUE(this->world.run_until([&] { return opened_by_then >= 0; }));
  EXPECT_EQ(opened_by_then, 1);
  second.close();
  ASSERT_TRUE(this->world.run_until([&] { return second.released_count == 1; }));
  first.client.transport = nullptr;
  first.client.released_count = 1;
}

// Nothing that was posted or closed is lost when the loop goes right after.
TYPED_TEST(loop_ends, a_loop_delivers_what_was_posted_before_it_ends) {
  auto& server = this->serve();
  auto pair = this->connected(server);
  std::vector<int> ran;
  job second([&] { ran.push_back(2); });
  job first([&] {
    ran.push_back(1);
    this->port().post(second);
  });
  this->port().post(first);
  server.stop();
  pair.client.close();
  pair.server.close();
  EXPECT_EQ(pair.client.released_count, 0);
  this->world.destroy();
  EXPECT_EQ(ran, (std::vector{1, 2}));
  EXPECT_EQ(pair.client.released_count, 1);
  EXPECT_EQ(pair.server.released_count, 1);
}

TYPED_TEST(loop_ends, counts_what_lives_on_it) {
  EXPECT_FALSE(this->port().has_attached());
  auto& server = this->serve();
  EXPECT_TRUE(this->port().has_attached());
  this->connected(server);
  server.stop();
  EXPECT_TRUE(this->port().has_attached());
  server.close_all();
  for (auto& c : this->clients) c->close();
  ASSERT_TRUE(this->world.run_until([&] { return !this->port().has_attached(); }));
  EXPECT_TRUE(this->all_released());
}

TYPED_TEST(loop_ends, connections_come_and_go_a_thousand_times) {
  auto& server = this->serve();
  int rounds = 0;
  std::function<void(line_peer&)> next = [&](line_peer&) {
    if (++rounds < 1000) {
      auto& c = this->connect(server);
      c.on_opened = [](line_peer& self) { self.driven().send("hi"); };
      c.on_line = [](line_peer& self, std::string_view) { self.close(); };
      c.on_released = next;
    }
  };
  line_peer start;
  next(start);
  ASSERT_TRUE(this->world.run_until([&] { return rounds == 1000; }));
}

}  // namespace
}  // namespace parley::test
