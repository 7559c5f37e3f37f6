#include <algorithm>
#include <array>
#include <cstddef>
#include <parley/codecs/mqtt/reason_code.hpp>

namespace parley::mqtt {
namespace {

constexpr std::uint16_t in(auto... types) {
  return static_cast<std::uint16_t>((0U | ... | (1U << static_cast<unsigned>(types))));
}

struct row {
  std::string_view name;
  std::uint16_t packets = 0;  // that may carry it
  // Of them, those in which only a server, or only a client, may send it.
  std::uint16_t server_only = 0;
  std::uint16_t client_only = 0;
};

using enum packet_type;

constexpr auto acks = in(puback, pubrec);
constexpr auto subs = in(suback, unsuback);
constexpr auto end = in(disconnect);

constexpr row both(std::string_view name, unsigned packets) {
  return {name, static_cast<std::uint16_t>(packets)};
}
constexpr row by_server(std::string_view name, unsigned packets) {
  return {name, static_cast<std::uint16_t>(packets | end), end};
}

// 0x00 to 0x1F, most of which nobody has defined.
constexpr auto low = [] {
  std::array<row, 0x20> rows{};
  rows[0x00] = {"success",
                static_cast<std::uint16_t>(in(connack, pubrel, pubcomp, auth) | acks | subs | end),
                in(auth)};
  rows[0x01] = both("granted_qos_1", in(suback));
  rows[0x02] = both("granted_qos_2", in(suback));
  rows[0x04] = {"disconnect_with_will", end, 0, end};
  rows[0x10] = both("no_matching_subscribers", acks);
  rows[0x11] = both("no_subscription_existed", in(unsuback));
  rows[0x18] = both("continue_authentication", in(auth));
  rows[0x19] = {"reauthenticate", in(auth), 0, in(auth)};
  return rows;
}();

// From 0x80 on, without a gap.
constexpr auto high = std::to_array<row>({
    both("unspecified_error", in(connack) | acks | subs | end),
    both("malformed_packet", in(connack) | end),
    both("protocol_error", in(connack) | end),
    both("implementation_specific_error", in(connack) | acks | subs | end),
    both("unsupported_protocol_version", in(connack)),
    both("client_identifier_not_valid", in(connack)),
    both("bad_user_name_or_password", in(connack)),
    by_server("not_authorized", in(connack) | acks | subs),
    both("server_unavailable", in(connack)),
    by_server("server_busy", in(connack)),
    both("banned", in(connack)),
    by_server("server_shutting_down", 0),
    by_server("bad_authentication_method", in(connack)),
    by_server("keep_alive_timeout", 0),
    by_server("session_taken_over", 0),
    by_server("topic_filter_invalid", subs),
    both("topic_name_invalid", in(connack) | acks | end),
    both("packet_identifier_in_use", acks | subs),
    both("packet_identifier_not_found", in(pubrel, pubcomp)),
    both("receive_maximum_exceeded", end),
    both("topic_alias_invalid", end),
    both("packet_too_large", in(connack) | end),
    both("message_rate_too_high", end),
    both("quota_exceeded", in(connack, suback) | acks | end),
    both("administrative_action", end),
    both("payload_format_invalid", in(connack) | acks | end),
    by_server("retain_not_supported", in(connack)),
    by_server("qos_not_supported", in(connack)),
    by_server("use_another_server", in(connack)),
    by_server("server_moved", in(connack)),
    by_server("shared_subscriptions_not_supported", in(suback)),
    by_server("connection_rate_exceeded", in(connack)),
    by_server("maximum_connect_time", 0),
    by_server("subscription_identifiers_not_supported", in(suback)),
    by_server("wildcard_subscriptions_not_supported", in(suback)),
});
static_assert(high.size() == 0xA2 - 0x80 + 1);

constexpr row nobody{"unknown"};

const row& row_of(reason_code code) noexcept {
  const auto n = static_cast<std::size_t>(code);
  if (n < low.size() && low[n].packets != 0) return low[n];
  return n >= 0x80 && n - 0x80 < high.size() ? high[n - 0x80] : nobody;
}

constexpr auto equivalents = std::to_array<reason_code>({
    reason_code::success,
    reason_code::unsupported_protocol_version,
    reason_code::client_identifier_not_valid,
    reason_code::server_unavailable,
    reason_code::bad_user_name_or_password,
    reason_code::not_authorized,
});

}  // namespace

std::string_view to_string(reason_code code) noexcept { return row_of(code).name; }

bool may_carry(packet_type type, reason_code code, role sender) noexcept {
  const row& r = row_of(code);
  const unsigned refused = sender == role::client ? r.server_only : r.client_only;
  return detail::has_bit(r.packets & ~refused, type);
}

std::optional<reason_code> to_reason_code(connect_return_code code) noexcept {
  const auto n = static_cast<std::size_t>(code);
  if (n >= equivalents.size()) return std::nullopt;
  return equivalents[n];
}

std::optional<connect_return_code> to_return_code(reason_code code) noexcept {
  const auto found = std::ranges::find(equivalents, code);
  if (found != equivalents.end())
    return static_cast<connect_return_code>(found - equivalents.begin());
  switch (code) {
    case reason_code::banned:
    case reason_code::bad_authentication_method:
      return connect_return_code::not_authorized;
    case reason_code::unspecified_error:
    case reason_code::implementation_specific_error:
    case reason_code::server_busy:
    case reason_code::quota_exceeded:
    case reason_code::use_another_server:
    case reason_code::server_moved:
    case reason_code::connection_rate_exceeded:
      return connect_return_code::server_unavailable;
    default:
      return std::nullopt;
  }
}

}  // namespace parley::mqtt
