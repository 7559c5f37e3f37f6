// In the steady state a message costs no heap allocation, whether it is shouted or heard, and a
// provider that is idle is small (S131, S133).
#include <gtest/gtest.h>

#include <parley/adapters/blocking/loop.hpp>
#include <parley/codecs/mqtt/mqtt_provider.hpp>

#include "support/allocations.hpp"
#include "support/mosquitto.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

// `round` returns after its messages have come; the first ones warm up.
template <class Round>
std::size_t allocations_of(Round round) {
  for (int i = 0; i < 20; ++i) round();
  const std::size_t before = allocations();
  for (int i = 0; i < 100; ++i) round();
  return allocations() - before;
}

class mqtt_allocations : public testing::TestWithParam<mqtt_versions> {
 protected:
  mqtt_config config() {
    mqtt_config c = *mqtt_config::from_uri(server.uri());
    c.version = GetParam();
    return c;
  }

  mosquitto server{{.lines = {"set_tcp_nodelay true"}}};
  blocking::loop loop;
};
INSTANTIATE_TEST_SUITE_P(versions, mqtt_allocations,
                         testing::Values(mqtt_versions::v3_1_1, mqtt_versions::v5),
                         [](const auto& each) {
                           return each.param == mqtt_versions::v5 ? "v5" : "v3_1_1";
                         });

TEST_P(mqtt_allocations, a_shout_and_its_message_cost_none) {
  mqtt_provider mqtt(loop, config());
  ASSERT_TRUE(loop.wait(mqtt.initialize()));
  for (const auto q :
       {mqtt::qos::at_most_once, mqtt::qos::at_least_once, mqtt::qos::exactly_once}) {
    std::size_t heard = 0, told = 0, expected = 0;
    auto on_message = [&](const message& m) { heard += m.payload().size(); };
    const std::string topic = "steady/" + std::to_string(static_cast<int>(q));
    auto ear = loop.wait(mqtt.create_speaker("steady/+", on_message, mqtt_speaker_options(q)));
    auto mouth = loop.wait(mqtt.create_speaker(topic, mqtt_speaker_options(q)));
    ASSERT_TRUE(ear && mouth);
    const std::size_t counted = allocations_of([&] {
      for (int i = 0; i < 50; ++i) {
        mouth->shout_bytes(as_bytes("0123456789abcdef")).then([&](const result<delivery>& r) {
          told += r.has_value();
        });
      }
      expected += 50;
      while (told < expected || heard < expected * 16) loop.run_once(100ms);
    });
    EXPECT_EQ(counted, 0U) << topic;
  }
}

// Kept small, as devices are: what a connected provider with one subscription holds.
TEST_P(mqtt_allocations, an_idle_provider_is_small) {
  const std::size_t before = held_bytes();
  mqtt_provider mqtt(loop, config());
  ASSERT_TRUE(loop.wait(mqtt.initialize()));
  auto ear = loop.wait(mqtt.create_speaker("t", [](const message&) {}));
  ASSERT_TRUE(ear);
  for (int i = 0; i < 5; ++i) loop.run_once(1ms);
  EXPECT_LT(held_bytes() - before, 16'384U);
}

}  // namespace
}  // namespace parley::test
