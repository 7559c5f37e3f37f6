// The random numbers of a simulation: a pure function of the seed, the same on
// every machine and with every standard library.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <parley/core/time.hpp>
#include <span>
#include <string_view>

namespace parley::sim {

// SplitMix64: one word of state, and good enough to choose faults with. Not for
// secrets.
class prng {
 public:
  explicit prng(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15U;
    return mix(state_);
  }

  // A number in [0, n); 0 for n == 0.
  std::uint64_t below(std::uint64_t n) noexcept { return n == 0 ? 0 : next() % n; }

  // A duration in [low, high]; `low` if the range is empty.
  duration between(duration low, duration high) noexcept {
    if (high <= low) return low;
    const auto range = static_cast<std::uint64_t>((high - low).count()) + 1;
    return low + duration(static_cast<duration::rep>(below(range)));
  }

  // True once in `n` times.
  bool one_in(std::uint64_t n) noexcept { return below(n) == 0; }

  void fill(std::span<std::byte> out) noexcept {
    for (std::byte& b : out) b = static_cast<std::byte>(next() & 0xff);
  }

  // A generator of its own for something with a name: what one host draws does
  // not change what another one gets.
  static prng named(std::uint64_t seed, std::string_view name) noexcept {
    for (const char c : name) seed = mix(seed ^ static_cast<unsigned char>(c));
    return prng(seed);
  }

 private:
  static std::uint64_t mix(std::uint64_t z) noexcept {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace parley::sim
