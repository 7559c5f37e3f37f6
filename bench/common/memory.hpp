// Rows whose counter `bytes` is the heap that one object of many takes.
#pragma once

#include <benchmark/benchmark.h>

#include <string>

#include "common/allocations.hpp"

namespace parley::bench {

// What make() returns has add(number), and settle(), which lets what is idle free its buffers.
// What is made first is not counted: the loop and its tables.
template <class Make>
bool add_heap_row(const std::string& name, Make make) {
  auto* row = benchmark::RegisterBenchmark(name.c_str(), [make](benchmark::State& state) {
    constexpr std::size_t count = 400;
    for (auto _ : state) {
      auto many = make();
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
