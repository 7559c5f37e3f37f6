// The packets by families, each a function from a packet's bytes behind the fixed header.
//
// Internal to codecs/mqtt.
#pragma once

#include <cstdint>
#include <parley/codecs/mqtt/cursor.hpp>
#include <parley/codecs/mqtt/limits.hpp>
#include <parley/codecs/mqtt/packets.hpp>
#include <parley/codecs/mqtt/property_scan.hpp>
#include <parley/codecs/mqtt/version.hpp>

namespace parley::mqtt::detail {

// What a packet is read with.
struct decode_context {
  mqtt::version version;
  role sender;
  unsigned flags;  // of the fixed header
  std::uint32_t topic_levels;

  bool is_v5() const noexcept { return version == mqtt::version::v5; }
};

// Each fills `out`, and returns false with the cursor's fault. Whether the packet ends where the
// cursor stands is checked by the caller.
// "MQTT" and 4 or 5 (sections 3.1.2.1 and 3.1.2.2), with which CONNECT begins.
inline constexpr std::size_t protocol_size = 7;
bool decode_protocol(cursor& in, mqtt::version& version) noexcept;
bool decode_connect(cursor& in, const decode_context& with, connect& out) noexcept;
bool decode_connack(cursor& in, const decode_context& with, connack& out) noexcept;
bool decode_subscribe(cursor& in, const decode_context& with, subscribe& out) noexcept;
bool decode_suback(cursor& in, const decode_context& with, suback& out) noexcept;
bool decode_unsubscribe(cursor& in, const decode_context& with, unsubscribe& out) noexcept;
bool decode_unsuback(cursor& in, const decode_context& with, unsuback& out) noexcept;
bool decode_disconnect(cursor& in, const decode_context& with, disconnect& out) noexcept;
bool decode_auth(cursor& in, const decode_context& with, auth& out) noexcept;

// A reason code and properties, each left out where the packet ends (sections 3.4.2.1, 3.14.2.1):
// of the four acknowledgements, DISCONNECT and AUTH.
bool decode_ending(cursor& in, const decode_context& with, packet_type type, reason_code& reason,
                   properties& props) noexcept;

// Packets cannot name zero [MQTT-2.2.1-3].
[[gnu::always_inline]] inline bool decode_packet_id(cursor& in, std::uint16_t& id) noexcept {
  return in.number(id) && (id != 0 || in.fail(errc::bad_packet_id));
}

template <packet_type Type>
bool decode_acknowledgement(cursor& in, const decode_context& with,
                            acknowledgement<Type>& out) noexcept {
  return decode_packet_id(in, out.packet_id) &&
         (!with.is_v5() || decode_ending(in, with, Type, out.reason, out.props));
}

// The properties that every packet but pings has in MQTT 5.
[[gnu::always_inline]] inline bool decode_properties(cursor& in, const decode_context& with,
                                                     packet_type type, properties& out) noexcept {
  return !with.is_v5() || scan_properties(in, place_of(type), with.sender, out);
}

// Text of so many bytes cannot have more levels than that.
bool is_too_deep(std::string_view topic, const decode_context& with) noexcept;

[[gnu::always_inline]] inline bool decode_topic_name(cursor& in, const decode_context& with,
                                                     std::string_view& out) noexcept {
  if (!in.topic_name(out)) return false;
  return out.size() < with.topic_levels || !is_too_deep(out, with) || in.fail(errc::topic_too_deep);
}
inline bool decode_topic_filter(cursor& in, const decode_context& with,
                                std::string_view& out) noexcept {
  if (!in.topic_filter(out)) return false;
  return out.size() < with.topic_levels || !is_too_deep(out, with) ||
         in.fail(errc::filter_too_deep);
}

// At the end and at once: a struct that is filled while functions are called is written to memory
// twice.
[[gnu::always_inline]] inline void put_publish(packet& to, unsigned flags, std::string_view topic,
                                               std::uint16_t packet_id, const properties& props,
                                               byte_view payload) noexcept {
  auto& p = to.emplace<publish>();
  p.topic = topic;
  p.payload = payload;
  p.packet_id = packet_id;
  p.qos = static_cast<mqtt::qos>(flags >> 1 & 3);
  p.retain = (flags & 1) != 0;
  p.dup = (flags & 8) != 0;
  p.props = props;
}

// In line, because most packets are of this kind. The flags were checked with the fixed header;
// what the payload is does not matter.
[[gnu::always_inline]] inline bool decode_publish(cursor& in, const decode_context& with,
                                                  packet& out) noexcept {
  std::string_view topic;
  std::uint16_t packet_id = 0;
  properties props;
  if (!decode_topic_name(in, with, topic)) return false;
  if ((with.flags & 0b0110) != 0 && !decode_packet_id(in, packet_id)) return false;
  if (!decode_properties(in, with, packet_type::publish, props)) return false;
  if (topic.empty() && !props.has(property::topic_alias)) return in.fail(errc::missing_topic);
  put_publish(out, with.flags, topic, packet_id, props, in.rest());
  return true;
}

}  // namespace parley::mqtt::detail
