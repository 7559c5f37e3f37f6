// Time is an argument. No file of core/ or codecs/ reads a clock: whoever
// drives a machine passes the time in, so that every timeout can be tested.
#pragma once

#include <chrono>
#include <optional>

namespace parley {

// Steady time: deadlines and intervals. Never compared with the wall clock.
using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

// Wall time: HTTP dates, the validity of certificates. Passed in as well.
using wall_time = std::chrono::system_clock::time_point;

// The earlier of two deadlines, where an empty one means "never".
inline std::optional<time_point> earliest(std::optional<time_point> a,
                                          std::optional<time_point> b) {
  if (!a) return b;
  if (!b) return a;
  return *a < *b ? a : b;
}

}  // namespace parley
