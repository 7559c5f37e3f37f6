// How a session lies in its store. Three kinds of records; numbers have their highest byte first:
//
//   'm' id:8       format:1 flags:1 packet identifier:2 expiry:8 topic size:2 properties size:4
//                  topic properties payload
//                  flags: QoS in bits 0 and 1, retain 4, expiry is there 8. The expiry is wall time
//                  in milliseconds.
//   's' id:8       packet identifier:2 released:1. Counts instead of the identifier in 'm'; 0: not
//                  sent. Behind PUBREC it is all there is of a message.
//   'r' packet:2   nothing: an exactly-once message with this identifier came in.
//
// Changes survive in their order: a record is put before one that it replaces is erased, and of a
// message whose end was reached 'm' goes first. An 's' that is left alone is passed over.
#include <algorithm>
#include <array>
#include <memory>
#include <parley/codecs/mqtt/detail/put.hpp>
#include <parley/codecs/mqtt/session.hpp>
#include <utility>
#include <vector>

namespace parley::mqtt {
namespace {

using detail::put_byte;
using detail::put_four;
using detail::put_two;

constexpr std::uint8_t format = 1;
constexpr std::size_t message_head = 18;
constexpr unsigned retain_flag = 4, expiry_flag = 8;

using record_key = std::array<std::byte, 9>;

std::byte* put_eight(std::byte* to, std::uint64_t value) noexcept {
  return put_four(put_four(to, static_cast<std::uint32_t>(value >> 32)),
                  static_cast<std::uint32_t>(value));
}
std::uint64_t number_at(byte_view bytes, std::size_t at, std::size_t size) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned>(bytes[at + i]);
  return value;
}

record_key key_of(char kind, std::uint64_t id) noexcept {
  record_key key;
  put_eight(put_byte(key.data(), static_cast<unsigned char>(kind)), id);
  return key;
}

std::int64_t milliseconds_of(duration since) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

}  // namespace

result<void> session::put_message(exchange& e) {
  std::array<std::byte, message_head> head;
  const bool expires = e.expires != time_point::max();
  const std::int64_t at = expires ? milliseconds_of(e.expires.time_since_epoch() + to_wall_) : 0;
  std::byte* to = put_byte(head.data(), format);
  to = put_byte(to, static_cast<unsigned>(e.qos) | (e.retain ? retain_flag : 0) |
                        (expires ? expiry_flag : 0));
  to = put_eight(put_two(to, e.packet_id), static_cast<std::uint64_t>(at));
  put_four(put_two(to, e.topic_size), e.properties_size);
  const std::array<const_buffer, 3> value{const_buffer{head.data(), head.size()},
                                          const_buffer{e.text.data(), e.text.size()},
                                          const_buffer{e.payload.data(), e.payload.size()}};
  if (auto ok = store_->put(as_bytes(name_), key_of('m', e.id), value); !ok) return ok;
  e.has_message = true;
  e.stage = store_->staged();
  return {};
}

result<void> session::put_state(exchange& e, bool released) {
  if (store_ == nullptr || e.qos == qos::at_most_once) return {};
  std::array<std::byte, 3> value;
  put_byte(put_two(value.data(), e.packet_id), released ? 1 : 0);
  if (auto ok = store_->put(as_bytes(name_), key_of('s', e.id), value); !ok) return ok;
  e.has_state = true;
  return {};
}

result<void> session::erase_message(exchange& e) {
  if (!e.has_message) return {};
  if (auto ok = store_->erase(as_bytes(name_), key_of('m', e.id)); !ok) return ok;
  e.has_message = false;
  return {};
}

result<void> session::erase_records(exchange& e) {
  if (auto ok = erase_message(e); !ok) return ok;
  if (!e.has_state) return {};
  if (auto ok = store_->erase(as_bytes(name_), key_of('s', e.id)); !ok) return ok;
  e.has_state = false;
  return {};
}

// PUBREC has come: the server has the message, and we need no more than its identifier.
result<void> session::release_message(exchange& e) {
  if (auto ok = put_state(e, true); !ok) return ok;
  if (auto ok = erase_message(e); !ok) return ok;
  e.state = state::released;
  bytes_ -= e.cost - message_overhead;
  e.cost = message_overhead;
  e.payload = {};
  e.text.clear();
  e.topic_size = 0;
  e.properties_size = 0;
  return {};
}

// --- loading -----------------------------------------------------------------------------------

class session::loader final : public record_visitor {
 public:
  explicit loader(session& to) : to_(to) {}
  ~loader() {
    for (exchange* e : messages_) delete e;
  }
  loader(const loader&) = delete;
  loader& operator=(const loader&) = delete;

  bool visit(const stored_record& each) override {
    good_ = !each.key.empty() && take(each);
    return good_;
  }
  // Links what was found, in the order of acceptance.
  result<void> finish();

 private:
  struct sent {
    std::uint64_t id = 0;
    std::uint16_t packet_id = 0;
    bool released = false;
  };

  bool take(const stored_record& each);
  bool take_message(std::uint64_t id, byte_view value);
  bool apply(const sent& s, std::size_t count, bool& used);
  result<void> link();

  session& to_;
  std::vector<exchange*> messages_;  // owned until they are linked
  std::vector<sent> states_;
  bool good_ = true;
};

bool session::loader::take(const stored_record& each) {
  const char kind = static_cast<char>(each.key.front());
  if (kind == 'r') {
    if (each.key.size() != 3 || number_at(each.key, 1, 2) == 0) return false;
    to_.inbound_.reserve_one();
    to_.inbound_.insert({static_cast<std::uint16_t>(number_at(each.key, 1, 2)), false});
    return true;
  }
  if (each.key.size() != std::tuple_size_v<record_key>) return false;
  const std::uint64_t id = number_at(each.key, 1, 8);
  if (id == 0 || id == ~std::uint64_t{0}) return false;
  to_.next_id_ = std::max(to_.next_id_, id + 1);
  if (kind == 'm') return take_message(id, each.value);
  if (kind != 's' || each.value.size() != 3) return false;
  states_.push_back({id, static_cast<std::uint16_t>(number_at(each.value, 0, 2)),
                     number_at(each.value, 2, 1) != 0});
  return true;
}

bool session::loader::take_message(std::uint64_t id, byte_view value) {
  if (value.size() < message_head || number_at(value, 0, 1) != format) return false;
  const auto flags = static_cast<unsigned>(number_at(value, 1, 1));
  const std::uint64_t topic = number_at(value, 12, 2), block = number_at(value, 14, 4);
  const byte_view rest = value.subspan(message_head);
  if ((flags & 3) == 0 || (flags & 3) == 3 || flags > 15 || topic == 0) return false;
  if (topic + block > rest.size()) return false;
  const auto props =
      properties::parse(rest.subspan(topic, block), property_place::publish, role::client);
  if (!props) return false;
  auto e = std::make_unique<exchange>();
  e->id = id;
  e->qos = static_cast<mqtt::qos>(flags & 3);
  e->retain = (flags & retain_flag) != 0;
  e->packet_id = static_cast<std::uint16_t>(number_at(value, 2, 2));
  if ((flags & expiry_flag) != 0) {
    const std::chrono::milliseconds wall(static_cast<std::int64_t>(number_at(value, 4, 8)));
    // Times that no clock has: never.
    constexpr auto bound = std::chrono::hours(24 * 365 * 200);
    if (wall < bound) e->expires = time_point(wall - to_.to_wall_);
  }
  e->text.assign(as_text(rest.first(topic + block)));
  e->payload = shared_bytes::copy(rest.subspan(topic + block));
  e->topic_size = static_cast<std::uint16_t>(topic);
  e->properties_size = static_cast<std::uint32_t>(block);
  e->present = props->present();
  e->cost = message_overhead + rest.size();
  e->is_stored_told = e->has_message = true;
  messages_.push_back(e.get());
  (void)e.release();
  return true;
}

// What is known beside a message, or instead of it. `count` messages came with one, in order.
bool session::loader::apply(const sent& s, std::size_t count, bool& used) {
  const auto end = messages_.begin() + static_cast<std::ptrdiff_t>(count);
  const auto at = std::ranges::lower_bound(messages_.begin(), end, s.id, {}, &exchange::id);
  used = true;
  if (at != end && (*at)->id == s.id) {
    exchange& e = **at;
    e.has_state = true;
    e.packet_id = s.packet_id;
    if (s.released) e.state = state::released;
    return !s.released || (e.qos == qos::exactly_once && s.packet_id != 0);
  }
  used = s.released;
  if (!s.released) return true;
  auto e = std::make_unique<exchange>();
  e->id = s.id;
  e->qos = qos::exactly_once;
  e->packet_id = s.packet_id;
  e->state = state::released;
  e->cost = message_overhead;
  e->is_stored_told = e->has_state = true;
  messages_.push_back(e.get());
  (void)e.release();
  return s.packet_id != 0;
}

result<void> session::loader::finish() {
  std::ranges::sort(messages_, {}, &exchange::id);
  const std::size_t count = messages_.size();
  for (const sent& s : states_) {
    bool used = false;
    good_ = good_ && apply(s, count, used);
    if (used) continue;
    if (auto ok = to_.store_->erase(as_bytes(to_.name_), key_of('s', s.id)); !ok) return ok;
  }
  std::ranges::sort(messages_, {}, &exchange::id);
  return link();
}

result<void> session::loader::link() {
  if (!good_) return fail(client_errc::record_damaged, to_.name_);
  to_.by_packet_.reserve(messages_.size());
  for (exchange*& each : messages_) {
    exchange& e = *each;
    if (e.packet_id != 0 && to_.find(e.packet_id) != nullptr) {
      return fail(client_errc::record_damaged, to_.name_);
    }
    if (e.packet_id != 0 && e.state == state::queued) e.state = state::sent;
    to_.all_.push_back(*std::exchange(each, nullptr));
    ++to_.count_;
    to_.bytes_ += e.cost;
    to_.next_check_ = std::min(to_.next_check_, e.expires);
    if (e.packet_id == 0) continue;
    to_.mark_numbered(e);
    // Those in use are mostly the last that were given.
    to_.next_packet_id_ =
        e.packet_id == 65'535 ? std::uint16_t{1} : static_cast<std::uint16_t>(e.packet_id + 1);
  }
  to_.next_ = to_.all_.first;
  return {};
}

result<void> session::load(time_point now, wall_time wall) {
  if (count_ > 0 || next_id_ > 1) return fail(parley::errc::misuse, "load() comes first");
  to_wall_ = std::chrono::duration_cast<duration>(wall.time_since_epoch()) - now.time_since_epoch();
  if (store_ == nullptr) return {};
  loader found(*this);
  if (auto ok = store_->load(as_bytes(name_), found); !ok) return ok;
  return found.finish();
}

}  // namespace parley::mqtt
