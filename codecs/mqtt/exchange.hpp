// What waits for an answer of the server, or to be sent: a publish, a subscribe or an unsubscribe.
//
// Internal to codecs/mqtt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/mqtt/packets.hpp>
#include <parley/codecs/mqtt/property_scan.hpp>
#include <parley/core/buffer/shared_bytes.hpp>
#include <parley/core/error.hpp>
#include <parley/core/time.hpp>
#include <string>

namespace parley::mqtt::detail {

enum class exchange_kind : std::uint8_t { publish, subscribe, unsubscribe };

enum class exchange_state : std::uint8_t {
  queued,    // never sent, as far as the server's session goes
  sent,      // PUBLISH (or the request) was: PUBACK or PUBREC is due
  released,  // PUBREC has come: PUBCOMP is due
  over,      // only its end is to be told
};

struct exchange {
  // Topic, properties and the payload, if that is small.
  std::string text{};
  shared_bytes payload{};
  std::uint64_t id = 0;
  std::uint64_t stage = 0;  // of its record
  time_point expires = time_point::max();
  std::size_t cost = 0;
  std::uint64_t present = 0;  // of its properties
  std::optional<error> why{};
  std::uint32_t properties_size = 0;
  std::uint16_t topic_size = 0;
  std::uint16_t filters = 0;  // of a request
  std::uint16_t packet_id = 0;
  exchange_kind kind = exchange_kind::publish;
  exchange_state state = exchange_state::queued;
  mqtt::qos qos = mqtt::qos::at_most_once;
  bool retain = false;
  bool counted = false;         // in the window of this connection
  bool has_message = false;     // its record is in the store
  bool has_state = false;       // so is that of its packet identifier
  bool is_stored_told = false;  // that it is durable was told, or need not be

  exchange* before = nullptr;
  exchange* after = nullptr;
  exchange* chain = nullptr;
  std::uint64_t hash = 0;

  std::string_view topic() const noexcept { return {text.data(), topic_size}; }
  properties props() const noexcept {
    const byte_view all = as_bytes(text);
    return property_access::make(all.subspan(topic_size, properties_size), present);
  }
  byte_view body() const noexcept {
    if (!payload.empty()) return payload.view();
    return as_bytes(text).subspan(std::size_t{topic_size} + properties_size);
  }

  // Keeps the room of its text for the next one.
  void reset() noexcept {
    std::string room;
    if (text.capacity() <= kept_text) room.swap(text);
    *this = exchange();
    room.clear();
    text.swap(room);
  }
  static constexpr std::size_t kept_text = 1024;
};

}  // namespace parley::mqtt::detail
