// When to try again: exponential back-off with full jitter, the same for every
// protocol. Pure: time and randomness are passed in.
//
//   policy.failed(now, error.retry_after());
//   if (auto pause = policy.next(random)) set_timer(now + *pause); else give_up();
//   ...
//   policy.succeeded(now);                       // the machine's `opened` event
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <parley/core/error.hpp>
#include <parley/core/time.hpp>

namespace parley {

// How long the pauses are, and when to give up.
struct back_off_config {
  // The first pause is between 0 and this. 100 ms: a server that restarts is back
  // soon, and thousands of clients spread out.
  duration base = std::chrono::milliseconds(100);
  // Each failure multiplies the upper bound by this; at least 1.
  double factor = 2.0;
  // The upper bound never exceeds this.
  duration cap = std::chrono::seconds(10);
  // A connection that stayed up this long forgives what was before. Less, and a
  // server that drops clients right after the handshake is hammered.
  duration reset_after = std::chrono::seconds(30);
  // A peer's own wish (Retry-After) is obeyed up to this; nobody may send us to
  // sleep for a year.
  duration max_retry_after = std::chrono::minutes(5);
  // Give up after so many failures in a row; nothing: never.
  std::optional<std::uint32_t> max_attempts{};

  friend bool operator==(const back_off_config&, const back_off_config&) = default;
};

class back_off {
 public:
  explicit back_off(const back_off_config& config = {}) noexcept;

  // The connection is up: protocol handshake done, not only TCP.
  void succeeded(time_point now) noexcept;
  // An attempt failed, or the connection that was up is lost.
  void failed(time_point now,
              std::optional<std::chrono::milliseconds> retry_after = std::nullopt) noexcept;

  // The pause before the next attempt, uniform between 0 and the bound, plus what
  // the peer asked for; nothing when no attempt is left. `random` is 64 uniform
  // bits; the same bits give the same pause. 0 before the first failure.
  std::optional<duration> next(std::uint64_t random) const noexcept;

  // The upper bound of the pause, without the peer's wish.
  duration bound() const noexcept;
  // Failures in a row.
  std::uint32_t failures() const noexcept { return failures_; }

 private:
  back_off_config config_;
  std::uint32_t failures_ = 0;
  duration retry_after_{};
  std::optional<time_point> up_since_;
};

// True if trying again, with nothing changed, is the default after this error:
// configuration and authentication do not heal by themselves, and what the user
// cancelled or called wrongly is not ours to repeat.
bool is_retried(const error&) noexcept;

}  // namespace parley
