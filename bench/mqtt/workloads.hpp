// What the benchmarks of MQTT decode and encode, the same for every peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/codecs/mqtt/version.hpp>
#include <span>
#include <string>
#include <string_view>

namespace parley::bench {

enum class content : std::uint8_t {
  publish_q0_16,
  publish_q1_256,
  publish_q0_64k,
  publish5_props,
  connect,
  subscribe,
};
inline constexpr std::size_t content_count = 6;

// Some packets of one kind.
struct workload {
  std::string name;  // of the content
  content what;
  mqtt::version version;
  std::size_t packets;  // in `bytes`
  std::string bytes;    // as they come
  std::size_t sum;      // what a reader must find in one pass
};

workload make_workload(content what);

// The parts of all packets.
inline constexpr std::string_view topic = "sensors/room1/temperature";
inline constexpr std::string_view response_topic = "replies/client-7/temperature";
inline constexpr std::string_view content_type = "application/json";
inline constexpr std::string_view correlation = "0123456789abcdef";
inline constexpr std::string_view client_id = "device-0001";
inline constexpr std::string_view user_name = "device";
inline constexpr std::string_view password = "secret";
inline constexpr std::string_view will_topic = "devices/0001/gone";
std::string_view payload_of(content what);

}  // namespace parley::bench
