// Heap allocations of this process, ours and the peers' alike: malloc itself is counted, which
// operator new calls as well.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

namespace bench {

// How many times malloc, calloc, realloc or aligned_alloc were called so far.
std::uint64_t allocations() noexcept;

// Stands before the loop of a benchmark; sets the counters `allocs` (heap allocations per item)
// and items_per_second when the benchmark ends.
//
//   bench::meter meter(state, 1024);        // 1,024 items in each iteration
//   for (auto _ : state) { ... }
class meter {
 public:
  meter(benchmark::State& state, std::int64_t items_per_iteration)
      : state_(state), items_(items_per_iteration), before_(allocations()) {}
  meter(const meter&) = delete;
  meter& operator=(const meter&) = delete;

  ~meter() {
    const auto made = static_cast<double>(allocations() - before_);
    const auto items = static_cast<std::int64_t>(state_.iterations()) * items_;
    state_.SetItemsProcessed(items);
    // What the framework itself allocates around the loop is rounded away.
    const double per_item = items > 0 ? made / static_cast<double>(items) : 0;
    state_.counters["allocs"] = made <= framework_allocations ? 0 : per_item;
  }

 private:
  static constexpr double framework_allocations = 4;
  benchmark::State& state_;
  std::int64_t items_;
  std::uint64_t before_;
};

}  // namespace bench
