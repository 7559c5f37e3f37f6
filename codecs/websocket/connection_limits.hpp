// What a WebSocket connection bounds, and how long it waits. Shared by all connections of a server.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <parley/codecs/websocket/limits.hpp>
#include <parley/core/time.hpp>

namespace parley::websocket {

struct connection_limits {
  // A message, inflated where it was compressed (S117, S156); its fragments and frames are bounded
  // by it as well. Who exceeds it is closed with 1009.
  std::uint64_t max_size = std::uint64_t{10} << 20;
  // Messages come as piece_event, as they arrive, instead of whole: for those that need not be in
  // memory at once. max_size holds all the same.
  bool pieces = false;

  // Output in bytes above which `writable` is due once it has fallen below half of it.
  std::size_t high_water = 64 * 1024;
  // Output above which commands are refused with errc::queue_full. One message may be larger.
  std::size_t max_output = std::size_t{16} << 20;
  // Pongs that wait for a peer that sends pings and does not read. Beyond, it is closed.
  std::size_t max_pongs = 64 * 1024;

  // Every so often a ping is sent (S115, S154), and the connection fails unless within ping_timeout
  // (S116) its pong comes, or any other bytes. Zero: none. Proxies drop what is silent for a
  // minute.
  duration ping_interval = std::chrono::seconds(20);
  duration ping_timeout = std::chrono::seconds(20);
  // From our close frame to the peer's, and then to its end of stream.
  duration close_timeout = std::chrono::seconds(10);
  // How long the end waits for the peer's, after both close frames or a fault, so that it has read
  // ours.
  duration linger = std::chrono::seconds(2);
};

}  // namespace parley::websocket
