// Entropy is an argument, like time: masking keys, nonces, jitter. Whoever drives a machine passes
// its source in; every loop is one, and a simulated loop replays its seed.
#pragma once

#include <cstddef>
#include <span>

namespace parley {
// Where random bytes come from.
class random_source {
 public:
  // Fills the whole span with bytes that nobody can foresee.
  virtual void random(std::span<std::byte> out) = 0;

 protected:
  random_source() = default;
  random_source(const random_source&) = default;
  random_source& operator=(const random_source&) = default;
  ~random_source() = default;
};

}  // namespace parley
