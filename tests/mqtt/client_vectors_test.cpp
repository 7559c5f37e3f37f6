// What a server may not do, or may, as bytes, and what the client tells and answers: each vector
// whole, cut at every byte and byte by byte. tests/vectors/mqtt_client has them.
#include "mqtt/client_script.hpp"
#include "support/vector_test.hpp"

namespace parley::test {
namespace {

class client_vector : public machine_vector {
 protected:
  client_vector() {
    settings_.client_id = "c";
    settings_.limits.receive_maximum = 2;
    settings_.limits.topic_alias_maximum = 4;
    settings_.limits.maximum_packet = 300;
    each_option([&](std::string_view line) { option(line); });
  }
  void option(std::string_view line) {
    if (line == "version 3.1.1") {
      settings_.version = mqtt::version::v3_1_1;
    } else if (line == "connecting") {
      is_connecting_ = true;  // the bytes are the first that come
    } else if (line == "by hand") {
      settings_.manual_acknowledgement = true;
    } else if (line == "goes on") {
      settings_.clean_start = false;
    } else if (line == "no identifier") {
      settings_.client_id.clear();
    } else if (line.starts_with("method ")) {
      settings_.authentication_method = line.substr(7);
    } else if (line.starts_with("after ")) {
      before_.emplace_back(line.substr(6));
    } else {
      ADD_FAILURE() << "unknown option " << line;
    }
  }

  // What the client has asked for before the bytes come.
  void ask(client_script& c) {
    for (const std::string& what : before_) {
      if (what == "publish 1") {
        c.publish("t", "x", qos::at_least_once);
      } else if (what == "publish 2") {
        c.publish("t", "x", qos::exactly_once);
      } else if (what == "subscribe") {
        c.subscribe("a");
      } else if (what == "unsubscribe") {
        const std::array filters{"a"sv};
        EXPECT_TRUE(c.client.unsubscribe(filters, {}, c.now()));
      } else {
        ADD_FAILURE() << "unknown: after " << what;
      }
    }
  }

  std::string play(const cuts& at) override {
    client_script c(settings_);
    if (is_connecting_) {
      c.h.start();
    } else {
      c.open();
    }
    ask(c);
    (void)c.sent();
    give(at, [&](std::string_view piece) { c.h.feed(piece); });
    std::string log;
    for (const std::string& line : c.told()) log += line + "\n";
    for (const std::string& line : c.sent()) log += "> " + line + "\n";
    return log;
  }

  mqtt::client_settings settings_;
  bool is_connecting_ = false;
  std::vector<std::string> before_;
};

TEST_P(client_vector, whole) { play_whole(); }
TEST_P(client_vector, cut_at_every_byte) { play_cut_at_every_byte(); }
TEST_P(client_vector, byte_by_byte) { play_byte_by_byte(); }

INSTANTIATE_TEST_SUITE_P(mqtt_client, client_vector, testing::ValuesIn(load_vectors("mqtt_client")),
                         [](const auto& each) { return test_name(each.param); });

}  // namespace
}  // namespace parley::test
