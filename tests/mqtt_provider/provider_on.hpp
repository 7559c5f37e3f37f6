// mqtt_providers on loop L and a broker that does what the test says: the fixture of the tests that
// run on every loop.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <parley/adapters/files/tls_maker.hpp>
#include <parley/codecs/mqtt/mqtt_provider.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "mqtt_provider/fake_broker.hpp"
#include "redis/loops.hpp"
#include "redis/watcher.hpp"

namespace parley::test {

using mqtt::qos;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using strings = std::vector<std::string>;

// What providers of any broker need.
template <class L>
class mqtt_provider_base : public loop_suite<L> {
 protected:
  std::unique_ptr<mqtt_provider> up(mqtt_config c, mqtt_provider_limits limits = {}) {
    auto p = std::make_unique<mqtt_provider>(this->home, std::move(c), limits);
    const auto ok = this->at.wait(p->initialize());
    EXPECT_TRUE(ok) << ok.error().to_string();
    return p;
  }
  static message_callback into(strings& to) {
    return [&to](const message& m) {
      to.push_back(std::string(m.topic()) + ":" + std::string(m.text()));
    };
  }
  speaker listen(mqtt_provider& p, std::string_view name, strings& to,
                 mqtt_speaker_options how = {}) {
    auto s = this->at.wait(p.create_speaker(name, into(to), how));
    if (!s) throw std::runtime_error(s.error().to_string());
    return *s;
  }
  speaker speak(mqtt_provider& p, std::string_view name, mqtt_speaker_options how = {}) {
    auto s = this->at.wait(p.create_speaker(name, how));
    if (!s) throw std::runtime_error(s.error().to_string());
    return *s;
  }
  result<delivery> shout(speaker& s, const value& v) { return this->at.wait(s.shout(v)); }
  // The callable, or the test has failed.
  callable caller(mqtt_provider& p, std::string_view name) {
    auto c = this->at.wait(p.create_callable(name));
    if (!c) throw std::runtime_error(c.error().to_string());
    return *c;
  }
  callable serve(mqtt_provider& p, std::string_view name, call_handler f) {
    auto c = this->at.wait(p.create_callable(name, std::move(f)));
    if (!c) throw std::runtime_error(c.error().to_string());
    return *c;
  }
  bool comes(const strings& to, std::size_t n) {
    return this->at.run_until([&] { return to.size() >= n; });
  }

  watcher watch;
};

template <class L>
class mqtt_provider_on : public mqtt_provider_base<L> {
 protected:
  mqtt_provider_on() { port = broker.listen(this->at.bind_address()).port(); }

  mqtt_config config(std::string client_id = "device") {
    mqtt_config c;
    c.broker = "127.0.0.1";
    c.port = port;
    c.client_id = std::move(client_id);
    c.connect_timeout = 2s;
    c.reconnect.base = 5ms;
    c.reconnect.cap = 50ms;
    c.watch = &this->watch;
    return c;
  }
  bool seen(std::string_view begin, std::size_t n = 1) {
    return this->at.run_until([&] { return broker.count(begin) >= n; });
  }

  fake_broker broker{this->home};
  std::uint16_t port = 0;
};

}  // namespace parley::test
