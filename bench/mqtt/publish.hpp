// Rows `mqtt/publish_qQ/PEER`: a client publishes 64 bytes to mosquitto over loopback, 100 at a
// time, and waits until they are acknowledged, or of QoS 0 written. The figure is the client's
// processor time for a message.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "common/measure.hpp"
#include "common/process.hpp"

namespace parley::bench {

inline constexpr std::size_t publish_window = 100;
inline constexpr std::string_view publish_topic = "sensor/7/data";
inline const std::string publish_payload(64, 'x');

// The port of a mosquitto that is started at the first call and stopped with the program.
std::uint16_t mosquitto_port();

// `Client` is made with port and QoS; run() publishes one window.
template <class Client>
bool add_publisher(std::string_view peer) {
  for (const int q : {0, 1, 2}) {
    const std::string name = "mqtt/publish_q" + std::to_string(q) + "/" + std::string(peer);
    benchmark::RegisterBenchmark(name.c_str(), [q](benchmark::State& state) {
      const std::uint16_t port = mosquitto_port();
      const on_processor mine(use_clients_processor);
      Client client(port, q);
      measure_waiting(state, publish_window, [&] { client.run(); });
    });
  }
  return true;
}

}  // namespace parley::bench
