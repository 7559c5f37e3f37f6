// Our codec as the benchmarks and the instruction count drive it.
#pragma once

#include <array>
#include <parley/codecs/mqtt/decoder.hpp>
#include <parley/codecs/mqtt/encoder.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <variant>
#include <vector>

#include "workloads.hpp"

namespace parley::bench {

// Reads all packets of a pass and touches what they say.
class our_reader {
 public:
  explicit our_reader(const workload& w)
      : work_(w), decoder_(mqtt::role::server, w.version), fresh_(decoder_) {
    // A connection opens once; CONNECT alone is measured as the first packet.
    our_connect(opening_, w.version);
    open();
  }

  std::size_t due() const noexcept { return work_.sum; }

  std::size_t read() {
    if (work_.what == content::connect) decoder_ = fresh_;
    byte_view in = as_bytes(work_.bytes);
    std::size_t sum = 0;
    while (!in.empty()) {
      const mqtt::decode_result r = decoder_.decode(in, packet_);
      if (r.status != mqtt::decode_status::ok) break;
      sum += look(packet_);
      in = in.subspan(r.consumed);
    }
    return sum;
  }

 private:
  static void our_connect(std::string& to, mqtt::version spoken) {
    const mqtt::encoder e(mqtt::role::client, spoken);
    const mqtt::connect first{.version = spoken};
    to.resize(e.size(first).value());
    e.put(reinterpret_cast<std::byte*>(to.data()), first);
  }
  void open() {
    if (work_.what != content::connect) decoder_.decode(as_bytes(opening_), packet_);
  }

  static std::size_t look(const mqtt::packet& p) {
    if (const auto* m = std::get_if<mqtt::publish>(&p)) {
      return m->topic.size() + m->payload.size() + m->packet_id;
    }
    if (const auto* s = std::get_if<mqtt::subscribe>(&p)) {
      return s->packet_id + s->filters.size();
    }
    const auto* c = std::get_if<mqtt::connect>(&p);
    return c == nullptr ? 0 : c->client_id.size() + c->keep_alive;
  }

  const workload& work_;
  mqtt::decoder decoder_;
  mqtt::decoder fresh_;
  mqtt::packet packet_;
  std::string opening_;
};

// Writes one packet into room of its own, checks included.
class our_writer {
 public:
  our_writer(content what, mqtt::version spoken)
      : what_(what), encoder_(mqtt::role::client, spoken), room_(70 * 1024) {
    connect_ = {.version = spoken, .keep_alive = 60, .client_id = client_id};
    connect_.will = mqtt::last_will{.topic = will_topic, .payload = as_bytes("1")};
    connect_.user_name = user_name;
    connect_.password = as_bytes(password);
    publish_ = {.topic = topic, .payload = as_bytes(payload_of(what))};
    if (what == content::publish_q1_256 || what == content::publish5_props) {
      publish_.qos = mqtt::qos::at_least_once;
      publish_.packet_id = 7;
    }
  }

  byte_view write() {
    if (what_ == content::connect) return one(connect_);
    if (what_ == content::subscribe) {
      return one(mqtt::subscribe{.packet_id = 9, .filters = filters_});
    }
    if (what_ == content::publish5_props) {
      mqtt::property_writer w(properties_, mqtt::property_place::publish, mqtt::role::client);
      w.add(mqtt::property::message_expiry_interval, 60U)
          .add(mqtt::property::content_type, content_type)
          .add(mqtt::property::response_topic, response_topic)
          .add(mqtt::property::correlation_data, correlation)
          .add_user("unit", "celsius");
      publish_.props = *w.finish();
    }
    return one(publish_);
  }

 private:
  template <class Packet>
  byte_view one(const Packet& p) {
    const auto size = encoder_.size(p);
    if (!size) return {};
    encoder_.put(room_.data(), p);
    return {room_.data(), *size};
  }

  content what_;
  mqtt::encoder encoder_;
  mqtt::connect connect_;
  mqtt::publish publish_;
  std::array<mqtt::subscription, 3> filters_{
      {{.filter = "sensors/+/temp", .qos = mqtt::qos::at_least_once},
       {.filter = "alarms/#", .qos = mqtt::qos::exactly_once},
       {.filter = "devices/0001/command"}}};
  std::array<std::byte, 256> properties_;
  std::vector<std::byte> room_;
};

}  // namespace parley::bench
