// What a client may not do, or may, as bytes, and what the broker answers: each vector whole, cut
// at every byte and byte by byte. tests/vectors/mqtt_broker has them.
#include <gtest/gtest.h>

#include "support/broker_world.hpp"
#include "support/mqtt_log.hpp"
#include "support/vectors.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

class broker_vector : public testing::TestWithParam<vector_case> {
 protected:
  broker_vector() : input_(unescape(GetParam().block("bytes"))) {
    for (std::string_view rest = GetParam().block("options"); !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      option(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  void option(std::string_view line) {
    if (line.empty()) return;
    if (line == "version 3.1.1")
      stream_.version = mqtt::version::v3_1_1;
    else if (line == "later")
      later_ = true;
    else if (line == "acl")
      acl_ = true;
    else if (line == "users")
      users_ = true;
    else
      ADD_FAILURE() << "unknown option " << line;
  }

  std::string play(const std::vector<std::size_t>& cuts) {
    broker_world world;
    world.settings.connection.receive_maximum = 2;
    world.settings.connection.topic_alias_maximum = 3;
    world.settings.connection.maximum_packet = 300;
    world.settings.connection.maximum_connect = 200;
    world.settings.connection.topic_levels = 8;
    world.settings.connection.max_keep_alive = 60;
    world.settings.limits.max_subscriptions = 3;
    world.settings.response_prefix = "answers";
    if (users_) {
      world.settings.users = {{"ann", secret("right")}};
      world.settings.allow_anonymous = false;
    }
    if (acl_) {
      world.settings.acl = *mqtt::topic_acl::parse("topic read a/#\ntopic write a/b\n");
    }
    world.start();
    auto& link = world.connect();
    std::size_t begin = 0;
    for (const std::size_t cut : cuts) {
      link.give_all(std::string_view(input_).substr(begin, cut - begin));
      begin = cut;
    }
    link.give_all(std::string_view(input_).substr(begin));
    if (later_) world.advance(90s);
    const std::string answer = link.take();
    std::string log = mqtt_log(stream_, {}, answer);
    if (log.ends_with("END\n")) log.resize(log.size() - 4);
    return log + (link.is_open() ? "OPEN\n" : "CLOSED\n");
  }

  mqtt_stream stream_{.own = mqtt::role::client, .version = mqtt::version::v5, .opening = true};
  std::string input_;
  bool later_ = false, acl_ = false, users_ = false;
};

TEST_P(broker_vector, whole) { EXPECT_EQ(play({}), GetParam().block("log")); }

TEST_P(broker_vector, cut_at_every_byte) {
  for (std::size_t cut = 1; cut < input_.size(); ++cut) {
    // Output goes in between: what came before it is acknowledged then.
    ASSERT_EQ(play({cut}), GetParam().block("log")) << "cut at " << cut;
  }
}

TEST_P(broker_vector, byte_by_byte) {
  std::vector<std::size_t> cuts;
  for (std::size_t at = 1; at < input_.size(); ++at) cuts.push_back(at);
  EXPECT_EQ(play(cuts), GetParam().block("log"));
}

INSTANTIATE_TEST_SUITE_P(mqtt_broker, broker_vector, testing::ValuesIn(load_vectors("mqtt_broker")),
                         [](const auto& each) { return test_name(each.param); });

}  // namespace
}  // namespace parley::test
