// Whom a message concerns, among 1,000 to 100,000 filters: what grows with their number, and what a
// filter costs. Filters are those of a fleet: most are literal, one in ten has a '+', one in a
// hundred a '#'.
#include <benchmark/benchmark.h>

#include <memory>
#include <parley/core/api/topic_index.hpp>
#include <parley/core/api/topic_names.hpp>
#include <string>
#include <vector>

#include "common/measure.hpp"
#include "common/memory.hpp"

namespace parley::bench {
namespace {

// site/building/device/what: 10 * 100 * the rest.
std::string topic(std::size_t i) {
  return "site-" + std::to_string(i % 10) + "/building-" + std::to_string(i / 10 % 100) +
         "/device-" + std::to_string(i) + "/temperature";
}
std::string filter(std::size_t i) {
  std::string made = topic(i);
  if (i % 100 == 50) return made.substr(0, made.rfind('/')) + "/#";
  const std::size_t at = made.find('/') + 1;
  if (i % 10 == 5) return made.replace(at, made.find('/', at) - at, "+");
  return made;
}

// What is asked for: spread over all, so that the caches see what a broker's see.
std::vector<std::string> asked(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < 1024; ++i) names.push_back(topic(i * 7919 % count));
  return names;
}

struct subscribed {
  void add(std::size_t count) {
    for (std::size_t end = at + count; at < end; ++at) index.add(filter(at), who);
  }
  void settle() {}

  topic_index<int, std::uint64_t> index{{1, 2}};
  std::size_t at = 0;
  int who = 0;
};

struct retained {
  void add(std::size_t count) {
    for (std::size_t end = at + count; at < end; ++at) names.set(topic(at), nullptr);
  }
  void settle() {}

  topic_names<void*> names{{1, 2}};
  std::size_t at = 0;
};

void match(benchmark::State& state, std::size_t count) {
  subscribed all;
  all.add(count);
  const auto names = asked(count);
  std::size_t told = 0;
  measure(state, names.size(), [&] {
    for (const auto& name : names) all.index.match(name, [&](int&, std::string_view) { ++told; });
  });
  benchmark::DoNotOptimize(told);
  if (told == 0) state.SkipWithError("nobody was told");
}

// A subscription to one device of each building, as `+` in the middle asks for it.
void match_retained(benchmark::State& state, std::size_t count) {
  retained all;
  all.add(count);
  std::vector<std::string> filters;
  for (const auto& name : asked(count)) filters.push_back(name.substr(0, name.rfind('/')) + "/+");
  std::size_t told = 0;
  measure(state, filters.size(), [&] {
    for (const auto& f : filters) all.names.match(f, [&](void*, std::string_view) { ++told; });
  });
  benchmark::DoNotOptimize(told);
  if (told == 0) state.SkipWithError("nothing was found");
}

void subscribe(benchmark::State& state) {
  subscribed all;
  all.add(100'000);
  int other = 0;
  std::vector<std::string> filters;
  for (std::size_t i = 0; i < 1024; ++i) filters.push_back(filter(200'000 + i));
  measure(state, filters.size(), [&] {
    for (const auto& f : filters) all.index.add(f, other);
    for (const auto& f : filters) all.index.remove(f, other);
  });
}

BENCHMARK_CAPTURE(match, "1k", 1'000)->Name("broker/match_1k/parley");
BENCHMARK_CAPTURE(match, "10k", 10'000)->Name("broker/match_10k/parley");
BENCHMARK_CAPTURE(match, "100k", 100'000)->Name("broker/match_100k/parley");
BENCHMARK_CAPTURE(match_retained, "1k", 1'000)->Name("broker/retained_1k/parley");
BENCHMARK_CAPTURE(match_retained, "100k", 100'000)->Name("broker/retained_100k/parley");
BENCHMARK(subscribe)->Name("broker/subscribe_100k/parley");
[[maybe_unused]] const bool filters_are_weighed =
    add_heap_row("broker/filter_heap/parley", [] { return subscribed{}; });
[[maybe_unused]] const bool names_are_weighed =
    add_heap_row("broker/retained_heap/parley", [] { return retained{}; });

}  // namespace
}  // namespace parley::bench
