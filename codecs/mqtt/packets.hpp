// The packets (section 3 of both specifications), the same whether they come or go: a decoder fills
// them with views of its input, an encoder takes views of anything.
//
// What 3.1.1 lacks (properties, most reason codes) is empty when it comes, and must be when it
// goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/mqtt/lists.hpp>
#include <parley/codecs/mqtt/packet_type.hpp>
#include <parley/codecs/mqtt/property.hpp>
#include <parley/codecs/mqtt/qos.hpp>
#include <parley/codecs/mqtt/reason_code.hpp>
#include <parley/codecs/mqtt/version.hpp>
#include <parley/core/bytes.hpp>
#include <string_view>
#include <variant>

namespace parley::mqtt {

// What the server publishes when it loses the client (section 3.1.2.5).
struct last_will {
  std::string_view topic{};
  byte_view payload{};
  mqtt::qos qos = mqtt::qos::at_most_once;
  bool retain = false;
  properties props{};
};

// Section 3.1.
struct connect {
  mqtt::version version = mqtt::version::v5;
  bool clean_start = true;       // 3.1.1: clean session
  std::uint16_t keep_alive = 0;  // seconds; 0: none
  std::string_view client_id{};
  std::optional<last_will> will{};
  std::optional<std::string_view> user_name{};
  std::optional<byte_view> password{};  // 3.1.1: only beside a user name
  properties props{};
};

// Section 3.2. A return code of 3.1.1 comes as the reason code that means the same.
struct connack {
  bool session_present = false;
  reason_code reason = reason_code::success;
  properties props{};
};

// Section 3.3.
struct publish {
  std::string_view topic{};  // empty: the one of the topic alias
  byte_view payload{};
  std::uint16_t packet_id = 0;  // not at QoS 0
  mqtt::qos qos = mqtt::qos::at_most_once;
  bool retain = false;
  bool dup = false;  // it was sent before, at QoS 1 or 2
  properties props{};
};

// Sections 3.4 to 3.7.
template <packet_type Type>
struct acknowledgement {
  std::uint16_t packet_id = 0;
  reason_code reason = reason_code::success;
  properties props{};
};
using puback = acknowledgement<packet_type::puback>;
using pubrec = acknowledgement<packet_type::pubrec>;
using pubrel = acknowledgement<packet_type::pubrel>;
using pubcomp = acknowledgement<packet_type::pubcomp>;

// Section 3.8.
struct subscribe {
  std::uint16_t packet_id = 0;
  subscriptions filters{};
  properties props{};
};

// Section 3.9. A reason code for each filter, in their order: the granted QoS, or an error.
struct suback {
  std::uint16_t packet_id = 0;
  reason_codes reasons{};
  properties props{};
};

// Section 3.10.
struct unsubscribe {
  std::uint16_t packet_id = 0;
  topic_filters filters{};
  properties props{};
};

// Section 3.11. In 3.1.1 without reason codes.
struct unsuback {
  std::uint16_t packet_id = 0;
  reason_codes reasons{};
  properties props{};
};

// Sections 3.12 and 3.13.
struct pingreq {};
struct pingresp {};

// Section 3.14.
struct disconnect {
  reason_code reason = reason_code::normal_disconnection;
  properties props{};
};

// Section 3.15.
struct auth {
  reason_code reason = reason_code::success;
  properties props{};
};

// Any of them; index() is the packet_type's number.
using packet =
    std::variant<std::monostate, connect, connack, publish, puback, pubrec, pubrel, pubcomp,
                 subscribe, suback, unsubscribe, unsuback, pingreq, pingresp, disconnect, auth>;

// The type of a packet that was decoded.
inline packet_type type_of(const packet& p) noexcept { return static_cast<packet_type>(p.index()); }

static_assert(std::variant_size_v<packet> == 16);

}  // namespace parley::mqtt
