// Timers of a loop. The queue is here, so that a loop needs one timer of the
// operating system (or a timeout of poll) and no more.
#pragma once

#include <cstddef>
#include <optional>
#include <parley/core/time.hpp>
#include <vector>

namespace parley {

class timer_queue;

// Derive from it; armed by loop::set_timer. Disarms itself when destroyed.
class timer {
 public:
  // The deadline has come. Called by the loop's thread; the timer is disarmed
  // and may be armed again or destroyed.
  virtual void fired(time_point now) = 0;

  bool is_armed() const noexcept { return queue_ != nullptr; }
  std::optional<time_point> armed_at() const noexcept {
    return queue_ ? std::optional(at_) : std::nullopt;
  }

 protected:
  timer() = default;
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  ~timer();

 private:
  friend timer_queue;
  timer_queue* queue_ = nullptr;
  std::size_t index_ = 0;
  time_point at_{};
};

// A binary heap of armed timers, each of which knows its place.
class timer_queue {
 public:
  timer_queue() = default;
  timer_queue(const timer_queue&) = delete;
  timer_queue& operator=(const timer_queue&) = delete;
  ~timer_queue();

  // Arms, re-arms or (without a time) disarms.
  void set(timer& t, std::optional<time_point> at);
  // The earliest deadline, or nothing.
  std::optional<time_point> next() const;
  // Fires what has expired. What these calls arm for the past or for `now` waits
  // for the next run.
  void run(time_point now);

 private:
  void move_up(std::size_t i);
  void move_down(std::size_t i);
  void place(std::size_t i, timer* t);
  void remove(timer& t);

  std::vector<timer*> heap_;
  std::optional<time_point> running_;  // inside run(), for this time
};

}  // namespace parley
