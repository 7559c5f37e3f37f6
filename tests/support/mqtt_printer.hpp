// MQTT packets as text: what mqtt_log.hpp shows, and what fuzz targets compare.
#pragma once

#include <parley/codecs/mqtt/packets.hpp>
#include <string>
#include <string_view>

namespace parley::test {

// For std::visit over a packet.
class mqtt_printer {
 public:
  // `spell` says how bytes are written; they are as they are without it.
  explicit mqtt_printer(std::string (*spell)(std::string_view) = nullptr) : spell_(spell) {}

  std::string log{};

  void operator()(std::monostate) { log += "nothing\n"; }
  void operator()(const mqtt::connect& p) {
    log += p.version == mqtt::version::v5 ? "CONNECT 5" : "CONNECT 3.1.1";
    if (p.clean_start) log += " clean";
    log += " keep_alive " + std::to_string(p.keep_alive) + " id" + quoted(p.client_id);
    if (p.user_name) log += " user" + quoted(*p.user_name);
    if (p.password) log += " password" + quoted(*p.password);
    log += '\n';
    add_properties(p.props);
    if (!p.will) return;
    log += "  will" + qos_text(p.will->qos) + (p.will->retain ? " retain" : "") + " topic" +
           quoted(p.will->topic) + payload_text(p.will->payload) + '\n';
    add_properties(p.will->props, "    ");
  }
  void operator()(const mqtt::connack& p) {
    log += "CONNACK " + reason_text(p.reason) + (p.session_present ? " session_present" : "");
    log += '\n';
    add_properties(p.props);
  }
  void operator()(const mqtt::publish& p) {
    log += "PUBLISH" + qos_text(p.qos);
    if (p.qos != mqtt::qos::at_most_once) log += " id " + std::to_string(p.packet_id);
    log += std::string(p.retain ? " retain" : "") + (p.dup ? " dup" : "") + " topic" +
           quoted(p.topic) + payload_text(p.payload) + '\n';
    add_properties(p.props);
  }
  template <mqtt::packet_type Type>
  void operator()(const mqtt::acknowledgement<Type>& p) {
    log += std::string(to_string(Type)) + " id " + std::to_string(p.packet_id) + ' ' +
           reason_text(p.reason) + '\n';
    add_properties(p.props);
  }
  void operator()(const mqtt::subscribe& p) {
    log += "SUBSCRIBE id " + std::to_string(p.packet_id) + '\n';
    add_properties(p.props);
    for (const mqtt::subscription& s : p.filters) {
      log += " " + quoted(s.filter) + qos_text(s.qos);
      if (s.no_local) log += " no_local";
      if (s.retain_as_published) log += " retain_as_published";
      if (s.handling == mqtt::retain_handling::send_if_new) log += " send_if_new";
      if (s.handling == mqtt::retain_handling::do_not_send) log += " do_not_send";
      log += '\n';
    }
  }
  void operator()(const mqtt::unsubscribe& p) {
    log += "UNSUBSCRIBE id " + std::to_string(p.packet_id) + '\n';
    add_properties(p.props);
    for (const std::string_view filter : p.filters) log += " " + quoted(filter) + '\n';
  }
  void operator()(const mqtt::suback& p) { add_answer("SUBACK", p); }
  void operator()(const mqtt::unsuback& p) { add_answer("UNSUBACK", p); }
  void operator()(const mqtt::pingreq&) { log += "PINGREQ\n"; }
  void operator()(const mqtt::pingresp&) { log += "PINGRESP\n"; }
  void operator()(const mqtt::disconnect& p) {
    log += "DISCONNECT " + reason_text(p.reason) + '\n';
    add_properties(p.props);
  }
  void operator()(const mqtt::auth& p) {
    log += "AUTH " + reason_text(p.reason) + '\n';
    add_properties(p.props);
  }

 private:
  std::string quoted(std::string_view text) const {
    return " \"" + (spell_ != nullptr ? spell_(text) : std::string(text)) + '"';
  }
  std::string quoted(byte_view bytes) const { return quoted(as_text(bytes)); }
  std::string payload_text(byte_view bytes) const {
    std::string text = " payload " + std::to_string(bytes.size());
    // Of a long one, both ends.
    if (bytes.size() <= 100) return text + quoted(bytes);
    return text + quoted(bytes.first(8)) + " to" + quoted(bytes.last(8));
  }
  static std::string qos_text(mqtt::qos q) { return " qos " + std::to_string(static_cast<int>(q)); }
  static std::string reason_text(mqtt::reason_code r) { return std::string(to_string(r)); }
  void add_properties(const mqtt::properties& all, std::string_view indent = "  ") {
    for (const mqtt::property_value& v : all) {
      log += indent;
      log += to_string(v.id);
      switch (mqtt::info_of(v.id).type) {
        case mqtt::property_type::text_pair:
          log += quoted(v.name) + quoted(v.bytes);
          break;
        case mqtt::property_type::text:
        case mqtt::property_type::binary:
          log += quoted(v.bytes);
          break;
        default:
          log += ' ' + std::to_string(v.number);
      }
      log += '\n';
    }
  }

  template <class Packet>
  void add_answer(std::string_view name, const Packet& p) {
    log += std::string(name) + " id " + std::to_string(p.packet_id) + '\n';
    add_properties(p.props);
    for (const mqtt::reason_code r : p.reasons) log += "  " + reason_text(r) + '\n';
  }

  std::string (*spell_)(std::string_view);
};

}  // namespace parley::test
