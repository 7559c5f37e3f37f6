// Other people's clients at the broker, on every loop with real sockets: Debian's node-mqtt and
// Eclipse Paho's C library, each over TCP, TLS and WebSocket.
#include "broker_on/broker_on.hpp"
#include "support/child.hpp"

namespace parley::test {
namespace {

template <class L>
class broker_peers_on : public broker_on<L> {
 protected:
  // A program of theirs, from its beginning to its end; the broker serves meanwhile.
  void expect_ok(std::vector<std::string> words) {
    child c(std::move(words));
    EXPECT_TRUE(this->at.run_until([&] { return c.has_ended(); }, 60s));
    EXPECT_EQ(c.out(), "ok\n") << c.err();
    EXPECT_EQ(c.code(), 0);
  }
  // Its words for a way, in a version. The first letters of the scheme are theirs.
  void expect_ok(std::vector<std::string> words, const std::string& plain,
                 const std::string& secure, way w, const std::string& version) {
    const auto place = this->broker->local_address(static_cast<std::size_t>(w));
    words.push_back((is_tls(w) ? secure : plain) + "://localhost:" + std::to_string(place->port()) +
                    (is_websocket(w) ? "/mqtt" : ""));
    words.push_back(version);
    if (is_tls(w)) words.push_back(files().ca);
    SCOPED_TRACE(words[words.size() - 2] + " by " + plain);
    expect_ok(std::move(words));
  }
};
TYPED_TEST_SUITE(broker_peers_on, real_loops, loop_names);

constexpr way their_ways[] = {way::tcp, way::tls, way::websocket, way::secure_websocket};

TYPED_TEST(broker_peers_on, clients_of_node) {
  this->serve();
  for (const way w : their_ways) {
    for (const std::string version : {"3.1.1", "5"}) {
      const std::string plain = is_websocket(w) ? "ws" : "mqtt";
      this->expect_ok({"env", "NODE_PATH=/usr/share/nodejs", "node",
                       std::string(PARLEY_SOURCE_DIR) + "/tests/broker_on/node_client.js"},
                      plain, plain + "s", w, version);
    }
  }
}

TYPED_TEST(broker_peers_on, clients_of_paho) {
  this->serve();
  for (const way w : their_ways) {
    for (const std::string version : {"3.1.1", "5"}) {
      this->expect_ok({std::string(PARLEY_BINARY_DIR) + "/conformance/paho_client"},
                      is_websocket(w) ? "ws" : "tcp", is_websocket(w) ? "wss" : "ssl", w, version);
    }
  }
}

}  // namespace
}  // namespace parley::test
