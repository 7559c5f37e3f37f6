#include "echo.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <string>

#include "echo_load.hpp"

namespace parley::bench {
namespace {

constexpr std::size_t connection_counts[] = {1, 32, 256};
constexpr std::size_t depths[] = {1, 16};
constexpr auto warm_up = std::chrono::milliseconds(50);
constexpr auto round = std::chrono::milliseconds(400);

// The figure is the processor time of the server per message, system calls included.
void run(benchmark::State& state, const loopback_server& server, echo_load& load) {
  std::size_t messages = 0;
  double wall = 0;
  load.run(warm_up);
  for (auto _ : state) {
    const auto began = std::chrono::steady_clock::now();
    const double before = used_by(server.process.pid());
    messages += load.run(round);
    state.SetIterationTime(used_by(server.process.pid()) - before);
    wall += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(messages));
  state.counters["wall_per_s"] = static_cast<double>(messages) / wall;
}

}  // namespace

bool add_echo(const char* peer, const loopback_server& (*start)()) {
  for (const std::size_t connections : connection_counts) {
    for (const std::size_t depth : depths) {
      const std::string name = "websocket/echo_c" + std::to_string(connections) + "_f" +
                               std::to_string(depth) + "/" + peer;
      auto* row = benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        const loopback_server& server = start();
        const on_processor here(use_clients_processor);
        echo_load load(peer, server.port, connections, depth);
        run(state, server, load);
      });
      row->Iterations(1)->UseManualTime();
    }
  }
  return true;
}

}  // namespace parley::bench
