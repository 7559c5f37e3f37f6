// mqtt_clients on loop L, and what they have heard: the fixture of the tests on every loop.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <parley/adapters/files/tls_maker.hpp>
#include <parley/codecs/mqtt/mqtt_client.hpp>
#include <parley/core/store/memory_store.hpp>
#include <string>
#include <vector>

#include "redis/loops.hpp"
#include "redis/watcher.hpp"
#include "support/mosquitto.hpp"
#include "support/tls_files.hpp"

namespace parley::test {

using mqtt::qos;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using strings = std::vector<std::string>;

inline constexpr qos every_qos[] = {qos::at_most_once, qos::at_least_once, qos::exactly_once};
inline constexpr mqtt_versions both_versions[] = {mqtt_versions::v3_1_1, mqtt_versions::v5};

inline std::string name_of(qos q) { return std::to_string(static_cast<int>(q)); }

// One client, and what it has seen.
class talker final : public mqtt_client_handler {
 public:
  talker(loop& home, mqtt_config c)
      : client(std::make_unique<mqtt_client>(home, *this, std::move(c))) {}
  talker(const talker&) = delete;
  talker& operator=(const talker&) = delete;

  void on_message(mqtt_client& from, const mqtt::message_event& m) override {
    got.push_back(std::string(m.topic) + "|" + name_of(m.qos) + "|" + (m.retain ? "1" : "0") + "|" +
                  std::string(m.text()));
    handles.push_back(m.handle);
    // A copy: all of this may be destroyed inside.
    if (const auto then = on_each) then(from, m);
  }
  void on_up(mqtt_client&, const mqtt::opened& how) override {
    ++ups;
    was_present = how.session_present;
  }
  void on_down(mqtt_client&, const error& why, bool final) override {
    downs.push_back(why.to_string());
    is_final = final;
  }
  void on_event(mqtt_client&, const mqtt::event& e) override {
    if (const auto* end = std::get_if<mqtt::publish_event>(&e)) ended.push_back(end->id);
  }

  std::unique_ptr<mqtt_client> client;
  std::function<void(mqtt_client&, const mqtt::message_event&)> on_each;
  strings got;
  std::vector<std::uint64_t> handles;
  std::vector<std::uint64_t> ended;
  strings downs;
  int ups = 0;
  bool was_present = false;
  bool is_final = false;
};

template <class L>
class mqtt_on : public loop_suite<L> {
 protected:
  mqtt_on() { lower.add("tls", parley::files::tls_maker()); }

  mqtt_config config_of(const mosquitto& server) {
    auto c = mqtt_config::from_uri(server.uri());
    EXPECT_TRUE(c);
    c->with = &lower;
    c->watch = &watch;
    c->reconnect.cap = 100ms;
    if (server.uri().starts_with("mqtts")) c->tls_ca_certs = files().ca;
    return *std::move(c);
  }
  // Connected, or the test has failed.
  std::unique_ptr<talker> connect(mqtt_config c) {
    auto made = std::make_unique<talker>(this->home, std::move(c));
    const auto up = this->at.wait(made->client->connect());
    EXPECT_TRUE(up) << up.error().to_string();
    return made;
  }
  result<mqtt::reason_code> publish(talker& from, std::string_view topic, std::string_view payload,
                                    mqtt_publish_options how) {
    return this->at.wait(from.client->publish(topic, payload, how));
  }
  void subscribe(talker& to, std::string_view filter, qos q) {
    const auto granted = this->at.wait(to.client->subscribe(filter, q));
    EXPECT_TRUE(granted) << granted.error().to_string();
    if (granted) {
      EXPECT_EQ(*granted, q);
    }
  }
  strings heard(const child& listener, std::size_t count) {
    (void)this->at.run_until([&] { return mosquitto::lines_of(listener).size() >= count; });
    return mosquitto::lines_of(listener);
  }

  transports lower;
  watcher watch;
};

}  // namespace parley::test
