// What one connection of a server may take of memory and time.
#pragma once

#include <chrono>
#include <cstddef>
#include <parley/codecs/resp/server/request_decoder.hpp>
#include <parley/core/time.hpp>

namespace parley::resp {

struct server_limits {
  request_limits request{};

  // Bytes of output above which no further request is taken from the input: a client
  // that pipelines and does not read waits for itself. Many socket buffers' worth.
  std::size_t high_water = std::size_t{1} << 20;

  // Bytes of output at which the connection is given up: one reply above high_water
  // may be as large. Redis has no such bound; here nothing is without one.
  std::size_t max_output = std::size_t{1} << 30;

  // The same while subscribed, where output comes unasked; Redis' own defaults
  // (client-output-buffer-limit pubsub 32mb 8mb 60): at once above the hard limit,
  // or when it stays above the soft one for so long.
  std::size_t max_subscribed_output = std::size_t{32} << 20;
  std::size_t soft_subscribed_output = std::size_t{8} << 20;
  duration soft_output_time = std::chrono::seconds(60);

  // Bytes of further requests that are read while a blocking command waits. Reading
  // on is how the end of the peer is noticed.
  std::size_t held_input = std::size_t{64} << 10;

  // The connection is closed after so long without a byte from the client, unless it
  // is subscribed or waits in a blocking command; zero: never, as in Redis.
  duration idle_timeout{};
};

}  // namespace parley::resp
