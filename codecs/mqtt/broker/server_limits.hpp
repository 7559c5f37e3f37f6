// What one connection of a client costs a server at most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/core/time.hpp>

namespace parley::mqtt {

// Each is told to the client where MQTT 5 has a word for it.
struct server_limits {
  // The largest packet that is taken. The same default as a client's (limits.hpp).
  std::uint32_t maximum_packet = 1U << 20;
  // Of CONNECT: who sends it has not shown yet who it is.
  std::uint32_t maximum_connect = 64 * 1024;
  // Levels of topic names and filters.
  std::uint32_t topic_levels = 128;
  // Messages of QoS 1 and 2 that a client may have under way (MQTT 5).
  std::uint16_t receive_maximum = 256;
  // Topic aliases of a client: each keeps a topic. 0: none.
  std::uint16_t topic_alias_maximum = 16;
  // Topic aliases that are given to a client, if it takes as many. Each keeps a topic.
  std::uint16_t topic_aliases = 16;
  // Seconds: a client that asks for a longer keep-alive, or none, gets this one (MQTT 5). 0: any.
  std::uint16_t max_keep_alive = 0;
  // Output in bytes above which messages wait in the session instead. What was written cannot be
  // dropped any more.
  std::size_t high_water = 64 * 1024;
  // Acknowledgements and pongs that wait for a client that sends and does not read.
  std::size_t max_output = std::size_t{1} << 20;
  // From start() to CONNECT, and to the decision about it.
  duration connect_timeout = std::chrono::seconds(10);
  // How long the end waits for the client's, behind our DISCONNECT.
  duration linger = std::chrono::seconds(2);
};

}  // namespace parley::mqtt
