// A whole conversation with the model of a broker, in the clear and with TLS under mqtt::client, on
// every loop and in the simulator; with the network cut in between.
#include "mqtt_on.hpp"
#include "support/mqtt_model_server.hpp"

namespace parley::test {
namespace {

template <class L>
class mqtt_stack_on : public mqtt_on<L> {
 protected:
  mqtt_stack_on() {
    this->lower.add("tls_server", parley::files::tls_server_maker());
    served.certfile = files().chain;
    served.keyfile = files().key;
  }

  void converse(mqtt::version version, bool with_tls) {
    mqtt_model_server server(this->home, this->at.bind_address(), {.version = version},
                             &this->lower, with_tls ? &served : nullptr);
    mqtt_config c;
    c.broker = "127.0.0.1";
    c.port = server.port();
    c.client_id = "device";
    c.clean_session = false;
    c.version = version == mqtt::version::v5 ? mqtt_versions::v5 : mqtt_versions::v3_1_1;
    c.tls_enable = with_tls;
    if (with_tls) c.tls_ca_certs = files().ca;
    c.with = &this->lower;
    c.reconnect.base = 5ms;
    c.reconnect.cap = 50ms;
    auto one = this->connect(c);
    constexpr std::size_t count = 60;
    std::size_t ended = 0, good = 0;
    for (std::size_t i = 0; i < count; ++i) {
      one->client->publish("log", "up " + std::to_string(i), every_qos[1 + i % 2])
          .then([&](result<mqtt::reason_code> r) {
            ++ended;
            good += r.has_value();
          });
      server.send("down " + std::to_string(i), every_qos[1 + i % 2]);
      if (i % 20 == 10) {
        ASSERT_TRUE(this->at.run_until([&] { return ended > i / 2; }));
        server.cut();
      }
    }
    EXPECT_TRUE(this->at.run_until([&] { return ended == count && server.model.is_settled(); }));
    EXPECT_EQ(good, count);
    EXPECT_EQ(server.model.fault, "");
    EXPECT_GE(server.connections, 4);
    check(server.model.deliveries, one->got);
    EXPECT_TRUE(this->at.wait(one->client->close()));
  }
  // Exactly once is once, both ways; at least once is there.
  void check(const std::vector<mqtt_broker_model::delivery>& up, const strings& down) {
    std::map<std::string, int> ups, downs;
    for (const auto& each : up) ++ups[each.text];
    for (const std::string& each : down) ++downs[each.substr(each.rfind('|') + 1)];
    for (int i = 0; i < 60; ++i) {
      for (const int times : {ups["up " + std::to_string(i)], downs["down " + std::to_string(i)]}) {
        EXPECT_GE(times, 1) << i;
        if (i % 2 == 1) {
          EXPECT_EQ(times, 1) << i;
        }
      }
    }
  }

  tls_settings served;
};
TYPED_TEST_SUITE(mqtt_stack_on, all_loops, loop_names);

TYPED_TEST(mqtt_stack_on, a_conversation_in_the_clear) {
  this->converse(mqtt::version::v5, false);
  this->converse(mqtt::version::v3_1_1, false);
}

TYPED_TEST(mqtt_stack_on, a_conversation_over_tls) {
  this->converse(mqtt::version::v5, true);
  this->converse(mqtt::version::v3_1_1, true);
}

}  // namespace
}  // namespace parley::test
