// Ends of every kind, on every loop: servers and clients that go, stop, restart, hang.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "http_on/http_on.hpp"

namespace parley::test {
namespace {

// The outcome of a call that is not waited for.
struct outcome {
  explicit outcome(operation<http_reply> op) {
    std::move(op).then([this](result<http_reply> r) { got.emplace(std::move(r)); });
  }
  outcome(const outcome&) = delete;
  outcome& operator=(const outcome&) = delete;
  bool has_ended() const { return got.has_value(); }
  std::string text() const {
    return !got ? "nothing" : *got ? (*got)->body : std::string(got->error().name());
  }
  std::optional<result<http_reply>> got;
};

// Remembers who asked, and answers when the test says so.
struct held_requests {
  void keep(http_peer& peer, http::request_id id) { all.emplace_back(&peer, id); }
  void forget(http_peer& gone) {
    std::erase_if(all, [&](const auto& each) { return each.first == &gone; });
  }
  void answer(std::string_view text, time_point now) {
    for (const auto& [peer, id] : std::exchange(all, {})) {
      say(*peer, id, text, now);
      peer->wake();
    }
  }
  std::vector<std::pair<http_peer*, http::request_id>> all;
};

template <class L>
class http_life_on : public http_on<L> {
 protected:
  http_life_on() {
    holding.on_closed = [this](http_peer& gone) { held.forget(gone); };
  }

  held_requests held;
  http_script holding{
      [this](http_peer& peer, http::request_id id, time_point) { held.keep(peer, id); }};
  http_script greeting{
      [](http_peer& peer, http::request_id id, time_point now) { say(peer, id, "hello", now); }};

  bool holds(std::size_t n) {
    return this->at.run_until([&] { return held.all.size() == n; });
  }
};
TYPED_TEST_SUITE(http_life_on, all_loops, loop_names);

// --- the server -----------------------------------------------------------------------

TYPED_TEST(http_life_on, a_server_destroyed_inside_its_handler) {
  auto& destroying =
      this->script([&](http_peer&, http::request_id, time_point) { this->server.reset(); });
  this->serve(destroying);
  http_client web(this->home, this->asked());
  const error why = this->refusal(web.call(http_request("POST", "/", "x")));
  EXPECT_EQ(why.kind(), error_class::transient) << why.to_string();
  EXPECT_EQ(destroying.closes, 1);
}

TYPED_TEST(http_life_on, stop_lets_answers_finish) {
  this->serve(this->holding);
  http_client web(this->home, this->asked());
  const outcome call(web.call(http_request("GET", "/")));
  ASSERT_TRUE(this->holds(1));
  bool stopped = false;
  this->server->stop().then([&](result<void> r) { stopped = r.has_value(); });
  http_client late(this->home, this->asked());
  EXPECT_EQ(this->refusal(late.call(http_request())), errc::refused);
  EXPECT_FALSE(stopped);
  EXPECT_FALSE(call.has_ended());
  this->held.answer("hello", this->home.now());
  ASSERT_TRUE(this->at.run_until([&] { return stopped && call.has_ended(); }));
  EXPECT_EQ(call.text(), "hello");
  EXPECT_EQ((*call.got)->headers.find("connection"), "close");
  EXPECT_EQ(this->server->connections(), 0u);
}

TYPED_TEST(http_life_on, stop_breaks_what_hangs) {
  auto c = this->served();
  c.stop_timeout = 50ms;
  this->serve(this->holding, std::move(c));
  http_client web(this->home, this->asked());
  const outcome call(web.call(http_request("GET", "/")));
  ASSERT_TRUE(this->holds(1));
  EXPECT_TRUE(this->at.wait(this->server->stop()));
  EXPECT_EQ(this->server->connections(), 0u);
  EXPECT_EQ(this->holding.closes, 1);
  ASSERT_TRUE(this->at.run_until([&] { return call.has_ended(); }));
  EXPECT_FALSE(call.got->has_value());
}

TYPED_TEST(http_life_on, no_more_connections_than_allowed) {
  auto c = this->served();
  c.max_connections = 1;
  this->serve(this->greeting, std::move(c));
  auto first = std::make_unique<http_client>(this->home, this->asked());
  EXPECT_EQ(this->got(*first, http_request()).text(), "hello");
  http_client second(this->home, this->asked());
  const error why = this->refusal(second.call(http_request()));
  EXPECT_EQ(why.kind(), error_class::transient) << why.to_string();
  EXPECT_EQ(this->server->connections(), 1u);
  first.reset();
  ASSERT_TRUE(this->at.run_until([&] { return this->server->connections() == 0; }));
  EXPECT_EQ(this->got(second, http_request()).text(), "hello");
}

TYPED_TEST(http_life_on, a_restart_between_two_calls) {
  for (const wire w : every_wire) {
    SCOPED_TRACE(name_of(w));
    this->serve(this->greeting, w);
    http_client web(this->home, this->asked(w));
    EXPECT_EQ(this->got(web, http_request()).text(), "hello");
    this->server.reset();
    this->serve(this->greeting, w);
    EXPECT_EQ(this->got(web, http_request()).text(), "hello");
    EXPECT_EQ(web.connects(), 2u);
    this->reset();
  }
}

// --- the client -----------------------------------------------------------------------

TYPED_TEST(http_life_on, a_client_destroyed_with_calls_under_way) {
  for (const wire w : every_wire) {
    SCOPED_TRACE(name_of(w));
    this->serve(this->holding, w);
    auto web = std::make_unique<http_client>(this->home, this->asked(w));
    const outcome sent(web->call(http_request("GET", "/")));
    const outcome queued(web->call(http_request("GET", "/")));
    ASSERT_TRUE(this->holds(1));
    web.reset();
    EXPECT_FALSE(sent.has_ended());  // not from inside the destructor
    ASSERT_TRUE(this->at.run_until([&] { return sent.has_ended() && queued.has_ended(); }));
    EXPECT_EQ(sent.text(), "cancelled");
    EXPECT_EQ(queued.text(), "cancelled");
    // Without TLS its end might be that of its stream alone: only writing tells.
    this->held.answer("hello", this->home.now());
    EXPECT_TRUE(this->at.run_until([&] { return this->server->connections() == 0; }));
    this->reset();
  }
}

TYPED_TEST(http_life_on, a_client_destroyed_while_it_connects) {
  for (const wire w : every_wire) {
    SCOPED_TRACE(name_of(w));
    this->serve(this->greeting, w);
    auto web = std::make_unique<http_client>(this->home, this->asked(w));
    const outcome call(web->call(http_request()));
    web.reset();
    ASSERT_TRUE(this->at.run_until([&] { return call.has_ended(); }));
    EXPECT_EQ(call.text(), "cancelled");
    EXPECT_TRUE(this->at.run_until([&] { return this->server->connections() == 0; }));
    this->reset();
  }
  // Inside the handshake, which never ends.
  raw_server mute([](raw_peer&) {});
  this->port = mute.listen(this->home, this->at.bind_address()).port();
  auto web = std::make_unique<http_client>(this->home, this->asked(wire::tls));
  const outcome call(web->call(http_request()));
  ASSERT_TRUE(this->at.run_until(
      [&] { return !mute.peers.empty() && !mute.peers.front()->received.empty(); }));
  web.reset();
  EXPECT_TRUE(this->at.run_until([&] { return call.has_ended(); }));
}

TYPED_TEST(http_life_on, a_client_destroyed_by_its_own_callback) {
  this->serve(this->greeting);
  auto web = std::make_unique<http_client>(this->home, this->asked());
  std::string text;
  web->call(http_request()).then([&](result<http_reply> r) {
    text = r ? r->body : r.error().to_string();
    web.reset();
  });
  const outcome next(web->call(http_request()));
  ASSERT_TRUE(this->at.run_until([&] { return next.has_ended(); }));
  EXPECT_EQ(text, "hello");
  EXPECT_TRUE(next.text() == "cancelled" || next.text() == "hello") << next.text();
}

TYPED_TEST(http_life_on, cancelled_calls) {
  this->serve(this->holding);
  http_client web(this->home, this->asked());
  auto first = web.call(http_request("GET", "/first"));
  auto second = web.call(http_request("GET", "/second"));
  const outcome third(web.call(http_request("GET", "/third")));
  ASSERT_TRUE(this->holds(1));
  second.cancel();
  EXPECT_TRUE(second.is_complete());
  first.cancel();
  EXPECT_EQ(this->refusal(std::move(first)), errc::cancelled);
  EXPECT_EQ(this->refusal(std::move(second)), errc::cancelled);
  // The connection owes a reply, so that the third goes on another.
  ASSERT_TRUE(this->at.run_until([&] { return this->holding.requests.back() == "GET /third"; }));
  this->held.answer("hello", this->home.now());
  ASSERT_TRUE(this->at.run_until([&] { return third.has_ended(); }));
  EXPECT_EQ(third.text(), "hello");
  EXPECT_THAT(this->holding.requests, ::testing::ElementsAre("GET /first", "GET /third"));
  EXPECT_EQ(web.connects(), 2u);
}

// --- half a connection ------------------------------------------------------------------

TYPED_TEST(http_life_on, a_client_that_ends_its_stream_is_answered) {
  this->serve(this->holding);
  raw_peer client(this->home, this->at.bind_address().with_port(this->port));
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  client.end_writing();
  ASSERT_TRUE(this->holds(1));
  // The end of its stream comes before the answer.
  (void)this->at.run_until([] { return false; }, 30ms);
  this->held.answer("hello", this->home.now());
  ASSERT_TRUE(this->at.run_until([&] { return client.has_ended; }));
  EXPECT_TRUE(client.received.starts_with("HTTP/1.1 200 OK\r\n")) << client.received;
  EXPECT_TRUE(client.received.ends_with("\r\n\r\nhello")) << client.received;
}

}  // namespace
}  // namespace parley::test
#endif
