#include <parley/codecs/mqtt/detail/encode.hpp>

namespace parley::mqtt::detail {
namespace {

check check_will(const last_will& will, const encode_context& with) noexcept {
  if (static_cast<unsigned>(will.qos) > 2) return errc::bad_qos;
  if (will.topic.empty()) return errc::bad_topic_name;
  if (const auto fault = check_topic_name(will.topic)) return fault;
  if (will.payload.size() > longest_field) return errc::short_packet;
  return check_properties(will.props, property_place::will, with);
}

unsigned flags_of(const connect& p) noexcept {
  unsigned flags = p.clean_start ? 0x02 : 0;
  if (p.will) {
    flags |= 0x04U | static_cast<unsigned>(p.will->qos) << 3 | (p.will->retain ? 0x20U : 0U);
  }
  return flags | (p.password ? 0x40U : 0U) | (p.user_name ? 0x80U : 0U);
}

}  // namespace

check check_packet(const connect& p, const encode_context& with) noexcept {
  const bool v5 = with.is_v5();
  if (p.version != with.version) return errc::unsupported_version;
  if (const auto fault = check_properties(p.props, property_place::connect, with)) return fault;
  if (const auto fault = check_text(p.client_id)) return fault;
  if (!v5 && p.client_id.empty() && !p.clean_start) return errc::bad_client_id;
  if (p.will) {
    if (const auto fault = check_will(*p.will, with)) return fault;
  }
  if (p.user_name) {
    if (const auto fault = check_text(*p.user_name)) return fault;
  }
  if (!p.password) return {};
  if (!v5 && !p.user_name) return errc::bad_connect_flags;
  return p.password->size() > longest_field ? errc::short_packet : check();
}

std::size_t remaining_of(const connect& p, const encode_context& with) noexcept {
  std::size_t size = 10 + properties_size(p.props, with) + field_size(p.client_id);
  if (p.will) {
    size += properties_size(p.will->props, with) + field_size(p.will->topic) +
            field_size(p.will->payload);
  }
  if (p.user_name) size += field_size(*p.user_name);
  if (p.password) size += field_size(*p.password);
  return size;
}

std::byte* put_body(std::byte* to, const connect& p, const encode_context& with) noexcept {
  to = put_text(to, "MQTT");
  to = put_byte(to, static_cast<unsigned>(with.version));
  to = put_byte(to, flags_of(p));
  to = put_two(to, p.keep_alive);
  to = put_properties(to, p.props, with);
  to = put_text(to, p.client_id);
  if (p.will) {
    to = put_properties(to, p.will->props, with);
    to = put_text(to, p.will->topic);
    to = put_binary(to, p.will->payload);
  }
  if (p.user_name) to = put_text(to, *p.user_name);
  if (p.password) to = put_binary(to, *p.password);
  return to;
}

check check_packet(const connack& p, const encode_context& with) noexcept {
  if (p.session_present && p.reason != reason_code::success) return errc::bad_session_present;
  const bool good = with.is_v5() ? may_carry(packet_type::connack, p.reason, with.own)
                                 : to_return_code(p.reason).has_value();
  if (!good) return errc::bad_reason_code;
  return check_properties(p.props, property_place::connack, with);
}

std::size_t remaining_of(const connack& p, const encode_context& with) noexcept {
  return 2 + properties_size(p.props, with);
}

std::byte* put_body(std::byte* to, const connack& p, const encode_context& with) noexcept {
  to = put_byte(to, p.session_present ? 1 : 0);
  to = put_byte(to, with.is_v5() ? static_cast<unsigned>(p.reason)
                                 : static_cast<unsigned>(*to_return_code(p.reason)));
  return put_properties(to, p.props, with);
}

}  // namespace parley::mqtt::detail
