// What a client writes: publishes, in the order in which they were accepted, and acknowledgements.
#include <algorithm>
#include <parley/codecs/mqtt/client.hpp>
#include <parley/codecs/mqtt/detail/client_put.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <utility>

namespace parley::mqtt {

// --- one PUBLISH ---------------------------------------------------------------------------------

// What the server has said that it does not take is not sent (section 3.2.2.3).
result<void> client::check_server(mqtt::qos q, bool retain) const {
  if (q > server_.maximum_qos) {
    return parley::fail(parley::errc::not_supported, "the server has not this quality of service");
  }
  if (retain && !server_.retain) {
    return parley::fail(parley::errc::not_supported, "the server retains no messages");
  }
  return {};
}

// Before it is accepted; what is written at once is checked by the encoder.
result<void> client::check_size(const outgoing_message& m, std::size_t payload) const {
  mqtt::publish p{.topic = m.topic, .qos = m.qos, .retain = m.retain};
  if (version_ == version::v5) p.props = m.props;
  if (m.qos != qos::at_most_once) p.packet_id = 1;
  const auto size = encoder_.size(p);
  if (!size) return std::unexpected(size.error());
  if (payload <= server_.maximum_packet && *size + payload <= server_.maximum_packet) return {};
  return parley::fail(parley::errc::too_large, "the server takes no packet of this size");
}

// The properties of a message as they are sent: with what is left of its expiry, and an alias.
result<properties> client::with_alias(const mqtt::publish& p, std::uint16_t alias,
                                      time_point expires) {
  constexpr std::uint64_t expiry = 1U << static_cast<unsigned>(property::message_expiry_interval);
  scratch_.resize(p.props.block().size() + 2 * number_property_bound);
  property_writer w(scratch_, property_place::publish, role::client);
  w.add_all(p.props, expiry);
  if (p.props.has(property::message_expiry_interval)) {
    // Whole seconds that it waited are taken off (section 3.3.2.3.3).
    const auto left = std::chrono::ceil<std::chrono::seconds>(expires - now_).count();
    w.add(property::message_expiry_interval, static_cast<std::uint32_t>(std::max<long>(left, 0)));
  }
  if (alias != 0) w.add(property::topic_alias, alias);
  return w.finish();
}

result<void> client::append(const mqtt::publish& p, const shared_bytes& payload) {
  sent_at_ = now_;
  if (payload.empty()) return encoder_.append(out_.next(), p);
  return encoder_.append(out_.next(), p, payload);
}

result<void> client::put_publish(mqtt::publish p, const shared_bytes& payload, time_point expires) {
  if (version_ == version::v3_1_1) {
    p.props = {};
    return append(p, payload);
  }
  const std::string_view topic = p.topic;
  const detail::given_aliases::use alias = given_.take(topic);
  if (alias.alias != 0 || expires != time_point::max()) {
    auto props = with_alias(p, alias.alias, expires);
    if (!props) return std::unexpected(std::move(props).error());
    p.props = *props;
    if (alias.alias != 0 && !alias.is_new) p.topic = {};
  }
  auto ok = append(p, payload);
  if (!ok && alias.is_new) given_.take_back(topic);
  return ok;
}

// --- the command ---------------------------------------------------------------------------------

bool client::has_window() const noexcept {
  return session_->in_flight_ < server_.receive_maximum &&
         session_->in_flight_ < settings_->limits.in_flight;
}

result<publish_receipt> client::publish(const outgoing_message& m, shared_bytes payload,
                                        time_point now) {
  if (phase_ != phase::open) return not_open();
  if (auto ok = check_server(m.qos, m.retain); !ok) return std::unexpected(std::move(ok).error());
  hear(now);
  const bool goes = session_->next_ == nullptr && out_.size() <= settings_->limits.high_water;
  if (goes && m.qos == qos::at_most_once) return publish_now(m, payload);
  const std::size_t size = payload.empty() ? m.payload.size() : payload.size();
  if (auto ok = check_size(m, size); !ok) return std::unexpected(std::move(ok).error());
  const auto e = session_->accept(m, std::move(payload), goes && has_window(), now_);
  if (!e) return std::unexpected(e.error());
  const std::uint64_t id = (*e)->id;
  const bool is_stored = (*e)->is_stored_told;
  pump();
  was_high_ |= out_.size() > settings_->limits.high_water;
  return publish_receipt{id, is_stored, out_.size() + session_->bytes_};
}

result<publish_receipt> client::publish_now(const outgoing_message& m,
                                            const shared_bytes& payload) {
  if (m.props.has(property::topic_alias)) {
    return parley::fail(parley::errc::invalid_argument,
                        "topic aliases are given by the client itself");
  }
  time_point expires = time_point::max();
  if (const auto left = m.props.number(property::message_expiry_interval)) {
    expires = now_ + std::chrono::seconds(*left);
  }
  const mqtt::publish p{m.topic, m.payload, 0, m.qos, m.retain, false, m.props};
  if (auto ok = put_publish(p, payload, expires); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  was_high_ |= out_.size() > settings_->limits.high_water;
  return publish_receipt{.buffered = out_.size()};
}

result<publish_receipt> client::publish(const outgoing_message& m, time_point now) {
  return publish(m, shared_bytes(), now);
}

// --- what waits in the session -------------------------------------------------------------------

void client::pump() {
  while (phase_ == phase::open && session_->next_ != nullptr &&
         out_.size() <= settings_->limits.high_water) {
    if (!pump_one(*session_->next_)) return;
  }
}

// False: it has to wait, and so have all behind it.
bool client::pump_one(exchange& e) {
  if (e.state == state::released) {
    put(pubrel{.packet_id = e.packet_id});
    session_->next_ = e.after;
    return true;
  }
  if (e.state == state::queued && e.expires <= now_) {
    give_up(e, error(client_errc::expired));
    return true;
  }
  if (e.qos != qos::at_most_once && !has_window()) return false;
  if (auto ok = check_server(e.qos, e.retain); !ok) {
    give_up(e, std::move(ok).error());
    return true;
  }
  if (e.qos != qos::at_most_once && e.packet_id == 0) {
    if (auto ok = session_->number(e); !ok) {
      // Others have all identifiers: theirs come back.
      if (!(ok.error() == parley::errc::queue_full)) fail_with(std::move(ok).error());
      return false;
    }
  }
  return send_queued(e);
}

bool client::send_queued(exchange& e) {
  const byte_view body = e.payload.empty() ? e.body() : byte_view();
  const mqtt::publish p{e.topic(), body, e.packet_id, e.qos, e.retain, e.state == state::sent,
                        e.props()};
  if (auto ok = put_publish(p, e.payload, e.expires); !ok) {
    give_up(e, std::move(ok).error());
    return true;
  }
  if (e.qos == qos::at_most_once) {
    session_->finish(e, std::nullopt);
    return true;
  }
  e.state = state::sent;
  e.counted = true;
  ++session_->in_flight_;
  session_->next_ = e.after;
  return true;
}

void client::give_up(exchange& e, error why) {
  if (auto ok = session_->erase_records(e); !ok) return fail_with(std::move(ok).error());
  session_->finish(e, std::move(why));
}

// --- acknowledgements ----------------------------------------------------------------------------

void client::flush_acks() {
  while (!acks_.empty() && acks_.front().is_due) {
    if (!send_ack(acks_.front())) return;
    acks_.pop();
    ++first_handle_;
  }
}

// False: the store has failed, and with it the connection.
bool client::send_ack(const detail::ack_queue::entry& e) {
  if (e.qos == qos::at_least_once) {
    put(puback{.packet_id = e.packet_id, .reason = e.reason});
    --counted_;
    return true;
  }
  if (is_error(e.reason)) {
    --counted_;
  } else if (!session_->inbound_.contains(e.packet_id)) {
    if (auto ok = session_->receive(e.packet_id); !ok) {
      fail_with(std::move(ok).error());
      return false;
    }
  }
  put(pubrec{.packet_id = e.packet_id, .reason = e.reason});
  return true;
}

}  // namespace parley::mqtt
