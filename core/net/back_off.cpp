#include <parley/core/net/back_off.hpp>

#include <algorithm>

namespace parley {

back_off::back_off(const back_off_config& config) noexcept : config_(config) {
  // A negative duration or a factor below 1 (or NaN) would turn the policy into a
  // busy loop; validate() of the provider reports them, and here they are bounded.
  config_.base = std::max(config_.base, duration::zero());
  config_.cap = std::max(config_.cap, config_.base);
  if (!(config_.factor >= 1.0)) config_.factor = 1.0;
}

void back_off::succeeded(time_point now) noexcept {
  up_since_ = now;
  retry_after_ = duration::zero();
}

void back_off::failed(time_point now,
                      std::optional<std::chrono::milliseconds> retry_after) noexcept {
  // Only a connection that has lasted forgives: a server that accepts and breaks at
  // once would be asked again and again without a pause.
  if (up_since_ && now - *up_since_ >= config_.reset_after) failures_ = 0;
  up_since_.reset();
  // Saturates: wrapping to zero would begin with short pauses again.
  if (failures_ != UINT32_MAX) ++failures_;
  // Compared in milliseconds: a peer's number must not overflow on conversion.
  const auto most = std::chrono::duration_cast<std::chrono::milliseconds>(config_.max_retry_after);
  retry_after_ = std::clamp(retry_after.value_or(std::chrono::milliseconds::zero()),
                            std::chrono::milliseconds::zero(),
                            std::max(most, std::chrono::milliseconds::zero()));
}

duration back_off::bound() const noexcept {
  if (failures_ == 0) return duration::zero();
  double bound = static_cast<double>(config_.base.count());
  const auto cap = static_cast<double>(config_.cap.count());
  // Multiplied step by step and left at the cap: no overflow, however many
  // failures there were.
  for (std::uint32_t i = 1; i < failures_ && bound < cap && bound > 0; ++i) {
    if (config_.factor == 1.0) break;
    bound *= config_.factor;
  }
  return bound < cap ? duration(static_cast<duration::rep>(bound)) : config_.cap;
}

// Full jitter, from zero to the bound: clients that lost the same server at the
// same moment must not come back at the same moment. What the server asked for is
// added, never undercut.
std::optional<duration> back_off::next(std::uint64_t random) const noexcept {
  if (config_.max_attempts && failures_ >= *config_.max_attempts) return std::nullopt;
  // The bound is far below 2^64 ns, so that the remainder is as good as uniform.
  const auto span = static_cast<std::uint64_t>(bound().count()) + 1;
  return duration(static_cast<duration::rep>(random % span)) + retry_after_;
}

bool is_retried(const error& why) noexcept {
  switch (why.kind()) {
    // Only a person can correct these: trying again would repeat the failure, and
    // with a wrong password may lock the account.
    case error_class::misuse:
    case error_class::cancelled:
    case error_class::configuration:
    case error_class::authentication:
      return false;
    case error_class::protocol:
    case error_class::limit:
    case error_class::transient:
    case error_class::reply:
      break;
  }
  return true;
}

}  // namespace parley
