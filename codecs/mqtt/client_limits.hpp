// What an MQTT client bounds, and how long it waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <parley/core/api/overflow.hpp>
#include <parley/core/time.hpp>

namespace parley::mqtt {

// Of one connection.
struct client_limits {
  // The largest packet that is taken; the server is told (section 3.1.2.11.4). What a device sends
  // is far below.
  std::uint32_t maximum_packet = 1U << 20;
  // Levels of a topic, as in limits.hpp.
  std::uint32_t topic_levels = 128;
  // Messages of QoS 1 and 2 that the server may have sent and not seen acknowledged (section
  // 3.1.2.11.3). Each takes 8 bytes, and its record if there is a store.
  std::uint16_t receive_maximum = 256;
  // Topics that the server may abbreviate. Each takes up to 64 KiB.
  std::uint16_t topic_alias_maximum = 16;
  // Topics that we abbreviate, if the server allows as many: the ones used last. Each takes what
  // its name takes.
  std::uint16_t topic_aliases = 32;
  // Our own window of QoS 1 and 2; the server's receive maximum counts as well. 3.1.1 names none,
  // and a server that is flooded drops.
  std::uint16_t in_flight = 256;
  // Subscribe and unsubscribe requests without an answer.
  std::size_t max_requests = 1024;

  // Output in bytes above which messages wait in the session instead, and go on from there. What
  // was written cannot be dropped any more.
  std::size_t high_water = 64 * 1024;
  // Acknowledgements and pings that wait for a server that sends and does not read. Beyond, it is
  // disconnected.
  std::size_t max_output = std::size_t{1} << 20;

  // From start() to `opened`.
  duration connack_timeout = std::chrono::seconds(30);
  // From PINGREQ to PINGRESP, or to any other byte.
  duration ping_timeout = std::chrono::seconds(20);
  // How long the end waits for the server's, behind our DISCONNECT.
  duration linger = std::chrono::seconds(2);
};

// Of a session: what outlives connections.
struct session_limits {
  // Bytes of publishes that wait or are in flight, each with `message_overhead`. What a program
  // that is offline for a while can spare.
  std::size_t max_bytes = std::size_t{16} << 20;
  // What happens to a message of QoS 1 or 2 that does not fit: reject, drop_oldest, drop_newest.
  // What is in flight is never dropped. (conflate counts as drop_oldest, close as reject.)
  parley::overflow overflow = parley::overflow::reject;
  // The same for QoS 0, of which the latest count. Oldest means the oldest of QoS 0.
  parley::overflow overflow_qos_0 = parley::overflow::drop_oldest;
  // After the server has lost its session, nobody knows whether an exactly-once message that was in
  // flight has arrived. False: it ends with client_errc::session_lost, so that it never arrives
  // twice. True: it is published anew, unless PUBREC had come: behind that nothing of it is kept.
  // Messages of QoS 1 always are published anew.
  bool resend_exactly_once = false;
};

// Added to the bytes of each message.
inline constexpr std::size_t message_overhead = 256;

}  // namespace parley::mqtt
