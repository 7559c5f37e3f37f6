// The timers of one machine: an optional deadline for each value of an enum.
// No heap, no callbacks; the machine looks at what has expired when it is told
// the time.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <parley/core/time.hpp>

namespace parley {

// `Timer` is an enum class whose last value is `count_`.
template <class Timer>
class timer_table {
 public:
  // Arms or re-arms a timer; `stop` disarms it.
  void set(Timer timer, time_point at) { slot(timer) = at; }
  void stop(Timer timer) { slot(timer).reset(); }
  void stop_all() { deadlines_ = {}; }

  bool is_set(Timer timer) const { return deadlines_[index(timer)].has_value(); }
  std::optional<time_point> deadline(Timer timer) const { return deadlines_[index(timer)]; }

  // Disarms the timer and returns true if its deadline has come.
  bool take_expired(Timer timer, time_point now) {
    auto& at = slot(timer);
    if (!at || *at > now) return false;
    at.reset();
    return true;
  }

  // The earliest deadline, or nothing when no timer is armed.
  std::optional<time_point> next() const {
    std::optional<time_point> first;
    for (const auto& at : deadlines_) first = earliest(first, at);
    return first;
  }

 private:
  static constexpr std::size_t index(Timer timer) { return static_cast<std::size_t>(timer); }
  std::optional<time_point>& slot(Timer timer) { return deadlines_[index(timer)]; }

  std::array<std::optional<time_point>, index(Timer::count_)> deadlines_{};
};

}  // namespace parley
