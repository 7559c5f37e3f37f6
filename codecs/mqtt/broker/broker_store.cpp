// How a broker lies in its store. Numbers have their highest byte first; a space for each session,
// and two for messages:
//
//   's' ID      'c'           format:1 connected:1 expiry:4 end:8
//               'w'           delay:4 has expiry:1 expiry:4 BODY
//               'f' filter    QoS:1 flags:1 handling:1 identifier:4
//               'q' number:8  message:8 packet identifier:2 QoS:1 state:1 retain:1 identifier:4 ...
//               'i' packet:2  message:8, or 0
//   "m"         number:8      BODY
//   "r"         topic         BODY
//   BODY        format:1 flags:1 end:8 publisher size:2 topic size:2 properties size:4
//               publisher topic properties payload
//
// An end is wall time in milliseconds, 0: none. A publish is one change although it is several
// records: its message comes last, and a 'q' or an 'i' whose message is not there never was. The
// message stays until each 'q' is over and its 'i' was released; behind PUBREC a 'q' needs none.
#include <algorithm>
#include <array>
#include <map>
#include <parley/codecs/mqtt/broker/broker.hpp>
#include <parley/codecs/mqtt/detail/put.hpp>
#include <utility>

namespace parley::mqtt {
namespace {

using detail::put_byte;
using detail::put_four;
using detail::put_two;

constexpr std::uint8_t format = 1;
constexpr std::size_t body_head = 18;
constexpr unsigned retain_flag = 4;

std::byte* put_eight(std::byte* to, std::uint64_t value) noexcept {
  return put_four(put_four(to, static_cast<std::uint32_t>(value >> 32)),
                  static_cast<std::uint32_t>(value));
}
std::uint64_t number_at(byte_view bytes, std::size_t at, std::size_t size) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned>(bytes[at + i]);
  return value;
}

using number_key = std::array<std::byte, 9>;
number_key key_of(char kind, std::uint64_t number) noexcept {
  number_key key;
  put_eight(put_byte(key.data(), static_cast<unsigned char>(kind)), number);
  return key;
}
std::array<std::byte, 3> inbound_key(std::uint16_t packet_id) noexcept {
  std::array<std::byte, 3> key;
  put_two(put_byte(key.data(), 'i'), packet_id);
  return key;
}

}  // namespace

std::int64_t broker::to_milliseconds(time_point at) const noexcept {
  using std::chrono::milliseconds;
  return std::chrono::duration_cast<milliseconds>(at.time_since_epoch() + to_wall_).count();
}
time_point broker::to_time(std::uint64_t milliseconds) const noexcept {
  const std::chrono::milliseconds since(static_cast<std::int64_t>(milliseconds));
  return time_point(std::chrono::duration_cast<duration>(since) - to_wall_);
}

// --- writing -------------------------------------------------------------------------------------

void broker::put_session(const session_state& s, bool is_connected, time_point) {
  if (!s.is_stored) return;
  std::array<std::byte, 14> value;
  std::byte* to = put_byte(put_byte(value.data(), format), is_connected ? 1 : 0);
  const std::int64_t end = s.expire_at ? to_milliseconds(*s.expire_at) : 0;
  put_eight(put_four(to, s.expiry), static_cast<std::uint64_t>(end));
  note(store_->put(as_bytes(s.space), as_bytes("c"), byte_view(value)));
}

result<void> broker::put_body(std::string_view space, byte_view key, byte_view front,
                              const message& m, std::string_view publisher) {
  std::array<std::byte, body_head> head;
  const std::int64_t end = m.expires() ? to_milliseconds(m.expires_at()) : 0;
  std::byte* to = put_byte(put_byte(head.data(), format),
                           static_cast<unsigned>(m.qos()) | (m.retain() ? retain_flag : 0));
  to = put_two(put_eight(to, static_cast<std::uint64_t>(end)),
               static_cast<unsigned>(publisher.size()));
  put_four(put_two(to, static_cast<unsigned>(m.topic().size())),
           static_cast<std::uint32_t>(m.properties().size()));
  const auto piece = [](byte_view b) { return const_buffer{b.data(), b.size()}; };
  const std::array<const_buffer, 6> value{piece(front),
                                          const_buffer{head.data(), head.size()},
                                          piece(as_bytes(publisher)),
                                          piece(as_bytes(m.topic())),
                                          piece(m.properties()),
                                          piece(m.payload())};
  return store_->put(as_bytes(space), key, value);
}

void broker::put_will(const session_state& s) {
  if (!s.is_stored) return;
  std::array<std::byte, 9> front;
  std::byte* to = put_four(front.data(), s.will->delay);
  put_four(put_byte(to, s.will->expiry ? 1 : 0), s.will->expiry.value_or(0));
  note(put_body(s.space, as_bytes("w"), front, *s.will->what, {}));
}

void broker::put_subscription(const session_state& s, const std::string& filter,
                              const subscription_state& state) {
  std::array<std::byte, 7> value;
  std::byte* to = put_byte(value.data(), static_cast<unsigned>(state.qos));
  to = put_byte(to, (state.no_local ? 1U : 0U) | (state.retain_as_published ? 2U : 0U));
  put_four(put_byte(to, static_cast<unsigned>(state.handling)), state.identifier);
  const std::string key = "f" + filter;
  note(store_->put(as_bytes(s.space), as_bytes(key), byte_view(value)));
}

void broker::put_delivery(const session_state& s, const delivery& d) {
  std::array<std::byte, 13> head;
  std::byte* to = put_eight(head.data(), d.what ? d.what->number : 0);
  to = put_byte(put_two(to, d.packet_id), static_cast<unsigned>(d.qos));
  put_byte(put_byte(to, d.state == delivery_state::released ? 1 : 0), d.retain ? 1 : 0);
  scratch_.resize(4 * d.identifiers.size());
  to = scratch_.data();
  for (const std::uint32_t id : d.identifiers) to = put_four(to, id);
  const std::array<const_buffer, 2> value{const_buffer{head.data(), head.size()},
                                          const_buffer{scratch_.data(), scratch_.size()}};
  note(store_->put(as_bytes(s.space), key_of('q', d.number), value));
}

void broker::put_inbound(const session_state& s, std::uint16_t packet_id, std::uint64_t message) {
  std::array<std::byte, 8> value;
  put_eight(value.data(), message);
  note(store_->put(as_bytes(s.space), inbound_key(packet_id), byte_view(value)));
}
void broker::erase_inbound(const session_state& s, std::uint16_t packet_id) {
  note(store_->erase(as_bytes(s.space), inbound_key(packet_id)));
}

void broker::put_message(message& m) {
  if (m.has_record) return;
  m.has_record = true;
  note(put_body("m", key_of('m', m.number), {}, m, {}));
}

void broker::put_retained(const message& m, std::string_view publisher) {
  note(put_body("r", as_bytes(m.topic()), {}, m, publisher));
}

void broker::erase_record(const session_state& s, std::string_view key) {
  if (s.is_stored) note(store_->erase(as_bytes(s.space), as_bytes(key)));
}

void broker::erase_delivery(const session_state& s, delivery& d) {
  if (d.number == 0) return;
  note(store_->erase(as_bytes(s.space), key_of('q', d.number)));
  if (d.what) drop_stored(*d.what);
}

void broker::drop_stored(message& m) {
  if (--m.stored_references > 0) return;
  if (m.has_record) note(store_->erase(as_bytes("m"), key_of('m', m.number)));
  m.has_record = false;
  m.number = 0;
}

// --- reading -------------------------------------------------------------------------------------

// Collects what there is, then makes sessions of it; a visitor must not use the store.
class broker::loader {
 public:
  loader(broker& home, time_point now) noexcept : home_(home), now_(now) {}

  result<void> run() {
    store& from = *home_.store_;
    auto ok = from.load(as_bytes("m"), [this](const stored_record& r) { return see_message(r); });
    if (ok)
      ok = from.load(as_bytes("r"), [this](const stored_record& r) { return see_retained(r); });
    if (ok) ok = from.load_all([this](const stored_record& r) { return see(r); });
    if (!ok) return ok;
    if (damaged_) return fail(broker_errc::record_damaged);
    home_.store_fault_.reset();
    settle();
    if (home_.store_fault_) return std::unexpected(*std::exchange(home_.store_fault_, {}));
    return {};
  }

 private:
  // A session whose 'c' was not seen yet has none.
  struct found_session {
    session_state* state = nullptr;
    bool has_head = false;
    bool was_connected = false;
    std::vector<std::uint64_t> lost;          // deliveries that never were
    std::vector<std::uint16_t> lost_inbound;  // the same
  };

  bool damage() noexcept {
    damaged_ = true;
    return false;
  }

  bool read_body(byte_view value, message_ptr& out, std::string_view& publisher) {
    if (value.size() < body_head || value[0] != std::byte{format}) return false;
    const auto flags = static_cast<unsigned>(value[1]);
    const std::uint64_t end = number_at(value, 2, 8);
    const std::size_t names = number_at(value, 10, 2), topic = number_at(value, 12, 2);
    const std::size_t props = number_at(value, 14, 4);
    if (value.size() - body_head < names + topic + props || (flags & 3) == 3) return false;
    const byte_view rest = value.subspan(body_head);
    publisher = as_text(rest.first(names));
    out = home_.pool_.restore(
        as_text(rest.subspan(names, topic)), rest.subspan(names + topic, props),
        rest.subspan(names + topic + props), static_cast<qos>(flags & 3),
        (flags & retain_flag) != 0, end == 0 ? time_point::max() : home_.to_time(end));
    return true;
  }

  bool see_message(const stored_record& r) {
    message_ptr m;
    std::string_view publisher;
    if (r.key.size() != 9 || !read_body(r.value, m, publisher)) return damage();
    m->number = number_at(r.key, 1, 8);
    m->has_record = true;
    home_.next_message_ = std::max(home_.next_message_, m->number + 1);
    messages_.emplace(m->number, std::move(m));
    return true;
  }

  bool see_retained(const stored_record& r) {
    message_ptr m;
    std::string_view publisher;
    if (!read_body(r.value, m, publisher) || m->topic() != as_text(r.key)) return damage();
    home_.retained_bytes_ += m->cost();
    home_.retained_.set(m->topic(), {m, std::string(publisher)});
    return true;
  }

  bool see(const stored_record& r) {
    const std::string_view space = as_text(r.space);
    if (space == "m" || space == "r") return true;
    if (!space.starts_with('s') || r.key.empty()) return damage();
    found_session& f = session(space);
    switch (static_cast<char>(r.key[0])) {
      case 'c':
        return see_head(f, r) || damage();
      case 'w':
        return see_will(*f.state, r) || damage();
      case 'f':
        return see_subscription(*f.state, r) || damage();
      case 'q':
        return see_delivery(f, r) || damage();
      case 'i':
        return see_inbound(f, r) || damage();
      default:
        return damage();
    }
  }

  found_session& session(std::string_view space) {
    const auto at = found_.find(space);
    if (at != found_.end()) return at->second;
    auto made = std::make_unique<session_state>();
    made->space = space;
    made->serial = home_.next_serial_++;
    made->is_stored = true;
    found_session& f = found_[std::string(space)];
    f.state = made.get();
    std::string name(made->client_id());
    home_.sessions_.emplace(std::move(name), std::move(made));
    return f;
  }

  bool see_head(found_session& f, const stored_record& r) {
    if (r.value.size() != 14 || r.value[0] != std::byte{format}) return false;
    f.has_head = true;
    f.was_connected = r.value[1] != std::byte{0};
    f.state->expiry = static_cast<std::uint32_t>(number_at(r.value, 2, 4));
    if (const std::uint64_t end = number_at(r.value, 6, 8)) f.state->expire_at = home_.to_time(end);
    return true;
  }

  bool see_will(session_state& s, const stored_record& r) {
    if (r.value.size() < 9) return false;
    auto will = std::make_unique<detail::will_state>();
    std::string_view publisher;
    if (!read_body(r.value.subspan(9), will->what, publisher)) return false;
    will->delay = static_cast<std::uint32_t>(number_at(r.value, 0, 4));
    if (r.value[4] != std::byte{0}) {
      will->expiry = static_cast<std::uint32_t>(number_at(r.value, 5, 4));
    }
    s.will = std::move(will);
    return true;
  }

  bool see_subscription(session_state& s, const stored_record& r) {
    if (r.value.size() != 7) return false;
    const auto at = s.subscriptions.emplace(as_text(r.key.subspan(1)), subscription_state()).first;
    subscription_state& state = at->second;
    state.owner = &s;
    state.qos = static_cast<qos>(number_at(r.value, 0, 1));
    state.no_local = (number_at(r.value, 1, 1) & 1) != 0;
    state.retain_as_published = (number_at(r.value, 1, 1) & 2) != 0;
    state.handling = static_cast<retain_handling>(number_at(r.value, 2, 1));
    state.identifier = static_cast<std::uint32_t>(number_at(r.value, 3, 4));
    home_.enter_index(at->first, state);
    s.filter_bytes += at->first.size();
    ++home_.subscription_count_;
    return true;
  }

  bool see_delivery(found_session& f, const stored_record& r) {
    if (r.key.size() != 9 || r.value.size() < 13 || (r.value.size() - 13) % 4 != 0) return false;
    const std::uint64_t number = number_at(r.key, 1, 8);
    home_.next_delivery_ = std::max(home_.next_delivery_, number + 1);
    const bool is_released = r.value[11] != std::byte{0};
    const auto message = messages_.find(number_at(r.value, 0, 8));
    if (!is_released && message == messages_.end()) {
      f.lost.push_back(number);
      return true;
    }
    session_state& s = *f.state;
    delivery& d = *home_.take_node();
    d.number = number;
    d.qos = static_cast<qos>(number_at(r.value, 10, 1));
    d.retain = r.value[12] != std::byte{0};
    for (std::size_t at = 13; at < r.value.size(); at += 4) {
      d.identifiers.push_back(static_cast<std::uint32_t>(number_at(r.value, at, 4)));
    }
    d.packet_id = static_cast<std::uint16_t>(number_at(r.value, 8, 2));
    if (is_released) {
      d.state = delivery_state::released;
      d.cost = message::overhead;
    } else {
      d.what = message->second;
      ++d.what->stored_references;
      d.cost = d.what->cost();
      if (d.packet_id != 0) d.state = delivery_state::sent;
    }
    if (d.packet_id != 0) {
      s.by_packet.reserve(s.numbered + 1);
      d.hash = d.packet_id;
      s.by_packet.insert(d);
      ++s.numbered;
    }
    s.queue.push_back(d);
    s.bytes += d.cost;
    return true;
  }

  bool see_inbound(found_session& f, const stored_record& r) {
    if (r.key.size() != 3 || r.value.size() != 8) return false;
    const auto id = static_cast<std::uint16_t>(number_at(r.key, 1, 2));
    const std::uint64_t number = number_at(r.value, 0, 8);
    message_ptr stored;
    if (number != 0) {
      const auto at = messages_.find(number);
      if (at == messages_.end()) {
        f.lost_inbound.push_back(id);
        return true;
      }
      stored = at->second;
      ++stored->stored_references;
    }
    f.state->inbound.push_back({id, std::move(stored)});
    return true;
  }

  // What never was is erased, and connections count as lost.
  void settle() {
    for (auto& [space, f] : found_) {
      for (const std::uint64_t n : f.lost) {
        home_.note(home_.store_->erase(as_bytes(space), key_of('q', n)));
      }
      for (const std::uint16_t id : f.lost_inbound) home_.erase_inbound(*f.state, id);
    }
    for (auto& [number, m] : messages_) {
      if (m->stored_references > 0) continue;
      home_.note(home_.store_->erase(as_bytes("m"), key_of('m', number)));
      m->has_record = false;
      m->number = 0;
    }
    for (auto& [space, f] : found_) {
      session_state& s = *f.state;
      if (!f.has_head || (s.expire_at && *s.expire_at <= now_)) {
        home_.end_session(s, now_);
        continue;
      }
      if (f.was_connected && s.expiry != never_expires) {
        s.expire_at = now_ + std::chrono::seconds(s.expiry);
        home_.put_session(s, false, now_);
      }
      if (s.will) s.will_at = now_ + std::chrono::seconds(s.will->delay);
      home_.note_deadline(s);
    }
  }

  broker& home_;
  time_point now_;
  std::map<std::uint64_t, message_ptr> messages_;
  std::map<std::string, found_session, std::less<>> found_;
  bool damaged_ = false;
};

result<void> broker::load(time_point now) {
  if (store_ == nullptr) return {};
  return loader(*this, now).run();
}

}  // namespace parley::mqtt
