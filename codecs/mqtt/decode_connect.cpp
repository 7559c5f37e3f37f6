#include <parley/codecs/mqtt/detail/decode.hpp>

namespace parley::mqtt::detail {
namespace {

// The connect flags (section 3.1.2.3).
constexpr unsigned reserved = 0x01;
constexpr unsigned clean = 0x02;
constexpr unsigned has_will = 0x04;
constexpr unsigned will_qos = 0x18;
constexpr unsigned will_retain = 0x20;
constexpr unsigned has_password = 0x40;
constexpr unsigned has_user = 0x80;

// Sections 3.1.2.3 to 3.1.2.9.
bool are_good_flags(unsigned flags, mqtt::version version) noexcept {
  if ((flags & reserved) != 0) return false;
  if ((flags & has_will) == 0 && (flags & (will_qos | will_retain)) != 0) return false;
  if ((flags & will_qos) == will_qos) return false;
  // A password alone is new in MQTT 5 [MQTT-3.1.2-22 of 3.1.1].
  return version == mqtt::version::v5 || (flags & has_password) == 0 || (flags & has_user) != 0;
}

bool decode_will(cursor& in, const decode_context& with, unsigned flags, last_will& out) noexcept {
  out.qos = static_cast<mqtt::qos>((flags & will_qos) >> 3);
  out.retain = (flags & will_retain) != 0;
  if (with.is_v5() && !scan_properties(in, property_place::will, with.sender, out.props)) {
    return false;
  }
  if (!decode_topic_name(in, with, out.topic)) return false;
  if (out.topic.empty()) return in.fail(errc::bad_topic_name);
  return in.binary(out.payload);
}

// The payload in its order (section 3.1.3).
bool decode_fields(cursor& in, const decode_context& with, unsigned flags, connect& out) noexcept {
  if (!in.text(out.client_id)) return false;
  // [MQTT-3.1.3-8 of 3.1.1]: the server invents an identifier for what ends with the connection.
  if (out.client_id.empty() && !out.clean_start && !with.is_v5()) {
    return in.fail(errc::bad_client_id);
  }
  if ((flags & has_will) != 0 && !decode_will(in, with, flags, out.will.emplace())) return false;
  if ((flags & has_user) != 0 && !in.text(out.user_name.emplace())) return false;
  return (flags & has_password) == 0 || in.binary(out.password.emplace());
}

}  // namespace

bool decode_protocol(cursor& in, mqtt::version& version) noexcept {
  byte_view name;
  std::uint8_t level = 0;
  if (!in.binary(name)) return false;
  if (as_text(name) != "MQTT") return in.fail(errc::unsupported_version);
  if (!in.byte(level)) return false;
  if (level != 4 && level != 5) return in.fail(errc::unsupported_version);
  version = static_cast<mqtt::version>(level);
  return true;
}

bool decode_connect(cursor& in, const decode_context& with, connect& out) noexcept {
  std::uint8_t flags = 0;
  if (!decode_protocol(in, out.version) || !in.byte(flags)) return false;
  if (!are_good_flags(flags, out.version)) return in.fail(errc::bad_connect_flags);
  decode_context its = with;
  its.version = out.version;
  out.clean_start = (flags & clean) != 0;
  return in.number(out.keep_alive) && decode_properties(in, its, packet_type::connect, out.props) &&
         decode_fields(in, its, flags, out);
}

bool decode_connack(cursor& in, const decode_context& with, connack& out) noexcept {
  std::uint8_t flags = 0;
  std::uint8_t code = 0;
  if (!in.byte(flags) || !in.byte(code)) return false;
  if (flags > 1) return in.fail(errc::bad_connack_flags);
  if (with.is_v5()) {
    out.reason = static_cast<reason_code>(code);
    if (!may_carry(packet_type::connack, out.reason, role::server)) {
      return in.fail(errc::bad_reason_code);
    }
  } else {
    const auto reason = to_reason_code(static_cast<connect_return_code>(code));
    if (!reason) return in.fail(errc::bad_reason_code);
    out.reason = *reason;
  }
  out.session_present = flags != 0;
  // [MQTT-3.2.2-6]; [MQTT-3.2.2-4] of 3.1.1.
  if (out.session_present && code != 0) return in.fail(errc::bad_session_present);
  return decode_properties(in, with, packet_type::connack, out.props);
}

}  // namespace parley::mqtt::detail
