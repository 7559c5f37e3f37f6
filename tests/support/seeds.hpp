// The seeds of a test of many schedules: 2,000, with PARLEY_LONG as many as it says itself. A seed
// that fails is printed, and PARLEY_SEED=n replays it alone.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <ranges>
#include <string>

namespace parley::test {

inline auto chaos_seeds(std::uint64_t when_long) {
  std::uint64_t first = 1, count = std::getenv("PARLEY_LONG") ? when_long : 2000;
  if (const char* one = std::getenv("PARLEY_SEED")) {
    first = std::strtoull(one, nullptr, 10);
    count = 1;
  }
  return std::views::iota(first, first + count);
}

inline std::string replay(std::uint64_t seed) {
  return "replay with PARLEY_SEED=" + std::to_string(seed);
}

}  // namespace parley::test
