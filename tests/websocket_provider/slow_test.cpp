// Receivers that do not read among others that do, and clients that are not let in, on every loop.
#include <parley/codecs/http/head.hpp>

#include "support/raw_peer.hpp"
#include "websocket_provider/provider_on.hpp"

namespace parley::test {
namespace {

template <class L>
class websocket_slow_on : public websocket_provider_on<L> {
 protected:
  // A foreign client that reads nothing behind the handshake.
  std::unique_ptr<raw_peer> deaf() {
    const address where = this->at.bind_address().with_port(this->port);
    auto peer = std::make_unique<raw_peer>(this->home, where);
    peer->send(
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
    EXPECT_TRUE(this->at.run_until([&] { return peer->received.contains("\r\n\r\n"); }));
    peer->read(false);
    return peer;
  }

  // What each policy makes of 24 MB for one that reads nothing, while another gets all of it.
  websocket_counts overflow_with(overflow policy) {
    auto c = this->served();
    c.write_limit = 512 * 1024;
    c.write_policy = policy;
    auto server = this->up(c);
    auto good = this->call();
    strings got;
    auto ear = this->listen(*good, "news", got);
    auto bad = deaf();
    EXPECT_TRUE(this->at.run_until([&] { return server->counts().clients == 2; }));
    auto news = this->speak(*server, "news");
    const std::string large(400'000, 'x');
    for (std::size_t i = 0; i < 60; ++i) {
      EXPECT_GE(this->shout(news, large), 1);
      EXPECT_TRUE(this->at.run_until([&] { return got.size() == i + 1; }));
      got.back().clear();
    }
    const websocket_counts end = server->counts();
    // Bounded, whatever was said: the queue, and what was handed to the connection.
    EXPECT_LE(end.queued_bytes, 512U * 1024);
    EXPECT_LE(server->status().queued_bytes, 1500U * 1024);
    return end;
  }
};
TYPED_TEST_SUITE(websocket_slow_on, all_loops, loop_names);

TYPED_TEST(websocket_slow_on, is_bounded_and_stops_nobody_else) {
  for (const overflow policy : {overflow::reject, overflow::drop_newest, overflow::drop_oldest}) {
    const websocket_counts end = this->overflow_with(policy);
    EXPECT_EQ(end.clients, 2U) << static_cast<int>(policy);
    EXPECT_GT(end.lost, 20U);
    EXPECT_EQ(end.overrun, 0U);
  }
}

TYPED_TEST(websocket_slow_on, keeps_the_latest_of_each_channel) {
  const websocket_counts end = this->overflow_with(overflow::conflate);
  EXPECT_EQ(end.clients, 2U);
  EXPECT_GT(end.lost, 20U);
  EXPECT_LE(end.queued_bytes, 400'100U);
}

TYPED_TEST(websocket_slow_on, is_closed_where_that_was_chosen) {
  const websocket_counts end = this->overflow_with(overflow::close);
  EXPECT_EQ(end.overrun, 1U);
}

// P48 and the hook at the handshake.
TYPED_TEST(websocket_slow_on, who_may_enter_is_asked) {
  std::vector<websocket_visit> later;
  websocket_provider server(this->home, this->served());
  std::vector<std::string> seen;
  server.admit_with([&](const http::request_head& head, const address&, websocket_visit visit) {
    const auto who = head.headers.value_of(http::field::authorization);
    seen.push_back(std::string(head.target) + " " + std::string(who));
    if (head.target == "/later") {
      later.push_back(std::move(visit));
    } else if (who == "Basic YW5uOnNlY3JldA==") {
      visit.accept();
    } else if (head.target != "/forgotten") {
      visit.refuse(401, "who are you?\n");
    }
  });
  ASSERT_TRUE(this->at.wait(server.initialize()));
  this->port = server.local_address()->port();
  auto c = this->called();
  c.uri = "ws://ann:secret@127.0.0.1:" + std::to_string(this->port) + "/feed?x=1";
  auto ann = this->up(c);
  EXPECT_EQ(seen, (std::vector<std::string>{"/feed?x=1 Basic YW5uOnNlY3JldA=="}));
  websocket_provider stranger(this->home, this->called());
  const auto refused = this->at.wait(stranger.initialize());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), websocket::errc::unauthorized);
  EXPECT_EQ(stranger.status().state, provider_state::failed);
  websocket_provider forgotten(this->home, this->called("/forgotten"));
  const auto none = this->at.wait(forgotten.initialize());
  EXPECT_EQ(none.error(), websocket::errc::peer_unavailable) << none.error().to_string();
  websocket_provider patient(this->home, this->called("/later"));
  bool in = false;
  patient.initialize().then([&](result<void> r) { in = r.has_value(); });
  ASSERT_TRUE(this->at.run_until([&] { return !later.empty(); }));
  EXPECT_FALSE(in);
  later.front().accept();
  ASSERT_TRUE(this->at.run_until([&] { return in; }));
}

TYPED_TEST(websocket_slow_on, a_page_of_a_foreign_site_is_kept_out) {
  auto s = this->served();
  s.origins = {"https://good.example"};
  auto server = this->up(s);
  auto c = this->called();
  c.origin = "https://good.example";
  auto good = this->up(c);
  EXPECT_EQ(good->status().state, provider_state::up);
  c.origin = "https://evil.example";
  websocket_provider evil(this->home, c);
  const auto refused = this->at.wait(evil.initialize());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), websocket::errc::unauthorized);
}

}  // namespace
}  // namespace parley::test
