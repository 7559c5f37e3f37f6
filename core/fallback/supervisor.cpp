#include <algorithm>
#include <array>
#include <bit>
#include <parley/core/api/settings.hpp>
#include <parley/core/fallback/supervisor.hpp>
#include <utility>

namespace parley {
namespace {

constexpr auto state_names =
    std::to_array<std::string_view>({"untried", "trying", "up", "waiting", "out"});

std::uint64_t random_bits(random_source& from) {
  std::array<std::byte, 8> bytes{};
  from.random(bytes);
  return std::bit_cast<std::uint64_t>(bytes);
}

// What validate() calls a fault, or what is longer than time itself, would turn a supervisor into a
// busy loop.
supervisor_config made_harmless(supervisor_config c) {
  const auto at_least = [](duration& d, duration least) { d = std::max(d, least); };
  at_least(c.attempt_timeout, std::chrono::milliseconds(1));
  at_least(c.total_timeout, std::chrono::milliseconds(1));
  at_least(c.stagger, duration::zero());
  at_least(c.grace, duration::zero());
  at_least(c.fail_back_after, duration::zero());
  at_least(c.max_hold_off, c.fail_back_after);
  if (!(c.hold_off_factor >= 1.0)) c.hold_off_factor = 1.0;
  at_least(c.retry.base, std::chrono::milliseconds(1));
  // "Never" by its number: a hundred years are as good, and can be added to a time.
  for (duration* const d : {&c.attempt_timeout, &c.total_timeout, &c.stagger, &c.grace,
                            &c.fail_back_after, &c.max_hold_off}) {
    *d = std::min<duration>(*d, std::chrono::hours(24 * 365 * 100));
  }
  return c;
}

}  // namespace

std::string_view to_string(carrier_state s) noexcept {
  return state_names[static_cast<std::size_t>(s)];
}

result<void> supervisor_config::validate() const {
  fault_list found;
  found.check(attempt_timeout > duration::zero(), "attempt_timeout is not positive");
  found.check(total_timeout > duration::zero(), "total_timeout is not positive");
  found.check(stagger >= duration::zero(), "stagger is negative");
  found.check(grace >= duration::zero(), "grace is negative");
  found.check(fail_back_after >= duration::zero(), "fail_back_after is negative");
  found.check(max_hold_off >= fail_back_after, "max_hold_off is below fail_back_after");
  found.check(hold_off_factor >= 1.0, "hold_off_factor is below 1");
  found.check(retry.base > duration::zero(), "retry.base is not positive");
  found.check(retry.factor >= 1.0, "retry.factor is below 1");
  return std::move(found).verdict();
}

supervisor::supervisor(std::size_t carriers, const supervisor_config& config, random_source& random)
    : config_(made_harmless(config)), random_(random) {
  carriers_.reserve(carriers);
  for (std::size_t i = 0; i < carriers; ++i) carriers_.emplace_back(config_.retry);
}

void supervisor::start(time_point now) {
  if (std::exchange(running_, true)) return;
  search_end_ = now + config_.total_timeout;
  ++need_;
  decide(now);
}

void supervisor::stop() noexcept {
  running_ = false;
  next_.reset();
  events_.clear();
  first_event_ = 0;
}

// --- what happens -----------------------------------------------------------------

void supervisor::attempt_ended(std::size_t carrier, const result<void>& outcome, time_point now) {
  entry& e = carriers_[carrier];
  if (outcome) return carrier_up(carrier, now);
  // Of one that was abandoned it is known already.
  if (!running_ || e.state != carrier_state::trying) return;
  fail(e, outcome.error(), now);
  decide(now);
}

void supervisor::carrier_up(std::size_t carrier, time_point now) {
  if (!running_ || carriers_[carrier].state == carrier_state::up) return;
  come_up(carrier, now);
  decide(now);
}

void supervisor::carrier_down(std::size_t carrier, const error& why, time_point now) {
  entry& e = carriers_[carrier];
  if (!running_ || e.state == carrier_state::out) return;
  if (e.state == carrier_state::up && carrier_ == carrier && !away_since_) {
    away_since_ = now;
    away_why_ = why;
    e.tried_in = ++need_;
    // One that was good for long starts anew: what was is forgiven.
    if (now - carries_since_ >= config_.forgive_after) e.losses_in_row = 0;
    ++e.losses;
    if (e.losses_in_row != UINT32_MAX) ++e.losses_in_row;
  }
  // An attempt is judged by its own end, unless there is nothing left to hope for. Until then it
  // has been refused, and holds nobody up.
  if (e.state == carrier_state::trying && is_retried(why)) {
    e.last_error = why;
    if (!std::exchange(e.stumbled, true)) decide(now);
    return;
  }
  const bool was_not_there = e.state == carrier_state::waiting || e.state == carrier_state::untried;
  if (was_not_there && is_retried(why)) {
    e.last_error = why;
    return;
  }
  fail(e, why, now);
  decide(now);
}

void supervisor::worth_trying(std::size_t carrier, time_point now) {
  entry& e = carriers_[carrier];
  if (!running_ || e.state != carrier_state::waiting) return;
  e.next_attempt = std::min(e.next_attempt, now);
  decide(now);
}

void supervisor::retry(time_point now) {
  if (!running_) return;
  for (entry& e : carriers_) {
    if (e.state != carrier_state::out && e.state != carrier_state::waiting) continue;
    e.state = carrier_state::waiting;
    e.pauses = back_off(config_.retry);
    e.next_attempt = now;
  }
  all_out_told_ = false;
  decide(now);
}

void supervisor::set_warm(bool warm, time_point now) {
  config_.warm = warm;
  if (running_) decide(now);
}

void supervisor::handle_timeout(time_point now) {
  if (!running_ || !next_ || now < *next_) return;
  end_attempts(now);
  decide(now);
}

void supervisor::come_up(std::size_t i, time_point now) {
  entry& e = carriers_[i];
  e.state = carrier_state::up;
  e.since = now;
  e.pauses.succeeded(now);
  all_out_told_ = false;
  if (carrier_ != i) return;
  away_since_.reset();
  away_why_.reset();
}

void supervisor::fail(entry& e, const error& why, time_point now) {
  e.failed_once = true;
  e.last_error = why;
  e.pauses.failed(now, why.retry_after());
  const auto pause = e.pauses.next(random_bits(random_));
  // What only a person can correct is not asked again: a password that is wrong may lock the
  // account.
  const bool is_over = !is_retried(why) || !pause;
  e.state = is_over ? carrier_state::out : carrier_state::waiting;
  if (!is_over) e.next_attempt = now + *pause;
}

// --- what to do ---------------------------------------------------------------------

std::optional<supervisor_event> supervisor::next_event() {
  if (first_event_ == events_.size()) {
    events_.clear();
    first_event_ = 0;
    return std::nullopt;
  }
  return std::move(events_[first_event_++]);
}

std::optional<time_point> supervisor::next_deadline() const noexcept { return next_; }

// All of it anew after each change: the carriers are few, and what is derived cannot be stale.
void supervisor::decide(time_point now) {
  next_.reset();
  choose(now);
  begin_attempts(now);
  check_exhausted(now);
}

void supervisor::choose(time_point now) {
  if (!carrier_) {
    if (const auto found = best(now)) switch_to(found, now);
    return;
  }
  const entry& e = carriers_[*carrier_];
  if (e.state == carrier_state::up) return choose_preferred(now);
  const time_point patience_ends = away_since_.value_or(now) + config_.grace;
  if (e.state != carrier_state::out && now < patience_ends) return propose(patience_ends);
  switch_to(best(now), now);
}

// The carrier is well; whether a better one has been for long enough.
void supervisor::choose_preferred(time_point now) {
  for (std::size_t i = 0; i < *carrier_; ++i) {
    const entry& e = carriers_[i];
    if (e.state != carrier_state::up) continue;
    const time_point trusted = e.since + hold_off(e);
    if (now < trusted) {
      propose(trusted);
      continue;
    }
    ++fail_backs_;
    return switch_to(i, now);
  }
}

// The first in order that is up and not held off; if all of those are held off, the first: better
// one that may break than none.
std::optional<std::size_t> supervisor::best(time_point now) const {
  std::optional<std::size_t> held;
  for (std::size_t i = 0; i < carriers_.size(); ++i) {
    const entry& e = carriers_[i];
    if (e.state != carrier_state::up) continue;
    if (e.losses_in_row == 0 || now - e.since >= hold_off(e)) return i;
    if (!held) held = i;
  }
  return held;
}

void supervisor::switch_to(std::optional<std::size_t> to, time_point now) {
  carrier_switched told{carrier_, to, std::nullopt};
  // Not what its attempts have failed of since then.
  if (away_since_) told.why = std::move(away_why_);
  away_why_.reset();
  if (carrier_ || search_end_ == std::nullopt) ++switches_;
  search_end_.reset();
  carrier_ = to;
  carries_since_ = now;
  away_since_.reset();
  if (to) {
    // A better one may be up and held off.
    for (std::size_t i = 0; i < *to; ++i) {
      const entry& e = carriers_[i];
      if (e.state == carrier_state::up) propose(std::max(now, e.since + hold_off(e)));
    }
  }
  events_.emplace_back(std::move(told));
}

// --- attempts -------------------------------------------------------------------------

void supervisor::end_attempts(time_point now) {
  for (std::size_t i = 0; i < carriers_.size(); ++i) {
    entry& e = carriers_[i];
    if (e.state != carrier_state::trying || now - e.since < config_.attempt_timeout) continue;
    events_.emplace_back(abandon_carrier{i});
    fail(e, error(errc::timed_out, "it did not become ready in time"), now);
  }
}

// Those that would be better than what there is, or all if they are kept warm.
bool supervisor::is_wanted(std::size_t i) const {
  if (config_.warm) return true;
  if (is_carrying()) return i < *carrier_;
  const auto ready = std::ranges::find(carriers_, carrier_state::up, &entry::state);
  return i < static_cast<std::size_t>(ready - carriers_.begin());
}

void supervisor::begin_attempts(time_point now) {
  const bool in_need = !is_carrying();
  std::optional<time_point> last_begun;  // of the attempts that are waited for
  for (const entry& e : carriers_) {
    if (e.state != carrier_state::trying) continue;
    propose(e.since + config_.attempt_timeout);
    if (!e.stumbled) last_begun = std::max(last_begun.value_or(e.since), e.since);
  }
  // In need those first that were not tried yet, however soon the others could be tried again.
  for (const bool tried : {false, true}) {
    for (std::size_t i = 0; i < carriers_.size(); ++i) {
      if (in_need ? (carriers_[i].tried_in == need_) != tried : tried) continue;
      begin_or_wait(i, last_begun, now);
    }
  }
}

duration supervisor::stagger() const noexcept {
  if (!search_end_) return config_.stagger;
  return std::min(config_.stagger,
                  config_.total_timeout / static_cast<duration::rep>(carriers_.size()));
}

void supervisor::begin_or_wait(std::size_t i, std::optional<time_point>& last_begun,
                               time_point now) {
  const entry& e = carriers_[i];
  if (e.state != carrier_state::untried && e.state != carrier_state::waiting) return;
  if (!is_wanted(i)) return;
  time_point at = e.state == carrier_state::waiting ? e.next_attempt : now;
  // In need one after the other, so that the order counts.
  if (!is_carrying() && last_begun) at = std::max(at, *last_begun + stagger());
  if (now < at) return propose(at);
  begin_attempt(i, now);
  last_begun = now;
}

void supervisor::begin_attempt(std::size_t i, time_point now) {
  entry& e = carriers_[i];
  e.state = carrier_state::trying;
  e.stumbled = false;
  e.since = now;
  e.tried_in = need_;
  ++e.attempts;
  propose(now + config_.attempt_timeout);
  events_.emplace_back(try_carrier{i});
}

void supervisor::check_exhausted(time_point now) {
  const bool all_out =
      std::ranges::all_of(carriers_, [](const entry& e) { return e.state == carrier_state::out; });
  if (all_out && !std::exchange(all_out_told_, true)) {
    search_end_.reset();
    events_.emplace_back(carriers_exhausted{true});
    return;
  }
  if (!search_end_) return;
  const bool all_failed = std::ranges::all_of(carriers_, &entry::failed_once);
  if (all_failed || now >= *search_end_) {
    search_end_.reset();
    events_.emplace_back(carriers_exhausted{false});
    return;
  }
  propose(*search_end_);
}

// --- how it is --------------------------------------------------------------------------

bool supervisor::is_carrying() const noexcept {
  return carrier_ && carriers_[*carrier_].state == carrier_state::up;
}

// Multiplied step by step and left at the cap: no overflow, however many losses there were.
duration supervisor::hold_off(const entry& e) const noexcept {
  auto hold = static_cast<double>(config_.fail_back_after.count());
  const auto cap = static_cast<double>(config_.max_hold_off.count());
  for (std::uint32_t i = 1; i < e.losses_in_row && hold < cap; ++i) {
    if (config_.hold_off_factor == 1.0 || hold <= 0) break;
    hold *= config_.hold_off_factor;
  }
  return hold < cap ? duration(static_cast<duration::rep>(hold)) : config_.max_hold_off;
}

carrier_report supervisor::report(std::size_t carrier) const {
  const entry& e = carriers_[carrier];
  carrier_report r;
  r.state = e.state;
  r.last_error = e.last_error;
  if (e.state == carrier_state::up) r.up_since = e.since;
  if (e.state == carrier_state::waiting) r.next_attempt = e.next_attempt;
  r.attempts = e.attempts;
  r.losses = e.losses;
  r.hold_off = hold_off(e);
  return r;
}

}  // namespace parley
