#include <algorithm>
#include <parley/codecs/resp/command_table.hpp>
#include <parley/codecs/resp/detail/redis_core.hpp>
#include <parley/codecs/resp/redis_connection.hpp>
#include <parley/codecs/resp/redis_pool.hpp>

namespace parley::detail {

// --- one lane -------------------------------------------------------------------------

redis_lane::redis_lane(redis_pool& pool, redis_core& core)
    : link(core.home(), *this, core.config(), "redis.pool"), pool_(pool), core_(core) {}

void redis_lane::link_up(redis_link&) { pool_.lane_up(*this); }

void redis_lane::link_down(redis_link&, const error& why, bool final) {
  pool_.lane_down(*this, why, final);
}

void redis_lane::link_reply(redis_link&, const resp::reply_event& reply) {
  core_.answered(reply);
  if (!is_used()) pool_.lane_free(*this);
}

// The answer is overdue: whatever the server still does for this command must not go to
// nobody, so the connection ends with it.
void redis_lane::link_expired(redis_link&, std::uint64_t tag) {
  redis_waiter& w = *redis_waiter::of(tag);
  const error why(errc::timed_out, std::string(w.verb));
  core_.end(w, why);
  pool_.drop(*this, why);
}

// --- getting one ------------------------------------------------------------------------

// How many lanes there may be.
std::size_t redis_pool::room() const {
  const std::size_t most = core_.config().max_connections;
  // One for commands and one for subscriptions, whether that is open yet or not.
  constexpr std::size_t others = 2;
  return most > others ? most - others : 0;
}

result<void> redis_pool::run(redis_waiter& w, std::span<const std::string_view> words) {
  if (auto ok = resp::check_command(words); !ok) return ok;
  if (line_.empty()) {
    if (redis_lane* lane = idle_lane()) return start_on(*lane, w, words);
  }
  return join_line(w, words);
}

result<void> redis_pool::lend(redis_waiter& w) { return join_line(w, {}); }

result<void> redis_pool::join_line(redis_waiter& w, std::span<const std::string_view> words) {
  const redis_config& config = core_.config();
  if (lanes_.empty() && room() == 0) {
    return std::unexpected(exhausted(errc::queue_full)
                               .with_hint("raise max_connections: a command that waits at the "
                                          "server needs a connection of its own"));
  }
  if (line_.size() >= config.pool_waiting) return std::unexpected(exhausted(errc::queue_full));
  const auto until = config.pool_timeout > duration::zero()
                         ? std::optional(w.since + config.pool_timeout)
                         : std::nullopt;
  w.held = std::make_unique<redis_held>(words, until);
  line_.add(w);
  // One that is idle first, and only then a new one.
  serve();
  open_lanes();
  return {};
}

// As many as there are in line, not one for each that ever waited.
void redis_pool::open_lanes() {
  std::size_t coming = 0;
  for (const auto& lane : lanes_) coming += !lane->link.is_up();
  while (coming < line_.size() && lanes_.size() < room()) {
    lanes_.push_back(std::make_unique<redis_lane>(*this, core_));
    ++coming;
    // The observer may have ended the provider in this call.
    lanes_.back()->link.start();
  }
}

redis_lane* redis_pool::idle_lane() noexcept {
  // The one that was used last: the others grow old and are closed.
  redis_lane* found = nullptr;
  for (const auto& lane : lanes_) {
    if (!lane->link.is_up() || lane->is_used()) continue;
    if (!found || lane->since > found->since) found = lane.get();
  }
  return found;
}

// Gives free connections to those in line, first come, first served.
void redis_pool::serve() {
  while (!line_.empty()) {
    redis_lane* lane = idle_lane();
    if (!lane) break;
    redis_waiter& w = *line_.first();
    line_.remove(w);
    const auto held = std::move(w.held);
    if (held->words().empty()) {
      lane->holder = "acquire";
      lane->since = core_.home().now();
      static_cast<redis_lease_waiter&>(w).grant(core_, *lane);
      core_.finish(w, "ok");
    } else if (auto ok = start_on(*lane, w, held->words()); !ok) {
      core_.end(w, ok.error());
    }
  }
  arm();
}

result<void> redis_pool::start_on(redis_lane& lane, redis_waiter& w,
                                  std::span<const std::string_view> words) {
  const time_point now = core_.home().now();
  // The server ends its own wait; only its silence beyond that is ours to end.
  const duration wait = resp::server_wait(words);
  const duration patience = core_.config().command_timeout;
  resp::send_options options;
  if (wait > duration::zero() && patience > duration::zero()) options.timeout = wait + patience;
  auto sent = lane.link.client().send(words, w.tag(), options, now);
  if (!sent) return std::unexpected(std::move(sent.error()));
  lane.holder = words.front();
  lane.since = now;
  lane.waiters.add(w);
  lane.link.wake();
  return {};
}

// --- what is lent -----------------------------------------------------------------------

result<void> redis_pool::send(redis_lease& lease, redis_waiter& w,
                              std::span<const std::string_view> words) {
  if (!lease.lane) {
    error why(errc::not_connected, "the connection that was lent is gone");
    if (lease.why) why = std::move(why).with_cause(*lease.why);
    return std::unexpected(std::move(why));
  }
  redis_lane& lane = *lease.lane;
  resp::send_options options;
  if (!resp::is_blocking(words)) options.timeout = core_.config().command_timeout;
  auto sent = lane.link.client().send(words, w.tag(), options, core_.home().now());
  if (!sent) return std::unexpected(std::move(sent.error()));
  switch (resp::state_after(words)) {
    case resp::connection_state::unchanged:
      break;
    case resp::connection_state::in_transaction:
    case resp::connection_state::clean:
      lane.in_transaction = resp::state_after(words) == resp::connection_state::in_transaction;
      break;
    case resp::connection_state::changed:
      lane.spoiled = true;
      break;
  }
  lane.waiters.add(w);
  lane.link.wake();
  return {};
}

void redis_pool::give_back(redis_lease& lease) noexcept {
  redis_lane& lane = *std::exchange(lease.lane, nullptr);
  lane.lease = nullptr;
  // Replies that are still due would come to the next holder's turn.
  if (lane.spoiled || lane.in_transaction || !lane.waiters.empty() || !lane.link.is_up()) {
    return drop(lane, error(errc::cancelled));
  }
  lane_free(lane);
}

// --- what connections tell -----------------------------------------------------------------

void redis_pool::lane_up(redis_lane& lane) { lane_free(lane); }

void redis_pool::lane_free(redis_lane& lane) {
  lane.since = core_.home().now();
  serve();
}

// A connection that breaks ends what it carried. One that could not be opened tries
// again as long as somebody is in line.
void redis_pool::lane_down(redis_lane& lane, const error& why, bool final) {
  const bool opening = !lane.is_used();
  if (opening && !final && !line_.empty()) return;
  drop(lane, why);
  // Wrong passwords do not get better by waiting.
  if (final) {
    while (redis_waiter* w = line_.first()) core_.end(*w, why);
  }
  if (!line_.empty()) open_lanes();
  arm();
}

std::unique_ptr<redis_lane> redis_pool::take_out(redis_lane& lane) noexcept {
  const auto at = std::ranges::find(lanes_, &lane, &std::unique_ptr<redis_lane>::get);
  std::unique_ptr<redis_lane> out = std::move(*at);
  lanes_.erase(at);
  return out;
}

// Closes a connection and ends what it carried.
void redis_pool::drop(redis_lane& lane, const error& why) {
  const auto gone = take_out(lane);
  gone->link.stop();
  if (redis_lease* lease = std::exchange(gone->lease, nullptr)) {
    lease->lane = nullptr;
    lease->why = why;
  }
  while (redis_waiter* w = gone->waiters.first()) core_.end(*w, why);
}

void redis_pool::remove(redis_waiter& w) noexcept {
  redis_waiters* const list = w.list();
  list->remove(w);
  if (list == &line_) return;
  for (const auto& lane : lanes_) {
    if (&lane->waiters != list) continue;
    // What a holder has sent before goes on: its reply is dropped when it comes.
    if (lane->lease) {
      lane->link.client().cancel(w.tag());
      lane->spoiled = true;
      return;
    }
    drop(*lane, error(errc::cancelled));
    if (!line_.empty()) open_lanes();
    return;
  }
}

// --- numbers and time ------------------------------------------------------------------------

redis_pool_status redis_pool::status() const {
  redis_pool_status s;
  s.open = lanes_.size() + core_.shared_connections();
  s.most = core_.config().max_connections;
  s.waiting = line_.size();
  const time_point now = core_.home().now();
  for (const auto& lane : lanes_) {
    if (!lane->is_used()) continue;
    ++s.in_use;
    if (now - lane->since < s.longest_held) continue;
    s.longest_held = now - lane->since;
    s.held_by = lane->holder;
  }
  return s;
}

error redis_pool::exhausted(errc what) const {
  const redis_pool_status s = status();
  std::string text = std::to_string(s.open) + " of max_connections (" + std::to_string(s.most) +
                     ") are open, " + std::to_string(s.in_use) + " of them held, " +
                     std::to_string(s.waiting) + " wait for one";
  if (s.in_use > 0) {
    const auto held = std::chrono::duration_cast<std::chrono::milliseconds>(s.longest_held);
    text += "; the longest is held for " + std::to_string(held.count()) + " ms by " + s.held_by;
  }
  error why(what, std::move(text));
  why = std::move(why).with_hint("raise max_connections or pool_timeout, or hold them shorter");
  const auto& last = core_.last_error();
  return last ? std::move(why).with_cause(*last) : why;
}

void redis_pool::arm() {
  std::optional<time_point> next;
  if (redis_waiter* w = line_.first()) next = w->held->until();
  for (const auto& lane : lanes_) {
    if (lane->link.is_up() && !lane->is_used()) {
      next = earliest(next, lane->since + core_.config().pool_idle);
    }
  }
  if (next || is_armed()) core_.home().set_timer(*this, next);
}

void redis_pool::fired(time_point now) {
  while (redis_waiter* w = line_.first()) {
    const auto until = w->held->until();
    if (!until || *until > now) break;
    const error why = exhausted(errc::timed_out);
    core_.end(*w, why);
  }
  for (std::size_t i = lanes_.size(); i-- > 0;) {
    redis_lane& lane = *lanes_[i];
    const bool wanted = lane.link.is_up() || !line_.empty();
    const bool old = lane.link.is_up() && now - lane.since >= core_.config().pool_idle;
    // Idle for long, or still being opened for somebody who has given up.
    if (!lane.is_used() && (old || !wanted)) drop(lane, error(errc::closed));
  }
  arm();
}

void redis_pool::shut(const error& why) noexcept {
  while (redis_waiter* w = line_.first()) core_.end(*w, why);
  while (!lanes_.empty()) drop(*lanes_.back(), why);
  if (is_armed()) core_.home().set_timer(*this, std::nullopt);
}

}  // namespace parley::detail
