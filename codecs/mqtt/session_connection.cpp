// A session from one connection to the next, and its packet identifiers.
#include <parley/codecs/mqtt/session.hpp>
#include <utility>

namespace parley::mqtt {

// --- packet identifiers -------------------------------------------------------------------------

session::exchange* session::find(std::uint16_t packet_id) const noexcept {
  return by_packet_.find(packet_id, [](const exchange&) { return true; });
}

// 0: all are in use.
std::uint16_t session::free_packet_id() noexcept {
  if (numbered_ >= 65'535) return 0;
  for (;;) {
    const std::uint16_t id = next_packet_id_;
    next_packet_id_ = id == 65'535 ? std::uint16_t{1} : static_cast<std::uint16_t>(id + 1);
    if (find(id) == nullptr) return id;
  }
}

void session::mark_numbered(exchange& e) noexcept {
  e.hash = e.packet_id;
  by_packet_.insert(e);
  ++numbered_;
}

// Gives a publish its identifier, and keeps that: after a crash it must be sent with the same one,
// or it would be another message to the server.
result<void> session::number(exchange& e) {
  by_packet_.reserve(numbered_ + 1);
  const std::uint16_t id = free_packet_id();
  if (id == 0) return fail(parley::errc::queue_full, "all packet identifiers are in use");
  e.packet_id = id;
  if (auto ok = put_state(e, false); !ok) {
    e.packet_id = 0;
    return ok;
  }
  mark_numbered(e);
  return {};
}

// --- subscribe and unsubscribe -------------------------------------------------------------------

// Null: all identifiers are in use.
session::exchange* session::request(detail::exchange_kind kind, std::size_t filters) {
  by_packet_.reserve(numbered_ + 1);
  exchange* const e = take_node();
  e->packet_id = free_packet_id();
  if (e->packet_id == 0) {
    free_node(e);
    return nullptr;
  }
  e->id = next_id_++;
  e->kind = kind;
  e->state = state::sent;
  e->filters = static_cast<std::uint16_t>(filters);
  mark_numbered(*e);
  requests_.push_back(*e);
  ++request_count_;
  return e;
}

void session::end_request(exchange& e) noexcept {
  requests_.erase(e);
  by_packet_.erase(e);
  --numbered_;
  --request_count_;
}

// --- connections -------------------------------------------------------------------------------

// The window begins anew, whatever was in flight when the last connection broke.
result<void> session::begin_connection(bool present) {
  in_flight_ = 0;
  for (exchange* e = all_.first; e != nullptr; e = e->after) e->counted = false;
  inbound_.uncount_all();
  if (!present) {
    if (auto ok = lose(); !ok) return ok;
  }
  next_ = all_.first;
  // What was in flight and is new again may expire. The epoch, and not time_point::min(), from
  // which a loop must not subtract.
  next_check_ = time_point();
  return {};
}

void session::end_connection(const error& why) noexcept {
  while (exchange* e = requests_.first) {
    end_request(*e);
    e->why = why;
    done_requests_.push_back(*e);
  }
  next_ = all_.first;
}

// The server has no session (any more): so have we none (section 3.2.2.1.1). What was never sent is
// not part of it.
result<void> session::lose() {
  while (inbound_.size() > 0) {
    if (auto ok = forget(inbound_.all().back().id); !ok) return ok;
  }
  for (exchange* e = all_.first; e != nullptr;) {
    exchange& each = *std::exchange(e, e->after);
    if (each.state == state::queued) continue;
    const auto kept = lose_one(each);
    if (!kept) return std::unexpected(kept.error());
    if (*kept) continue;
    if (auto ok = erase_records(each); !ok) return ok;
    finish(each, error(client_errc::session_lost));
  }
  return {};
}

// False: it is not to be sent again.
result<bool> session::lose_one(exchange& e) {
  const bool resends =
      e.qos == qos::at_least_once || (limits_.resend_exactly_once && e.state == state::sent);
  if (!resends) return false;
  const std::uint16_t id = std::exchange(e.packet_id, std::uint16_t{0});
  auto ok = put_state(e, false);
  e.packet_id = id;
  if (!ok) return std::unexpected(std::move(ok).error());
  requeue(e);
  return true;
}

void session::requeue(exchange& e) noexcept {
  by_packet_.erase(e);
  --numbered_;
  e.packet_id = 0;
  e.state = state::queued;
}

// --- exactly-once messages that came in
// ------------------------------------------------------------

result<void> session::receive(std::uint16_t packet_id) {
  inbound_.reserve_one();
  if (store_ != nullptr) {
    const std::byte key[] = {std::byte{'r'}, static_cast<std::byte>(packet_id >> 8),
                             static_cast<std::byte>(packet_id & 0xFF)};
    if (auto ok = store_->put(as_bytes(name_), key, byte_view()); !ok) return ok;
  }
  inbound_.insert({packet_id, true});
  return {};
}

result<void> session::forget(std::uint16_t packet_id) {
  if (store_ != nullptr) {
    const std::byte key[] = {std::byte{'r'}, static_cast<std::byte>(packet_id >> 8),
                             static_cast<std::byte>(packet_id & 0xFF)};
    if (auto ok = store_->erase(as_bytes(name_), key); !ok) return ok;
  }
  inbound_.erase(packet_id);
  return {};
}

}  // namespace parley::mqtt
