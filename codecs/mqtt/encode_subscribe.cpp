#include <parley/codecs/mqtt/detail/encode.hpp>
#include <parley/codecs/mqtt/detail/options.hpp>
#include <parley/codecs/mqtt/topic.hpp>

namespace parley::mqtt::detail {
namespace {

check check_filter(std::string_view filter, const encode_context& with) noexcept {
  if (filter.size() > longest_field) return errc::short_packet;
  const text_marks found = marks_of(filter);
  if (has_mark(found.odd) && !is_rare_text(filter)) return errc::bad_text;
  const bool is_name = !filter.empty() && !has_mark(found.odd | found.wild);
  if (!is_name && !is_topic_filter(filter)) return errc::bad_topic_filter;
  const bool good = !with.is_v5() || !is_shared(filter) || parse_shared(filter).has_value();
  return good ? check() : errc::bad_topic_filter;
}

check check_item(std::string_view filter, const encode_context& with) noexcept {
  return check_filter(filter, with);
}
check check_item(const subscription& s, const encode_context& with) noexcept {
  if (static_cast<unsigned>(s.qos) > 2 || static_cast<unsigned>(s.handling) > 2) {
    return errc::bad_subscription;
  }
  if (!with.is_v5() && (options_of(s) & ~qos_bits) != 0) return errc::bad_options;
  if (s.no_local && is_shared(s.filter)) return errc::bad_subscription;
  return check_filter(s.filter, with);
}

std::size_t item_size(std::string_view filter) noexcept { return field_size(filter); }
std::size_t item_size(const subscription& s) noexcept { return field_size(s.filter) + 1; }

std::byte* put_item(std::byte* to, std::string_view filter) noexcept {
  return put_text(to, filter);
}
std::byte* put_item(std::byte* to, const subscription& s) noexcept {
  return put_byte(put_text(to, s.filter), options_of(s));
}

// SUBSCRIBE and UNSUBSCRIBE differ in their items alone.
template <class Packet>
check check_request(const Packet& p, packet_type type, const encode_context& with) noexcept {
  if (const auto fault = check_packet_id(p.packet_id)) return fault;
  if (const auto fault = check_properties(p.props, place_of(type), with)) return fault;
  if (p.filters.empty()) return errc::empty_list;
  for (const auto& item : list_access::items(p.filters)) {
    if (const auto fault = check_item(item, with)) return fault;
  }
  // Those of a packet were checked for its version, which may be another one.
  if (p.filters.wire().empty()) return {};
  for (const auto& item : p.filters) {
    if (const auto fault = check_item(item, with)) return fault;
  }
  return {};
}

template <class Packet>
std::size_t request_size(const Packet& p, const encode_context& with) noexcept {
  // Those of a packet stay as they are.
  std::size_t size = 2 + properties_size(p.props, with) + p.filters.wire().size();
  for (const auto& item : list_access::items(p.filters)) size += item_size(item);
  return size;
}

template <class Packet>
std::byte* put_request(std::byte* to, const Packet& p, const encode_context& with) noexcept {
  to = put_properties(put_two(to, p.packet_id), p.props, with);
  for (const auto& item : list_access::items(p.filters)) to = put_item(to, item);
  return put_bytes(to, p.filters.wire());
}

template <class Packet>
check check_answer(const Packet& p, packet_type type, const encode_context& with) noexcept {
  if (const auto fault = check_packet_id(p.packet_id)) return fault;
  if (const auto fault = check_properties(p.props, place_of(type), with)) return fault;
  for (const reason_code reason : p.reasons) {
    if (!may_carry(type, reason, with.own)) return errc::bad_reason_code;
    if (!with.is_v5() && !is_suback_3_1_1(reason)) return errc::bad_reason_code;
  }
  return {};
}

}  // namespace

check check_packet(const subscribe& p, const encode_context& with) noexcept {
  return check_request(p, packet_type::subscribe, with);
}
check check_packet(const unsubscribe& p, const encode_context& with) noexcept {
  return check_request(p, packet_type::unsubscribe, with);
}
std::size_t remaining_of(const subscribe& p, const encode_context& with) noexcept {
  return request_size(p, with);
}
std::size_t remaining_of(const unsubscribe& p, const encode_context& with) noexcept {
  return request_size(p, with);
}
std::byte* put_body(std::byte* to, const subscribe& p, const encode_context& with) noexcept {
  return put_request(to, p, with);
}
std::byte* put_body(std::byte* to, const unsubscribe& p, const encode_context& with) noexcept {
  return put_request(to, p, with);
}

check check_packet(const suback& p, const encode_context& with) noexcept {
  if (p.reasons.empty()) return errc::empty_list;
  return check_answer(p, packet_type::suback, with);
}
// In 3.1.1 UNSUBACK has none (section 3.11), in MQTT 5 one for each filter.
check check_packet(const unsuback& p, const encode_context& with) noexcept {
  if (p.reasons.empty() == with.is_v5()) {
    return p.reasons.empty() ? errc::empty_list : errc::bad_reason_code;
  }
  return check_answer(p, packet_type::unsuback, with);
}
std::size_t remaining_of(const suback& p, const encode_context& with) noexcept {
  return 2 + properties_size(p.props, with) + p.reasons.size();
}
std::size_t remaining_of(const unsuback& p, const encode_context& with) noexcept {
  return 2 + properties_size(p.props, with) + p.reasons.size();
}
std::byte* put_body(std::byte* to, const suback& p, const encode_context& with) noexcept {
  return put_bytes(put_properties(put_two(to, p.packet_id), p.props, with), p.reasons.wire());
}
std::byte* put_body(std::byte* to, const unsuback& p, const encode_context& with) noexcept {
  return put_bytes(put_properties(put_two(to, p.packet_id), p.props, with), p.reasons.wire());
}

}  // namespace parley::mqtt::detail
