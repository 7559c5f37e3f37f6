// Registers rows `redis/pubsub_N/PEER`: publishing, and receiving on N connections.
#pragma once

#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "common/measure.hpp"
#include "server.hpp"

namespace parley::bench {

// Messages published together; the next ones follow when all have arrived everywhere.
constexpr std::size_t published_together = 16;
// What is published: 256 bytes, the first of which tell one pass from the next.
std::string make_payload(std::size_t pass);

// `Peers` is made with the server's path and a number of subscribers. run(payload) publishes it
// `published_together` times and ends when every subscriber has got all of them, unchanged.
// The figure is per message received.
template <class Peers>
bool add_pubsub(const char* peer) {
  for (std::size_t subscribers : {1, 100}) {
    const std::string name = "redis/pubsub_" + std::to_string(subscribers) + "/" + peer;
    benchmark::RegisterBenchmark(name.c_str(), [subscribers](benchmark::State& state) {
      const std::array<std::string, 2> payloads{make_payload(0), make_payload(1)};
      Peers peers(server_path(), subscribers);
      std::size_t pass = 0;
      measure_waiting(state, subscribers * published_together,
                      [&] { peers.run(payloads[pass++ % 2]); });
    });
  }
  return true;
}

}  // namespace parley::bench
