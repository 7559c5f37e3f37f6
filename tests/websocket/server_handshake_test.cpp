// websocket::server from the first byte to `opened`, or to the end of who is not let in.
#include "websocket/machine_script.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view rfc_key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
constexpr std::string_view rfc_accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

std::string request(std::string_view more = {}, std::string_view key = rfc_key,
                    std::string_view version = "13", std::string_view method = "GET") {
  return std::string(method) + " /feed HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n" +
         "Connection: Upgrade\r\nSec-WebSocket-Version: " + std::string(version) + "\r\n" +
         std::string(key) + std::string(more) + "\r\n";
}

struct server_script {
  explicit server_script(websocket::server_settings s = {})
      : settings(std::move(s)), log(settings) {
    settings.connection.ping_interval = {};
    log.h.start();
  }
  std::vector<std::string> told() { return log.told(); }
  std::string sent() { return log.h.sent(); }

  websocket::server_settings settings;
  machine_log<websocket::server> log;
  websocket::server& machine = log.machine;
  raw_websocket peer{role::client};
};

websocket::server_settings asking() {
  websocket::server_settings s;
  s.ask = true;
  return s;
}

TEST(websocket_server, accepts_at_every_cut_with_a_frame_behind) {
  const raw_websocket peer(role::client);
  const std::string all = request() + peer.text("first") + peer.text("second");
  for (std::size_t portion = 0; portion < all.size(); ++portion) {
    server_script s;
    s.log.h.feed(all, portion);
    EXPECT_THAT(s.told(), ElementsAre("handshake /feed", "opened", "text first", "text second"))
        << portion;
    const std::string sent = s.sent();
    EXPECT_THAT(sent, StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(sent, HasSubstr(rfc_accept));
    ASSERT_TRUE(s.machine.send_text("hi", s.log.h.now()));
    EXPECT_EQ(s.sent(), "\x81\x02hi");
  }
}

// More than is ever read at once, and more than a connection in pieces has room for.
TEST(websocket_server, many_frames_behind_the_request) {
  const raw_websocket peer(role::client);
  for (const bool pieces : {false, true}) {
    websocket::server_settings settings;
    settings.connection.pieces = pieces;
    settings.handshake.deflate.enabled = false;
    std::string all = request();
    for (int i = 0; i < 60; ++i) all += peer.binary(letters(1000));
    server_script s(settings);
    EXPECT_EQ(s.log.h.feed(all), all.size());
    EXPECT_EQ(s.log.messages.size(), 60U) << pieces;
    EXPECT_TRUE(s.log.messages.back() == letters(1000));
  }
}

TEST(websocket_server, chooses_subprotocol_and_compression) {
  constexpr auto ours = std::to_array<std::string_view>({"v2", "v1"});
  websocket::server_settings settings;
  settings.handshake.subprotocols = ours;
  server_script s(settings);
  s.log.h.feed(request(
      "Sec-WebSocket-Protocol: v1, v2\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"));
  EXPECT_THAT(s.told(), ElementsAre("handshake /feed v2 deflate", "opened v2 deflate"));
  EXPECT_THAT(s.sent(), HasSubstr("Sec-WebSocket-Protocol: v2\r\n"));
  EXPECT_TRUE(s.machine.is_open() && s.machine.is_compressed());
  EXPECT_EQ(s.machine.subprotocol(), "v2");
}

TEST(websocket_server, asks_and_accepts_later) {
  server_script s(asking());
  EXPECT_EQ(s.machine.accept({}, s.log.h.now()).error(), errc::misuse);
  s.log.h.feed(request() + s.peer.text("early"));
  EXPECT_THAT(s.told(), ElementsAre("handshake /feed"));
  EXPECT_EQ(s.sent(), "");
  EXPECT_EQ(s.machine.send_text("x", s.log.h.now()).error(), errc::misuse);
  EXPECT_EQ(s.machine.ping({}, s.log.h.now()).error(), errc::misuse);
  for (const http::header bad : {http::header{"X", "a\r\nb"}, http::header{"Upgrade", "x"},
                                 http::header{"sec-websocket-accept", "x"}}) {
    EXPECT_EQ(s.machine.accept({&bad, 1}, s.log.h.now()).error(), errc::invalid_argument);
  }
  s.log.h.advance(20s);
  const http::header cookie{"Set-Cookie", "a=b"};
  ASSERT_TRUE(s.machine.accept({&cookie, 1}, s.log.h.now()));
  EXPECT_EQ(s.machine.accept({}, s.log.h.now()).error(), errc::misuse);
  s.log.h.drain();
  EXPECT_THAT(s.told(), ElementsAre("opened", "text early"));
  EXPECT_THAT(s.sent(), HasSubstr("Set-Cookie: a=b\r\n"));
  EXPECT_EQ(s.machine.refuse(403, {}, "", s.log.h.now()).error(), errc::misuse);
}

TEST(websocket_server, accepts_or_refuses_inside_the_event) {
  for (const bool lets_in : {true, false}) {
    server_script s(asking());
    s.log.then = [&](websocket::event& e) {
      if (!std::holds_alternative<websocket::handshake_event>(e)) return;
      EXPECT_TRUE(lets_in ? s.machine.accept({}, s.log.h.now())
                          : s.machine.refuse(403, {}, "no", s.log.h.now()));
    };
    s.log.h.feed(request());
    EXPECT_THAT(s.sent(), StartsWith(lets_in ? "HTTP/1.1 101 " : "HTTP/1.1 403 "));
  }
}

TEST(websocket_server, refuses_with_a_status) {
  server_script s(asking());
  s.log.h.feed(request());
  EXPECT_EQ(s.machine.refuse(200, {}, "", s.log.h.now()).error(), errc::invalid_argument);
  const http::header field{"WWW-Authenticate", "Basic"};
  ASSERT_TRUE(s.machine.refuse(401, {&field, 1}, "who are you?", s.log.h.now()));
  s.log.h.drain();
  const std::string sent = s.sent();
  EXPECT_THAT(sent, StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(sent, HasSubstr("WWW-Authenticate: Basic\r\n"));
  EXPECT_TRUE(sent.ends_with("\r\n\r\nwho are you?"));
  EXPECT_EQ(s.machine.accept({}, s.log.h.now()).error(), errc::misuse);
  // Another request behind it gets no answer.
  s.log.h.feed(request());
  s.log.h.feed_eof();
  EXPECT_EQ(s.sent(), "");
  EXPECT_THAT(s.told(), ElementsAre("handshake /feed", "closed"));
  EXPECT_EQ(s.machine.send_text("x", s.log.h.now()).error(), errc::closed);
}

struct refusal {
  std::string request;
  std::string_view fault;
  std::string_view answer;
};

TEST(websocket_server, says_what_is_wrong) {
  websocket::server_settings settings;
  constexpr auto ours = std::to_array<std::string_view>({"v1"});
  settings.handshake.subprotocols = ours;
  settings.handshake.needs_subprotocol = true;
  const std::string with = "Sec-WebSocket-Protocol: v1\r\n";
  const refusal all[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "not_a_handshake", "400"},
      {request(with, rfc_key, "13", "HEAD"), "not_a_handshake", "400"},
      {request(with, rfc_key, "8"), "bad_handshake_version", "426"},
      {request(with, ""), "bad_key", "400"},
      {request(with, "Sec-WebSocket-Key: short\r\n"), "bad_key", "400"},
      {request(with + "Origin: https://elsewhere.example\r\n"), "bad_origin", "403"},
      {request(), "bad_subprotocol", "400"},
      {request(with + "Sec-WebSocket-Extensions: ;;\r\n"), "not_a_handshake", "400"},
      {request(with + "Content-Length: 3\r\n") + "abc", "not_a_handshake", "400"},
      {"nonsense\r\n\r\n", "bad_request_line", "400"},
  };
  for (const refusal& r : all) {
    server_script s(settings);
    s.log.h.feed(r.request + r.request);
    EXPECT_THAT(s.told(), ElementsAre("failed " + std::string(r.fault))) << r.request;
    const std::string sent = s.sent();
    EXPECT_THAT(sent, StartsWith("HTTP/1.1 " + std::string(r.answer) + " ")) << r.request;
    EXPECT_EQ(sent.find("HTTP/1.1", 1), std::string::npos) << "one answer";
    const bool speaks = sent.find("Sec-WebSocket-Version: 13\r\n") != std::string::npos;
    EXPECT_EQ(speaks, r.answer == "426");
    EXPECT_TRUE(s.machine.ends_output());
    s.log.h.advance(5s);
    EXPECT_THAT(s.told(), ElementsAre("closed"));
    EXPECT_TRUE(s.log.h.is_over());
  }
}

TEST(websocket_server, who_decides_too_late) {
  websocket::server_settings settings = asking();
  settings.handshake_timeout = 5s;
  server_script s(settings);
  s.log.h.feed(request());
  s.log.h.advance(4s);
  EXPECT_EQ(s.sent(), "");
  s.log.h.advance(2s);
  EXPECT_THAT(s.told(), ElementsAre("handshake /feed", "failed handshake_timeout", "closed"));
  EXPECT_THAT(s.sent(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(s.machine.accept({}, s.log.h.now()).error(), errc::misuse);
}

TEST(websocket_server, who_asks_too_slowly) {
  server_script s;
  s.log.h.feed(request().substr(0, 30));
  s.log.h.advance(11s);
  EXPECT_THAT(s.told(), ElementsAre("failed slow_request"));
  EXPECT_THAT(s.sent(), StartsWith("HTTP/1.1 408 "));
  server_script silent;
  silent.log.h.advance(80s);
  EXPECT_THAT(silent.told(), ElementsAre("closed"));
  EXPECT_EQ(silent.sent(), "");
}

TEST(websocket_server, ends_before_it_is_open) {
  const error reset(errc::reset);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{10}, request().size()}) {
    for (const bool breaks : {true, false}) {
      server_script s(asking());
      s.log.h.feed(request().substr(0, cut));
      (void)s.told();
      breaks ? s.log.h.feed_error(reset) : s.log.h.feed_eof();
      const auto told = s.told();
      if (!breaks && cut > 10) {
        EXPECT_THAT(told, ElementsAre("failed abnormal_end", "closed"));
      } else if (!breaks && cut == 0) {
        EXPECT_THAT(told, ElementsAre("closed"));
      } else {
        EXPECT_THAT(told, ElementsAre(breaks ? "failed reset" : "failed truncated", "closed"));
        EXPECT_EQ(s.machine.accept({}, s.log.h.now()).error(), errc::misuse);
      }
      EXPECT_EQ(s.machine.send_text("x", s.log.h.now()).error(), errc::closed);
    }
  }
}

// What the loop is writing when it happens stays where it is.
TEST(websocket_server, an_abort_leaves_what_is_being_written) {
  server_script s(asking());
  s.log.h.feed(request());
  ASSERT_TRUE(s.machine.refuse(403, {}, "no", s.log.h.now()));
  s.log.h.drain();
  const auto list = s.machine.output();
  ASSERT_EQ(list.size(), 1U);
  const std::string_view text(static_cast<const char*>(list[0].data), list[0].size);
  s.machine.end_now();
  s.log.h.drain();
  EXPECT_THAT(s.told(), ElementsAre("handshake /feed", "closed"));
  EXPECT_THAT(text, StartsWith("HTTP/1.1 403 "));
  EXPECT_EQ(s.machine.buffered(), text.size());
  output_chain kept = s.machine.release_output();
  EXPECT_EQ(kept.size(), text.size());
}

TEST(websocket_server, what_was_being_written_stays_when_it_opens) {
  server_script s;
  std::string_view text;
  s.log.then = [&](websocket::event& e) {
    if (!std::holds_alternative<websocket::opened>(e)) return;
    const auto list = s.machine.output();
    text = {static_cast<const char*>(list[0].data), list[0].size};
  };
  s.log.h.feed(request());
  s.log.h.feed(s.peer.text("x"));
  const std::string before(text);
  EXPECT_THAT(before, StartsWith("HTTP/1.1 101 "));
  EXPECT_EQ(s.sent(), before);
}

}  // namespace
}  // namespace parley::test
