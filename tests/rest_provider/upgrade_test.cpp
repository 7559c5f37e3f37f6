// WebSocket and REST on one port, on every loop, with and without TLS.
#include <parley/codecs/http/head.hpp>
#include <parley/codecs/websocket/websocket_provider.hpp>
#include <parley/core/machine/stack.hpp>

#include "rest_provider/served_on.hpp"
#include "support/line_machine.hpp"

namespace parley::test {
namespace {

using namespace std::string_view_literals;

// Lines over TLS, for what no client of ours would do.
class tls_lines final : public machine_driver<stack<line_machine>, tls_lines> {
 public:
  tls_lines(loop& home, const address& to, layer_ptr tls)
      : machine_driver(line_machine(), std::move(tls)), transport(&home.connect(to, *this)) {}
  void send(std::string_view text) {
    driven().top().send(text);
    transport->wake();
  }
  void on_event(line_machine::event& event, time_point) {
    if (const auto* got = std::get_if<line>(&event)) received.append(got->text).append("\n");
  }
  void released() override { transport = nullptr; }

  std::string received;
  connection* transport;
};

std::string handshake(std::string_view path, std::string_view fields = {}) {
  return "GET " + std::string(path) +
         " HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         std::string(fields) + "\r\n";
}
// A text, masked with zeros.
constexpr std::string_view hello_frame = "\x81\x86\0\0\0\0hello\n"sv;
constexpr std::string_view accepted = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

template <class L>
class rest_upgrade_on : public rest_served_on<L> {
 protected:
  rest_config secured() {
    rest_config c = this->served();
    c.ssl_cert = files().chain;
    c.ssl_key = files().key;
    return c;
  }
  // Both, and a speaker at the WebSocket's that hears all.
  void share(rest_config c, websocket_config w = {}) {
    w.listens = false;
    sockets.emplace(this->home, std::move(w));
    ASSERT_TRUE(this->at.wait(sockets->initialize()));
    EXPECT_FALSE(sockets->local_address());
    this->start(std::move(c));
    ASSERT_TRUE(this->server->upgrade("/feed/{room}", sockets->upgrades()));
    this->route("GET", "/hello",
                [](rest_request&) -> reply_or_error { return rest_reply::text("hello"); });
    auto made = this->at.wait(sockets->create_speaker(
        "#", [this](const message& m) { heard.push_back(std::string(m.text())); }));
    ASSERT_TRUE(made) << made.error().to_string();
    ears.push_back(*std::move(made));
  }
  address where() const { return *this->server->local_address(); }
  websocket_config calling(std::string_view scheme) {
    websocket_config c;
    c.is_server = false;
    c.uri = std::string(scheme) + "://127.0.0.1:" + std::to_string(where().port()) + "/feed/one";
    c.ssl_ca_certs = files().ca;
    c.connect_timeout = 5s;
    c.with = &this->lower;
    return c;
  }
  std::unique_ptr<tls_lines> connect_tls() {
    tls_settings how;
    how.ca_certs = files().ca;
    auto tls = this->lower.make("tls", {"127.0.0.1", &how, &this->home, nullptr});
    EXPECT_TRUE(tls) << tls.error().to_string();
    return std::make_unique<tls_lines>(this->home, where(), *std::move(tls));
  }
  template <class Peer>
  bool gets(const Peer& peer, std::string_view text) {
    return this->at.run_until([&] { return peer.received.contains(text); });
  }
  void end(tls_lines& peer) {
    if (peer.transport) peer.transport->close();
    EXPECT_TRUE(this->at.run_until([&] { return peer.transport == nullptr; }));
  }
  bool hears(std::size_t n) {
    return this->at.run_until([&] { return heard.size() >= n; });
  }
  void converse(std::string_view scheme);

  strings heard;
  std::vector<speaker> ears;
  std::optional<websocket_provider> sockets;
};
TYPED_TEST_SUITE(rest_upgrade_on, all_loops, loop_names);

// Each says something to the other.
template <class L>
void rest_upgrade_on<L>::converse(std::string_view scheme) {
  websocket_provider caller(this->home, calling(scheme));
  auto up = this->at.wait(caller.initialize());
  ASSERT_TRUE(up) << up.error().to_string();
  strings told;
  auto ear = this->at.wait(caller.create_speaker(
      "news", [&](const message& m) { told.push_back(std::string(m.text())); }));
  ASSERT_TRUE(ear);
  EXPECT_EQ(sockets->counts().clients, 1u);
  auto here = this->at.wait(sockets->create_speaker("news"));
  auto sent = this->at.wait(here->shout("from the server"));
  EXPECT_EQ(sent->receivers, 1);
  EXPECT_TRUE(this->at.run_until([&] { return !told.empty(); }));
  EXPECT_EQ(told, strings{"from the server"});
  ASSERT_TRUE(this->at.wait(ear->shout("from the client")));
  EXPECT_TRUE(hears(1));
  EXPECT_EQ(heard, strings{"from the client"});
  EXPECT_TRUE(this->at.wait(caller.close()));
  EXPECT_TRUE(this->at.run_until([&] { return sockets->counts().clients == 0; }));
}

TYPED_TEST(rest_upgrade_on, websocket_and_rest_share_a_port) {
  this->share(this->served());
  EXPECT_EQ(this->say("GET", "/hello"), "200 hello");
  this->converse("ws");
  EXPECT_EQ(this->say("GET", "/hello"), "200 hello");
}

TYPED_TEST(rest_upgrade_on, they_share_one_with_tls) {
  this->share(this->secured());
  this->converse("wss");
}

// What a client sends behind its request, without waiting for the answer, on a connection that has
// served REST before.
TYPED_TEST(rest_upgrade_on, what_comes_early_is_not_lost) {
  this->share(this->served());
  auto peer = this->connect();
  peer->send("GET /hello HTTP/1.1\r\nHost: here\r\n\r\n");
  ASSERT_TRUE(this->gets(*peer, "hello"));
  peer->send(handshake("/feed/one") + std::string(hello_frame));
  EXPECT_TRUE(this->gets(*peer, accepted)) << peer->received;
  EXPECT_TRUE(this->hears(1));
  EXPECT_EQ(this->heard, strings{"hello\n"});
  // All at once, behind a request that is answered at once.
  auto other = this->connect();
  other->send("GET /hello HTTP/1.1\r\nHost: here\r\n\r\n" + handshake("/feed/two") +
              std::string(hello_frame) + std::string(hello_frame));
  EXPECT_TRUE(this->gets(*other, accepted)) << other->received;
  EXPECT_TRUE(this->hears(3));
  EXPECT_THAT(other->received, testing::StartsWith("HTTP/1.1 200 OK"));
  EXPECT_EQ(this->sockets->counts().clients, 2u);
}

TYPED_TEST(rest_upgrade_on, nor_behind_tls) {
  this->share(this->secured());
  auto peer = this->connect_tls();
  for (const std::string_view line : {"GET /hello HTTP/1.1\r", "Host: here\r", "\r"}) {
    peer->send(line);
  }
  std::string text = handshake("/feed/one");
  text.pop_back();  // the client's lines have an end of their own
  peer->send(text);
  for (int i = 0; i < 3; ++i) peer->send(hello_frame.substr(0, hello_frame.size() - 1));
  EXPECT_TRUE(this->gets(*peer, accepted)) << peer->received;
  EXPECT_TRUE(this->hears(3));
  EXPECT_EQ(this->heard, (strings{"hello\n", "hello\n", "hello\n"}));
  this->end(*peer);
  EXPECT_TRUE(this->at.run_until([&] { return this->sockets->counts().clients == 0; }));
}

// P48: whose page it is that asks is looked at as by a WebSocket server of its own.
TYPED_TEST(rest_upgrade_on, foreign_pages_are_refused) {
  this->share(this->served());
  auto peer = this->connect();
  peer->send(handshake("/feed/one", "Origin: https://evil.example\r\n"));
  EXPECT_TRUE(this->gets(*peer, "HTTP/1.1 403")) << peer->received;
  EXPECT_TRUE(this->at.run_until([&] { return peer->has_ended; }));
  auto own = this->connect();
  own->send(handshake("/feed/one", "Origin: http://here\r\n"));
  EXPECT_TRUE(this->gets(*own, accepted)) << own->received;
}

TYPED_TEST(rest_upgrade_on, a_page_of_ours_came_by_tls_too) {
  this->share(this->secured());
  const auto ask = [&](std::string_view origin) {
    auto peer = this->connect_tls();
    std::string text = handshake("/feed/one", "Origin: " + std::string(origin) + "\r\n");
    text.pop_back();
    peer->send(text);
    EXPECT_TRUE(this->gets(*peer, "\r\n\r\n"));
    this->end(*peer);
    return peer->received.substr(0, 12);
  };
  EXPECT_EQ(ask("https://here"), "HTTP/1.1 101");
  EXPECT_EQ(ask("http://here"), "HTTP/1.1 403");
}

TYPED_TEST(rest_upgrade_on, who_asks_for_no_websocket_is_told) {
  this->share(this->served());
  const auto plain = this->ask("GET", "/feed/one");
  EXPECT_EQ(plain.status, 426);
  EXPECT_EQ(plain.headers.find("upgrade"), "websocket");
  EXPECT_EQ(this->ask("POST", "/feed/one").status, 404);
  // A path without WebSocket: the wish is ignored, as RFC 9110 section 7.8 lets us.
  auto peer = this->connect();
  peer->send(handshake("/hello") + handshake("/nowhere"));
  EXPECT_TRUE(this->gets(*peer, "HTTP/1.1 200")) << peer->received;
  EXPECT_TRUE(this->gets(*peer, "HTTP/1.1 404")) << peer->received;
  // Another protocol than ours.
  auto other = this->connect();
  other->send(
      "GET /feed/one HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  EXPECT_TRUE(this->gets(*other, "HTTP/1.1 426")) << other->received;
  // A handshake that is none.
  auto bad = this->connect();
  bad->send(
      "GET /feed/one HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_TRUE(this->gets(*bad, "Sec-WebSocket-Version: 13")) << bad->received;
}

TYPED_TEST(rest_upgrade_on, nobody_is_taken_at_this_moment) {
  this->share(this->served(), {.max_connections = 1});
  auto first = this->connect();
  first->send(handshake("/feed/one"));
  ASSERT_TRUE(this->gets(*first, accepted));
  // There is no room, and the connection goes on.
  auto second = this->connect();
  second->send(handshake("/feed/one") + "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n");
  EXPECT_TRUE(this->gets(*second, "HTTP/1.1 503")) << second->received;
  EXPECT_TRUE(this->gets(*second, "HTTP/1.1 200")) << second->received;
  // Nor before earlier answers are complete: they would come in between.
  std::optional<rest_responder> waits;
  rest_async_handler late = [&](rest_responder r) { waits.emplace(std::move(r)); };
  ASSERT_TRUE(this->server->route("GET", "/late", std::move(late)));
  first->close();
  ASSERT_TRUE(this->at.run_until([&] { return this->sockets->counts().clients == 0; }));
  auto third = this->connect();
  third->send("GET /late HTTP/1.1\r\nHost: here\r\n\r\n" + handshake("/feed/one"));
  ASSERT_TRUE(this->at.run_until([&] { return waits.has_value(); }));
  this->at.run_for(10ms);
  waits->reply(rest_reply::text("late"));
  waits.reset();
  EXPECT_TRUE(this->gets(*third, "late"));
  EXPECT_TRUE(this->gets(*third, "HTTP/1.1 503")) << third->received;
}

TYPED_TEST(rest_upgrade_on, both_close_in_good_order) {
  this->share(this->served());
  auto peer = this->connect();
  peer->send(handshake("/feed/one"));
  ASSERT_TRUE(this->gets(*peer, accepted));
  // The one leaves the other's alone.
  EXPECT_TRUE(this->at.wait(this->server->close()));
  peer->send(hello_frame);
  EXPECT_TRUE(this->hears(1));
  auto closing = this->sockets->close();
  // 1001, going away; answered by the same.
  EXPECT_TRUE(this->gets(*peer, "\x88\x02\x03\xE9"sv));
  peer->send("\x88\x82\0\0\0\0\x03\xE9"sv);
  EXPECT_TRUE(this->at.wait(std::move(closing)));
  EXPECT_TRUE(this->at.run_until([&] { return peer->is_gone() || peer->has_ended; }));
  EXPECT_EQ(this->sockets->counts().clients, 0u);
}

TYPED_TEST(rest_upgrade_on, either_may_be_gone) {
  this->share(this->served());
  auto peer = this->connect();
  peer->send(handshake("/feed/one"));
  ASSERT_TRUE(this->gets(*peer, accepted));
  const auto door = this->sockets->upgrades();
  this->sockets.reset();
  EXPECT_TRUE(this->at.run_until([&] { return peer->is_gone() || peer->has_ended; }));
  EXPECT_EQ(this->ask("GET", "/feed/one").status, 426);
  auto late = this->connect();
  late->send(handshake("/feed/one"));
  EXPECT_TRUE(this->gets(*late, "HTTP/1.1 503")) << late->received;
  // The other way round, and without the server whose port it was.
  websocket_config own;
  own.listens = false;
  this->sockets.emplace(this->home, std::move(own));
  ASSERT_TRUE(this->at.wait(this->sockets->initialize()));
  ASSERT_TRUE(this->server->upgrade("/again", this->sockets->upgrades()));
  auto ear = this->at.wait(this->sockets->create_speaker(
      "#", [this](const message& m) { this->heard.push_back(std::string(m.text())); }));
  auto stays = this->connect();
  stays->send(handshake("/again"));
  ASSERT_TRUE(this->gets(*stays, accepted));
  this->server.reset();
  stays->send(hello_frame);
  EXPECT_TRUE(this->hears(1));
}

// The server whose port it was is destroyed by who is asked whether the client may come in.
TYPED_TEST(rest_upgrade_on, a_visit_may_be_the_end) {
  this->share(this->served());
  this->sockets.reset();
  websocket_config own;
  own.listens = false;
  this->sockets.emplace(this->home, std::move(own));
  std::optional<websocket_visit> visit;
  std::string asked;
  this->sockets->admit_with([&](const http::request_head& head, const address&, websocket_visit v) {
    asked = head.path();
    visit.emplace(std::move(v));
    this->server.reset();
  });
  ASSERT_TRUE(this->at.wait(this->sockets->initialize()));
  ASSERT_TRUE(this->server->upgrade("/visit", this->sockets->upgrades()));
  auto peer = this->connect();
  peer->send(handshake("/visit"));
  ASSERT_TRUE(this->at.run_until([&] { return visit.has_value(); }));
  EXPECT_EQ(asked, "/visit");
  visit->accept();
  EXPECT_TRUE(this->gets(*peer, accepted)) << peer->received;
  EXPECT_EQ(this->sockets->counts().clients, 1u);
}

TYPED_TEST(rest_upgrade_on, faults_are_told) {
  this->share(this->served());
  EXPECT_EQ(this->server->upgrade("/x", nullptr).error(), errc::invalid_argument);
  EXPECT_FALSE(this->server->upgrade("/feed/{other}", this->sockets->upgrades()));
  EXPECT_FALSE(this->server->upgrade("no path", this->sockets->upgrades()));
  rest_config asking;
  asking.is_server = false;
  rest_provider caller(this->home, std::move(asking));
  EXPECT_EQ(caller.upgrade("/x", this->sockets->upgrades()).error(), errc::not_supported);
  websocket_config both;
  both.listens = false;
  both.unix_socket = "/tmp/x";
  EXPECT_THAT(both.validate().error().to_string(), HasSubstr("listens is false"));
  websocket_config calls;
  calls.is_server = false;
  calls.uri = "ws://127.0.0.1:1";
  EXPECT_EQ(websocket_provider(this->home, std::move(calls)).upgrades(), nullptr);
}

}  // namespace
}  // namespace parley::test
