// The loop of every row: times passes, and counts what they allocate.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>

#include "common/allocations.hpp"

namespace parley::bench {

// Runs `pass` for as long as the benchmark wants; one pass handles `items`.
template <class Pass>
void measure(benchmark::State& state, std::size_t items, Pass&& pass) {
  pass();  // what is allocated once and kept is not counted
  const std::uint64_t before = allocations();
  for (auto _ : state) pass();
  const auto all = static_cast<double>(state.iterations()) * static_cast<double>(items);
  state.counters["allocs"] = static_cast<double>(allocations() - before) / all;
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items));
}

// The same where the pass also waits: the row's figure stays the processor time of
// this thread, and the counter `wall_per_s` tells how many items an outside clock saw.
template <class Pass>
void measure_waiting(benchmark::State& state, std::size_t items, Pass&& pass) {
  const auto began = std::chrono::steady_clock::now();
  measure(state, items, pass);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  // One pass more than counted: measure() begins with one.
  const auto all = static_cast<double>(state.iterations() + 1) * static_cast<double>(items);
  state.counters["wall_per_s"] = all / took.count();
}

}  // namespace parley::bench
