#include <array>
#include <cstddef>
#include <parley/codecs/mqtt/errc.hpp>

namespace parley::mqtt {
namespace {

using enum error_class;
using enum reason_code;

struct row {
  error_info info;
  reason_code answer;
};

constexpr row malformed(std::string_view name, std::string_view text) {
  return {{"mqtt", name, protocol, text, {}}, malformed_packet};
}
constexpr row wrong(std::string_view name, std::string_view text,
                    reason_code answer = protocol_error, error_class kind = protocol,
                    std::string_view hint = {}) {
  return {{"mqtt", name, kind, text, hint}, answer};
}

// In the order of the enumeration.
constexpr auto rows = std::to_array<row>({
    malformed("bad_packet_type", "a packet has a reserved type"),
    malformed("bad_flags", "a packet has flags that its type does not allow"),
    malformed("bad_length", "a length has more than four bytes, or more than it needs"),
    malformed("short_packet", "a field goes beyond the end of its packet"),
    malformed("long_packet", "bytes are left behind the last field of a packet"),
    malformed("bad_text", "text is not UTF-8, or has U+0000"),
    malformed("bad_qos", "a packet has QoS 3"),
    malformed("bad_dup", "a PUBLISH of QoS 0 says that it was sent before"),
    malformed("bad_connect_flags", "CONNECT has flags that do not fit together"),
    malformed("bad_connack_flags", "CONNACK has reserved flags"),
    malformed("bad_options", "a subscription has reserved bits"),
    malformed("unknown_property", "a packet has a property that nobody has defined"),
    malformed("misplaced_property", "a packet has a property that belongs into another"),
    wrong("wrong_direction", "a packet came from the wrong side"),
    wrong("connect_expected", "a client's first packet is not CONNECT"),
    wrong("connect_repeated", "a client sent CONNECT twice"),
    wrong("connack_expected", "a server's first packet is not CONNACK"),
    wrong("connack_repeated", "a server sent CONNACK twice"),
    wrong("bad_packet_id", "a packet identifier is zero"),
    wrong("bad_subscription", "a subscription asks for what there is not"),
    wrong("empty_list", "a packet has not one topic filter or reason code"),
    wrong("bad_reason_code", "a packet has a reason code that belongs into another"),
    wrong("bad_session_present", "a refused CONNECT claims that there is a session"),
    wrong("duplicate_property", "a packet has a property twice"),
    wrong("bad_property_value", "a property has a value that is not allowed"),
    wrong("misdirected_property", "a packet has a property that only the other side sends"),
    wrong("missing_method", "authentication data came without a method"),
    wrong("missing_topic", "a PUBLISH has neither a topic nor an alias"),
    wrong("bad_topic_name", "a topic name is empty or has wildcards", topic_name_invalid),
    wrong("bad_topic_filter", "a topic filter has wildcards in the wrong place",
          topic_filter_invalid),
    wrong("topic_too_deep", "a topic name has too many levels", topic_name_invalid, limit,
          "raise limits::topic_levels, or use fewer separators"),
    wrong("filter_too_deep", "a topic filter has too many levels", topic_filter_invalid, limit,
          "raise limits::topic_levels, or use fewer separators"),
    wrong("bad_topic_alias", "a topic alias is zero", topic_alias_invalid),
    wrong("bad_client_id", "a client without an identifier asks for a session that is kept",
          client_identifier_not_valid, configuration,
          "set a client identifier, or ask for a clean session"),
    wrong("unsupported_version", "the client speaks neither MQTT 3.1.1 nor MQTT 5",
          unsupported_protocol_version),
    wrong("packet_too_large", "a packet exceeds the maximum packet size",
          reason_code::packet_too_large, limit,
          "raise limits::maximum_packet, or send smaller messages"),
});
static_assert(rows.size() == static_cast<std::size_t>(errc::packet_too_large) + 1);

}  // namespace

const error_info& describe(errc code) noexcept { return rows[static_cast<std::size_t>(code)].info; }

reason_code reason_code_of(errc code) noexcept {
  return rows[static_cast<std::size_t>(code)].answer;
}

reason_code reason_code_of(const error& why) noexcept {
  for (const row& r : rows) {
    if (&why.info() == &r.info) return r.answer;
  }
  if (why == parley::errc::too_large) return reason_code::packet_too_large;
  if (why == parley::errc::queue_full) return quota_exceeded;
  if (why.kind() == protocol) return protocol_error;
  return unspecified_error;
}

}  // namespace parley::mqtt
