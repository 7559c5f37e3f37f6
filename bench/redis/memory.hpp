// Registers rows `redis/idle_WHAT/PEER`, whose counter `bytes` is the heap that one takes.
#pragma once

#include <benchmark/benchmark.h>

#include <string>

#include "common/allocations.hpp"
#include "server.hpp"

namespace parley::bench {

// `Many` is made with the server's path and a number; then settle() lets what is idle free its
// buffers. What is made first is not counted: the loop and its tables.
template <class Many>
bool add_memory(const char* workload, const char* peer) {
  const std::string name = "redis/" + std::string(workload) + "/" + peer;
  auto* row = benchmark::RegisterBenchmark(name.c_str(), [](benchmark::State& state) {
    constexpr std::size_t count = 400;
    for (auto _ : state) {
      Many many(server_path());
      many.add(count);
      many.settle();
      const std::size_t before = heap_in_use();
      many.add(count);
      many.settle();
      state.counters["bytes"] = static_cast<double>(heap_in_use() - before) / count;
    }
  });
  row->Iterations(1)->Repetitions(1);
  return true;
}

}  // namespace parley::bench
