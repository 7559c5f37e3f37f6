// A client's session as a broker keeps it (section 4.1): subscriptions, messages that wait or are
// in flight, identifiers of exactly-once messages that came in, and the will.
//
// Internal to codecs/mqtt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <parley/codecs/mqtt/broker/message.hpp>
#include <parley/core/intrusive.hpp>
#include <parley/core/time.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::mqtt {

class peer;

namespace detail {

struct session_state;
struct share_group;

struct subscription_state {
  session_state* owner = nullptr;
  share_group* group = nullptr;  // of a shared one
  std::uint32_t identifier = 0;  // 0: none
  mqtt::qos qos{};
  bool no_local = false;
  bool retain_as_published = false;
  retain_handling handling{};
};

// By their filters.
using subscription_map = std::map<std::string, subscription_state, std::less<>>;

// Who shares a filter under a name, in the order of their turns.
struct share_group {
  std::string name;  // as subscribed: "$share/NAME/FILTER"
  std::vector<subscription_state*> members;
  std::size_t next = 0;
  std::uint32_t id = 0;
};

enum class delivery_state : std::uint8_t {
  queued,    // never sent
  sent,      // PUBACK or PUBREC is due
  released,  // PUBREC has come: PUBCOMP is due
};

// One message for one session.
struct delivery {
  message_ptr what;
  std::vector<std::uint32_t> identifiers;  // of its subscriptions
  std::uint64_t number = 0;                // of its record; 0: none
  std::size_t cost = 0;
  std::uint32_t group = 0;  // the share group whose turn it was; 0: none
  std::uint16_t packet_id = 0;
  mqtt::qos qos{};
  delivery_state state = delivery_state::queued;
  bool retain = false;
  bool counted = false;  // in the window of this connection

  delivery* before = nullptr;
  delivery* after = nullptr;
  delivery* chain = nullptr;
  std::uint64_t hash = 0;
};

// An exactly-once message that came in and was not released. What is stored of the message is kept
// until then, as it says that all of its deliveries are.
struct inbound_message {
  std::uint16_t packet_id = 0;
  message_ptr stored;
};

struct will_state {
  message_ptr what;
  std::uint32_t delay = 0;                // seconds
  std::optional<std::uint32_t> expiry{};  // seconds, from when it is published
};

struct session_state {
  // 's' and the client identifier: the name of its records, and the only copy but the broker's key.
  std::string space;
  std::string user;
  peer* connection = nullptr;
  std::unique_ptr<will_state> will;
  subscription_map subscriptions;
  std::size_t filter_bytes = 0;

  // In the order of acceptance; what comes before `next` was sent on this connection.
  parley::detail::intrusive_list<delivery> queue;
  delivery* next = nullptr;
  parley::detail::chained_table<delivery> by_packet;
  std::size_t numbered = 0;
  std::size_t in_flight = 0;
  std::size_t bytes = 0;
  std::size_t waiting_qos_0 = 0;
  std::vector<inbound_message> inbound;

  std::optional<time_point> will_at;    // without a connection
  std::optional<time_point> expire_at;  // without a connection
  time_point deadline{};                // as the broker has noted it
  std::uint64_t serial = 0;             // of this session; in the broker's deadlines
  std::uint64_t round = 0;              // of the last publish that matched
  std::uint32_t target = 0;             // where that stands
  std::uint32_t expiry = 0;             // seconds
  std::uint16_t next_packet_id = 1;
  bool is_stored = false;  // it survives the process
  bool has_deadline = false;

  std::string_view client_id() const noexcept { return std::string_view(space).substr(1); }
  inbound_message* find_inbound(std::uint16_t id) noexcept {
    for (inbound_message& each : inbound) {
      if (each.packet_id == id) return &each;
    }
    return nullptr;
  }
};

}  // namespace detail
}  // namespace parley::mqtt
