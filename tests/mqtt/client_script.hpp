// An MQTT client driven by hand: events as lines of text, and a server that says any packet, right
// or wrong.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <parley/codecs/mqtt/client.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <parley/core/store/memory_store.hpp>
#include <string>
#include <vector>

#include "support/machine_harness.hpp"

namespace parley::test {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using mqtt::packet_type;
using mqtt::property;
using mqtt::property_place;
using mqtt::qos;
using mqtt::reason_code;

// "opened present", "message qos 1 a/b: text", "published 1 success", "failed server_busy".
std::string to_line(const mqtt::event& e);

// Properties, written where they live as long as this.
class property_room {
 public:
  property_room(property_place place, mqtt::role sender) : writer_(bytes_, place, sender) {}
  template <class Value>
  property_room& add(property id, Value value) {
    writer_.add(id, value);
    return *this;
  }
  operator mqtt::properties() const { return writer_.finish().value_or(mqtt::properties()); }

 private:
  std::array<std::byte, 500> bytes_;
  mqtt::property_writer writer_;
};

// The server's side, as bytes.
class raw_broker {
 public:
  explicit raw_broker(mqtt::version spoken)
      : encoder_(mqtt::role::server, spoken), decoder_(mqtt::role::server, spoken) {}

  template <class Packet>
  std::string say(const Packet& p) const {
    const auto size = encoder_.size(p);
    EXPECT_TRUE(size.has_value()) << (size ? "" : size.error().to_string());
    if (!size) return {};
    std::string bytes(*size, '\0');
    encoder_.put(reinterpret_cast<std::byte*>(bytes.data()), p);
    return bytes;
  }
  // The client's packets, as the decoder sees them, one a line.
  std::vector<std::string> read(std::string_view bytes);
  // The same; `see` gets each before its views die.
  void read(std::string_view bytes, const std::function<void(const mqtt::packet&)>& see);

 private:
  mqtt::encoder encoder_;
  mqtt::decoder decoder_;
  std::string unread_;
};

// A client, its session and its server. Several in turn may use one session.
class client_script {
 public:
  explicit client_script(mqtt::client_settings s = {}, mqtt::session* kept = nullptr)
      : settings(std::move(s)),
        session(kept != nullptr ? *kept : own_session),
        client(settings, session),
        broker(settings.version) {}

  // CONNECT and CONNACK, forgotten.
  client_script& open(mqtt::connack answer = {}) {
    h.start();
    (void)sent();
    say(answer);
    EXPECT_TRUE(client.is_open());
    (void)told();
    return *this;
  }

  template <class Packet>
  void say(const Packet& p, std::size_t portion = 0) {
    h.feed(broker.say(p), portion);
  }
  std::vector<std::string> told() {
    h.drain();
    return std::exchange(lines_, {});
  }
  std::vector<std::string> sent() { return broker.read(h.sent()); }
  time_point now() const { return h.now(); }

  std::uint64_t publish(std::string_view topic, std::string_view text, qos q = qos::at_least_once) {
    const auto r = client.publish({.topic = topic, .payload = as_bytes(text), .qos = q}, now());
    EXPECT_TRUE(r.has_value()) << (r ? "" : r.error().to_string());
    return r ? r->id : 0;
  }
  std::uint64_t subscribe(std::string_view filter) {
    const std::array filters{mqtt::subscription{.filter = filter, .qos = qos::exactly_once}};
    const auto r = client.subscribe(filters, {}, now());
    EXPECT_TRUE(r.has_value());
    return r ? *r : 0;
  }

  mqtt::client_settings settings;
  mqtt::session own_session;
  mqtt::session& session;
  mqtt::client client;
  raw_broker broker;
  std::optional<error> why;                // of the last `failed`
  std::uint64_t handle = 0;                // of the last message
  std::function<void(mqtt::event&)> then;  // inside of an event
  machine_harness<mqtt::client> h{client, [this](mqtt::event& e) { on_event(e); }};

 private:
  void on_event(mqtt::event& e);

  std::vector<std::string> lines_;
};

}  // namespace parley::test
