// A factory over three servers that are not there (support/fake_provider.hpp), in simulated time.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <parley/adapters/sim/world.hpp>
#include <parley/core/fallback/errc.hpp>
#include <parley/core/fallback/interface_factory.hpp>
#include <string>
#include <vector>

#include "support/fake_provider.hpp"

namespace parley::test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using strings = std::vector<std::string>;

inline result<std::string> encode_json(const value& v) {
  auto p = json::payload::of(v);
  if (!p) return std::unexpected(std::move(p).error());
  return std::string(p->text());
}

// What the factory tells.
struct switch_watcher final : observer {
  void carrier_changed(std::string_view channel, std::string_view from, std::string_view to,
                       const error* why) override {
    switches.push_back(std::string(channel) + ": " + std::string(from) + " -> " + std::string(to) +
                       (why ? " (" + std::string(why->name()) + ")" : ""));
  }
  void callback_failed(std::string_view, const error&) override { ++faults; }

  strings switches;
  int faults = 0;
};

class factory_suite : public ::testing::Test {
 protected:
  factory_suite() {
    table.add("redis", redis.maker());
    table.add("mqtt", mqtt.maker());
    table.add("websocket", sockets.maker());
    table.encode_with(&encode_json);
    config.watch = &watch;
  }
  ~factory_suite() override {
    factory.reset();
    world.run_for(1s);
  }

  interface_factory& make() {
    interface_configs where;
    where.add("redis://:secret@cache").add("mqtt://hub").add("ws://gateway:8765");
    factory.emplace(here, table, std::move(where), config);
    return *factory;
  }
  static preference all() {
    return {protocol_type::redis, protocol_type::mqtt, protocol_type::websocket};
  }
  speaker speak(std::string_view name = "events") {
    auto s = here.wait(factory->create_speaker(name, all()));
    EXPECT_TRUE(s) << s.error().to_string();
    return *s;
  }
  speaker hear(std::string_view name = "events") {
    auto s = here.wait(factory->create_speaker(
        name, [this](const message& m) { heard.push_back(std::string(m.text())); }, all()));
    EXPECT_TRUE(s) << s.error().to_string();
    return *s;
  }
  result<delivery> shout(speaker& s, const value& v) { return here.wait(s.shout(v)); }
  std::string carrier(std::string_view name = "events") {
    const auto s = factory->channel(name);
    return s && s->carrier ? s->carriers[*s->carrier].protocol : "-";
  }

  sim::world world{1};
  sim::host& here = world.add_host("here");
  fake_hub redis{here, "redis"}, mqtt{here, "mqtt"}, sockets{here, "websocket"};
  protocols table;
  switch_watcher watch;
  interface_factory_config config;
  std::optional<interface_factory> factory;
  strings heard;
};

}  // namespace parley::test
