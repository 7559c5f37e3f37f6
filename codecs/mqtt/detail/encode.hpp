// What is wrong with a packet, how many bytes it has behind its fixed header, and those bytes: for
// each packet three functions, by families.
//
// Internal to codecs/mqtt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/mqtt/detail/put.hpp>
#include <parley/codecs/mqtt/errc.hpp>
#include <parley/codecs/mqtt/packets.hpp>
#include <parley/codecs/mqtt/text.hpp>
#include <parley/codecs/mqtt/version.hpp>

namespace parley::mqtt::detail {

using check = std::optional<errc>;

// What a packet is written with.
struct encode_context {
  mqtt::version version;
  role own;

  bool is_v5() const noexcept { return version == mqtt::version::v5; }
};

inline std::size_t field_size(std::string_view text) noexcept { return 2 + text.size(); }
inline std::size_t field_size(byte_view bytes) noexcept { return 2 + bytes.size(); }

inline check check_text(std::string_view text) noexcept {
  if (text.size() > longest_field) return errc::short_packet;
  return is_text(text) ? check() : errc::bad_text;
}
check check_topic_name_rarely(std::string_view topic) noexcept;
inline check check_topic_name(std::string_view topic) noexcept {
  if (is_plain_name(topic) && topic.size() - 1 < longest_field) [[likely]]
    return {};
  return check_topic_name_rarely(topic);
}

// Properties are empty in 3.1.1, and fit their packet: what they are was checked when they were
// made.
inline check check_properties(const properties& props, property_place where,
                              const encode_context& with) noexcept {
  if (props.empty()) return {};
  if (!with.is_v5()) return errc::misplaced_property;
  if ((props.present() & ~properties_of(where, with.own)) != 0) return errc::misplaced_property;
  return {};
}
inline std::size_t properties_size(const properties& props, const encode_context& with) noexcept {
  if (!with.is_v5()) return 0;
  const std::size_t size = props.block().size();
  return variable_size(size) + size;
}
inline std::byte* put_properties(std::byte* to, const properties& props,
                                 const encode_context& with) noexcept {
  if (!with.is_v5()) return to;
  const byte_view block = props.block();
  return put_bytes(put_variable(to, static_cast<std::uint32_t>(block.size())), block);
}

// Type and flags, and how many bytes follow.
inline std::byte* put_header(std::byte* to, packet_type type, unsigned flags,
                             std::size_t remaining) noexcept {
  to = put_byte(to, static_cast<unsigned>(type) << 4 | flags);
  return put_variable(to, static_cast<std::uint32_t>(remaining));
}

// A reason code and properties that are left out where they say nothing (section 3.4.2.1).
inline std::size_t ending_size(reason_code reason, const properties& props,
                               const encode_context& with) noexcept {
  if (!with.is_v5()) return 0;
  if (!props.empty()) return 1 + properties_size(props, with);
  return reason == reason_code::success ? 0 : 1;
}
std::byte* put_ending(std::byte* to, reason_code reason, const properties& props,
                      const encode_context& with) noexcept;
check check_ending(reason_code reason, const properties& props, packet_type type,
                   const encode_context& with) noexcept;

inline check check_packet_id(std::uint16_t id) noexcept {
  return id == 0 ? errc::bad_packet_id : check();
}

check check_packet(const connect& p, const encode_context& with) noexcept;
check check_packet(const connack& p, const encode_context& with) noexcept;
check check_packet(const subscribe& p, const encode_context& with) noexcept;
check check_packet(const suback& p, const encode_context& with) noexcept;
check check_packet(const unsubscribe& p, const encode_context& with) noexcept;
check check_packet(const unsuback& p, const encode_context& with) noexcept;
check check_packet(const auth& p, const encode_context& with) noexcept;

std::size_t remaining_of(const connect& p, const encode_context& with) noexcept;
std::size_t remaining_of(const connack& p, const encode_context& with) noexcept;
std::size_t remaining_of(const subscribe& p, const encode_context& with) noexcept;
std::size_t remaining_of(const suback& p, const encode_context& with) noexcept;
std::size_t remaining_of(const unsubscribe& p, const encode_context& with) noexcept;
std::size_t remaining_of(const unsuback& p, const encode_context& with) noexcept;

// Everything behind the fixed header.
std::byte* put_body(std::byte* to, const connect& p, const encode_context& with) noexcept;
std::byte* put_body(std::byte* to, const connack& p, const encode_context& with) noexcept;
std::byte* put_body(std::byte* to, const subscribe& p, const encode_context& with) noexcept;
std::byte* put_body(std::byte* to, const suback& p, const encode_context& with) noexcept;
std::byte* put_body(std::byte* to, const unsubscribe& p, const encode_context& with) noexcept;
std::byte* put_body(std::byte* to, const unsuback& p, const encode_context& with) noexcept;

// In line, because most packets are of this kind.
[[gnu::always_inline]] inline check check_packet(const publish& p,
                                                 const encode_context& with) noexcept {
  if (static_cast<unsigned>(p.qos) > 2) return errc::bad_qos;
  if (p.qos != mqtt::qos::at_most_once) {
    if (p.packet_id == 0) return errc::bad_packet_id;
  } else if (p.dup) {
    return errc::bad_dup;
  }
  if (const auto fault = check_properties(p.props, property_place::publish, with)) return fault;
  if (p.topic.empty() && !p.props.has(property::topic_alias)) return errc::missing_topic;
  return check_topic_name(p.topic);
}

// The payload counts.
inline std::size_t remaining_of(const publish& p, const encode_context& with) noexcept {
  return field_size(p.topic) + (p.qos == mqtt::qos::at_most_once ? 0U : 2U) +
         properties_size(p.props, with) + p.payload.size();
}

template <packet_type Type>
check check_packet(const acknowledgement<Type>& p, const encode_context& with) noexcept {
  if (const auto fault = check_packet_id(p.packet_id)) return fault;
  return check_ending(p.reason, p.props, Type, with);
}
template <packet_type Type>
std::size_t remaining_of(const acknowledgement<Type>& p, const encode_context& with) noexcept {
  return 2 + ending_size(p.reason, p.props, with);
}
template <packet_type Type>
std::byte* put_body(std::byte* to, const acknowledgement<Type>& p,
                    const encode_context& with) noexcept {
  return put_ending(put_two(to, p.packet_id), p.reason, p.props, with);
}

inline check check_packet(const pingreq&, const encode_context&) noexcept { return {}; }
inline check check_packet(const pingresp&, const encode_context&) noexcept { return {}; }
inline std::size_t remaining_of(const pingreq&, const encode_context&) noexcept { return 0; }
inline std::size_t remaining_of(const pingresp&, const encode_context&) noexcept { return 0; }
inline std::byte* put_body(std::byte* to, const pingreq&, const encode_context&) noexcept {
  return to;
}
inline std::byte* put_body(std::byte* to, const pingresp&, const encode_context&) noexcept {
  return to;
}

inline check check_packet(const disconnect& p, const encode_context& with) noexcept {
  return check_ending(p.reason, p.props, packet_type::disconnect, with);
}
inline std::size_t remaining_of(const disconnect& p, const encode_context& with) noexcept {
  return ending_size(p.reason, p.props, with);
}
inline std::size_t remaining_of(const auth& p, const encode_context& with) noexcept {
  return ending_size(p.reason, p.props, with);
}
inline std::byte* put_body(std::byte* to, const disconnect& p,
                           const encode_context& with) noexcept {
  return put_ending(to, p.reason, p.props, with);
}
inline std::byte* put_body(std::byte* to, const auth& p, const encode_context& with) noexcept {
  return put_ending(to, p.reason, p.props, with);
}

}  // namespace parley::mqtt::detail
