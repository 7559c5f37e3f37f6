// The byte side of a client, how it begins and ends, and its time.
#include <algorithm>
#include <parley/codecs/mqtt/client.hpp>
#include <parley/codecs/mqtt/detail/client_put.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <string>
#include <utility>

namespace parley::mqtt {

// --- CONNECT
// ---------------------------------------------------------------------------------------

namespace {

std::size_t connect_properties_bound(const client_settings& s) {
  std::size_t sum = 8 * number_property_bound + text_property_size(s.authentication_method.size()) +
                    text_property_size(s.authentication_data.reveal().size());
  for (const auto& [name, value] : s.user_properties) {
    sum += user_property_size(name.size(), value.size());
  }
  return sum;
}

result<properties> connect_properties(const client_settings& s, std::span<std::byte> room) {
  using enum property;
  property_writer w(room, property_place::connect, role::client);
  if (s.session_expiry != 0) w.add(session_expiry_interval, s.session_expiry);
  w.add(receive_maximum, s.limits.receive_maximum);
  w.add(maximum_packet_size, s.limits.maximum_packet);
  if (s.limits.topic_alias_maximum != 0) w.add(topic_alias_maximum, s.limits.topic_alias_maximum);
  if (s.request_response_information) w.add(request_response_information, 1U);
  if (!s.request_problem_information) w.add(request_problem_information, 0U);
  for (const auto& [name, value] : s.user_properties) w.add_user(name, value);
  if (!s.authentication_method.empty()) w.add(authentication_method, s.authentication_method);
  if (!s.authentication_data.empty()) {
    w.add(authentication_data, s.authentication_data.reveal());
  }
  return w.finish();
}

}  // namespace

result<void> client::put_connect() {
  const client_settings& s = *settings_;
  const std::string& id = s.client_id.empty() ? session_->assigned_id_ : s.client_id;
  connect p{.version = version_,
            .clean_start = s.clean_start,
            .keep_alive = s.keep_alive,
            .client_id = id,
            .will = s.will};
  if (!s.user_name.empty()) p.user_name = s.user_name;
  if (!s.password.empty()) p.password = as_bytes(s.password.reveal());
  if (version_ == version::v5) {
    scratch_.resize(connect_properties_bound(s));
    const auto props = connect_properties(s, scratch_);
    if (!props) return std::unexpected(props.error());
    p.props = *props;
  } else if (p.will) {
    p.will->props = {};
  }
  // Nothing in it waits for the store.
  auto ok = encoder_.append(out_.ready(), p);
  // Passwords were in it.
  std::ranges::fill(scratch_, std::byte{});
  return ok;
}

void client::start(time_point now) {
  if (phase_ != phase::idle) return;
  hear(now);
  phase_ = phase::connecting;
  sent_at_ = heard_at_ = now_;
  session_->next_ = session_->all_.first;
  if (auto ok = put_connect(); !ok) return fail_with(std::move(ok).error(), false);
  timers_.set(timer::connack, now_ + settings_->limits.connack_timeout);
}

// --- CONNACK
// ---------------------------------------------------------------------------------------

std::optional<event> client::take_connack(const connack& p) {
  if (p.reason != reason_code::success) return refused(p);
  if (p.session_present && settings_->clean_start) {
    fail_with(error(client_errc::unasked_session));
    return std::nullopt;
  }
  // That of CONNECT [MQTT-4.12.0-5], or none [MQTT-4.12.0-6].
  const auto method = p.props.text(property::authentication_method);
  const std::string& own = settings_->authentication_method;
  const bool is_due = version_ == version::v5 && !own.empty();
  if (method.has_value() != is_due || (is_due && *method != own)) {
    fail_with(error(client_errc::wrong_authentication));
    return std::nullopt;
  }
  if (auto ok = session_->begin_connection(p.session_present); !ok) {
    fail_store(ok);
    return std::nullopt;
  }
  return open(p);
}

std::optional<event> client::refused(const connack& p) {
  wants_3_1_1_ = version_ == version::v5 && p.reason == reason_code::unsupported_protocol_version;
  // It closes the connection (section 3.2.2.2), and a DISCONNECT would be to nobody.
  fail_with(error(p.reason, std::string(p.props.text(property::reason_string).value_or(""))),
            false);
  return refused_event{p.reason, p.props};
}

event client::open(const connack& p) {
  using enum property;
  const properties& props = p.props;
  server_.maximum_packet = props.number(maximum_packet_size).value_or(largest_packet);
  server_.receive_maximum =
      static_cast<std::uint16_t>(props.number(receive_maximum).value_or(65'535));
  server_.topic_alias_maximum =
      static_cast<std::uint16_t>(props.number(topic_alias_maximum).value_or(0));
  server_.keep_alive =
      static_cast<std::uint16_t>(props.number(server_keep_alive).value_or(settings_->keep_alive));
  server_.session_expiry =
      props.number(session_expiry_interval).value_or(settings_->session_expiry);
  server_.maximum_qos = static_cast<mqtt::qos>(props.number(maximum_qos).value_or(2));
  server_.retain = props.flag(retain_available, true);
  server_.wildcard_subscriptions = props.flag(wildcard_subscription_available, true);
  server_.subscription_identifiers =
      version_ == version::v5 && props.flag(subscription_identifier_available, true);
  server_.shared_subscriptions = props.flag(shared_subscription_available, true);
  if (const auto id = props.text(assigned_client_identifier)) session_->assigned_id_ = *id;
  encoder_ = encoder(role::client, version_, server_.maximum_packet);
  if (version_ == version::v5) {
    given_.open(std::min(server_.topic_alias_maximum, settings_->limits.topic_aliases));
  }
  authenticating_ = false;
  phase_ = phase::open;
  timers_.stop(timer::connack);
  if (server_.keep_alive != 0) {
    timers_.set(timer::alive, now_ + std::chrono::seconds(server_.keep_alive));
  }
  const std::string& own = settings_->client_id;
  return opened{p.session_present, own.empty() ? session_->assigned_id_ : own, props};
}

// --- the byte side
// ---------------------------------------------------------------------------------

bool client::wants_read() const noexcept {
  if (ended_) return false;
  if (phase_ == phase::open) return !held_;
  return phase_ == phase::connecting || phase_ == phase::lingering;
}

std::span<std::byte> client::prepare(std::size_t hint) {
  if (!wants_read()) return {};
  forget_delivered();
  return input_.prepare(hint);
}

void client::commit(std::size_t n, time_point now) {
  hear(now);
  input_.commit(n);
  if (n > 0) {
    heard_at_ = now_;
    heard_any_ = true;
  }
  if (phase_ == phase::lingering) input_.consume(input_.size());
}

void client::commit_eof(time_point now) {
  hear(now);
  ended_ = true;
}

void client::commit_error(const error& why, time_point now) {
  hear(now);
  ended_ = true;
  if (phase_ == phase::lingering) {
    // All was said before.
    phase_ = phase::over;
  } else if (phase_ < phase::failing) {
    fail_with(why);
  }
}

buffer_list client::output() {
  out_.advance();
  if (phase_ == phase::open && session_->next_ != nullptr) {
    pump();
    out_.advance();
  }
  return out_.ready().output();
}

void client::release() noexcept {
  (void)input_.release();
  out_.release();
  acks_.release();
  std::vector<std::byte>().swap(scratch_);
}

// --- the end
// -----------------------------------------------------------------------------------------

// A fault of the bytes. Before CONNACK it mostly means that the peer is something else.
void client::fault(errc code) {
  const byte_view in = input_.data();
  const bool is_old_connack = phase_ == phase::connecting && version_ == version::v5 &&
                              in.size() >= 4 && in[0] == std::byte{0x20} && in[1] == std::byte{2};
  if (!is_old_connack) {
    error why(code, phase_ == phase::connecting ? "in the answer to CONNECT" : std::string());
    return fail_with(std::move(why));
  }
  // CONNACK of 3.1.1, which has no properties: its server knows no other version.
  wants_3_1_1_ = true;
  fail_with(error(reason_code::unsupported_protocol_version, "it answers as MQTT 3.1.1 does"),
            false);
}

// DISCONNECT with the reason code goes in front of what still waits for the store: that is never
// sent.
void client::fail_with(error why, bool says_goodbye) {
  if (phase_ >= phase::failing) return;
  const bool says = says_goodbye && !ended_ && version_ == version::v5;
  out_.drop_held();
  if (ended_) {
    send_buffer& out = out_.ready();
    const std::size_t kept = out.handed_out();
    (void)out.erase(kept, out.size() - kept);
  }
  session_->end_connection(why);
  timers_.stop_all();
  why_.emplace(std::move(why));
  phase_ = phase::failing;
  if (says) {
    const reason_code reason = farewell_of(*why_);
    const bool fits = may_carry(packet_type::disconnect, reason, role::client);
    put(mqtt::disconnect{.reason = fits ? reason : reason_code::unspecified_error});
  }
}

// --- time ----------------------------------------------------------------------------------------

std::optional<time_point> client::next_deadline() const noexcept {
  if (phase_ == phase::over) return std::nullopt;
  if (has_news()) return now_;
  if (phase_ != phase::open) return timers_.next();
  return earliest(timers_.next(), session_->next_deadline());
}

// The connection is silent when nothing was sent, or nothing came, for the whole interval: who only
// publishes with QoS 0 must notice a dead server as well.
void client::ask_for_life() {
  const duration interval = std::chrono::seconds(server_.keep_alive);
  const time_point last = std::min(sent_at_, heard_at_);
  if (now_ - last < interval || timers_.is_set(timer::pong)) {
    const time_point from = timers_.is_set(timer::pong) ? now_ : last;
    return timers_.set(timer::alive, from + interval);
  }
  (void)ping(now_);
  timers_.set(timer::alive, now_ + interval);
}

void client::handle_timeout(time_point now) {
  const auto at = next_deadline();
  if (!at || now < *at) return;
  hear(now);
  forget_delivered();
  if (phase_ == phase::open) session_->handle_timeout(now_);
  if (timers_.take_expired(timer::connack, now_)) {
    fail_with(error(client_errc::connack_timeout), false);
    ended_ = true;
  }
  if (timers_.take_expired(timer::pong, now_)) {
    // A large packet may be on its way, and who was not read could not answer.
    if (heard_at_ > ping_at_ || held_) {
      ping_at_ = now_;
      timers_.set(timer::pong, now_ + settings_->limits.ping_timeout);
    } else {
      fail_with(error(client_errc::pingresp_timeout));
    }
  }
  if (timers_.take_expired(timer::alive, now_)) ask_for_life();
  if (timers_.take_expired(timer::linger, now_)) {
    out_.drop_held();
    send_buffer& out = out_.ready();
    const std::size_t kept = out.handed_out();
    (void)out.erase(kept, out.size() - kept);
    phase_ = phase::over;
  }
}

}  // namespace parley::mqtt
