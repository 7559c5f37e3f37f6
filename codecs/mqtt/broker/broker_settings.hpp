// Who may come to a broker, what they may do there, and what all of them together may cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/mqtt/broker/acl.hpp>
#include <parley/codecs/mqtt/broker/server_limits.hpp>
#include <parley/codecs/mqtt/client_settings.hpp>
#include <parley/codecs/mqtt/reason_code.hpp>
#include <parley/core/api/overflow.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/net/secret.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::mqtt {

// Bounds beside those of a connection (server_limits).
struct broker_limits {
  // Connections, those that have not sent CONNECT yet included.
  std::size_t max_clients = 10'000;
  // Sessions, connected or not: each may hold max_queue.
  std::size_t max_sessions = 100'000;
  // Bytes that wait in one session or are in flight, `message::overhead` for each message included.
  std::size_t max_queue = std::size_t{4} << 20;
  // What happens to a message of QoS 1 or 2 that does not fit, when no message of QoS 0 is left to
  // be dropped for it: drop_newest, drop_oldest (never what is in flight), close (the subscriber's
  // connection), reject (as drop_newest; a publisher of MQTT 5 whose message nobody could take is
  // told 0x97). conflate counts as drop_oldest.
  parley::overflow overflow = parley::overflow::drop_newest;
  // Messages of QoS 1 and 2 in flight to one client; its receive maximum counts as well.
  std::uint16_t in_flight = 256;
  // Subscriptions of one session, and the bytes of their filters.
  std::size_t max_subscriptions = 10'000;
  std::size_t max_filter_bytes = std::size_t{1} << 20;
  // Bytes of retained messages, and of all messages together. Beyond, publishes are refused with
  // 0x97; of QoS 0 they are dropped.
  std::size_t max_retained = std::size_t{64} << 20;
  std::size_t max_bytes = std::size_t{512} << 20;
  // Seconds: the longest that a session is kept without a connection. Never: by default.
  std::uint32_t max_session_expiry = never_expires;
};

// A name and its password.
struct broker_user {
  std::string name{};
  secret password{};
};

// Who a client is.
struct client_identity {
  std::string_view client_id{};
  std::string_view user{};  // empty: it gave none
};

// What CONNECT says of it.
struct login : client_identity {
  bool has_user = false;
  std::optional<byte_view> password{};
  mqtt::version version{};
};

// One step of an enhanced authentication (section 4.12).
struct authentication_step {
  // continue_authentication: `data` is sent, and the client answers. success: it is who it says.
  // An error refuses.
  reason_code reason = reason_code::bad_authentication_method;
  std::string data{};
};

// Decides instead of lists of users and rules, or beside them. Derive from it; it is called inside
// the drain, and must not call the broker back.
class broker_policy {
 public:
  // `success` or the reason to refuse; nothing: broker::decide(ticket) follows, until the connect
  // timeout. Views die when it returns.
  virtual std::optional<reason_code> authenticate(const login&, std::uint64_t /*ticket*/) {
    return reason_code::success;
  }
  // A client with an authentication method; `data` is its own. Refused by default.
  virtual authentication_step authenticate_further(const client_identity&,
                                                   std::string_view /*method*/,
                                                   byte_view /*data*/) {
    return {};
  }
  virtual bool may_publish(const client_identity&, std::string_view /*topic*/) { return true; }
  virtual bool may_subscribe(const client_identity&, std::string_view /*filter*/) { return true; }

 protected:
  broker_policy() = default;
  broker_policy(const broker_policy&) = default;
  broker_policy& operator=(const broker_policy&) = default;
  ~broker_policy() = default;
};

struct broker_settings {
  server_limits connection{};
  broker_limits limits{};
  // Empty: no user is known, and allow_anonymous decides.
  std::vector<broker_user> users{};
  // Clients without a user name may come. With users, false is what is meant mostly.
  bool allow_anonymous = true;
  topic_acl acl{};
  broker_policy* policy = nullptr;  // borrowed; asked after users and acl have agreed
  // What clients that ask for response information are told: a prefix for their response topics,
  // behind which "/CLIENT-ID" is put. Empty: none.
  std::string response_prefix{};
};

}  // namespace parley::mqtt
