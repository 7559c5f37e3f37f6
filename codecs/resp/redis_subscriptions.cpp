#include <algorithm>
#include <parley/codecs/resp/detail/redis_core.hpp>
#include <parley/codecs/resp/detail/redis_speaker.hpp>
#include <parley/codecs/resp/detail/redis_subscriptions.hpp>

namespace parley::detail {

redis_channel* redis_subscriptions::find(resp::subscription kind, std::string_view name) noexcept {
  channel_map& map = map_of(kind);
  const auto found = map.find(name);
  return found == map.end() ? nullptr : found->second.get();
}

redis_channel& redis_subscriptions::find_or_make(resp::subscription kind, std::string_view name) {
  if (redis_channel* c = find(kind, name)) return *c;
  auto made = std::make_unique<redis_channel>();
  made->name = name;
  made->kind = kind;
  redis_channel& channel = *made;
  // On the heap: waiters and the tags of commands hold its address, which must stay.
  map_of(kind).emplace(channel.name, std::move(made));
  return channel;
}

// --- what the user wants ----------------------------------------------------------

void redis_subscriptions::add(redis_speaker& speaker, resp::subscription kind, operation_base& op,
                              outcome tell) {
  redis_channel& channel = find_or_make(kind, speaker.name());
  channel.listeners.push_back(&speaker);
  // Whoever waits for the end of this subscription has been overtaken.
  if (channel.at_server != redis_channel::state::unsubscribing) settle(channel, false, {});
  join(speaker, kind, op, std::move(tell));
}

void redis_subscriptions::join(redis_speaker& speaker, resp::subscription kind, operation_base& op,
                               outcome tell) {
  redis_channel& channel = find_or_make(kind, speaker.name());
  // Another speaker has subscribed already: the server need not be asked.
  if (channel.at_server == redis_channel::state::on) return tell({});
  op.set_canceller(this);
  op.owner_data = reinterpret_cast<std::uintptr_t>(&channel);
  add_wait(channel, &speaker, &op, std::move(tell));
  if (core_.subscriber().is_up()) return reconcile(channel);
  // The second connection is made for the first listener, as in RESP2 a connection
  // with subscriptions takes no commands. A start that fails at once may end the
  // wait and the channel, so it is the last act.
  core_.subscriber().start();
}

// All wait equally long: the first deadline is the oldest's.
void redis_subscriptions::add_wait(redis_channel& channel, redis_speaker* speaker,
                                   operation_base* op, outcome tell) {
  const time_point deadline = patience();
  channel.waits.push_back({&channel, speaker, op, deadline, std::move(tell)});
  ++waiting_;
  if (deadline == time_point::max() || (is_armed() && *armed_at() <= deadline)) return;
  core_.home().set_timer(*this, deadline);
}

time_point redis_subscriptions::patience() const {
  const duration limit = core_.config().command_timeout;
  return limit > duration::zero() ? core_.home().now() + limit : time_point::max();
}

bool redis_subscriptions::is_on(std::string_view channel) const noexcept {
  const auto found = channels_.find(channel);
  return found != channels_.end() && found->second->at_server == redis_channel::state::on;
}

bool redis_subscriptions::any_wanted() const noexcept {
  const auto wanted = [](const auto& entry) { return entry.second->wanted(); };
  return std::ranges::any_of(channels_, wanted) || std::ranges::any_of(patterns_, wanted);
}

void redis_subscriptions::remove(redis_speaker& speaker, outcome tell) {
  for (const auto kind : {resp::subscription::channel, resp::subscription::pattern}) {
    redis_channel* channel = find(kind, speaker.name());
    if (!channel || std::ranges::find(channel->listeners, &speaker) == channel->listeners.end()) {
      continue;
    }
    drop_listener(*channel, speaker);
    // Whoever still waits for the confirmation will not get it.
    for (redis_wait& w :
         take_waits(*channel, [&](const redis_wait& w) { return w.speaker == &speaker; })) {
      if (w.tell) w.tell(fail(errc::cancelled));
    }
    // Only then is there something to wait for: the server's confirmation.
    const bool last = !channel->wanted() && channel->at_server != redis_channel::state::off;
    if (!tell || !last || !core_.subscriber().is_up()) {
      if (tell) tell({});
    } else {
      add_wait(*channel, nullptr, nullptr, std::move(tell));
    }
    return reconcile(*channel);
  }
  if (tell) tell({});
}

void redis_subscriptions::drop_listener(redis_channel& channel, redis_speaker& speaker) noexcept {
  // The list may be being walked: leave a gap, sweep() closes it.
  std::ranges::replace(channel.listeners, &speaker, static_cast<redis_speaker*>(nullptr));
  if (delivering_ == 0) {
    std::erase(channel.listeners, nullptr);
  } else {
    is_untidy_ = true;
  }
}

void redis_subscriptions::cancel(operation_base& op) {
  // Alive for sure: somebody waits on it.
  auto& channel = *reinterpret_cast<redis_channel*>(op.owner_data);
  auto ended = take_waits(channel, [&](const redis_wait& w) { return w.op == &op; });
  if (ended.empty()) return;
  end_waits(std::move(ended), fail(errc::cancelled));
  sweep();
}

template <class Which>
redis_waits redis_subscriptions::take_waits(redis_channel& channel, Which&& is_meant) noexcept {
  redis_waits taken;
  for (auto i = channel.waits.begin(); i != channel.waits.end();) {
    const auto at = i++;
    if (is_meant(*at)) taken.splice(taken.end(), channel.waits, at);
  }
  waiting_ -= taken.size();
  if (waiting_ == 0) core_.home().set_timer(*this, retry_at_);
  return taken;
}

template <class Which>
redis_waits redis_subscriptions::take_all_waits(Which&& is_meant) noexcept {
  redis_waits taken;
  for (channel_map* map : {&channels_, &patterns_}) {
    for (auto& [name, channel] : *map) taken.splice(taken.end(), take_waits(*channel, is_meant));
  }
  return taken;
}

// Tells how they ended. Forgetting a callback destroys what it holds, which may be
// the last handle of this speaker or of others: nothing is erased meanwhile.
void redis_subscriptions::end_waits(redis_waits ended, const result<void>& how) {
  ++delivering_;
  for (const redis_wait& w : ended) {
    if (w.speaker) w.speaker->retain();
  }
  for (redis_wait& w : ended) {
    if (!how && w.speaker) {
      drop_listener(*w.channel, *w.speaker);
      w.speaker->forget();
    }
    if (w.tell) w.tell(how);
    if (w.speaker) w.speaker->release();
  }
  --delivering_;
}

// --- what the server knows ----------------------------------------------------------

// Brings the server one step nearer to what is wanted; a step that is under way
// is waited for.
void redis_subscriptions::reconcile(redis_channel& channel) {
  using state = redis_channel::state;
  const bool wanted = channel.wanted();
  if (delivering_ > 0 && !wanted) {
    is_untidy_ = true;
    return;
  }
  if (core_.subscriber().is_up()) {
    if (wanted && channel.at_server == state::off) return ask(channel, true);
    if (!wanted && channel.at_server == state::on) return ask(channel, false);
  }
  // Nobody listens, the server does not send, nobody waits: only then may the
  // channel go.
  if (wanted || channel.at_server != state::off || !channel.waits.empty()) return;
  channel_map& map = map_of(channel.kind);
  map.erase(map.find(channel.name));
}

void redis_subscriptions::ask(redis_channel& channel, bool on) {
  using state = redis_channel::state;
  const std::string_view name = channel.name;
  const std::uint64_t tag = reinterpret_cast<std::uintptr_t>(&channel);
  resp::client& client = core_.subscriber().client();
  const auto sent = on ? client.subscribe(channel.kind, {&name, 1}, tag, {}, core_.home().now())
                       : client.unsubscribe(channel.kind, {&name, 1}, tag, {}, core_.home().now());
  // A full queue, for instance: who waits is told, instead of hanging until the
  // deadline.
  if (!sent) return settle(channel, on, std::unexpected(sent.error()));
  channel.at_server = on ? state::subscribing : state::unsubscribing;
  core_.subscriber().wake();
}

// Tells everybody who waits for this.
void redis_subscriptions::settle(redis_channel& channel, bool listening, const result<void>& how) {
  end_waits(
      take_waits(channel, [&](const redis_wait& w) { return (w.speaker != nullptr) == listening; }),
      how);
}

void redis_subscriptions::settle_all(bool listening, const result<void>& how) {
  end_waits(
      take_all_waits([&](const redis_wait& w) { return (w.speaker != nullptr) == listening; }),
      how);
}

void redis_subscriptions::confirmed(const resp::confirmed& what, time_point now) {
  using state = redis_channel::state;
  redis_channel* channel = find(what.kind, what.name);
  // The channel was dropped meanwhile: this confirms an UNSUBSCRIBE that nobody
  // waits for.
  if (!channel) return;
  channel->at_server = what.on ? state::on : state::off;
  settle(*channel, what.on, {});
  if (what.on) {
    // From now on a break must bring it back, and a refusal is worth a log entry.
    channel->was_on = true;
    // Looked at when the last one could be there, and not for each of many.
    if (missing_ == 0 || --missing_ == 0) report_restored(now);
  }
  reconcile(*channel);
}

// The server has refused a SUBSCRIBE: who waits is told; who listened before the
// break stays, and is tried again after the next one.
void redis_subscriptions::refused(std::uint64_t tag, resp::element reply) {
  // Alive for sure: a channel with a step under way is not dropped, and a break,
  // which forgets the step, ends the tags as well.
  auto& channel = *reinterpret_cast<redis_channel*>(static_cast<std::uintptr_t>(tag));
  const bool was_subscribing = channel.at_server == redis_channel::state::subscribing;
  channel.at_server = redis_channel::state::off;
  error why = resp::classify(reply.text());
  if (channel.was_on && core_.config().watch) {
    core_.config().watch->log(log_level::error, "redis",
                              "not resubscribed to " + channel.name + ": " + why.to_string());
  }
  settle(channel, was_subscribing, std::unexpected(std::move(why)));
  settle(channel, false, {});
  if (!channel.wanted()) return sweep();
  // Listeners from before a break stay. Asked for again later, not now: the server
  // would refuse it again at once.
  retry_at_ = core_.home().now() + core_.config().reconnect.cap;
  if (!is_armed() || *retry_at_ < *armed_at()) core_.home().set_timer(*this, retry_at_);
}

// --- breaks ---------------------------------------------------------------------------

void redis_subscriptions::restore(time_point now) {
  for (channel_map* map : {&channels_, &patterns_}) {
    for (auto it = map->begin(); it != map->end();) {
      redis_channel& channel = *(it++)->second;  // reconcile may erase it
      reconcile(channel);
    }
  }
  report_restored(now);
}

void redis_subscriptions::lost(const error& why, bool final, time_point now) {
  bool any = false;
  for (channel_map* map : {&channels_, &patterns_}) {
    for (auto& [name, channel] : *map) {
      any = any || channel->was_on;
      channel->at_server = redis_channel::state::off;
    }
  }
  // The first loss counts: attempts that fail in between belong to the same gap.
  if (any && !lost_at_) lost_at_ = now;
  settle_all(false, {});  // nothing is subscribed to now: all has stopped
  // As long as it will be tried again, who waits to listen keeps waiting, up to the
  // deadline.
  if (final) settle_all(true, std::unexpected(why));
  sweep();
}

// After a break: once all is as it was, says so, with the length of the gap.
void redis_subscriptions::report_restored(time_point now) {
  if (!lost_at_) return;
  std::size_t restored = 0;
  missing_ = 0;
  for (channel_map* map : {&channels_, &patterns_}) {
    for (auto& [name, channel] : *map) {
      if (!channel->was_on || !channel->wanted()) continue;
      channel->at_server == redis_channel::state::on ? ++restored : ++missing_;
    }
  }
  // Only when all are back is the gap over; until then messages are still being missed.
  if (missing_ > 0) return;
  const duration gap = now - *std::exchange(lost_at_, std::nullopt);
  if (core_.config().watch) core_.config().watch->resubscribed("redis", restored, gap);
}

// --- messages -------------------------------------------------------------------------

void redis_subscriptions::deliver(const resp::message_event& message) {
  const auto kind =
      message.pattern.empty() ? resp::subscription::channel : resp::subscription::pattern;
  redis_channel* channel = find(kind, message.pattern.empty() ? message.channel : message.pattern);
  if (!channel) return;
  // The callbacks may do anything: destroy speakers, the provider, this channel's
  // other listeners. Speakers that are added now get the next message.
  core_.retain();
  ++delivering_;
  // By index and with the old size: adding may move the list, removing leaves a
  // gap.
  for (std::size_t i = 0, n = channel->listeners.size(); i < n; ++i) {
    if (redis_speaker* s = channel->listeners[i]) s->deliver(message);
  }
  if (--delivering_ == 0 && is_untidy_) sweep();
  core_.release();
}

// Does what could not be done while listeners were being called.
void redis_subscriptions::sweep() noexcept {
  if (delivering_ > 0) return;
  is_untidy_ = false;
  for (channel_map* map : {&channels_, &patterns_}) {
    for (auto it = map->begin(); it != map->end();) {
      redis_channel& channel = *(it++)->second;
      std::erase(channel.listeners, nullptr);
      if (!channel.wanted()) reconcile(channel);
    }
  }
}

// --- time and end -----------------------------------------------------------------------

void redis_subscriptions::fired(time_point now) {
  error why(errc::timed_out, "the server did not confirm the subscription");
  // "Timed out" would hide that the server was never reached.
  if (const auto& last = core_.subscriber().last_error(); last && !core_.subscriber().is_up()) {
    why = *last;
  }
  end_waits(take_all_waits([&](const redis_wait& w) { return w.deadline <= now; }),
            std::unexpected(why));
  sweep();
  if (retry_at_ && *retry_at_ <= now) {
    retry_at_.reset();
    restore(now);
  }
  time_point next = retry_at_.value_or(time_point::max());
  for (channel_map* map : {&channels_, &patterns_}) {
    for (const auto& [name, channel] : *map) {
      for (const redis_wait& w : channel->waits) next = std::min(next, w.deadline);
    }
  }
  if (next != time_point::max()) core_.home().set_timer(*this, next);
}

void redis_subscriptions::shut() noexcept {
  lost_at_.reset();
  retry_at_.reset();
  ++delivering_;
  for (redis_wait& w : take_all_waits([](const redis_wait&) { return true; })) {
    if (w.tell) w.tell(fail(errc::cancelled));
  }
  core_.home().set_timer(*this, std::nullopt);
  for (channel_map* map : {&channels_, &patterns_}) {
    for (auto& [name, channel] : *map) {
      for (redis_speaker*& s : channel->listeners) {
        if (auto* speaker = std::exchange(s, nullptr)) speaker->forget();
      }
      channel->at_server = redis_channel::state::off;
    }
  }
  --delivering_;
  sweep();
}

}  // namespace parley::detail
