// Peers, time, and which packet goes where.
#include <parley/codecs/mqtt/broker/broker.hpp>

#include <algorithm>
#include <parley/codecs/mqtt/client_errc.hpp>
#include <type_traits>
#include <utility>

namespace parley::mqtt {

broker::broker(const broker_settings& settings, random_source& chance, time_point now,
               wall_time wall, store* under)
    : settings_(settings),
      chance_(chance),
      store_(under),
      seed_(draw_seed(chance)),
      to_wall_(wall.time_since_epoch() - now.time_since_epoch()),
      index_(seed_),
      shared_(seed_),
      retained_(seed_) {}

broker::~broker() {
  for (auto& [id, s] : sessions_) {
    while (delivery* const d = s->queue.first) {
      s->queue.erase(*d);
      delete d;
    }
  }
  while (delivery* const d = spare_) {
    spare_ = d->chain;
    delete d;
  }
}

bool broker::enter(peer& who, time_point) {
  if (peer_count_ >= settings_.limits.max_clients) return false;
  who.entered = true;
  peers_.push_back(who);
  ++peer_count_;
  return true;
}

void broker::leave(peer& who, time_point now) {
  if (!who.entered) return;
  detach(who, true, now);
  if (who.ticket != 0) undecided_.erase(std::exchange(who.ticket, 0));
  who.login.reset();
  who.entered = false;
  peers_.erase(who);
  --peer_count_;
}

// A visitor per event; what a store could not take ends the connection whose packet it was.
void broker::handle(peer& who, server::event& what, time_point now) {
  peer* const outer = std::exchange(current_, &who);
  store_fault_.reset();
  const auto one = [&]<class Event>(const Event& e) {
    if constexpr (std::is_same_v<Event, connect>) {
      take_connect(who, e, now);
    } else if constexpr (std::is_same_v<Event, auth>) {
      take_auth(who, e, now);
    } else if constexpr (std::is_same_v<Event, failed> || std::is_same_v<Event, closed>) {
      if (who.ticket != 0) undecided_.erase(std::exchange(who.ticket, 0));
      detach(who, true, now);
    } else if constexpr (!std::is_same_v<Event, need_data> && !std::is_same_v<Event, paused>) {
      if (who.session == nullptr) return;
      if constexpr (std::is_same_v<Event, mqtt::publish>) take_publish(who, e, now);
      if constexpr (std::is_same_v<Event, puback>) take_puback(who, e, now);
      if constexpr (std::is_same_v<Event, pubrec>) take_pubrec(who, e, now);
      if constexpr (std::is_same_v<Event, pubrel>) take_pubrel(who, e, now);
      if constexpr (std::is_same_v<Event, pubcomp>) take_pubcomp(who, e, now);
      if constexpr (std::is_same_v<Event, subscribe>) take_subscribe(who, e, now);
      if constexpr (std::is_same_v<Event, unsubscribe>) take_unsubscribe(who, e, now);
      if constexpr (std::is_same_v<Event, disconnect>) take_disconnect(who, e, now);
      if constexpr (std::is_same_v<Event, sendable>) pump(*who.session, now);
    }
  };
  std::visit(one, what);
  current_ = outer;
  if (!store_fault_) return;
  const bool is_full = store_fault_->info().kind == error_class::limit;
  who.machine.end(*store_fault_,
                  is_full ? reason_code::quota_exceeded : reason_code::unspecified_error, now);
}

void broker::note(result<void> outcome) {
  if (!outcome && !store_fault_) store_fault_ = std::move(outcome).error();
}

void broker::end_all(reason_code reason, time_point now) {
  for (peer* p = peers_.first; p != nullptr; p = p->after) {
    p->machine.end(error(reason), reason, now);
    p->stirred();
  }
}

bool broker::end(std::string_view client_id, reason_code reason, time_point now) {
  const auto at = sessions_.find(client_id);
  if (at == sessions_.end() || at->second->connection == nullptr) return false;
  peer& p = *at->second->connection;
  p.machine.end(error(reason), reason, now);
  if (&p != current_) p.stirred();
  return true;
}

// --- time ----------------------------------------------------------------------------------------

void broker::note_deadline(session_state& s) {
  if (s.has_deadline) deadlines_.erase({s.deadline, s.serial});
  const auto at = earliest(s.will_at, s.expire_at);
  s.has_deadline = at.has_value();
  if (!at) return;
  s.deadline = *at;
  deadlines_.emplace(std::pair(s.deadline, s.serial), &s);
}

std::optional<time_point> broker::next_deadline() const noexcept {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first.first;
}

void broker::handle_timeout(time_point now) {
  store_fault_.reset();
  while (!deadlines_.empty() && deadlines_.begin()->first.first <= now) {
    session_state& s = *deadlines_.begin()->second;
    if (s.expire_at && *s.expire_at <= now) {
      end_session(s, now);
      continue;
    }
    s.will_at.reset();
    note_deadline(s);
    publish_will(s, now);
  }
}

broker_stats broker::stats() const noexcept {
  broker_stats s = stats_;
  s.clients = peer_count_;
  s.sessions = sessions_.size();
  s.subscriptions = subscription_count_;
  s.retained = retained_.size();
  s.deliveries = delivery_count_;
  s.message_bytes = pool_.bytes();
  return s;
}

}  // namespace parley::mqtt
