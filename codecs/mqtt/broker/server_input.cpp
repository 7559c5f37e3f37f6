// From bytes to the events of a connection.
#include <parley/codecs/mqtt/broker/server.hpp>

#include <utility>

namespace parley::mqtt {

server::event server::next_event() {
  discard_consumed();
  for (;;) {
    if (said_closed_) return closed{};
    switch (phase_) {
      case phase::idle:
        if (!ended_) return need_data{};
        phase_ = phase::over;
        break;
      case phase::deciding:
        if (!ended_) return wants_read() ? event(need_data{}) : event(paused{});
        fail_with(broker_errc::lost);
        break;
      case phase::connecting:
      case phase::asking:
      case phase::open:
        if (was_high_ && phase_ == phase::open && buffered() <= limits_->high_water / 2) {
          was_high_ = false;
          return sendable{};
        }
        if (held_) return paused{};
        if (auto e = take_packet()) return *std::move(e);
        break;
      case phase::failing: {
        failed e{std::move(*why_)};
        why_.reset();
        const bool lingers = !ended_ && buffered() > 0;
        if (lingers) due_ = now_ + limits_->linger;
        phase_ = lingers ? phase::lingering : phase::over;
        return e;
      }
      case phase::lingering:
        forget_received();
        if (!ended_) return need_data{};
        phase_ = phase::over;
        break;
      case phase::over:
        said_closed_ = true;
        return closed{};
    }
  }
}

// An event, or nothing: then the state has changed, and the next may be asked for.
std::optional<server::event> server::take_packet() {
  if (replies_ > limits_->max_output) {
    fail_with(broker_errc::not_reading);
    return std::nullopt;
  }
  packet p;
  const byte_view in = received();
  const decode_result r = in.empty() ? decode_result{} : decoder_.decode(in, p);
  if (r.status == decode_status::need_data) return wait();
  if (r.status == decode_status::failed) {
    fault(*decoder_.fault());
    return std::nullopt;
  }
  // The bytes stay where they are until the next event is asked for.
  work_->input.consume(r.consumed);
  if (auto* m = std::get_if<publish>(&p)) {
    if (phase_ == phase::open) return take_publish(*m);
  }
  return take(p);
}

std::optional<server::event> server::wait() {
  if (!ended_) return need_data{};
  fail_with(
      error(broker_errc::lost, received().empty() ? std::string() : "in the middle of a packet"),
      reason_code::unspecified_error);
  return std::nullopt;
}

std::optional<server::event> server::take(const packet& p) {
  if (phase_ == phase::asking) {
    // Nothing but AUTH and DISCONNECT may come before CONNACK [MQTT-3.1.2-30].
    if (const auto* a = std::get_if<auth>(&p)) return take_auth(*a);
    if (const auto* d = std::get_if<disconnect>(&p)) return take_disconnect(*d);
    fail_with(error(broker_errc::wrong_authentication), reason_code::protocol_error);
    return std::nullopt;
  }
  switch (type_of(p)) {
    case packet_type::connect:
      return take_connect(*std::get_if<connect>(&p));
    case packet_type::puback:
      return *std::get_if<puback>(&p);
    case packet_type::pubrec:
      return *std::get_if<pubrec>(&p);
    case packet_type::pubrel:
      return *std::get_if<pubrel>(&p);
    case packet_type::pubcomp:
      return *std::get_if<pubcomp>(&p);
    case packet_type::subscribe:
      return *std::get_if<subscribe>(&p);
    case packet_type::unsubscribe:
      return *std::get_if<unsubscribe>(&p);
    case packet_type::pingreq:
      put(pingresp{});
      return std::nullopt;
    case packet_type::disconnect:
      return take_disconnect(*std::get_if<disconnect>(&p));
    case packet_type::auth:
      return take_auth(*std::get_if<auth>(&p));
    default:
      // The decoder has refused what only a server sends.
      fail_with(broker_errc::unexpected_packet);
      return std::nullopt;
  }
}

std::optional<server::event> server::take_connect(const connect& p) {
  version_ = p.version;
  keep_alive_ = p.keep_alive;
  if (version_ == mqtt::version::v5) {
    using enum property;
    client_maximum_ = p.props.number(maximum_packet_size).value_or(largest_packet);
    client_window_ = static_cast<std::uint16_t>(p.props.number(receive_maximum).value_or(65'535));
    client_aliases_ = static_cast<std::uint16_t>(p.props.number(topic_alias_maximum).value_or(0));
    keeps_session_ = p.props.number(session_expiry_interval).value_or(0) != 0;
    if (const auto method = p.props.text(authentication_method)) extra().method = *method;
  }
  encoder_ = encoder(role::server, version_, client_maximum_);
  phase_ = phase::deciding;
  return p;
}

// A message counts from PUBLISH to PUBACK or PUBCOMP. What was acknowledged and is not written yet
// is not acknowledged for the client; that is known for sure of what came since output went last.
bool server::counts(const publish& p) {
  if (p.qos == qos::at_most_once) return true;
  const bool is_new = p.qos == qos::at_least_once || !window_.contains(p.packet_id);
  if (is_new && version_ == mqtt::version::v5 &&
      window_.size() + unsent_acks_ >= limits_->receive_maximum) {
    fail_with(broker_errc::receive_maximum);
    return false;
  }
  if (is_new && p.qos == qos::exactly_once) {
    window_.reserve_one();
    window_.insert({p.packet_id, true});
  }
  return true;
}

std::optional<server::event> server::take_publish(publish p) {
  if (const auto alias = p.props.number(property::topic_alias)) {
    if (*alias > limits_->topic_alias_maximum) {
      fail_with(broker_errc::topic_alias_invalid);
      return std::nullopt;
    }
    const std::string* const topic =
        extra().taken.resolve(*alias, p.topic, limits_->topic_alias_maximum);
    if (topic == nullptr) {
      fail_with(broker_errc::unknown_topic_alias);
      return std::nullopt;
    }
    p.topic = *topic;
  }
  if (!counts(p)) return std::nullopt;
  return p;
}

std::optional<server::event> server::take_auth(const auth& p) {
  const auto method = p.props.text(property::authentication_method);
  const bool is_known = extras_ && !extras_->method.empty() && method == extras_->method;
  const bool goes_on = p.reason == reason_code::continue_authentication && authenticating_;
  const bool begins =
      p.reason == reason_code::reauthenticate && phase_ == phase::open && !authenticating_;
  if (!is_known || !(goes_on || begins)) {
    fail_with(broker_errc::wrong_authentication);
    return std::nullopt;
  }
  authenticating_ = true;
  if (phase_ == phase::asking) phase_ = phase::deciding;
  return p;
}

std::optional<server::event> server::take_disconnect(const disconnect& p) {
  const auto expiry = p.props.number(property::session_expiry_interval);
  if (expiry && *expiry != 0 && !keeps_session_) {
    fail_with(broker_errc::wrong_expiry);
    return std::nullopt;
  }
  // What it sends is not looked at any more [MQTT-3.14.4-1]; what waits for the store is not sent.
  due_ = never;
  show_durable();
  drop_held();
  phase_ = phase::over;
  return p;
}

// --- faults of the bytes -------------------------------------------------------------------------

void server::fault(errc code) {
  const phase at = phase_;
  if (at != phase::connecting) {
    return fail_with(error(code), reason_code_of(code));
  }
  if (code == errc::unsupported_version) return refuse_version();
  version_ = decoder_.version();
  encoder_ = encoder(role::server, version_);
  // Else it gets no answer: nobody knows what the peer is, or in what form to tell it.
  if (decoder_.knows_version()) phase_ = phase::deciding;
  fail_with(error(code, "in CONNECT"), reason_code_of(code));
}

// [MQTT-3.1.2-2]: an older version is answered in the form of 3.1.1, a newer one in that of 5; what
// is no MQTT not at all.
void server::refuse_version() {
  const byte_view in = received();
  std::size_t at = 1;
  while (at < in.size() && (in[at] & std::byte{0x80}) != std::byte{}) ++at;
  const std::string_view text = as_text(in.subspan(std::min(at + 1, in.size())));
  const bool is_old = text.starts_with(std::string_view("\0\6MQIsdp", 8));
  const bool is_mqtt = text.starts_with(std::string_view("\0\4MQTT", 6)) && text.size() > 6;
  if (is_old || is_mqtt) {
    const bool is_newer = is_mqtt && static_cast<unsigned char>(text[6]) > 5;
    version_ = is_newer ? mqtt::version::v5 : mqtt::version::v3_1_1;
    encoder_ = encoder(role::server, version_);
    phase_ = phase::deciding;
  }
  fail_with(error(errc::unsupported_version), reason_code::unsupported_protocol_version);
}

}  // namespace parley::mqtt
