#include <array>
#include <cstddef>
#include <parley/codecs/mqtt/client_errc.hpp>
#include <parley/codecs/mqtt/errc.hpp>

namespace parley::mqtt {
namespace {

using enum error_class;

struct row {
  error_info info;
  reason_code answer;
};

constexpr row one(std::string_view name, error_class kind, std::string_view text,
                  reason_code answer, std::string_view hint = {}) {
  return {{"mqtt", name, kind, text, hint}, answer};
}

// In the order of the enumeration.
constexpr auto rows = std::to_array<row>({
    one("connack_timeout", transient, "the server did not answer CONNECT in time",
        reason_code::unspecified_error),
    one("no_connack", transient, "the server ended the connection instead of answering CONNECT",
        reason_code::unspecified_error,
        "an old server may know MQTT 3.1.1 only, and a TLS port takes no plain connection"),
    one("pingresp_timeout", transient, "the server answers no more",
        reason_code::keep_alive_timeout),
    one("disconnected", transient, "the server ended the connection",
        reason_code::unspecified_error),
    one("unexpected_packet", protocol, "the server answers what was not asked",
        reason_code::protocol_error),
    one("too_many_unanswered", protocol, "the server sends more than the receive maximum",
        reason_code::receive_maximum_exceeded),
    one("excessive_alias", protocol, "the server uses a topic alias beyond our maximum",
        reason_code::topic_alias_invalid),
    one("unknown_topic_alias", protocol, "the server uses a topic alias that stands for no topic",
        reason_code::protocol_error),
    one("unasked_session", protocol, "the server goes on with a session after a clean start",
        reason_code::protocol_error),
    one("wrong_count", protocol, "the server does not answer each topic filter",
        reason_code::protocol_error),
    one("wrong_authentication", protocol, "the server uses another authentication method",
        reason_code::protocol_error),
    one("session_lost", reply, "the server has lost the session of an exactly-once message",
        reason_code::unspecified_error,
        "whether it was delivered is unknown: publish it again only if twice does no harm"),
    one("expired", limit, "the message expired before it could be sent",
        reason_code::unspecified_error),
    one("record_damaged", configuration, "what is stored is no session of MQTT",
        reason_code::unspecified_error, "another program, or a newer version, has written it"),
    one("falls_back", transient, "the server does not speak MQTT 5", reason_code::unspecified_error,
        "set the version to 3.1.1, and no attempt is lost"),
    one("call_failed", reply, "the call was answered with an error",
        reason_code::unspecified_error),
    one("no_callee", transient, "nobody answers such calls", reason_code::unspecified_error,
        "start who serves this name, and check that both use the same server"),
});
static_assert(rows.size() == static_cast<std::size_t>(client_errc::no_callee) + 1);

constexpr std::size_t first_error = 0x80;

constexpr error_info said(std::string_view name, error_class kind, std::string_view text,
                          std::string_view hint = {}) {
  return {"mqtt", name, kind, text, hint};
}

// From 0x80 on.
constexpr auto reasons = std::to_array<error_info>({
    said("unspecified_error", transient, "the server gives no reason"),
    said("malformed_packet", protocol, "the server could not read a packet"),
    said("protocol_error", protocol, "the server says that a rule was broken"),
    said("implementation_specific_error", transient, "the server has a reason of its own"),
    said("unsupported_protocol_version", configuration, "the server speaks another version of MQTT",
         "connect with MQTT 3.1.1"),
    said("client_identifier_not_valid", configuration, "the server refuses the client identifier",
         "shorten it to 23 letters and digits, or look at the rules of the server"),
    said("bad_user_name_or_password", authentication, "user name or password are wrong",
         "check both, and the password file of the server (mosquitto: password_file)"),
    said("not_authorized", authentication, "the server does not permit it",
         "check user name and password, and the access rules of the server (mosquitto: acl_file, "
         "allow_anonymous)"),
    said("server_unavailable", transient, "the server is not available",
         "it runs and refuses service for now: look at its log"),
    said("server_busy", transient, "the server is busy", "try again later, or at another server"),
    said("banned", authentication, "the server has banned this client", "ask who runs the server"),
    said("server_shutting_down", transient, "the server shuts down"),
    said("bad_authentication_method", authentication, "the server wants another authentication"),
    said("keep_alive_timeout", transient, "the server has not heard of the client in time"),
    said("session_taken_over", configuration, "another client uses the same client identifier",
         "give each client an identifier of its own"),
    said("topic_filter_invalid", configuration, "the server refuses a topic filter"),
    said("topic_name_invalid", configuration, "the server refuses a topic name"),
    said("packet_identifier_in_use", protocol, "a packet identifier was used twice"),
    said("packet_identifier_not_found", protocol, "the server knows no such packet identifier"),
    said("receive_maximum_exceeded", protocol, "the server got more than it takes at once"),
    said("topic_alias_invalid", protocol, "the server knows no such topic alias"),
    said("packet_too_large", limit, "a packet is larger than the server takes",
         "raise the maximum of the server (mosquitto: max_packet_size), split the message, or "
         "compress it"),
    said("message_rate_too_high", transient, "the server gets messages too fast"),
    said("quota_exceeded", transient, "a quota of the server is exceeded",
         "publish less, or raise the quota of the server"),
    said("administrative_action", transient, "an administrator ended the connection"),
    said("payload_format_invalid", reply, "the payload is not what it says it is"),
    said("retain_not_supported", configuration, "the server retains no messages"),
    said("qos_not_supported", configuration, "the server has not this quality of service"),
    said("use_another_server", transient, "another server is to be used for now"),
    said("server_moved", configuration, "another server is to be used from now on"),
    said("shared_subscriptions_not_supported", configuration, "the server shares no subscriptions"),
    said("connection_rate_exceeded", transient, "there are too many connections at once"),
    said("maximum_connect_time", transient, "the connection was open as long as the server allows"),
    said("subscription_identifiers_not_supported", configuration,
         "the server has no subscription identifiers"),
    said("wildcard_subscriptions_not_supported", configuration,
         "the server takes no topic filters with wildcards"),
});
static_assert(first_error + reasons.size() ==
              static_cast<std::size_t>(reason_code::wildcard_subscriptions_not_supported) + 1);

}  // namespace

const error_info& describe(client_errc code) noexcept {
  return rows[static_cast<std::size_t>(code)].info;
}

const error_info& describe(reason_code code) noexcept {
  const auto at = static_cast<std::size_t>(code) - first_error;
  return reasons[is_error(code) && at < reasons.size() ? at : 0];
}

reason_code farewell_of(const error& why) noexcept {
  for (const row& r : rows) {
    if (&why.info() == &r.info) return r.answer;
  }
  return reason_code_of(why);
}

}  // namespace parley::mqtt
