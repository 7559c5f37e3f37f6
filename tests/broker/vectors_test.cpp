// What a client may not do, or may, as bytes, and what the broker answers: each vector whole, cut
// at every byte and byte by byte. tests/vectors/mqtt_broker has them.
#include "support/broker_world.hpp"
#include "support/mqtt_log.hpp"
#include "support/vector_test.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

class broker_vector : public machine_vector {
 protected:
  broker_vector() {
    each_option([&](std::string_view line) { option(line); });
  }
  void option(std::string_view line) {
    if (line == "version 3.1.1") {
      stream_.version = mqtt::version::v3_1_1;
    } else if (line == "later") {
      later_ = true;
    } else if (line == "acl") {
      acl_ = true;
    } else if (line == "users") {
      users_ = true;
    } else {
      ADD_FAILURE() << "unknown option " << line;
    }
  }

  void set_up(mqtt::broker_settings& s) const {
    s.connection.receive_maximum = 2;
    s.connection.topic_alias_maximum = 3;
    s.connection.maximum_packet = 300;
    s.connection.maximum_connect = 200;
    s.connection.topic_levels = 8;
    s.connection.max_keep_alive = 60;
    s.limits.max_subscriptions = 3;
    s.response_prefix = "answers";
    if (users_) {
      s.users = {{"ann", secret("right")}};
      s.allow_anonymous = false;
    }
    if (acl_) s.acl = *mqtt::topic_acl::parse("topic read a/#\ntopic write a/b\n");
  }

  std::string play(const cuts& at) override {
    broker_world world;
    set_up(world.settings);
    world.start();
    auto& link = world.connect();
    // Nothing is written in between: what was acknowledged counts as under way until the end.
    give(at, [&](std::string_view piece) { link.give_all(piece); });
    if (later_) world.advance(90s);
    const std::string answer = link.take();
    std::string log = mqtt_log(stream_, {}, answer);
    if (log.ends_with("END\n")) log.resize(log.size() - 4);
    return log + (link.is_open() ? "OPEN\n" : "CLOSED\n");
  }

  mqtt_stream stream_{.own = mqtt::role::client, .version = mqtt::version::v5, .opening = true};
  bool later_ = false, acl_ = false, users_ = false;
};

TEST_P(broker_vector, whole) { play_whole(); }
TEST_P(broker_vector, cut_at_every_byte) { play_cut_at_every_byte(); }
TEST_P(broker_vector, byte_by_byte) { play_byte_by_byte(); }

INSTANTIATE_TEST_SUITE_P(mqtt_broker, broker_vector, testing::ValuesIn(load_vectors("mqtt_broker")),
                         [](const auto& each) { return test_name(each.param); });

}  // namespace
}  // namespace parley::test
