#include <parley/codecs/mqtt/broker/broker_errc.hpp>

#include <array>
#include <cstddef>

namespace parley::mqtt {
namespace {

using enum error_class;

struct row {
  error_info info;
  reason_code answer;
};

constexpr row one(std::string_view name, error_class kind, std::string_view text,
                  reason_code answer, std::string_view hint = {}) {
  return {{"mqtt_broker", name, kind, text, hint}, answer};
}

// In the order of the enumeration.
constexpr auto rows = std::to_array<row>({
    one("connect_timeout", transient, "the client sent no CONNECT in time",
        reason_code::unspecified_error),
    one("keep_alive_timeout", transient, "nothing came within the keep-alive",
        reason_code::keep_alive_timeout),
    one("receive_maximum", protocol, "the client sends more than the receive maximum",
        reason_code::receive_maximum_exceeded),
    one("topic_alias_invalid", protocol, "a topic alias is beyond the maximum",
        reason_code::topic_alias_invalid),
    one("unknown_topic_alias", protocol, "a topic alias stands for no topic",
        reason_code::protocol_error),
    one("wrong_expiry", protocol, "DISCONNECT keeps a session that CONNECT did not",
        reason_code::protocol_error),
    one("wrong_authentication", protocol, "AUTH has another method than CONNECT",
        reason_code::protocol_error),
    one("unexpected_packet", protocol, "the client acknowledges what was not sent",
        reason_code::protocol_error),
    one("not_reading", limit, "the client does not read what it is sent",
        reason_code::quota_exceeded),
    one("lost", transient, "the client ended the connection without DISCONNECT",
        reason_code::unspecified_error),
    one("refused", authentication, "CONNECT was refused", reason_code::not_authorized),
    one("taken_over", configuration, "another client uses the same client identifier",
        reason_code::session_taken_over, "give each client an identifier of its own"),
    one("record_damaged", configuration, "what is stored is no state of a broker",
        reason_code::unspecified_error, "another program, or a newer version, has written it"),
});
static_assert(rows.size() == static_cast<std::size_t>(broker_errc::record_damaged) + 1);

}  // namespace

const error_info& describe(broker_errc code) noexcept {
  return rows[static_cast<std::size_t>(code)].info;
}

reason_code reason_code_of(broker_errc code) noexcept {
  return rows[static_cast<std::size_t>(code)].answer;
}

}  // namespace parley::mqtt
