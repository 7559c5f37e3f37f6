#include <parley/codecs/mqtt/detail/decode.hpp>
#include <parley/codecs/mqtt/detail/options.hpp>
#include <parley/codecs/mqtt/topic.hpp>

namespace parley::mqtt::detail {
namespace {

// A filter, and in MQTT 5 what it must be as a shared one (section 4.8.2).
bool decode_filter(cursor& in, const decode_context& with, std::string_view& filter) noexcept {
  if (!decode_topic_filter(in, with, filter)) return false;
  return !with.is_v5() || !is_shared(filter) || parse_shared(filter).has_value() ||
         in.fail(errc::bad_topic_filter);
}

// Section 3.8.3.1; section 3.8.3 of 3.1.1, where all but the QoS is reserved.
bool is_good_options(cursor& in, const decode_context& with, unsigned options,
                     std::string_view filter) noexcept {
  const unsigned refused = with.is_v5() ? reserved_bits : ~qos_bits;
  if ((options & refused) != 0) return in.fail(errc::bad_options);
  if ((options & qos_bits) == qos_bits) return in.fail(errc::bad_subscription);
  if ((options & handling_bits) == handling_bits) return in.fail(errc::bad_subscription);
  // [MQTT-3.8.3-4].
  if ((options & no_local_bit) != 0 && is_shared(filter)) return in.fail(errc::bad_subscription);
  return true;
}

// The codes of SUBACK and UNSUBACK, up to the end of the packet (section 3.9.3).
bool decode_reasons(cursor& in, const decode_context& with, packet_type type,
                    reason_codes& out) noexcept {
  const byte_view bytes = in.rest();
  if (bytes.empty()) return in.fail(errc::empty_list);
  out = list_access::make(bytes);
  for (const reason_code reason : out) {
    if (!may_carry(type, reason, with.sender) || (!with.is_v5() && !is_suback_3_1_1(reason))) {
      return in.fail(errc::bad_reason_code);
    }
  }
  in.skip(bytes.size());
  return true;
}

}  // namespace

bool decode_subscribe(cursor& in, const decode_context& with, subscribe& out) noexcept {
  if (!decode_packet_id(in, out.packet_id)) return false;
  if (!decode_properties(in, with, packet_type::subscribe, out.props)) return false;
  const byte_view list = in.rest();
  if (list.empty()) return in.fail(errc::empty_list);
  std::size_t count = 0;
  for (; !in.at_end(); ++count) {
    std::string_view filter;
    std::uint8_t options = 0;
    if (!decode_filter(in, with, filter) || !in.byte(options)) return false;
    if (!is_good_options(in, with, options, filter)) return false;
  }
  out.filters = list_access::make<subscription>(list, count);
  return true;
}

bool decode_unsubscribe(cursor& in, const decode_context& with, unsubscribe& out) noexcept {
  if (!decode_packet_id(in, out.packet_id)) return false;
  if (!decode_properties(in, with, packet_type::unsubscribe, out.props)) return false;
  const byte_view list = in.rest();
  if (list.empty()) return in.fail(errc::empty_list);
  std::size_t count = 0;
  for (; !in.at_end(); ++count) {
    std::string_view filter;
    if (!decode_filter(in, with, filter)) return false;
  }
  out.filters = list_access::make<std::string_view>(list, count);
  return true;
}

bool decode_suback(cursor& in, const decode_context& with, suback& out) noexcept {
  return decode_packet_id(in, out.packet_id) &&
         decode_properties(in, with, packet_type::suback, out.props) &&
         decode_reasons(in, with, packet_type::suback, out.reasons);
}

bool decode_unsuback(cursor& in, const decode_context& with, unsuback& out) noexcept {
  if (!decode_packet_id(in, out.packet_id)) return false;
  // 3.1.1 has no more than that (section 3.11).
  return !with.is_v5() || (decode_properties(in, with, packet_type::unsuback, out.props) &&
                           decode_reasons(in, with, packet_type::unsuback, out.reasons));
}

}  // namespace parley::mqtt::detail
