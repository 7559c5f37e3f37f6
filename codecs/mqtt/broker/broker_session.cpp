// Messages on their way to a session, and what its client says of them (sections 4.3 to 4.6).
#include <parley/codecs/mqtt/broker/broker.hpp>

#include <algorithm>
#include <utility>

namespace parley::mqtt {
namespace {

constexpr std::size_t max_spares = 1024;
constexpr std::size_t max_packet_ids = 65'535;

}  // namespace

broker::delivery* broker::take_node() {
  if (spare_ == nullptr) {
    auto* const made = new delivery;
    ++delivery_count_;
    return made;
  }
  delivery* const d = spare_;
  spare_ = std::exchange(d->chain, nullptr);
  --spares_;
  ++delivery_count_;
  return d;
}

void broker::free_node(delivery* d) noexcept {
  --delivery_count_;
  if (spares_ == max_spares) {
    delete d;
    return;
  }
  // The room for identifiers stays.
  std::vector<std::uint32_t> room = std::move(d->identifiers);
  room.clear();
  *d = delivery();
  d->identifiers = std::move(room);
  d->chain = spare_;
  spare_ = d;
  ++spares_;
}

// --- what comes for it ---------------------------------------------------------------------------

// At most once, and nothing waits: it needs no place in the session.
bool broker::send_at_once(session_state& s, const message_ptr& m, const routing& how,
                          time_point now) {
  peer& p = *s.connection;
  const delivery_options sent{.retain = how.retain, .identifiers = how.identifiers};
  if (m->is_expired(now) || !p.machine.send(*m, sent, now)) {
    ++stats_.dropped;
    return false;
  }
  ++stats_.delivered;
  stir(p);
  return true;
}

bool broker::deliver(session_state& s, const message_ptr& m, const routing& how, time_point now) {
  const bool is_open = s.connection != nullptr && s.connection->machine.is_open();
  const bool is_qos_0 = how.qos == qos::at_most_once;
  if (is_qos_0 && !is_open) return false;
  if (is_qos_0 && s.next == nullptr && !s.connection->machine.is_high()) {
    return send_at_once(s, m, how, now);
  }
  const std::size_t cost = m->cost();
  if (!make_room(s, cost, how.qos)) {
    ++stats_.dropped;
    return false;
  }
  delivery& d = *take_node();
  d.what = m;
  d.qos = how.qos;
  d.retain = how.retain;
  d.group = how.group;
  d.identifiers.assign(how.identifiers.begin(), how.identifiers.end());
  d.cost = cost;
  s.queue.push_back(d);
  s.bytes += cost;
  if (is_qos_0) ++s.waiting_qos_0;
  if (s.is_stored && !is_qos_0) {
    d.number = next_delivery_++;
    if (m->number == 0) m->number = next_message_++;
    ++m->stored_references;
  }
  const bool is_next = s.connection != nullptr && s.next == nullptr;
  if (is_next) s.next = &d;
  const bool goes = is_next && is_open && !s.connection->machine.is_high();
  // With its identifier at once, so that one record does for both.
  if (goes && !is_qos_0 && has_window(s)) number(s, d);
  if (d.number != 0) put_delivery(s, d);
  if (is_next) pump(s, now);
  return true;
}

// --- bounds --------------------------------------------------------------------------------------

// The oldest that was never sent, of QoS 0 or whatever comes.
bool broker::drop_waiting(session_state& s, bool of_qos_0) {
  delivery* d = s.connection != nullptr ? s.next : s.queue.first;
  while (d != nullptr &&
         (d->state != delivery_state::queued || (of_qos_0 && d->qos != qos::at_most_once))) {
    d = d->after;
  }
  if (d == nullptr) return false;
  ++stats_.dropped;
  finish(s, *d);
  return true;
}

bool broker::make_room(session_state& s, std::size_t cost, mqtt::qos q) {
  const broker_limits& l = settings_.limits;
  const auto fits = [&] { return s.bytes + cost <= l.max_queue; };
  // One that would never fit is let through if nothing else waits: the limit is for queues.
  if (s.bytes == 0) return true;
  while (!fits() && s.waiting_qos_0 > 0 && drop_waiting(s, true)) {
  }
  if (fits()) return true;
  if (q == qos::at_most_once) return false;
  switch (l.overflow) {
    case parley::overflow::drop_oldest:
    case parley::overflow::conflate:
      while (!fits() && drop_waiting(s, false)) {
      }
      return fits();
    case parley::overflow::close:
      if (s.connection != nullptr) {
        s.connection->machine.end(error(broker_errc::not_reading), reason_code::quota_exceeded, {});
        stir(*s.connection);
      }
      return false;
    case parley::overflow::reject:
      rejected_ = true;
      return false;
    case parley::overflow::drop_newest:
      return false;
  }
  return false;
}

// --- what goes -----------------------------------------------------------------------------------

bool broker::has_window(const session_state& s) const noexcept {
  const std::size_t most =
      std::min(settings_.limits.in_flight, s.connection->machine.client_receive_maximum());
  return s.in_flight < most && s.numbered < max_packet_ids;
}

void broker::number(session_state& s, delivery& d) {
  s.by_packet.reserve(s.numbered + 1);
  while (s.next_packet_id == 0 || find(s, s.next_packet_id) != nullptr) ++s.next_packet_id;
  d.packet_id = s.next_packet_id++;
  d.hash = d.packet_id;
  s.by_packet.insert(d);
  ++s.numbered;
}

broker::delivery* broker::find(session_state& s, std::uint16_t packet_id) const noexcept {
  return s.by_packet.find(packet_id, [&](const delivery& d) { return d.packet_id == packet_id; });
}

void broker::pump(session_state& s, time_point now) {
  peer& p = *s.connection;
  bool any = false;
  while (s.next != nullptr && p.machine.is_open()) {
    if (p.machine.is_high()) {
      p.machine.tell_when_low();
      break;
    }
    if (!pump_one(s, *s.next, now)) break;
    any = true;
  }
  if (any) stir(p);
}

// False: it has to wait, and so have all behind it.
bool broker::pump_one(session_state& s, delivery& d, time_point now) {
  if (d.state == delivery_state::released) {
    s.connection->machine.send(pubrel{.packet_id = d.packet_id}, now);
    s.next = d.after;
    return true;
  }
  if (d.state == delivery_state::queued && d.what->is_expired(now)) {
    ++stats_.dropped;
    finish(s, d);
    return true;
  }
  if (d.qos != qos::at_most_once) {
    if (!has_window(s)) return false;
    if (d.packet_id == 0) {
      number(s, d);
      if (d.number != 0) put_delivery(s, d);
    }
  }
  return send(s, d, now);
}

bool broker::send(session_state& s, delivery& d, time_point now) {
  const delivery_options how{.qos = d.qos,
                             .packet_id = d.packet_id,
                             .retain = d.retain,
                             .dup = d.state == delivery_state::sent,
                             .identifiers = d.identifiers};
  if (!s.connection->machine.send(*d.what, how, now)) {
    ++stats_.dropped;
    finish(s, d);
    return true;
  }
  ++stats_.delivered;
  if (d.qos == qos::at_most_once) {
    finish(s, d);
    return true;
  }
  d.state = delivery_state::sent;
  d.counted = true;
  ++s.in_flight;
  s.next = d.after;
  return true;
}

void broker::finish(session_state& s, delivery& d) {
  if (s.next == &d) s.next = d.after;
  s.queue.erase(d);
  if (d.packet_id != 0) {
    s.by_packet.erase(d);
    --s.numbered;
  }
  if (d.counted) --s.in_flight;
  if (d.qos == qos::at_most_once) --s.waiting_qos_0;
  s.bytes -= d.cost;
  erase_delivery(s, d);
  free_node(&d);
}

// Behind PUBREC the message itself is needed no more.
void broker::drop_message(session_state& s, delivery& d) {
  d.state = delivery_state::released;
  s.bytes -= d.cost - message::overhead;
  d.cost = message::overhead;
  const message_ptr m = std::exchange(d.what, message_ptr());
  if (d.number == 0) return;
  put_delivery(s, d);
  drop_stored(*m);
}

// --- what the client says ------------------------------------------------------------------------

void broker::take_puback(peer& who, const puback& p, time_point now) {
  session_state& s = *who.session;
  delivery* const d = find(s, p.packet_id);
  // One that nothing is known of may be of an earlier session.
  if (d == nullptr) return;
  if (d->qos != qos::at_least_once || d->state != delivery_state::sent) {
    return who.machine.end(error(broker_errc::unexpected_packet, "PUBACK"),
                           reason_code::protocol_error, now);
  }
  finish(s, *d);
  pump(s, now);
}

void broker::take_pubrec(peer& who, const pubrec& p, time_point now) {
  session_state& s = *who.session;
  delivery* const d = find(s, p.packet_id);
  if (d == nullptr) {
    if (is_error(p.reason)) return;
    pubrel unknown{.packet_id = p.packet_id};
    if (who.machine.version() == version::v5) {
      unknown.reason = reason_code::packet_identifier_not_found;
    }
    return who.machine.send(unknown, now);
  }
  if (d->qos != qos::exactly_once || d->state == delivery_state::queued) {
    return who.machine.end(error(broker_errc::unexpected_packet, "PUBREC"),
                           reason_code::protocol_error, now);
  }
  if (is_error(p.reason) && d->state == delivery_state::sent) {
    finish(s, *d);
    return pump(s, now);
  }
  if (d->state == delivery_state::sent) drop_message(s, *d);
  if (!store_fault_) who.machine.send(pubrel{.packet_id = p.packet_id}, now);
}

void broker::take_pubcomp(peer& who, const pubcomp& p, time_point now) {
  session_state& s = *who.session;
  delivery* const d = find(s, p.packet_id);
  if (d == nullptr) return;
  if (d->state != delivery_state::released) {
    return who.machine.end(error(broker_errc::unexpected_packet, "PUBCOMP"),
                           reason_code::protocol_error, now);
  }
  finish(s, *d);
  pump(s, now);
}

void broker::take_pubrel(peer& who, const pubrel& p, time_point now) {
  session_state& s = *who.session;
  detail::inbound_message* const known = s.find_inbound(p.packet_id);
  pubcomp answer{.packet_id = p.packet_id};
  if (known == nullptr) {
    if (who.machine.version() == version::v5) {
      answer.reason = reason_code::packet_identifier_not_found;
    }
    return who.machine.send(answer, now);
  }
  if (s.is_stored) erase_inbound(s, p.packet_id);
  if (known->stored) drop_stored(*known->stored);
  *known = std::move(s.inbound.back());
  s.inbound.pop_back();
  if (!store_fault_) who.machine.send(answer, now);
}

}  // namespace parley::mqtt
