#include <parley/core/net/connect_plan.hpp>

#include <algorithm>
#include <iterator>

namespace parley {

// RFC 8305 section 4: the families take turns, and the resolver's preference
// decides which begins. So a family that is broken costs one stagger, not one per
// address.
std::vector<address> connect_order(std::vector<address> addresses, std::uint64_t round) {
  std::vector<address> first;   // the family of the first address
  std::vector<address> others;  // all other families
  for (address& each : addresses) {
    // Resolvers repeat addresses; trying one twice would only spend time.
    if (std::find(first.begin(), first.end(), each) != first.end() ||
        std::find(others.begin(), others.end(), each) != others.end()) {
      continue;
    }
    auto& list = first.empty() || first.front().family() == each.family() ? first : others;
    list.push_back(std::move(each));
  }
  std::vector<address> order;
  order.reserve(first.size() + others.size());
  for (std::size_t i = 0; i < std::max(first.size(), others.size()); ++i) {
    if (i < first.size()) order.push_back(std::move(first[i]));
    if (i < others.size()) order.push_back(std::move(others[i]));
  }
  if (!order.empty()) {
    // Another address begins in each round: a first one that accepts and then fails
    // would be tried for ever otherwise.
    std::rotate(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(round % order.size()),
                order.end());
  }
  return order;
}

connect_plan::connect_plan(std::vector<address> addresses, std::uint64_t round,
                           const connect_plan_config& config)
    : config_(config) {
  // None at all would neither start anything nor ever end.
  config_.max_in_flight = std::max<std::size_t>(config_.max_in_flight, 1);
  for (address& each : connect_order(std::move(addresses), round)) {
    attempts_.emplace_back(std::move(each));
  }
}

// One step a call, so that the caller may fail or succeed at once inside a step and
// the plan knows before it chooses the next one.
connect_plan::step connect_plan::next(time_point now) {
  if (!began_) began_ = now;
  // The order decides ties: a success counts even when the time is over by now.
  if (auto s = finish()) return *s;
  if (auto s = expire(now)) return *s;
  if (auto s = start_one(now)) return *s;
  if (running_ == 0) return {action::give_up};
  return wait_step();
}

// Once there is a winner or no time is left: drops the attempts in flight, one a
// step, then says how it ended.
std::optional<connect_plan::step> connect_plan::finish() {
  if (!winner_ && !out_of_time_) return std::nullopt;
  if (auto s = cancel_one()) return s;
  if (winner_) return step{action::connected, *winner_};
  return step{action::give_up};
}

std::optional<connect_plan::step> connect_plan::cancel_one() {
  for (std::size_t i = 0; i < attempts_.size(); ++i) {
    if (attempts_[i].now != state::running) continue;
    attempts_[i].now = state::cancelled;
    --running_;
    return step{action::cancel, i};
  }
  return std::nullopt;
}

// Attempts whose time is over become failures, one a step; so does all of it.
std::optional<connect_plan::step> connect_plan::expire(time_point now) {
  for (std::size_t i = 0; i < attempts_.size(); ++i) {
    attempt& each = attempts_[i];
    if (each.now != state::running || now < each.started + config_.attempt_timeout) continue;
    attempt_failed(i, errc::timed_out);
    return step{action::cancel, i};
  }
  if (now < *began_ + config_.total_timeout) return std::nullopt;
  out_of_time_ = true;
  for (attempt& each : attempts_) {
    if (each.now == state::running) each.why = errc::timed_out;
  }
  return finish();
}

bool connect_plan::may_start(time_point now) const {
  if (next_ == attempts_.size() || running_ >= config_.max_in_flight) return false;
  return running_ == 0 || !stagger_until_ || now >= *stagger_until_;
}

std::optional<connect_plan::step> connect_plan::start_one(time_point now) {
  if (!may_start(now)) return std::nullopt;
  attempt& each = attempts_[next_];
  each.now = state::running;
  each.started = now;
  ++running_;
  stagger_until_ = now + config_.stagger;
  return step{action::start, next_++};
}

connect_plan::step connect_plan::wait_step() const {
  time_point until = *began_ + config_.total_timeout;
  for (const attempt& each : attempts_) {
    if (each.now == state::running) {
      until = std::min(until, each.started + config_.attempt_timeout);
    }
  }
  // Where nothing may start, the stagger is no reason to wake up.
  const bool more = next_ < attempts_.size() && running_ < config_.max_in_flight;
  if (more && stagger_until_) until = std::min(until, *stagger_until_);
  return {action::wait, 0, until};
}

void connect_plan::attempt_succeeded(std::size_t index) {
  // The outcome of an attempt that was cancelled meanwhile is old news.
  if (index >= attempts_.size() || attempts_[index].now != state::running) return;
  attempts_[index].now = state::winner;
  --running_;
  winner_ = index;
}

void connect_plan::attempt_failed(std::size_t index, error why) {
  if (index >= attempts_.size() || attempts_[index].now != state::running) return;
  attempts_[index].now = state::failed;
  attempts_[index].why = std::move(why);
  --running_;
  // A failure is an answer: the next address need not wait any longer (RFC 8305
  // section 5).
  stagger_until_.reset();
}

error connect_plan::failure() const {
  if (attempts_.empty()) return {errc::unresolvable, "the name has no address"};
  // "No route" is what every machine without IPv6 says about IPv6 addresses: the
  // code is that of the first failure that says more.
  const attempt* telling = nullptr;
  std::string message;
  for (const attempt& each : attempts_) {
    if (!message.empty()) message += ", ";
    message += each.where.to_string();
    if (!each.why) {
      message += " (not tried)";
      continue;
    }
    message.append(" (").append(each.why->info().text).append(")");
    if (!telling || (*telling->why == errc::unreachable && *each.why != errc::unreachable)) {
      telling = &each;
    }
  }
  if (!telling) return {errc::timed_out, std::move(message)};
  error all = error(*telling->why).with_message(std::move(message));
  // What the system said about it in particular stays reachable.
  if (!telling->why->message().empty()) all = std::move(all).with_cause(*telling->why);
  return all;
}

}  // namespace parley
