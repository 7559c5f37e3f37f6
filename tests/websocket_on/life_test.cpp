// Ends of every kind, on every loop: servers and clients that go, stop, restart, hang.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "websocket_on/websocket_on.hpp"

namespace parley::test {
namespace {

// A request for an upgrade, as the simplest of clients writes it.
const std::string upgrade =
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

template <class L>
class websocket_life_on : public websocket_on<L> {
 protected:
  // In words, for what the event is.
  static std::string name(const websocket::event& e) {
    constexpr const char* names[] = {"need_data", "paused", "handshake", "opened",
                                     "message",   "piece",  "pong",      "writable",
                                     "close",     "failed", "closed"};
    return names[e.index()];
  }
};
TYPED_TEST_SUITE(websocket_life_on, all_loops, loop_names);

// --- the server -----------------------------------------------------------------------

TYPED_TEST(websocket_life_on, stop_closes_with_1001) {
  for (const wire w : every_wire) {
    SCOPED_TRACE(name_of(w));
    this->serve(this->echo, w);
    talker first(this->home, this->asked(w)), second(this->home, this->asked(w));
    ASSERT_TRUE(this->ran([&] { return first.is_open && second.is_open; }));
    // What was sent to it before comes before the end.
    first.say(letters(200'000));
    ASSERT_TRUE(this->ran([&] { return this->echo.messages > 0; }));
    EXPECT_TRUE(this->at.wait(this->server->stop()));
    EXPECT_EQ(this->server->connections(), 0u);
    ASSERT_TRUE(this->ran([&] { return first.is_closed && second.is_closed; }));
    EXPECT_EQ(first.code, 1001) << first.failure();
    EXPECT_EQ(second.code, 1001) << second.failure();
    EXPECT_EQ(first.got.size(), 1u);
    // It may begin again.
    ASSERT_TRUE(this->server->listen());
    this->port = this->server->local_address()->port();
    talker third(this->home, this->asked(w));
    EXPECT_TRUE(this->ran([&] { return third.is_open; }));
    this->echo.messages = 0;
    this->reset();
  }
}

TYPED_TEST(websocket_life_on, stop_breaks_what_hangs) {
  auto c = this->served();
  c.stop_timeout = 50ms;
  auto& heard = this->script();
  this->serve(heard, std::move(c));
  raw_peer mute(this->home, this->at.bind_address().with_port(this->port));
  mute.send(upgrade);
  raw_peer undecided(this->home, this->at.bind_address().with_port(this->port));
  undecided.send("GET / HTTP/1.1\r\n");
  ASSERT_TRUE(
      this->ran([&] { return heard.peers.size() == 1 && this->server->connections() == 2; }));
  EXPECT_TRUE(this->at.wait(this->server->stop()));
  EXPECT_EQ(this->server->connections(), 0u);
  EXPECT_EQ(heard.closes, 2);
}

// In its handler the program may notice that nobody is left, and go.
TYPED_TEST(websocket_life_on, a_server_destroyed_while_stop_abandons_all) {
  auto c = this->served();
  c.stop_timeout = 20ms;
  auto& going = this->script([&](websocket_peer&, websocket::event& e, time_point) {
    if (std::holds_alternative<closed>(e)) this->server.reset();
  });
  this->serve(going, std::move(c));
  std::vector<std::unique_ptr<raw_peer>> mute;
  for (int i = 0; i < 3; ++i) {
    mute.push_back(
        std::make_unique<raw_peer>(this->home, this->at.bind_address().with_port(this->port)));
    mute.back()->send(upgrade);
  }
  ASSERT_TRUE(this->ran([&] { return going.peers.size() == 3; }));
  const auto outcome = this->at.wait(this->server->stop());
  EXPECT_EQ(outcome.error(), errc::cancelled);
  EXPECT_EQ(going.closes, 3);
}

TYPED_TEST(websocket_life_on, a_server_destroyed_inside_its_handler) {
  for (const wire w : every_wire) {
    for (const std::string when : {"handshake", "opened", "message", "close", "closed"}) {
      SCOPED_TRACE(std::string(name_of(w)) + ", " + when);
      auto& going = this->script([&, when](websocket_peer&, websocket::event& e, time_point) {
        if (this->name(e) == when) this->server.reset();
      });
      this->serve(going, w);
      talker t(this->home, this->asked(w), [](websocket_client& c, websocket::event& e, auto now) {
        if (!std::holds_alternative<websocket::opened>(e)) return;
        EXPECT_TRUE(c.machine().send_text("hello", now));
        EXPECT_TRUE(c.machine().close(close_code::normal, "", now));
      });
      ASSERT_TRUE(this->ran([&] { return t.is_closed && !this->server; }));
      EXPECT_EQ(going.closes, 1);
      this->reset();
    }
  }
}

TYPED_TEST(websocket_life_on, a_server_that_is_killed) {
  for (const wire w : every_wire) {
    SCOPED_TRACE(name_of(w));
    this->serve(this->echo, w);
    talker t(this->home, this->asked(w));
    ASSERT_TRUE(this->ran([&] { return t.is_open; }));
    this->reset();
    ASSERT_TRUE(this->ran([&] { return t.is_closed; }));
    ASSERT_TRUE(t.fault);
    EXPECT_EQ(t.fault->kind(), error_class::transient) << t.failure();
    EXPECT_EQ(t.code, 0);
  }
}

// --- the client -----------------------------------------------------------------------

TYPED_TEST(websocket_life_on, a_client_destroyed_inside_its_handler) {
  for (const wire w : every_wire) {
    for (const std::string when : {"opened", "message", "close", "closed"}) {
      SCOPED_TRACE(std::string(name_of(w)) + ", " + when);
      this->serve(this->echo, w);
      std::unique_ptr<talker> t;
      bool was_closed = false;
      t = std::make_unique<talker>(this->home, this->asked(w),
                                   [&, when](websocket_client& c, websocket::event& e, auto now) {
                                     was_closed |= std::holds_alternative<closed>(e);
                                     if (this->name(e) == when) return t.reset();
                                     auto& machine = c.machine();
                                     if (this->name(e) == "opened")
                                       (void)machine.send_text("hello", now);
                                     if (this->name(e) == "message")
                                       (void)machine.close(close_code::normal, "", now);
                                   });
      ASSERT_TRUE(this->ran([&] { return !t; }));
      EXPECT_EQ(was_closed, when == "closed");
      EXPECT_TRUE(this->ran([&] { return this->server->connections() == 0; }));
      this->reset();
    }
  }
}

TYPED_TEST(websocket_life_on, a_client_destroyed_while_it_connects) {
  for (const wire w : every_wire) {
    SCOPED_TRACE(name_of(w));
    this->serve(this->echo, w);
    {
      const talker gone(this->home, this->asked(w));
    }
    {
      // Connected, but in the middle of a handshake.
      const talker gone(this->home, this->asked(w));
      ASSERT_TRUE(this->ran([&] { return this->server->connections() > 0; }));
    }
    EXPECT_TRUE(this->ran([&] { return this->server->connections() == 0; }));
    this->reset();
  }
  // Nobody is there, and nobody is told twice.
  std::unique_ptr<talker> t;
  this->port = 1;
  t = std::make_unique<talker>(
      this->home, this->asked(),
      [&](websocket_client&, websocket::event&, time_point) { t.reset(); });
  ASSERT_TRUE(this->ran([&] { return !t; }));
}

TYPED_TEST(websocket_life_on, a_client_that_goes_says_so) {
  int messages = 0;
  auto& heard = this->script([&](websocket_peer&, websocket::event& e, time_point) {
    messages += std::holds_alternative<websocket::message_event>(e);
  });
  this->serve(heard);
  auto t = std::make_unique<talker>(this->home, this->asked());
  ASSERT_TRUE(this->ran([&] { return t->is_open; }));
  // What was sent before it goes arrives.
  t->say(letters(1000));
  t.reset();
  ASSERT_TRUE(this->ran([&] { return heard.closes == 1; }));
  EXPECT_EQ(messages, 1);
  EXPECT_THAT(heard.codes, ::testing::ElementsAre(1001));
}

TYPED_TEST(websocket_life_on, a_client_that_opens_again) {
  this->serve(this->echo);
  int opens = 0;
  talker t(this->home, this->asked(), [&](websocket_client& c, websocket::event& e, auto now) {
    if (std::holds_alternative<websocket::opened>(e)) {
      ++opens;
      EXPECT_EQ(c.open().error(), errc::misuse);
      EXPECT_TRUE(c.machine().close(close_code::normal, "", now));
    }
    if (!std::holds_alternative<closed>(e)) return;
    EXPECT_FALSE(c.is_active());
    if (opens < 3) (void)c.open();
  });
  ASSERT_TRUE(this->ran([&] { return opens == 3 && !t.client->is_active(); }));
  EXPECT_FALSE(t.fault) << t.failure();
}

TYPED_TEST(websocket_life_on, aborts) {
  auto& heard = this->script();
  this->serve(heard);
  talker t(this->home, this->asked());
  ASSERT_TRUE(this->ran([&] { return t.is_open; }));
  t.client->machine().end_now();
  t.client->wake();
  ASSERT_TRUE(this->ran([&] { return t.is_closed && heard.closes == 1; }));
  EXPECT_FALSE(t.fault) << t.failure();
  EXPECT_EQ(heard.faults.size(), 1u);
}

}  // namespace
}  // namespace parley::test
#endif
