// One connection of a server in time: slow heads, slow bodies, idle connections, slow readers,
// lingering, and what a connection costs while it waits.
#include "http/server_script.hpp"
#include "support/allocations.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

constexpr std::string_view head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n";

http::server_limits large_bodies() {
  http::server_limits l = small_limits();
  l.message.body = 100'000'000;
  return l;
}

TEST(http_server_time, idle_connections_end_without_a_word) {
  server_script s;
  s.h.advance(74s);
  EXPECT_FALSE(s.machine.is_done());
  s.h.advance(2s);
  EXPECT_TRUE(s.machine.is_done());
  EXPECT_EQ(s.h.sent(), "");
  // Counted from the last answer.
  server_script used;
  used.h.advance(60s);
  used.h.feed(used.get("/"));
  used.h.advance(60s);
  EXPECT_FALSE(used.machine.is_done()) << "it is the application that is slow";
  used.answer(1, "");
  used.h.sent();
  used.h.advance(70s);
  EXPECT_FALSE(used.machine.is_done());
  used.h.advance(10s);
  EXPECT_TRUE(used.machine.is_done());
}

TEST(http_server_time, slow_heads_are_refused_however_they_trickle) {
  server_script s;
  s.h.feed("GET / HTTP/1.1\r\n");
  for (int i = 0; i < 9; ++i) {
    s.h.advance(1s);
    s.h.feed("X: y\r\n");
  }
  EXPECT_FALSE(s.machine.ends_output());
  s.h.advance(2s);
  EXPECT_THAT(s.told(), ElementsAre("failed slow_request"));
  EXPECT_THAT(s.h.sent(), StartsWith("HTTP/1.1 408 "));
}

// They may be those of another protocol.
TEST(http_server_time, bytes_behind_an_upgrade_are_no_slow_head) {
  server_script s;
  s.h.feed(s.get("/chat", "Connection: Upgrade\r\nUpgrade: chat\r\n") + "\x01\x02");
  s.h.advance(100s);
  EXPECT_THAT(s.told(), ElementsAre("1 GET /chat", "1 end"));
  ASSERT_TRUE(s.machine.upgrade(1, "chat", {}, s.h.now()));
  EXPECT_EQ(as_text(s.machine.take_rest().data()), "\x01\x02");
  // Declined, they are a head after all.
  server_script declined;
  declined.h.feed(declined.get("/chat", "Connection: Upgrade\r\nUpgrade: chat\r\n") + "GET /2");
  declined.h.advance(20s);
  declined.answer(1, "no");
  (void)declined.h.sent();
  declined.h.feed(" HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(declined.told().back(), "2 end");
}

TEST(http_server_time, silent_bodies) {
  server_script s(large_bodies());
  s.h.feed(std::string(head) + std::string(1'000'000, 'x'));
  s.h.advance(29s);
  s.h.feed("x");
  s.h.advance(29s);
  EXPECT_FALSE(s.machine.ends_output());
  s.h.advance(2s);
  EXPECT_THAT(s.told().back(), "failed slow_request");
}

TEST(http_server_time, trickling_bodies) {
  server_script s(large_bodies());
  s.h.feed(head);
  std::size_t seconds = 0;
  for (; seconds < 100 && !s.machine.ends_output(); ++seconds) {
    s.h.feed(std::string(1000, 'x'));
    s.h.advance(1s);
  }
  EXPECT_GE(seconds, 10U);
  EXPECT_LE(seconds, 12U);
  EXPECT_EQ(s.told().back(), "failed slow_request");
  // Just above the rate it may go on.
  server_script fast(large_bodies());
  fast.h.feed(head);
  for (int i = 0; i < 100; ++i) {
    fast.h.feed(std::string(17'000, 'x'));
    fast.h.advance(1s);
  }
  EXPECT_FALSE(fast.machine.ends_output());
}

TEST(http_server_time, the_application_may_take_its_time) {
  server_script s(large_bodies());
  s.h.feed(std::string(head) + "x");
  s.machine.hold();
  s.h.drain();
  s.h.advance(1000s);
  s.machine.go_on();
  s.h.drain();
  s.h.advance(20s);
  EXPECT_FALSE(s.machine.ends_output());
  s.h.advance(41s);
  EXPECT_TRUE(s.machine.is_done()) << "but the client may not";
}

TEST(http_server_time, clients_that_take_nothing) {
  server_script s;
  s.h.feed(s.get("/"));
  s.answer(1, std::string(3000, 'x'));
  s.told();
  for (int i = 0; i < 3; ++i) {
    s.h.advance(25s);
    EXPECT_FALSE(s.machine.is_done());
    s.h.sent(10);
  }
  s.h.advance(65s);
  EXPECT_THAT(s.told(), ElementsAre("failed slow_reader", "closed"));
}

TEST(http_server_time, lingering_has_an_end) {
  server_script s;
  s.h.feed("BAD\r\n\r\n");
  s.h.sent();
  EXPECT_TRUE(s.machine.ends_output());
  s.h.feed("more and more");
  EXPECT_EQ(s.h.sent(), "");
  s.h.advance(3s);
  EXPECT_TRUE(s.machine.is_done());
}

TEST(http_server_time, dates_are_those_of_the_wall_clock) {
  const http::server_limits limits;
  http::date_text date;
  http::server machine(limits, &date);
  machine_harness<http::server> h{machine, [](http::server::event&) {}};
  h.start();
  machine.set_wall_time(wall_time(784111777s));
  h.feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(machine.respond(1, {}, "", h.now()));
  EXPECT_EQ(h.sent(),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n");
}

TEST(http_server_time, an_idle_connection_holds_nothing) {
  server_script s;
  s.echoes = true;
  s.h.feed(s.get("/") + s.get("/"));
  s.h.sent();
  s.machine.release();
  EXPECT_EQ(s.machine.held_memory(), 0U);
  EXPECT_LE(sizeof(http::server), 80U);
  s.h.feed(s.get("/"));
  EXPECT_THAT(s.told().back(), "3 end");
  // Unless something is under way.
  s.h.feed("GET / HT");
  s.h.sent();
  s.machine.release();
  s.h.feed("TP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(s.told().back(), "4 end");
}

TEST(http_server_time, a_request_costs_no_allocation) {
  const http::server_limits limits;
  http::server machine(limits);
  machine.start({});
  const std::string request = "GET /x HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n";
  const auto serve = [&] {
    const auto into = machine.prepare(request.size() * 16);
    for (std::size_t i = 0; i < 16; ++i) {
      std::memcpy(into.data() + i * request.size(), request.data(), request.size());
    }
    machine.commit(request.size() * 16, {});
    for (;;) {
      auto e = machine.next_event();
      if (const auto* end = std::get_if<http::request_end>(&e)) {
        if (!machine.respond(end->id, {}, "Hello, World!", {})) std::abort();
      }
      if (is_drained(e)) break;
    }
    machine.consume_output(total_size(machine.output()));
  };
  serve();
  const std::size_t before = allocations();
  for (int i = 0; i < 100; ++i) serve();
  EXPECT_EQ(allocations(), before);
}

}  // namespace
}  // namespace parley::test
