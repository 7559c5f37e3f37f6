// websocket::client from its request to `opened`, or to the end where it is not let in.
#include <parley/codecs/http/head.hpp>

#include "websocket/machine_script.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr auto subprotocols = std::to_array<std::string_view>({"v2", "v1"});

struct client_script {
  explicit client_script(websocket::client_settings s = {})
      : settings(std::move(s)), log(settings, "example.com", "/feed", random) {
    settings.connection.ping_interval = {};
  }
  // The request, and what its key asks for.
  void start() {
    log.h.start();
    request = log.h.sent();
    const std::string name = "Sec-WebSocket-Key: ";
    const std::size_t at = request.find(name);
    ASSERT_NE(at, std::string::npos);
    const auto chars = websocket::accept_of(request.substr(at + name.size(), 24));
    accept.assign(chars.data(), chars.size());
  }
  std::string response(std::string_view more = {}) const {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: " +
           accept + "\r\n" + std::string(more) + "\r\n";
  }
  std::vector<std::string> told() { return log.told(); }

  websocket::client_settings settings;
  counting_source random;
  machine_log<websocket::client> log;
  websocket::client& machine = log.machine;
  raw_websocket peer{role::server};
  std::string request;
  std::string accept;
};

TEST(websocket_client, asks_as_it_should) {
  websocket::client_settings settings;
  settings.handshake.subprotocols = subprotocols;
  settings.handshake.origin = "https://example.com";
  const http::header own[] = {{"Cookie", "a=b"}};
  settings.handshake.headers = own;
  client_script s(settings);
  s.start();
  EXPECT_THAT(s.request, StartsWith("GET /feed HTTP/1.1\r\n"));
  for (const char* line :
       {"Host: example.com", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: v2, v1", "Origin: https://example.com", "Cookie: a=b"}) {
    EXPECT_THAT(s.request, HasSubstr(std::string(line) + "\r\n"));
  }
}

TEST(websocket_client, opens_at_every_cut_with_frames_behind) {
  websocket::client_settings settings;
  settings.handshake.subprotocols = subprotocols;
  client_script first(settings);
  first.start();
  const std::string all = first.response(
                              "Sec-WebSocket-Protocol: v1\r\nServer: value\r\n"
                              "Sec-WebSocket-Extensions: permessage-deflate\r\n") +
                          first.peer.text("first") + first.peer.text("second");
  for (std::size_t portion = 0; portion < all.size(); ++portion) {
    client_script s(settings);
    s.start();
    std::string name;
    s.log.then = [&](websocket::event& e) {
      // Its views must be those of a head that is still there.
      if (const auto* o = std::get_if<websocket::opened>(&e)) {
        name = o->head->headers.value_of(http::field::server);
      }
    };
    s.log.h.feed(all, portion);
    EXPECT_EQ(name, "value");
    EXPECT_THAT(s.told(), ElementsAre("opened v1 deflate", "text first", "text second"));
    EXPECT_TRUE(s.machine.is_open());
  }
}

TEST(websocket_client, many_frames_behind_the_response) {
  websocket::client_settings settings;
  settings.connection.pieces = true;
  client_script s(settings);
  s.start();
  std::string all = s.response();
  for (int i = 0; i < 60; ++i) all += s.peer.binary(letters(1000));
  EXPECT_EQ(s.log.h.feed(all), all.size());
  EXPECT_EQ(s.log.messages.size(), 60U);
}

TEST(websocket_client, what_a_server_may_do_wrong) {
  websocket::client_settings settings;
  settings.handshake.subprotocols = subprotocols;
  settings.handshake.needs_subprotocol = true;
  struct fault {
    std::string response;
    std::string_view name;
  };
  client_script known(settings);
  known.start();
  const std::string chosen = "Sec-WebSocket-Protocol: v1\r\n";
  std::string other_key = known.response(chosen);
  other_key.replace(other_key.find(known.accept), 3, "abc");
  const std::string plain = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n";
  const fault all[] = {
      {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "unauthorized"},
      {"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "unauthorized"},
      {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "peer_unavailable"},
      {"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", "handshake_refused"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "handshake_refused"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "handshake_refused"},
      {plain + "Upgrade: other\r\n\r\n", "bad_upgrade"},
      {other_key, "bad_accept"},
      {known.response(), "bad_subprotocol"},
      {known.response("Sec-WebSocket-Protocol: v3\r\n"), "bad_subprotocol"},
      {known.response(chosen + "Sec-WebSocket-Extensions: x\r\n"), "bad_extension"},
      {"SSH-2.0-OpenSSH\r\n", "not_http"},
  };
  for (const fault& f : all) {
    for (const std::size_t portion : {0U, 1U}) {
      client_script s(settings);
      s.start();
      s.log.h.feed(f.response + s.peer.text("x"), portion);
      EXPECT_THAT(s.told(), ElementsAre("failed " + std::string(f.name), "closed")) << f.response;
      EXPECT_TRUE(s.log.h.is_over());
      EXPECT_FALSE(s.machine.next_deadline());
      EXPECT_EQ(s.machine.send_text("x", s.log.h.now()).error(), errc::closed);
    }
  }
}

TEST(websocket_client, interim_responses_are_passed_over) {
  client_script s;
  s.start();
  s.log.h.feed("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + s.response());
  EXPECT_THAT(s.told(), ElementsAre("opened"));
}

TEST(websocket_client, a_wish_that_cannot_be_sent) {
  websocket::client_settings settings;
  const http::header bad[] = {{"Upgrade", "x"}};
  settings.handshake.headers = bad;
  client_script s(settings);
  s.log.h.start();
  EXPECT_THAT(s.told(), ElementsAre("failed invalid_argument", "closed"));
  EXPECT_EQ(s.log.h.sent(), "");
}

TEST(websocket_client, a_server_that_does_not_answer) {
  for (const std::size_t cut : {std::size_t{0}, std::size_t{20}}) {
    websocket::client_settings settings;
    settings.handshake_timeout = 5s;
    client_script s(settings);
    s.start();
    s.log.h.feed(s.response().substr(0, cut));
    s.log.h.advance(4s);
    EXPECT_THAT(s.told(), IsEmpty());
    s.log.h.advance(2s);
    EXPECT_THAT(s.told(), ElementsAre("failed handshake_timeout", "closed"));
    EXPECT_FALSE(s.machine.wants_read());
  }
}

TEST(websocket_client, ends_at_every_byte_of_the_response) {
  for (std::size_t cut = 0;; ++cut) {
    client_script s;
    s.start();
    const std::string all = s.response();
    if (cut == all.size()) break;
    for (const bool breaks : {false, true}) {
      client_script t;
      t.start();
      t.log.h.feed(all.substr(0, cut));
      breaks ? t.log.h.feed_error(error(errc::reset)) : t.log.h.feed_eof();
      const auto told = t.told();
      ASSERT_EQ(told.size(), 2U) << cut;
      EXPECT_THAT(told[0], StartsWith("failed "));
      EXPECT_EQ(told[1], "closed");
    }
  }
}

TEST(websocket_client, an_end_with_the_response) {
  client_script s;
  s.start();
  s.log.h.start();
  s.log.h.feed(s.response() + s.peer.text("x") + s.peer.close(1001));
  s.log.h.feed_eof();
  EXPECT_THAT(s.told(), ElementsAre("opened", "text x", "close 1001 by peer", "closed"));
}

TEST(websocket_client, aborted_before_it_opens) {
  // Before start, with the request unsent, in part, and whole.
  for (const std::size_t sent : {0U, 1U, 40U, 10'000U}) {
    client_script s;
    if (sent > 0) s.log.h.start();
    (void)s.log.h.sent(sent);
    const auto list = s.machine.output();
    const std::size_t shown = total_size(list);
    const std::string before(shown > 0 ? static_cast<const char*>(list[0].data) : "", shown);
    s.machine.end_now();
    s.log.h.drain();
    EXPECT_THAT(s.told(), ElementsAre("closed")) << sent;
    // What the loop has been shown may be with it.
    EXPECT_EQ(s.log.h.sent(), before);
    EXPECT_TRUE(s.log.h.is_over());
    EXPECT_EQ(s.machine.close(close_code::normal, "", s.log.h.now()).error(), errc::closed);
  }
}

TEST(websocket_client, fails_before_it_is_started) {
  client_script s;
  s.log.h.feed_error(error(errc::refused));
  EXPECT_THAT(s.told(), ElementsAre("failed refused", "closed"));
  counting_source random;
  websocket::connection_limits limits;
  machine_log<websocket::connection> bare(role::client, limits, &random);
  EXPECT_EQ(bare.machine.send_text("x", {}).error(), errc::misuse);
  bare.h.feed_error(error(errc::refused));
  EXPECT_THAT(bare.told(), ElementsAre("failed refused", "closed"));
}

}  // namespace
}  // namespace parley::test
