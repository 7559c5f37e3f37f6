#include <algorithm>
#include <memory>
#include <parley/codecs/mqtt/encoder.hpp>
#include <parley/codecs/mqtt/session.hpp>
#include <utility>

namespace parley::mqtt {
namespace {

// Payloads up to this size are kept beside their topic, larger ones by themselves.
constexpr std::size_t small_payload = 512;
// Nodes that are kept for the next messages: a usual window.
constexpr std::size_t max_spares = 256;

time_point deadline_of(const properties& props, time_point now) noexcept {
  const auto seconds = props.number(property::message_expiry_interval);
  return seconds ? now + std::chrono::seconds(*seconds) : time_point::max();
}

}  // namespace

session::~session() {
  for (auto* list : {&all_, &requests_, &done_, &done_requests_}) {
    while (exchange* e = list->first) {
      list->erase(*e);
      delete e;
    }
  }
  release();
}

void session::release() noexcept {
  while (exchange* e = spare_) {
    spare_ = e->chain;
    delete e;
  }
  spares_ = 0;
  inbound_.release();
}

session::exchange* session::take_node() {
  if (spare_ == nullptr) return new exchange;
  exchange* const e = spare_;
  spare_ = e->chain;
  e->chain = nullptr;
  --spares_;
  return e;
}

void session::free_node(exchange* e) noexcept {
  if (spares_ == max_spares) {
    delete e;
    return;
  }
  e->reset();
  e->chain = spare_;
  spare_ = e;
  ++spares_;
}

// --- what is accepted ------------------------------------------------------------------------

result<void> session::check(const outgoing_message& m, std::size_t payload) const {
  if (m.props.has(property::topic_alias)) {
    return fail(parley::errc::invalid_argument, "topic aliases are given by the client itself");
  }
  if (payload > largest_remaining_length) return fail(parley::errc::too_large);
  // What the packet would be; without its payload, so that it need not be there.
  mqtt::publish p{.topic = m.topic, .qos = m.qos, .retain = m.retain, .props = m.props};
  p.packet_id = m.qos == qos::at_most_once ? 0 : 1;
  const auto size = encoder(role::client).size(p);
  if (!size) return std::unexpected(size.error());
  return {};
}

session::exchange* session::oldest_queued(bool of_qos_0) noexcept {
  for (exchange* e = next_; e != nullptr; e = e->after) {
    if (e->state != state::queued) continue;
    if (!of_qos_0 || e->qos == qos::at_most_once) return e;
  }
  return nullptr;
}

result<bool> session::make_room(std::size_t cost, mqtt::qos q) {
  const bool is_qos_0 = q == qos::at_most_once;
  const parley::overflow policy = is_qos_0 ? limits_.overflow_qos_0 : limits_.overflow;
  while (cost > limits_.max_bytes || bytes_ > limits_.max_bytes - cost) {
    if (policy == parley::overflow::drop_newest) {
      // Only its end is kept, and that until it is asked for.
      if (bytes_ + message_overhead <= limits_.max_bytes) return false;
    }
    exchange* oldest = nullptr;
    const bool drops =
        policy == parley::overflow::drop_oldest || policy == parley::overflow::conflate;
    // As long as the end of the old one frees anything.
    if (drops && cost <= limits_.max_bytes) oldest = oldest_queued(is_qos_0);
    if (oldest == nullptr || oldest->cost <= message_overhead) {
      return fail(parley::errc::queue_full, "max_bytes of messages wait in the session");
    }
    if (auto ok = erase_records(*oldest); !ok) return std::unexpected(std::move(ok).error());
    finish(*oldest, error(parley::errc::dropped));
  }
  return true;
}

result<session::exchange*> session::accept(const outgoing_message& m, shared_bytes payload,
                                           bool numbered, time_point now) {
  const std::size_t size = payload.empty() ? m.payload.size() : payload.size();
  if (auto ok = check(m, size); !ok) return std::unexpected(std::move(ok).error());
  const byte_view block = m.props.block();
  const std::size_t cost = message_overhead + m.topic.size() + block.size() + size;
  const auto room = make_room(cost, m.qos);
  if (!room) return std::unexpected(room.error());

  const auto give_back = [this](exchange* e) { free_node(e); };
  std::unique_ptr<exchange, decltype(give_back)> made(take_node(), give_back);
  made->id = next_id_++;
  made->qos = m.qos;
  made->is_stored_told = true;
  if (!*room) {
    made->cost = message_overhead;
    made->state = state::over;
    made->why.emplace(parley::errc::dropped);
    bytes_ += made->cost;
    done_.push_back(*made);
    return made.release();
  }
  const bool is_small = payload.empty() && size <= small_payload;
  made->text.reserve(m.topic.size() + block.size() + (is_small ? size : 0));
  made->text.assign(m.topic).append(as_text(block));
  if (is_small) made->text.append(as_text(m.payload));
  if (!is_small) made->payload = payload.empty() ? shared_bytes::copy(m.payload) : payload;
  made->topic_size = static_cast<std::uint16_t>(m.topic.size());
  made->properties_size = static_cast<std::uint32_t>(block.size());
  made->present = m.props.present();
  made->retain = m.retain;
  made->expires = deadline_of(m.props, now);
  made->cost = cost;
  if (numbered) by_packet_.reserve(numbered_ + 1);
  if (numbered) made->packet_id = free_packet_id();
  if (store_ != nullptr && m.qos != qos::at_most_once) {
    if (auto ok = put_message(*made); !ok) return std::unexpected(std::move(ok).error());
    made->is_stored_told = is_durable(made->stage);
  }
  exchange& e = *made.release();
  all_.push_back(e);
  ++count_;
  bytes_ += cost;
  next_check_ = std::min(next_check_, e.expires);
  if (next_ == nullptr) next_ = &e;
  if (untold_ == nullptr && !e.is_stored_told) untold_ = &e;
  if (e.packet_id != 0) mark_numbered(e);
  return &e;
}

publish_receipt session::receipt(const exchange& e, std::size_t buffered) const noexcept {
  return {.id = e.id, .is_stored = e.is_stored_told, .buffered = buffered};
}

result<publish_receipt> session::publish(const outgoing_message& m, shared_bytes payload,
                                         time_point now) {
  const auto e = accept(m, std::move(payload), false, now);
  if (!e) return std::unexpected(e.error());
  return receipt(**e, bytes_);
}
result<publish_receipt> session::publish(const outgoing_message& m, time_point now) {
  return publish(m, shared_bytes(), now);
}

// --- how it ends -------------------------------------------------------------------------------

void session::unlink(exchange& e) noexcept {
  if (next_ == &e) next_ = e.after;
  if (untold_ == &e) untold_ = e.after;
  all_.erase(e);
  if (e.packet_id != 0) {
    by_packet_.erase(e);
    --numbered_;
  }
  if (e.counted) --in_flight_;
  e.counted = false;
  --count_;
  bytes_ -= e.cost;
}

void session::finish(exchange& e, std::optional<error> why) noexcept {
  unlink(e);
  e.packet_id = 0;
  e.payload = {};
  e.cost = message_overhead;
  bytes_ += e.cost;
  e.state = state::over;
  e.why = std::move(why);
  done_.push_back(e);
}

std::optional<publish_event> session::next_completion() {
  exchange* const e = done_.first;
  if (e == nullptr) return std::nullopt;
  done_.erase(*e);
  publish_event told{.id = e->id, .qos = e->qos, .why = std::move(e->why)};
  bytes_ -= e->cost;
  free_node(e);
  return told;
}

std::optional<std::uint64_t> session::next_stored() noexcept {
  while (untold_ != nullptr) {
    exchange& e = *untold_;
    if (!e.is_stored_told && !is_durable(e.stage)) return std::nullopt;
    untold_ = e.after;
    if (!std::exchange(e.is_stored_told, true)) return e.id;
  }
  return std::nullopt;
}

bool session::cancel(std::uint64_t id) {
  for (exchange* e = next_; e != nullptr; e = e->after) {
    if (e->id != id) continue;
    if (e->state != state::queued || !erase_records(*e)) return false;
    finish(*e, error(parley::errc::cancelled));
    return true;
  }
  return false;
}

result<void> session::clear() {
  if (store_ != nullptr) {
    if (auto ok = store_->erase_space(as_bytes(name_)); !ok) return ok;
  }
  while (exchange* e = all_.first) finish(*e, error(parley::errc::cancelled));
  inbound_.clear();
  return {};
}

// --- expiry ------------------------------------------------------------------------------------

std::optional<time_point> session::next_deadline() const noexcept {
  if (next_ == nullptr || next_check_ == time_point::max()) return std::nullopt;
  return next_check_;
}

void session::handle_timeout(time_point now) {
  if (now < next_check_) return;
  next_check_ = time_point::max();
  for (exchange* e = next_; e != nullptr;) {
    exchange& each = *std::exchange(e, e->after);
    if (each.state != state::queued) continue;
    // A store that fails says so to the next who needs it.
    if (each.expires <= now) {
      (void)erase_records(each);
      finish(each, error(client_errc::expired));
    } else {
      next_check_ = std::min(next_check_, each.expires);
    }
  }
}

}  // namespace parley::mqtt
