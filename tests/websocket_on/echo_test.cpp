// Server and client of WebSocket on every loop, over TCP, Unix sockets and TLS.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include <parley/codecs/websocket/deflate.hpp>
#include <parley/codecs/websocket/shared_message.hpp>

#include "websocket_on/websocket_on.hpp"

namespace parley::test {
namespace {

template <class L>
class websocket_echo_on : public websocket_on<L> {};
TYPED_TEST_SUITE(websocket_echo_on, all_loops, loop_names);

TYPED_TEST(websocket_echo_on, messages_of_every_size_on_one_connection) {
  for (const wire w : every_wire) {
    for (const bool deflate : {false, true}) {
      SCOPED_TRACE(std::string(name_of(w)) + (deflate ? ", compressed" : ""));
      this->serve(this->echo, w);
      auto c = this->asked(w);
      c.deflate.enabled = deflate;
      talker t(this->home, c);
      ASSERT_TRUE(this->ran([&] { return t.is_open || t.is_closed; }));
      ASSERT_TRUE(t.is_open) << t.failure();
      EXPECT_EQ(t.is_compressed, deflate);
      std::vector<std::string> sent;
      for (const std::size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u, 3u << 20}) {
        sent.push_back(letters(size));
        t.send(size % 2 == 0 ? opcode::text : opcode::binary, sent.back());
      }
      ASSERT_TRUE(this->ran([&] { return t.got.size() == sent.size() || t.is_closed; }));
      EXPECT_TRUE(t.got == sent) << t.failure();
      EXPECT_EQ(t.types[0], opcode::text);
      EXPECT_EQ(t.types[1], opcode::binary);
      t.close(close_code::normal, "bye");
      ASSERT_TRUE(this->ran([&] { return t.is_closed; }));
      EXPECT_EQ(t.code, 1000);
      EXPECT_FALSE(t.fault) << t.failure();
      EXPECT_TRUE(this->ran([&] { return this->server->connections() == 0; }));
      EXPECT_THAT(this->echo.faults, ::testing::IsEmpty());
      this->reset();
    }
  }
  EXPECT_THAT(this->echo.codes, ::testing::Each(1000));
}

TYPED_TEST(websocket_echo_on, a_broadcast_to_many_clients) {
  for (const wire w : every_wire) {
    SCOPED_TRACE(name_of(w));
    auto& all = this->script();
    this->serve(all, w);
    std::vector<std::unique_ptr<talker>> clients;
    for (std::size_t i = 0; i < 50; ++i) {
      auto c = this->asked(w);
      c.deflate.enabled = i % 2 == 0;
      clients.push_back(std::make_unique<talker>(this->home, c));
    }
    ASSERT_TRUE(this->ran([&] { return all.peers.size() == 50; }));
    websocket::shared_deflater deflater{websocket::deflate_settings()};
    std::vector<std::string> sent;
    for (const std::size_t size : {5u, 1000u, 100'000u}) {
      sent.push_back(letters(size));
      const auto m =
          websocket::shared_message::make(opcode::text, as_bytes(sent.back()), &deflater);
      ASSERT_TRUE(m);
      for (websocket_peer* p : all.peers) {
        EXPECT_TRUE(p->machine().send(*m, this->home.now()));
        p->wake();
      }
    }
    for (const auto& c : clients) {
      ASSERT_TRUE(this->ran([&] { return c->got.size() == 3 || c->is_closed; }));
      EXPECT_TRUE(c->got == sent) << c->failure();
    }
    clients.clear();
    EXPECT_TRUE(this->ran([&] { return this->server->connections() == 0; }));
    EXPECT_THAT(all.codes, ::testing::Each(1001));
    // A network may lose what is said in going.
    EXPECT_FALSE(all.codes.empty());
    this->reset();
  }
}

TYPED_TEST(websocket_echo_on, a_server_that_decides_later) {
  std::vector<std::string> seen;
  std::vector<websocket_peer*> asking;
  auto& deciding = this->script([&](websocket_peer& p, websocket::event& e, time_point) {
    const auto* h = std::get_if<websocket::handshake_event>(&e);
    if (!h) return;
    seen.emplace_back(h->head->target);
    seen.emplace_back(h->head->headers.find("authorization").value_or("nobody"));
    seen.emplace_back(h->subprotocol);
    asking.push_back(&p);
  });
  auto c = this->served();
  c.ask = true;
  c.subprotocols = {"chat.v2", "chat.v1"};
  this->serve(deciding, std::move(c));

  auto named = this->asked();
  named.target = "/feed?a=%20b";
  named.subprotocols = {"chat.v1", "chat.v2"};
  named.headers.add("Authorization", "Bearer x");
  talker in(this->home, named);
  talker out(this->home, this->asked());
  ASSERT_TRUE(this->ran([&] { return asking.size() == 2; }));
  EXPECT_THAT(seen, ::testing::IsSupersetOf({"/feed?a=%20b", "Bearer x", "chat.v2", "nobody"}));
  const bool is_first = seen[0] != "/";
  const http::header cookie{"Set-Cookie", "a=b"};
  EXPECT_TRUE(asking[is_first ? 0 : 1]->machine().accept({&cookie, 1}, this->home.now()));
  EXPECT_TRUE(asking[is_first ? 1 : 0]->machine().refuse(401, {}, "who?\n", this->home.now()));
  for (websocket_peer* p : asking) p->wake();
  ASSERT_TRUE(this->ran([&] { return in.is_open && out.is_closed; }));
  EXPECT_EQ(in.subprotocol, "chat.v2");
  EXPECT_EQ(*out.fault, websocket::errc::unauthorized) << out.failure();
  EXPECT_THAT(out.failure(), HasSubstr(this->url() + ": "));
}

TYPED_TEST(websocket_echo_on, origins) {
  auto c = this->served();
  c.origins = {"https://example.com"};
  this->serve(this->echo, std::move(c));
  const auto from = [&](const std::string& origin) {
    auto asked = this->asked();
    asked.origin = origin;
    talker t(this->home, asked);
    EXPECT_TRUE(this->ran([&] { return t.is_open || t.is_closed; }));
    return t.failure();
  };
  EXPECT_EQ(from("https://example.com"), "none");
  EXPECT_EQ(from(this->url("http", "")), "none");
  EXPECT_THAT(from("https://example.org"), HasSubstr("403"));
}

}  // namespace
}  // namespace parley::test
#endif
