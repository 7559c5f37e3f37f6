// MQTT 5 that is not known, and other answers that mosquitto does not give: a scripted server, on
// every loop.
#include <deque>

#include "mqtt_on.hpp"
#include "support/raw_peer.hpp"

namespace parley::test {
namespace {

using namespace std::literals;

// How long the first packet is, or 0 if it is not all there.
std::size_t whole_packet(const std::string& bytes) {
  std::size_t length = 0;
  for (std::size_t i = 1; i < bytes.size() && i < 5; ++i) {
    const auto b = static_cast<unsigned char>(bytes[i]);
    length |= std::size_t{b & 0x7FU} << (7 * (i - 1));
    if (b < 0x80) return bytes.size() >= 1 + i + length ? 1 + i + length : 0;
  }
  return 0;
}

int level_of(const std::string& connect) { return connect[connect.find("MQTT") + 4]; }

// Gives each packet to a function, which answers.
class script_server final : acceptor {
 public:
  using what = std::function<void(raw_peer&, const std::string& packet)>;
  script_server(loop& home, const address& at, what then) : then_(std::move(then)) {
    auto made = home.listen(at, *this);
    EXPECT_TRUE(made);
    if (made) listener_ = *std::move(made);
  }

  std::uint16_t port() const { return listener_->local_address().port(); }

  std::vector<int> levels;  // of each CONNECT
  std::deque<std::unique_ptr<raw_peer>> peers;

 private:
  driver* accept(connection& c, const address&) override {
    peers.push_back(std::make_unique<raw_peer>(c));
    peers.back()->on_data = [this](raw_peer& p) {
      while (const std::size_t size = whole_packet(p.received)) {
        const std::string packet = p.received.substr(0, size);
        p.received.erase(0, size);
        // CONNECT: the level stands behind the name.
        if (packet[0] == '\x10') levels.push_back(level_of(packet));
        then_(p, packet);
      }
    };
    return peers.back()->driven();
  }

  what then_;
  std::unique_ptr<listener> listener_;
};

constexpr auto welcome = "\x20\x02\x00\x00"sv;
constexpr auto welcome_5 = "\x20\x03\x00\x00\x00"sv;

template <class L>
class mqtt_version_on : public mqtt_on<L> {
 protected:
  mqtt_config to(const script_server& server) {
    mqtt_config c;
    c.broker = "127.0.0.1";
    c.port = server.port();
    c.connect_timeout = 5s;
    c.reconnect.cap = 200ms;
    c.watch = &this->watch;
    return c;
  }
};
TYPED_TEST_SUITE(mqtt_version_on, all_loops, loop_names);

TYPED_TEST(mqtt_version_on, falls_back_when_the_version_is_refused) {
  script_server server(this->home, this->at.bind_address(),
                       [](raw_peer& p, const std::string& packet) {
                         if (packet[0] != '\x10') return;
                         p.send(level_of(packet) == 5 ? "\x20\x02\x00\x01"sv : welcome);
                         if (level_of(packet) == 5) p.end_writing();
                       });
  talker one(this->home, this->to(server));
  const auto up = this->at.wait(one.client->connect());
  ASSERT_TRUE(up) << up.error().to_string();
  EXPECT_EQ(one.client->version(), mqtt::version::v3_1_1);
  EXPECT_THAT(server.levels, ElementsAre(5, 4));
  EXPECT_THAT(one.downs.at(0), HasSubstr("does not speak MQTT 5"));
  // It is known then: no attempt is lost after a break.
  server.peers.back()->close();
  ASSERT_TRUE(this->at.run_until([&] { return one.ups == 2; }));
  EXPECT_THAT(server.levels, ElementsAre(5, 4, 4));
}

TYPED_TEST(mqtt_version_on, falls_back_when_there_is_no_answer_and_asks_again_later) {
  script_server server(this->home, this->at.bind_address(),
                       [](raw_peer& p, const std::string& packet) {
                         if (packet[0] != '\x10') return;
                         if (level_of(packet) == 5) return p.close();
                         p.send(welcome);
                       });
  talker one(this->home, this->to(server));
  ASSERT_TRUE(this->at.wait(one.client->connect()));
  server.peers.back()->close();
  ASSERT_TRUE(this->at.run_until([&] { return one.ups == 2; }));
  EXPECT_THAT(server.levels, ElementsAre(5, 4, 5, 4));
}

TYPED_TEST(mqtt_version_on, a_version_that_was_set_is_the_only_one) {
  script_server server(this->home, this->at.bind_address(),
                       [](raw_peer& p, const std::string&) { p.send("\x20\x02\x00\x01"sv); });
  mqtt_config c = this->to(server);
  c.version = mqtt_versions::v5;
  talker one(this->home, c);
  const auto up = this->at.wait(one.client->connect());
  ASSERT_FALSE(up);
  EXPECT_EQ(up.error(), mqtt::reason_code::unsupported_protocol_version);
  EXPECT_TRUE(one.is_final);
  EXPECT_THAT(server.levels, ElementsAre(5));
}

// Busy is a reason to come again; the text of the server is told.
TYPED_TEST(mqtt_version_on, a_busy_server_is_asked_again) {
  int times = 0;
  script_server server(this->home, this->at.bind_address(),
                       [&](raw_peer& p, const std::string& in) {
                         if (in[0] != '\x10') return;
                         if (++times == 3) return p.send(welcome_5);
                         p.send("\x20\x0B\x00\x89\x08\x1F\x00\x05later"sv);
                         p.end_writing();
                       });
  talker one(this->home, this->to(server));
  ASSERT_TRUE(this->at.wait(one.client->connect()));
  EXPECT_EQ(one.downs.size(), 2U);
  EXPECT_THAT(one.downs[0], HasSubstr("later"));
}

// What cannot be sent is told by DISCONNECT before the end, and the next connection begins anew.
TYPED_TEST(mqtt_version_on, a_server_that_breaks_the_rules_is_told_so) {
  bool was_told = false;
  script_server server(this->home, this->at.bind_address(),
                       [&](raw_peer& p, const std::string& in) {
                         if (in[0] == '\x10') p.send(welcome_5);
                         // A PUBACK to nothing.
                         if (in[0] == '\x10') p.send("\x40\x02\x00\x07"sv);
                         // DISCONNECT with 0x82.
                         was_told |= in.find("\xE0\x01\x82"sv) != std::string::npos ||
                                     in.find("\xE0\x02\x82\x00"sv) != std::string::npos;
                       });
  talker one(this->home, this->to(server));
  EXPECT_TRUE(this->at.wait(one.client->connect()));
  EXPECT_TRUE(this->at.run_until([&] { return was_told && one.ups >= 2; }));
  EXPECT_THAT(one.downs.at(0), HasSubstr("answers what was not asked"));
}

// S70: the keep-alive is what it was set to.
TYPED_TEST(mqtt_version_on, connect_says_what_was_set) {
  std::string connect;
  script_server server(this->home, this->at.bind_address(),
                       [&](raw_peer& p, const std::string& in) {
                         if (connect.empty()) connect = in;
                         if (in[0] == '\x10') p.send(welcome);
                       });
  mqtt_config c = this->to(server);
  c.version = mqtt_versions::v3_1_1;
  c.client_id = "device";
  c.username = "ann";
  c.password = "secret";
  talker one(this->home, c);
  ASSERT_TRUE(this->at.wait(one.client->connect()));
  EXPECT_EQ(connect,
            "\x10\x1F\x00\x04MQTT\x04\xC2\x00\x3C\x00\x06"
            "device\x00\x03"
            "ann\x00\x06secret"sv);
}

TYPED_TEST(mqtt_version_on, two_clients_of_one_name_do_not_fight) {
  script_server server(this->home, this->at.bind_address(), [](raw_peer& p, const std::string& in) {
    if (in[0] != '\x10') return;
    p.send(welcome_5);
    p.send("\xE0\x01\x8E"sv);
    p.end_writing();
  });
  talker one(this->home, this->to(server));
  EXPECT_TRUE(this->at.wait(one.client->connect()));
  ASSERT_TRUE(this->at.run_until([&] { return one.is_final; }));
  EXPECT_THAT(one.downs.back(), HasSubstr("give each client an identifier of its own"));
  EXPECT_EQ(one.ups, 1);
}

TYPED_TEST(mqtt_version_on, operations_end_when_the_client_goes) {
  script_server server(this->home, this->at.bind_address(), [](raw_peer& p, const std::string& in) {
    if (in[0] == '\x10') p.send(welcome_5);
  });
  auto one = std::make_unique<talker>(this->home, this->to(server));
  ASSERT_TRUE(this->at.wait(one->client->connect()));
  int cancelled = 0;
  const auto count = [&](const auto& r) { cancelled += !r && r.error() == errc::cancelled; };
  one->client->publish("a", "b", qos::at_least_once).then(count);
  one->client->subscribe("a").then(count);
  one->client->unsubscribe("b").then(count);
  auto op = one->client->publish("a", "c", qos::exactly_once);
  op.cancel();
  std::move(op).then(count);
  one.reset();
  EXPECT_TRUE(this->at.run_until([&] { return cancelled == 4; }));
}

}  // namespace
}  // namespace parley::test
