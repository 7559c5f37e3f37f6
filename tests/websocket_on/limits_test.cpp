// Size, memory and what a user reads when it goes wrong, on every loop.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "websocket_on/websocket_on.hpp"

namespace parley::test {
namespace {

template <class L>
class websocket_limits_on : public websocket_on<L> {};
TYPED_TEST_SUITE(websocket_limits_on, all_loops, loop_names);

TYPED_TEST(websocket_limits_on, no_more_connections_than_allowed) {
  auto c = this->served();
  c.max_connections = 1;
  this->serve(this->echo, std::move(c));
  auto first = std::make_unique<talker>(this->home, this->asked());
  ASSERT_TRUE(this->ran([&] { return first->is_open; }));
  talker second(this->home, this->asked());
  ASSERT_TRUE(this->ran([&] { return second.is_closed; }));
  EXPECT_EQ(second.fault->kind(), error_class::transient) << second.failure();
  EXPECT_EQ(this->server->connections(), 1u);
  first.reset();
  ASSERT_TRUE(this->ran([&] { return this->server->connections() == 0; }));
  talker third(this->home, this->asked());
  EXPECT_TRUE(this->ran([&] { return third.is_open; }));
}

TYPED_TEST(websocket_limits_on, a_message_that_is_too_large) {
  for (const bool deflate : {false, true}) {
    SCOPED_TRACE(deflate);
    auto& heard = this->script();
    auto c = this->served();
    c.limits.max_size = 1000;
    c.deflate.enabled = deflate;
    this->serve(heard, std::move(c));
    talker t(this->home, this->asked());
    ASSERT_TRUE(this->ran([&] { return t.is_open; }));
    t.say(std::string(1000, 'a'));
    t.say(std::string(1001, 'a'));
    ASSERT_TRUE(this->ran([&] { return t.is_closed; }));
    EXPECT_EQ(t.code, 1009) << t.failure();
    EXPECT_THAT(t.reason, HasSubstr("exceeds"));
    EXPECT_THAT(heard.faults, ::testing::ElementsAre(HasSubstr("exceeds")));
    this->reset();
  }
  // The other way round.
  auto& speaking = this->script([](websocket_peer& p, websocket::event& e, time_point now) {
    if (!std::holds_alternative<websocket::opened>(e)) return;
    EXPECT_TRUE(p.machine().send_text(std::string(2000, 'a'), now));
  });
  this->serve(speaking);
  auto c = this->asked();
  c.limits.max_size = 1000;
  EXPECT_THAT(this->failure(c), HasSubstr("message exceeds maximum size: " + this->url()));
  ASSERT_TRUE(this->ran([&] { return speaking.closes == 1; }));
  EXPECT_THAT(speaking.codes, ::testing::ElementsAre(1009));
}

// A frame from a client, masked with zeros.
std::string frame(std::size_t size) {
  std::string f{'\x82', '\xff'};
  for (int shift = 56; shift >= 0; shift -= 8) f += static_cast<char>((size >> shift) & 0xFF);
  return f + std::string(4, '\0') + std::string(size, 'x');
}

TYPED_TEST(websocket_limits_on, a_client_that_never_reads_while_others_are_served) {
  constexpr std::size_t size = 64 * 1024, count = 160;
  auto c = this->served();
  const std::size_t bound = c.limits.high_water + 4 * size + 256 * 1024;
  this->serve(this->echo, std::move(c));
  raw_peer greedy(this->home, this->at.bind_address().with_port(this->port));
  greedy.send(
      "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  ASSERT_TRUE(this->ran([&] { return greedy.received.contains("\r\n\r\n"); }));
  greedy.received.clear();
  greedy.read(false);
  for (std::size_t i = 0; i < count; ++i) greedy.send(frame(size));
  ASSERT_TRUE(this->ran([&] { return this->echo.messages > 0; }));
  // Until nothing goes any more: what the system buffers between the two is full.
  std::size_t before = 0;
  while (before != this->echo.messages) {
    before = this->echo.messages;
    this->linger(100ms);
  }
  EXPECT_LT(this->echo.most, bound);
  const std::size_t stood_at = before;

  talker other(this->home, this->asked());
  ASSERT_TRUE(this->ran([&] { return other.is_open; }));
  other.say("hello");
  ASSERT_TRUE(this->ran([&] { return other.got.size() == 1; }));
  EXPECT_EQ(this->echo.messages, stood_at + 1);

  greedy.read(true);
  // Ten bytes of header, as a server does not mask.
  ASSERT_TRUE(this->ran([&] { return greedy.received.size() >= count * (size + 10); }));
  EXPECT_EQ(this->echo.messages, count + 1);
  EXPECT_LT(this->echo.most, bound);
}

// --- what a user reads --------------------------------------------------------------------

TYPED_TEST(websocket_limits_on, nobody_there) {
  this->serve(this->echo);
  this->server.reset();
  const std::string why = this->failure(this->asked());
  EXPECT_THAT(why, HasSubstr("connection refused: " + this->url()));
  EXPECT_THAT(why, HasSubstr("check that the service is running"));
  auto c = this->asked();
  c.host = "no-such-host.invalid";
  EXPECT_THAT(this->failure(c), HasSubstr("the host name has no address: ws://no-such-host"));
  c = this->asked();
  c.unix_socket = this->at.socket_path("nobody");
  EXPECT_THAT(this->failure(c), HasSubstr("ws+unix://"));
}

TYPED_TEST(websocket_limits_on, no_websocket_there) {
  const auto answers = [&](const std::string& status) {
    this->own.reset();
    this->serve_raw(on_each_head([status](raw_peer& p, const std::string&) {
      p.send("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n");
    }));
    auto c = this->asked();
    c.target = "/feed?token=secret";
    return this->failure(c);
  };
  const std::string missing = answers("404 Not Found");
  EXPECT_THAT(missing, HasSubstr("the server did not switch to WebSocket: " +
                                 this->url("ws", "/feed?token=***") + ": 404 Not Found"));
  EXPECT_THAT(missing, HasSubstr("check the path"));
  EXPECT_THAT(answers("200 OK"), HasSubstr("200 OK"));
  EXPECT_THAT(answers("401 Unauthorized"), HasSubstr("refuses these credentials"));
  EXPECT_THAT(answers("503 Busy"), HasSubstr("come again later"));
  this->own.reset();
  this->serve_raw([](raw_peer& p) { p.send("SSH-2.0-OpenSSH_9.2\r\n"); });
  EXPECT_THAT(this->failure(this->asked()), HasSubstr("the peer does not speak HTTP"));
  this->own.reset();
  this->serve_raw([](raw_peer& p) { p.close(); });
  EXPECT_NE(this->failure(this->asked()), "none");
  this->own.reset();
  this->serve_raw([](raw_peer&) {});
  auto c = this->asked();
  c.handshake_timeout = 30ms;
  EXPECT_THAT(this->failure(c), HasSubstr("the handshake was not complete in time"));
}

TYPED_TEST(websocket_limits_on, the_wrong_kind_of_port) {
  this->serve(this->echo, wire::tls);
  EXPECT_THAT(this->failure(this->asked()), HasSubstr(this->url()));
  this->reset();
  this->serve(this->echo);
  const std::string why = this->failure(this->asked(wire::tls));
  EXPECT_THAT(why, HasSubstr("the peer answered without TLS: " + this->url("wss")));
}

TYPED_TEST(websocket_limits_on, certificates) {
  this->serve(this->echo, wire::tls);
  auto c = this->asked(wire::tls);
  c.tls.ca_certs = files().stranger;
  const std::string stranger = this->failure(c);
  EXPECT_THAT(stranger, HasSubstr("certificate is missing: " + this->url("wss")));
  EXPECT_THAT(stranger, HasSubstr("CN=here"));
  c.tls.ca_certs = files().folder / "none.pem";
  EXPECT_THAT(this->failure(c), HasSubstr("none.pem"));
  c.with = nullptr;
  EXPECT_THAT(this->failure(c), HasSubstr("protocol not available"));

  this->reset();
  auto strict = this->served(wire::tls);
  strict.tls.ca_certs = files().ca;
  strict.tls.clients = client_certificates::required;
  strict.watch = &this->watch;
  this->serve(this->echo, std::move(strict));
  EXPECT_THAT(this->failure(this->asked(wire::tls)),
              HasSubstr("the peer did not accept our certificate"));
  auto named = this->asked(wire::tls);
  named.tls.certfile = files().client_chain;
  named.tls.keyfile = files().client_key;
  talker t(this->home, named);
  EXPECT_TRUE(this->ran([&] { return t.is_open; }));
  EXPECT_FALSE(this->watch.lines.empty());
}

}  // namespace
}  // namespace parley::test
#endif
