// What a server writes: acknowledgements, and messages.
#include <parley/codecs/mqtt/broker/server.hpp>
#include <parley/codecs/mqtt/detail/put.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace parley::mqtt {

// The fields are our own: they cannot be wrong.
template <class Packet>
void server::put(const Packet& p) {
  detail::gated_output& out = work().out;
  const std::size_t before = out.size();
  (void)encoder_.append(out.next(), p);
  replies_ += out.size() - before;
}

template void server::put(const auth&);
template void server::put(const pingresp&);

void server::send(const puback& p, time_point now) {
  if (phase_ != phase::open) return;
  hear(now);
  ++unsent_acks_;
  put(p);
}
void server::send(const pubrec& p, time_point now) {
  if (phase_ != phase::open) return;
  hear(now);
  if (is_error(p.reason) && window_.contains(p.packet_id)) window_.erase(p.packet_id);
  put(p);
}
void server::send(const pubcomp& p, time_point now) {
  if (phase_ != phase::open) return;
  hear(now);
  if (window_.contains(p.packet_id)) window_.erase(p.packet_id);
  put(p);
}
void server::send(const pubrel& p, time_point now) {
  if (phase_ != phase::open) return;
  hear(now);
  put(p);
}
void server::send(const suback& p, time_point now) {
  if (phase_ != phase::open) return;
  hear(now);
  put(p);
}
void server::send(const unsuback& p, time_point now) {
  if (phase_ != phase::open) return;
  hear(now);
  put(p);
}

namespace {

// The properties that stand in front of the message's own: they differ with each sending.
struct own_properties {
  std::size_t size(std::span<const std::uint32_t> identifiers) const noexcept {
    std::size_t sum = (expires ? 5U : 0U) + (alias != 0 ? 3U : 0U);
    for (const std::uint32_t id : identifiers) sum += 1 + detail::variable_size(id);
    return sum;
  }
  std::byte* put(std::byte* to, std::span<const std::uint32_t> identifiers) const noexcept {
    using enum property;
    const auto name = [](property id) { return static_cast<unsigned>(id); };
    if (expires) {
      to = detail::put_four(detail::put_byte(to, name(message_expiry_interval)), left);
    }
    if (alias != 0) to = detail::put_two(detail::put_byte(to, name(topic_alias)), alias);
    for (const std::uint32_t id : identifiers) {
      to = detail::put_variable(detail::put_byte(to, name(subscription_identifier)), id);
    }
    return to;
  }

  bool expires = false;
  std::uint32_t left = 0;
  std::uint16_t alias = 0;
};

}  // namespace

// Everything in a message was checked when it came: its parts are copied as they are.
bool server::send(const message& m, const delivery_options& how, time_point now) {
  if (phase_ != phase::open) return true;
  hear(now);
  const bool is_v5 = version_ == mqtt::version::v5;
  own_properties own;
  detail::given_aliases::use alias;
  if (is_v5 && extras_) alias = extras_->given.take(m.topic());
  if (is_v5 && m.expires()) {
    own.expires = true;
    // Whole seconds that it waited are taken off (section 3.3.2.3.3).
    const auto left = std::chrono::ceil<std::chrono::seconds>(m.expires_at() - now_).count();
    own.left = static_cast<std::uint32_t>(std::max<std::int64_t>(left, 0));
  }
  own.alias = alias.alias;
  constexpr std::array<std::byte, 2> no_topic{};
  const byte_view topic = alias.alias != 0 && !alias.is_new ? byte_view(no_topic) : m.topic_field();
  const byte_view payload = m.payload();
  const std::size_t properties =
      is_v5 ? own.size(how.identifiers) + m.properties().size() : std::size_t{0};
  const std::size_t head = topic.size() + (how.qos == qos::at_most_once ? 0U : 2U) +
                           (is_v5 ? detail::variable_size(properties) + properties : 0U);
  const std::size_t remaining = head + payload.size();
  if (remaining > largest_remaining_length ||
      1 + detail::variable_size(remaining) + remaining > client_maximum_) {
    if (alias.is_new) extras_->given.take_back(m.topic());
    return false;
  }
  send_buffer& out = work().out.next();
  const bool is_large = !m.large().empty();
  const std::size_t copied =
      1 + detail::variable_size(remaining) + head + (is_large ? 0 : payload.size());
  std::byte* to = out.reserve(copied).data();
  to = detail::put_byte(to, 0x30U | (how.dup ? 8U : 0U) | static_cast<unsigned>(how.qos) << 1 |
                                (how.retain ? 1U : 0U));
  to = detail::put_variable(to, static_cast<std::uint32_t>(remaining));
  to = detail::put_bytes(to, topic);
  if (how.qos != qos::at_most_once) to = detail::put_two(to, how.packet_id);
  if (is_v5) {
    to = detail::put_variable(to, static_cast<std::uint32_t>(properties));
    to = own.put(to, how.identifiers);
    to = detail::put_bytes(to, m.properties());
  }
  if (!is_large) detail::put_bytes(to, payload);
  out.commit(copied);
  if (is_large) out.append(m.large());
  return true;
}

}  // namespace parley::mqtt
