// Other people's WebSocket in both roles, on every loop with real sockets: python3-websockets and
// node-ws.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include <cstdlib>

#include "support/child.hpp"
#include "websocket_on/websocket_on.hpp"

namespace parley::test {
namespace {

const std::string folder = std::string(PARLEY_SOURCE_DIR) + "/tests/websocket_on/";
const std::vector<std::string> python{"/usr/bin/python3", folder + "python_peer.py"};
const std::vector<std::string> node{"env", "NODE_PATH=/usr/share/nodejs", "node",
                                    folder + "node_peer.js"};

std::vector<std::string> with(std::vector<std::string> words,
                              std::initializer_list<std::string> more) {
  words.insert(words.end(), more);
  return words;
}

template <class L>
class websocket_peers_on : public websocket_on<L> {
 protected:
  void obey(wire w) { this->serve(obeying, this->served(w)); }
  // A client of theirs, from its beginning to its end; our server echoes meanwhile.
  void expect_ok(std::vector<std::string> words) {
    child c(std::move(words));
    EXPECT_TRUE(this->at.run_until([&] { return c.has_ended(); }, 60s));
    EXPECT_EQ(c.code(), 0) << c.err();
    EXPECT_EQ(c.out(), "ok\n") << c.err();
    EXPECT_THAT(obeying.faults, ::testing::IsEmpty());
  }
  // A server of theirs.
  void start(std::vector<std::string> words) {
    theirs = std::make_unique<child>(std::move(words));
    const auto is_up = [&] { return theirs->out().ends_with('\n') || theirs->has_ended(); };
    EXPECT_TRUE(this->at.run_until(is_up, 30s));
    this->port = static_cast<std::uint16_t>(std::atoi(theirs->out().c_str()));
    ASSERT_NE(this->port, 0) << theirs->err();
  }
  // What our client says to it, and hears.
  void converse(wire w) {
    for (const bool deflate : {true, false}) {
      SCOPED_TRACE(std::string(name_of(w)) + (deflate ? ", compressed" : ""));
      auto c = this->asked(w);
      c.host = "localhost";
      c.deflate.enabled = deflate;
      c.subprotocols = {"chat"};
      c.deflate.max_ratio = 0;  // of what is repeated seven million times, see below
      talker t(this->home, c);
      ASSERT_TRUE(this->ran([&] { return t.is_open || t.is_closed; }));
      ASSERT_TRUE(t.is_open) << t.failure();
      EXPECT_EQ(t.is_compressed, deflate);
      EXPECT_EQ(t.subprotocol, "chat");
      std::vector<std::string> sent;
      for (const std::size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u, 1u << 20}) {
        sent.push_back(letters(size));
        t.send(size % 2 == 0 ? opcode::text : opcode::binary, sent.back());
      }
      sent.emplace_back(7u << 20, 'x');
      t.say(sent.back());
      ASSERT_TRUE(this->ran([&] { return t.got.size() == sent.size() || t.is_closed; }));
      EXPECT_TRUE(t.got == sent) << t.failure();
      EXPECT_EQ(t.types[1], opcode::binary);
      if (deflate) {
        t.close(close_code::normal, "bye");
      } else {
        t.say("close 4001 because");
      }
      ASSERT_TRUE(this->ran([&] { return t.is_closed; }));
      EXPECT_EQ(t.code, deflate ? 1000 : 4001) << t.failure();
      EXPECT_EQ(t.reason, deflate ? t.reason : "because");
    }
    // More than it takes.
    auto c = this->asked(w);
    c.deflate.enabled = false;
    talker t(this->home, c);
    ASSERT_TRUE(this->ran([&] { return t.is_open || t.is_closed; }));
    t.send(opcode::binary, std::string(9u << 20, 'x'));
    ASSERT_TRUE(this->ran([&] { return t.is_closed; }));
    EXPECT_TRUE(t.fault || t.code == 1009) << t.code;
  }

  websocket_echo obeying{websocket::connection_limits().high_water, true};
  std::unique_ptr<child> theirs;
  void TearDown() override { this->server.reset(); }
};
TYPED_TEST_SUITE(websocket_peers_on, real_loops, loop_names);

TYPED_TEST(websocket_peers_on, clients_of_python) {
  this->obey(wire::tcp);
  this->expect_ok(with(python, {"client", this->url()}));
  this->reset();
  this->obey(wire::local);
  this->expect_ok(
      with(python, {"client", "unix:" + this->at.socket_path("ws"), "ws://localhost/"}));
  this->reset();
  this->obey(wire::tls);
  const std::string secure = "wss://localhost:" + std::to_string(this->port) + "/";
  this->expect_ok(with(python, {"client", secure, files().ca}));
}

TYPED_TEST(websocket_peers_on, clients_of_node) {
  this->obey(wire::tcp);
  this->expect_ok(with(node, {"client", this->url()}));
  this->reset();
  this->obey(wire::local);
  this->expect_ok(with(node, {"client", "ws+unix://" + this->at.socket_path("ws") + ":/"}));
  this->reset();
  this->obey(wire::tls);
  const std::string secure = "wss://localhost:" + std::to_string(this->port) + "/";
  this->expect_ok(with(node, {"client", secure, files().ca}));
}

TYPED_TEST(websocket_peers_on, servers_of_python) {
  this->start(with(python, {"server"}));
  this->converse(wire::tcp);
  this->start(with(python, {"server", files().chain, files().key}));
  this->converse(wire::tls);
}

TYPED_TEST(websocket_peers_on, servers_of_node) {
  this->start(with(node, {"server"}));
  this->converse(wire::tcp);
  this->start(with(node, {"server", files().chain, files().key}));
  this->converse(wire::tls);
}

// What becomes of a connection whose server dies.
TYPED_TEST(websocket_peers_on, a_server_that_is_killed) {
  this->start(with(python, {"server"}));
  talker t(this->home, this->asked());
  ASSERT_TRUE(this->ran([&] { return t.is_open; }));
  this->theirs->kill();
  ASSERT_TRUE(this->ran([&] { return t.is_closed; }));
  EXPECT_EQ(t.fault->kind(), error_class::transient) << t.failure();
}

}  // namespace
}  // namespace parley::test
#endif
