#include <parley/codecs/mqtt/detail/encode.hpp>

namespace parley::mqtt::detail {

check check_topic_name_rarely(std::string_view topic) noexcept {
  if (topic.empty()) return {};
  if (const auto fault = check_text(topic)) return fault;
  return is_topic_name(topic) ? check() : errc::bad_topic_name;
}

check check_ending(reason_code reason, const properties& props, packet_type type,
                   const encode_context& with) noexcept {
  if (!with.is_v5()) {
    if (reason != reason_code::success) return errc::bad_reason_code;
  } else if (!may_carry(type, reason, with.own)) {
    return errc::bad_reason_code;
  }
  return check_properties(props, place_of(type), with);
}

std::byte* put_ending(std::byte* to, reason_code reason, const properties& props,
                      const encode_context& with) noexcept {
  if (ending_size(reason, props, with) == 0) return to;
  to = put_byte(to, static_cast<unsigned>(reason));
  return props.empty() ? to : put_properties(to, props, with);
}

check check_packet(const auth& p, const encode_context& with) noexcept {
  if (const auto fault = check_ending(p.reason, p.props, packet_type::auth, with)) return fault;
  const bool is_empty = p.reason == reason_code::success && p.props.empty();
  return is_empty || p.props.has(property::authentication_method) ? check() : errc::missing_method;
}

}  // namespace parley::mqtt::detail
