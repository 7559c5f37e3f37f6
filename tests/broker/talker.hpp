// A client of a broker_world that says what it is told to, packet by packet, and writes down what
// it hears as mqtt_log does.
#pragma once

#include <initializer_list>
#include <parley/codecs/mqtt/encoder.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/broker_world.hpp"
#include "support/mqtt_log.hpp"

namespace parley::test {

// Properties that own their bytes.
class owned_properties {
 public:
  explicit owned_properties(mqtt::property_place place) : place_(place) {}
  owned_properties& add(mqtt::property id, std::uint32_t number) {
    return with([&](mqtt::property_writer& w) { w.add(id, number); });
  }
  owned_properties& add(mqtt::property id, std::string_view text) {
    return with([&](mqtt::property_writer& w) { w.add(id, text); });
  }
  mqtt::properties view() const {
    return *mqtt::properties::parse(as_bytes(bytes_), place_, mqtt::role::client);
  }

 private:
  template <class Write>
  owned_properties& with(Write write) {
    std::vector<std::byte> room(1000);
    mqtt::property_writer w(room, place_, mqtt::role::client);
    write(w);
    bytes_ += as_text(byte_view(room).first(w.size()));
    return *this;
  }
  mqtt::property_place place_;
  std::string bytes_;
};

class talker {
 public:
  talker(broker_world& world, std::string_view id, mqtt::version v = mqtt::version::v5)
      : world_(world), name_(id), version_(v) {
    settings.version = v;
    settings.client_id = name_;
  }

  // Connects with `settings`; what came with it is the return value, without its properties.
  std::string connect() {
    const std::string log = connect_whole();
    return log.substr(0, log.find('\n'));
  }
  // With its properties, and what follows it.
  std::string connect_whole() {
    link = &world_.connect();
    fresh_ = true;
    send(settings);
    return heard();
  }
  // 3.1.1 has no expiry; for 5 the session is to be kept.
  std::string connect_kept(std::uint32_t seconds = 1000) {
    owned_properties p(mqtt::property_place::connect);
    p.add(mqtt::property::session_expiry_interval, seconds);
    settings.clean_start = false;
    if (version_ == mqtt::version::v5) settings.props = p.view();
    std::string log = connect();
    settings.props = {};
    return log;
  }

  template <class Packet>
  void send(const Packet& p) {
    send_buffer out;
    const auto ok = mqtt::encoder(mqtt::role::client, version_).append(out, p);
    if (!ok) ADD_FAILURE() << ok.error().to_string();
    std::string bytes;
    for (const const_buffer& piece : out.output()) {
      bytes.append(static_cast<const char*>(piece.data), piece.size);
    }
    link->give_all(bytes);
  }
  void publish(std::string_view topic, std::string_view text, mqtt::qos q = mqtt::qos::at_most_once,
               std::uint16_t id = 0, bool retain = false) {
    send(mqtt::publish{
        .topic = topic, .payload = as_bytes(text), .packet_id = id, .qos = q, .retain = retain});
  }
  // And takes the SUBACK away.
  void subscribe(std::string_view filter, mqtt::qos q = mqtt::qos::at_most_once) {
    subscribe(mqtt::subscription{.filter = filter, .qos = q});
  }
  void subscribe(mqtt::subscription what) {
    const std::vector<mqtt::subscription> filters{what};
    send(mqtt::subscribe{.packet_id = 9, .filters = filters, .props = {}});
    EXPECT_TRUE(heard().starts_with("SUBACK"));
  }

  // What came since the last call, and CLOSED once it is over.
  std::string heard() {
    world_.turn();
    std::string bytes;
    for (std::string some = link->take(); !some.empty(); some = link->take()) bytes += some;
    const mqtt_stream stream{
        .own = mqtt::role::client, .version = version_, .opening = std::exchange(fresh_, false)};
    std::string log = bytes.empty() ? "END\n" : mqtt_log(stream, {}, bytes);
    if (log.ends_with("END\n")) log.resize(log.size() - 4);
    return log + (link->is_open() ? "" : "CLOSED\n");
  }
  // Without a word.
  void vanish() {
    link->server().commit_error(error(errc::reset), world_.now);
    link->drain();
    world_.drop(*link);
    link = nullptr;
  }
  void say_goodbye() {
    send(mqtt::disconnect{});
    world_.drop(*link);
    link = nullptr;
  }

  talker(const talker&) = delete;
  talker& operator=(const talker&) = delete;

  mqtt::connect settings{.keep_alive = 0};
  broker_world::link* link = nullptr;

 private:
  broker_world& world_;
  std::string name_;
  mqtt::version version_;
  bool fresh_ = true;
};

}  // namespace parley::test
