#include <algorithm>
#include <parley/codecs/resp/redis_core.hpp>
#include <parley/codecs/resp/redis_speaker.hpp>
#include <parley/codecs/resp/redis_subscriptions.hpp>

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
  map_of(kind).emplace(channel.name, std::move(made));
  return channel;
}

// --- what the user wants ----------------------------------------------------------

void redis_subscriptions::add(redis_speaker& speaker, resp::subscription kind, operation_base& op,
                              outcome tell) {
  redis_channel& channel = find_or_make(kind, speaker.name());
  channel.listeners.push_back(&speaker);
  if (channel.at_server == redis_channel::state::on) return tell({});
  const duration patience = core_.config().command_timeout;
  const time_point deadline =
      patience > duration::zero() ? core_.home().now() + patience : time_point::max();
  op.set_canceller(this);
  waits_.push_back({&channel, &speaker, &op, deadline, std::move(tell)});
  arm();
  core_.subscriber().start();
  reconcile(channel);
}

void redis_subscriptions::remove(redis_speaker& speaker, outcome tell) {
  for (const auto kind : {resp::subscription::channel, resp::subscription::pattern}) {
    redis_channel* channel = find(kind, speaker.name());
    if (!channel || std::ranges::find(channel->listeners, &speaker) == channel->listeners.end()) {
      continue;
    }
    drop_listener(*channel, speaker);
    // Whoever still waits for the confirmation will not get it.
    for (auto& w : waits_) {
      if (w.speaker != &speaker) continue;
      w.speaker = nullptr;
      if (auto t = std::exchange(w.tell, {})) t(fail(errc::cancelled));
    }
    const bool last = !channel->wanted() && channel->at_server != redis_channel::state::off;
    if (!tell || !last || !core_.subscriber().is_up()) {
      if (tell) tell({});
    } else {
      waits_.push_back({channel, nullptr, nullptr, time_point::max(), std::move(tell)});
    }
    return reconcile(*channel);
  }
  if (tell) tell({});
}

void redis_subscriptions::drop_listener(redis_channel& channel, redis_speaker& speaker) noexcept {
  // The list may be being walked: leave a gap, sweep() closes it.
  std::ranges::replace(channel.listeners, &speaker, static_cast<redis_speaker*>(nullptr));
  if (delivering_ == 0) std::erase(channel.listeners, nullptr);
}

void redis_subscriptions::cancel(operation_base& op) {
  for (std::size_t i = 0; i < waits_.size(); ++i) {
    if (waits_[i].op != &op) continue;
    wait w = std::move(waits_[i]);
    waits_.erase(waits_.begin() + static_cast<std::ptrdiff_t>(i));
    if (w.speaker) {
      w.speaker->forget();
      drop_listener(*w.channel, *w.speaker);
    }
    if (w.tell) w.tell(fail(errc::cancelled));
    return reconcile(*w.channel);
  }
}

// --- what the server knows ----------------------------------------------------------

// Brings the server one step nearer to what is wanted; a step that is under way
// is waited for.
void redis_subscriptions::reconcile(redis_channel& channel) {
  using state = redis_channel::state;
  if (delivering_ > 0 && !channel.wanted()) return;  // sweep() comes back to it
  const bool wanted = channel.wanted();
  if (core_.subscriber().is_up()) {
    if (wanted && channel.at_server == state::off) return ask(channel, true);
    if (!wanted && channel.at_server == state::on) return ask(channel, false);
  }
  const auto waited_for = [&](const wait& w) { return w.channel == &channel; };
  if (wanted || channel.at_server != state::off || std::ranges::any_of(waits_, waited_for)) return;
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
  if (!sent) return settle(&channel, on, std::unexpected(sent.error()));
  channel.at_server = on ? state::subscribing : state::unsubscribing;
  core_.subscriber().wake();
}

// Tells everybody who waits for this of the channel (null: of all channels).
void redis_subscriptions::settle(redis_channel* channel, bool listening, const result<void>& how) {
  for (std::size_t i = 0; i < waits_.size();) {
    wait& w = waits_[i];
    if ((channel && w.channel != channel) || (w.speaker != nullptr) != listening) {
      ++i;
      continue;
    }
    wait done = std::move(w);
    waits_.erase(waits_.begin() + static_cast<std::ptrdiff_t>(i));
    if (!how && done.speaker) {
      done.speaker->forget();
      drop_listener(*done.channel, *done.speaker);
    }
    if (done.tell) done.tell(how);
  }
  arm();
}

void redis_subscriptions::confirmed(const resp::confirmed& what, time_point now) {
  using state = redis_channel::state;
  redis_channel* channel = find(what.kind, what.name);
  if (!channel) return;
  channel->at_server = what.on ? state::on : state::off;
  settle(channel, what.on, {});
  if (what.on) {
    channel->was_on = true;
    report_restored(now);
  }
  reconcile(*channel);
}

// The server has refused a SUBSCRIBE: who waits is told; who listened before the
// break stays, and is tried again after the next one.
void redis_subscriptions::refused(std::uint64_t tag, resp::element reply) {
  auto& channel = *reinterpret_cast<redis_channel*>(static_cast<std::uintptr_t>(tag));
  const bool was_subscribing = channel.at_server == redis_channel::state::subscribing;
  channel.at_server = redis_channel::state::off;
  error why = resp::classify(reply.text());
  if (channel.was_on && core_.config().watch) {
    core_.config().watch->log(log_level::error, "redis",
                              "not resubscribed to " + channel.name + ": " + why.to_string());
  }
  settle(&channel, was_subscribing, std::unexpected(std::move(why)));
  if (!channel.wanted()) reconcile(channel);
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
  if (any && !lost_at_) lost_at_ = now;
  settle(nullptr, false, {});  // nothing is subscribed to now: all has stopped
  if (final) settle(nullptr, true, std::unexpected(why));
  sweep();
}

// After a break: once all is as it was, says so, with the length of the gap.
void redis_subscriptions::report_restored(time_point now) {
  if (!lost_at_) return;
  std::size_t restored = 0;
  for (channel_map* map : {&channels_, &patterns_}) {
    for (auto& [name, channel] : *map) {
      if (!channel->was_on || !channel->wanted()) continue;
      if (channel->at_server != redis_channel::state::on) return;
      ++restored;
    }
  }
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
  for (std::size_t i = 0, n = channel->listeners.size(); i < n; ++i) {
    if (redis_speaker* s = channel->listeners[i]) s->deliver(message);
  }
  if (--delivering_ == 0) sweep();
  core_.release();
}

// Does what could not be done while listeners were being called.
void redis_subscriptions::sweep() noexcept {
  if (delivering_ > 0) return;
  for (channel_map* map : {&channels_, &patterns_}) {
    for (auto it = map->begin(); it != map->end();) {
      redis_channel& channel = *(it++)->second;
      std::erase(channel.listeners, nullptr);
      if (!channel.wanted()) reconcile(channel);
    }
  }
}

// --- time and end -----------------------------------------------------------------------

void redis_subscriptions::arm() {
  time_point first = time_point::max();
  for (const wait& w : waits_) first = std::min(first, w.deadline);
  core_.home().set_timer(*this, first == time_point::max() ? std::nullopt : std::optional(first));
}

void redis_subscriptions::fired(time_point now) {
  error why(errc::timed_out, "the server did not confirm the subscription");
  if (const auto& last = core_.subscriber().last_error(); last && !core_.subscriber().is_up()) {
    why = *last;
  }
  for (std::size_t i = 0; i < waits_.size();) {
    if (waits_[i].deadline > now) {
      ++i;
      continue;
    }
    wait w = std::move(waits_[i]);
    waits_.erase(waits_.begin() + static_cast<std::ptrdiff_t>(i));
    if (w.speaker) {
      w.speaker->forget();
      drop_listener(*w.channel, *w.speaker);
    }
    if (w.tell) w.tell(std::unexpected(why));
    reconcile(*w.channel);
  }
  arm();
}

void redis_subscriptions::shut() noexcept {
  core_.home().set_timer(*this, std::nullopt);
  for (wait& w : std::exchange(waits_, {})) {
    if (w.tell) w.tell(fail(errc::cancelled));
  }
  for (channel_map* map : {&channels_, &patterns_}) {
    for (auto& [name, channel] : *map) {
      for (redis_speaker*& s : channel->listeners) {
        if (auto* speaker = std::exchange(s, nullptr)) speaker->forget();
      }
      channel->at_server = redis_channel::state::off;
    }
  }
  sweep();
}

}  // namespace parley::detail
