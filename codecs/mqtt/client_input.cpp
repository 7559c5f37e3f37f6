// From bytes to the events of an open connection.
#include <parley/codecs/mqtt/client.hpp>
#include <parley/codecs/mqtt/detail/client_put.hpp>
#include <string>
#include <utility>

namespace parley::mqtt {

// --- the drain -----------------------------------------------------------------------------------

event client::next_event() {
  forget_delivered();
  for (;;) {
    if (phase_ == phase::idle) return need_data{};
    // What the session has to tell from now on is for the next client.
    if (said_closed_) {
      input_.consume(input_.size());
      if (phase_ == phase::lingering && ended_) phase_ = phase::over;
      return closed{};
    }
    if (auto e = told()) return *std::move(e);
    switch (phase_) {
      case phase::connecting:
      case phase::open:
        if (held_ && phase_ == phase::open) {
          if (!ended_) return paused{};
        } else if (auto e = take_packet()) {
          return *std::move(e);
        }
        if (held_ && ended_ && phase_ == phase::open) return paused{};
        break;
      case phase::failing: {
        failed e{*std::exchange(why_, std::nullopt)};
        // The farewell has to leave, and the server to read it.
        const bool lingers = !ended_ && out_.size() > 0;
        if (lingers) timers_.set(timer::linger, now_ + settings_->limits.linger);
        phase_ = lingers ? phase::lingering : phase::over;
        return e;
      }
      case phase::lingering:
        input_.consume(input_.size());
        if (!ended_) return need_data{};
        phase_ = phase::over;
        break;
      case phase::idle:
      case phase::over:
        said_closed_ = true;
        return closed{};
    }
  }
}

bool client::has_news() const noexcept {
  if (phase_ == phase::idle || phase_ == phase::over || said_closed_) return false;
  const exchange* const untold = session_->untold_;
  return session_->done_.first != nullptr || session_->done_requests_.first != nullptr ||
         (untold != nullptr && session_->is_durable(untold->stage)) ||
         (was_high_ && phase_ == phase::open && out_.size() <= settings_->limits.high_water / 2);
}

// What was not caused by a packet.
std::optional<event> client::told() {
  if (auto e = session_->next_completion()) return *std::move(e);
  if (const auto id = session_->next_stored()) return stored_event{*id};
  if (exchange* const e = session_->done_requests_.first) {
    session_->done_requests_.erase(*e);
    const std::uint64_t id = e->id;
    const bool subscribes = e->kind == detail::exchange_kind::subscribe;
    auto why = std::move(e->why);
    session_->free_node(e);
    if (subscribes) return subscribe_event{.id = id, .why = std::move(why)};
    return unsubscribe_event{.id = id, .why = std::move(why)};
  }
  if (was_high_ && phase_ == phase::open && out_.size() <= settings_->limits.high_water / 2) {
    was_high_ = false;
    return writable{};
  }
  return std::nullopt;
}

// An event, or nothing: then the state has changed, and the next may be asked for.
std::optional<event> client::take_packet() {
  if (replies_ > settings_->limits.max_output) {
    fail_with(error(parley::errc::queue_full, "the server does not read our answers"));
    return std::nullopt;
  }
  packet p;
  const byte_view in = input_.data();
  const decode_result r = in.empty() ? decode_result{} : decoder_.decode(in, p);
  if (r.status == decode_status::need_data) return wait();
  if (r.status == decode_status::failed) {
    fault(*decoder_.fault());
    return std::nullopt;
  }
  // The bytes stay where they are until the next event is asked for.
  input_.consume(r.consumed);
  if (const auto* m = std::get_if<mqtt::publish>(&p)) return take_publish(*m);
  return take(p);
}

std::optional<event> client::wait() {
  pump();
  if (phase_ == phase::failing || has_news()) return std::nullopt;
  if (!ended_) return need_data{};
  if (phase_ == phase::connecting) {
    wants_3_1_1_ = version_ == version::v5 && !heard_any_;
    fail_with(error(client_errc::no_connack));
  } else {
    fail_with(error(client_errc::disconnected,
                    input_.empty() ? std::string() : "in the middle of a packet"));
  }
  return std::nullopt;
}

std::optional<event> client::take(const packet& p) {
  switch (type_of(p)) {
    case packet_type::connack:
      return take_connack(*std::get_if<connack>(&p));
    case packet_type::puback:
      return take_puback(*std::get_if<puback>(&p));
    case packet_type::pubrec:
      return take_pubrec(*std::get_if<pubrec>(&p));
    case packet_type::pubrel:
      take_pubrel(*std::get_if<pubrel>(&p));
      return std::nullopt;
    case packet_type::pubcomp:
      return take_pubcomp(*std::get_if<pubcomp>(&p));
    case packet_type::suback:
      return take_suback(*std::get_if<suback>(&p));
    case packet_type::unsuback:
      return take_unsuback(*std::get_if<unsuback>(&p));
    case packet_type::pingresp:
      return take_pingresp();
    case packet_type::disconnect:
      return take_disconnect(*std::get_if<mqtt::disconnect>(&p));
    case packet_type::auth:
      return take_auth(*std::get_if<auth>(&p));
    default:
      // The decoder has refused what only a client sends.
      unexpected(to_string(type_of(p)));
      return std::nullopt;
  }
}

void client::unexpected(std::string_view what) {
  fail_with(error(client_errc::unexpected_packet, std::string(what)));
}

void client::fail_store(const result<void>& outcome) {
  if (!outcome) fail_with(outcome.error());
}

// --- messages ------------------------------------------------------------------------------------

// Sent again because our PUBREC, or our memory of it, was lost: it is acknowledged and not told.
bool client::is_duplicate(const mqtt::publish& p) {
  if (p.qos != qos::exactly_once) return false;
  if (acks_.contains(p.packet_id, p.qos)) return true;
  auto* const known = session_->inbound_.find(p.packet_id);
  if (known == nullptr) return false;
  acks_.push({p.packet_id, p.qos, reason_code::success, true});
  ++session_->next_handle_;
  if (!std::exchange(known->counted, true)) ++counted_;
  flush_acks();
  return true;
}

std::optional<event> client::take_publish(const mqtt::publish& p) {
  message_event told{p.topic, p.payload, p.qos, p.retain, p.dup, p.props};
  if (const auto alias = p.props.number(property::topic_alias)) {
    const std::uint16_t most = settings_->limits.topic_alias_maximum;
    const std::string* const topic = taken_.resolve(*alias, p.topic, most);
    if (topic == nullptr) {
      // Section 3.3.4 has a reason code for each.
      const bool is_known = *alias <= most;
      fail_with(error(is_known ? client_errc::unknown_topic_alias : client_errc::excessive_alias,
                      std::to_string(*alias)));
      return std::nullopt;
    }
    told.topic = *topic;
  }
  if (p.qos == qos::at_most_once) return told;
  if (is_duplicate(p)) return std::nullopt;
  const std::size_t most = version_ == version::v5 ? settings_->limits.receive_maximum : 65'535U;
  if (counted_ >= most) {
    fail_with(error(client_errc::too_many_unanswered));
    return std::nullopt;
  }
  acks_.push({p.packet_id, p.qos, reason_code::success, !settings_->manual_acknowledgement});
  ++counted_;
  told.handle = session_->next_handle_++;
  if (!settings_->manual_acknowledgement) {
    told.handle = 0;
    flush_acks();
    if (phase_ == phase::failing) return std::nullopt;
  }
  return told;
}

void client::take_pubrel(const pubrel& p) {
  auto* const known = session_->inbound_.find(p.packet_id);
  if (known == nullptr) {
    pubcomp unknown{.packet_id = p.packet_id};
    if (version_ == version::v5) unknown.reason = reason_code::packet_identifier_not_found;
    return put(unknown);
  }
  if (known->counted) --counted_;
  if (auto ok = session_->forget(p.packet_id); !ok) return fail_store(ok);
  put(pubcomp{.packet_id = p.packet_id});
}

// --- answers to what we have published
// -------------------------------------------------------------

std::optional<event> client::complete(exchange& e, reason_code reason, const properties& props) {
  if (auto ok = session_->erase_records(e); !ok) {
    fail_store(ok);
    return std::nullopt;
  }
  publish_event told{.id = e.id, .qos = e.qos, .reason = reason, .props = props};
  session_->unlink(e);
  session_->free_node(&e);
  return told;
}

std::optional<event> client::take_puback(const puback& p) {
  exchange* const e = session_->find(p.packet_id);
  if (e == nullptr || e->kind != detail::exchange_kind::publish || e->qos != qos::at_least_once ||
      e->state != state::sent) {
    unexpected("PUBACK");
    return std::nullopt;
  }
  return complete(*e, p.reason, p.props);
}

std::optional<event> client::take_pubrec(const pubrec& p) {
  exchange* const e = session_->find(p.packet_id);
  if (e == nullptr) {
    // Section 4.3.3 lets the sender answer; an error has ended the exchange on the other side.
    if (is_error(p.reason)) return std::nullopt;
    pubrel unknown{.packet_id = p.packet_id};
    if (version_ == version::v5) unknown.reason = reason_code::packet_identifier_not_found;
    put(unknown);
    return std::nullopt;
  }
  if (e->kind != detail::exchange_kind::publish || e->qos != qos::exactly_once ||
      e->state == state::queued) {
    unexpected("PUBREC");
    return std::nullopt;
  }
  if (is_error(p.reason) && e->state == state::sent) return complete(*e, p.reason, p.props);
  if (e->state == state::sent) {
    if (auto ok = session_->release_message(*e); !ok) {
      fail_store(ok);
      return std::nullopt;
    }
  }
  put(pubrel{.packet_id = p.packet_id});
  return std::nullopt;
}

std::optional<event> client::take_pubcomp(const pubcomp& p) {
  exchange* const e = session_->find(p.packet_id);
  // The answer to a PUBREL that said that we know of nothing.
  if (e == nullptr) return std::nullopt;
  if (e->state != state::released) {
    unexpected("PUBCOMP");
    return std::nullopt;
  }
  // That the server knows it no more is what it says after a crash of ours: it has had PUBREL.
  const bool again = p.reason == reason_code::packet_identifier_not_found;
  return complete(*e, again ? reason_code::success : p.reason, p.props);
}

// --- answers to requests
// ---------------------------------------------------------------------------

client::exchange* client::answered(std::uint16_t id, detail::exchange_kind kind,
                                   std::size_t reasons) {
  exchange* const e = session_->find(id);
  if (e == nullptr || e->kind != kind) {
    unexpected(kind == detail::exchange_kind::subscribe ? "SUBACK" : "UNSUBACK");
    return nullptr;
  }
  // UNSUBACK of 3.1.1 has none.
  const bool has_none = kind == detail::exchange_kind::unsubscribe && version_ != version::v5;
  if (!has_none && reasons != e->filters) {
    fail_with(error(client_errc::wrong_count));
    return nullptr;
  }
  session_->end_request(*e);
  return e;
}

std::optional<event> client::take_suback(const suback& p) {
  exchange* const e = answered(p.packet_id, detail::exchange_kind::subscribe, p.reasons.size());
  if (e == nullptr) return std::nullopt;
  const std::uint64_t id = e->id;
  session_->free_node(e);
  return subscribe_event{id, p.reasons, p.props, std::nullopt};
}

std::optional<event> client::take_unsuback(const unsuback& p) {
  exchange* const e = answered(p.packet_id, detail::exchange_kind::unsubscribe, p.reasons.size());
  if (e == nullptr) return std::nullopt;
  const std::uint64_t id = e->id;
  session_->free_node(e);
  return unsubscribe_event{id, p.reasons, p.props, std::nullopt};
}

std::optional<event> client::take_pingresp() {
  // One that nobody asked for does no harm.
  if (!timers_.is_set(timer::pong)) return std::nullopt;
  timers_.stop(timer::pong);
  return pong_event{now_ - ping_at_};
}

// --- the server's word
// -----------------------------------------------------------------------------

std::optional<event> client::take_disconnect(const mqtt::disconnect& p) {
  // It reads no more.
  ended_ = true;
  timers_.stop_all();
  if (is_error(p.reason)) {
    fail_with(error(p.reason, std::string(p.props.text(property::reason_string).value_or(""))));
  } else {
    session_->end_connection(error(parley::errc::closed, "by the server"));
    phase_ = phase::lingering;
  }
  return disconnect_event{p.reason, p.props};
}

std::optional<event> client::take_auth(const auth& p) {
  const auto method = p.props.text(property::authentication_method);
  const bool goes_on = p.reason == reason_code::continue_authentication;
  const bool is_last = p.reason == reason_code::success && phase_ == phase::open;
  const bool is_expected = phase_ == phase::connecting || authenticating_;
  if (settings_->authentication_method.empty() || !is_expected || !(goes_on || is_last) ||
      (method && *method != settings_->authentication_method) || (goes_on && !method)) {
    fail_with(error(client_errc::wrong_authentication));
    return std::nullopt;
  }
  authenticating_ = goes_on;
  const auto data = p.props.bytes(property::authentication_data);
  return auth_event{p.reason, data.value_or(byte_view()), p.props};
}

}  // namespace parley::mqtt
