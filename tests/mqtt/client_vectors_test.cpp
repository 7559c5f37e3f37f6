// What a server may not do, or may, as bytes, and what the client tells and answers: each vector
// whole, cut at every byte and byte by byte. tests/vectors/mqtt_client has them.
#include "mqtt/client_script.hpp"
#include "support/vectors.hpp"

namespace parley::test {
namespace {

class client_vector : public testing::TestWithParam<vector_case> {
 protected:
  client_vector() : input_(unescape(GetParam().block("bytes"))) {
    settings_.client_id = "c";
    settings_.limits.receive_maximum = 2;
    settings_.limits.topic_alias_maximum = 4;
    settings_.limits.maximum_packet = 300;
    for (std::string_view rest = GetParam().block("options"); !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      option(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  void option(std::string_view line) {
    if (line.empty()) return;
    if (line == "version 3.1.1") {
      settings_.version = mqtt::version::v3_1_1;
    } else if (line == "connecting") {
      is_connecting_ = true;  // the bytes are the first that come
    } else if (line == "by hand") {
      settings_.manual_acknowledgement = true;
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

  std::string play(const std::vector<std::size_t>& cuts) {
    client_script c(settings_);
    if (is_connecting_) {
      c.h.start();
    } else {
      c.open();
    }
    ask(c);
    (void)c.sent();
    std::size_t begin = 0;
    for (const std::size_t cut : cuts) {
      c.h.feed(std::string_view(input_).substr(begin, cut - begin));
      begin = cut;
    }
    c.h.feed(std::string_view(input_).substr(begin));
    std::string log;
    for (const std::string& line : c.told()) log += line + "\n";
    for (const std::string& line : c.sent()) log += "> " + line + "\n";
    return log;
  }

  mqtt::client_settings settings_;
  std::string input_;
  bool is_connecting_ = false;
  std::vector<std::string> before_;
};

TEST_P(client_vector, whole) { EXPECT_EQ(play({}), GetParam().block("log")); }

TEST_P(client_vector, cut_at_every_byte) {
  for (std::size_t cut = 1; cut < input_.size(); ++cut) {
    ASSERT_EQ(play({cut}), GetParam().block("log")) << "cut at " << cut;
  }
}

TEST_P(client_vector, byte_by_byte) {
  std::vector<std::size_t> cuts;
  for (std::size_t at = 1; at < input_.size(); ++at) cuts.push_back(at);
  EXPECT_EQ(play(cuts), GetParam().block("log"));
}

INSTANTIATE_TEST_SUITE_P(mqtt_client, client_vector, testing::ValuesIn(load_vectors("mqtt_client")),
                         [](const auto& each) { return test_name(each.param); });

}  // namespace
}  // namespace parley::test
