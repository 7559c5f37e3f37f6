// The commands of a client but for those of its messages (client_output.cpp).
#include <parley/codecs/mqtt/client.hpp>
#include <parley/codecs/mqtt/detail/client_put.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <parley/codecs/mqtt/topic.hpp>
#include <parley/core/api/topics.hpp>
#include <utility>

namespace parley::mqtt {
namespace {

limits decoder_limits(const client_limits& l) noexcept {
  return {.maximum_packet = l.maximum_packet, .topic_levels = l.topic_levels};
}

receive_limits input_limits(const client_limits& l) noexcept {
  // One whole packet, and a read beyond it.
  return {.initial = 4 * 1024, .max = std::size_t{l.maximum_packet} + 64 * 1024, .step = 64 * 1024};
}

}  // namespace

client::client(const client_settings& settings, session& kept)
    : settings_(&settings),
      session_(&kept),
      decoder_(role::client, settings.version, decoder_limits(settings.limits)),
      encoder_(role::client, settings.version),
      input_(input_limits(settings.limits)),
      out_(kept.store_),
      first_handle_(kept.next_handle_),
      version_(settings.version) {}

std::unexpected<error> client::not_open() const {
  if (phase_ <= phase::connecting) {
    return parley::fail(parley::errc::misuse, "the connection is not open");
  }
  return parley::fail(parley::errc::closed, "the connection was closed");
}

std::size_t client::held_memory() const noexcept {
  return input_.capacity() + out_.memory() + scratch_.capacity();
}

// --- subscriptions -------------------------------------------------------------------------------

result<void> client::check_request(bool is_empty) const {
  if (phase_ != phase::open) return not_open();
  if (is_empty) return parley::fail(parley::errc::invalid_argument, "no topic filter");
  if (session_->request_count_ >= settings_->limits.max_requests) {
    return parley::fail(parley::errc::queue_full, "max_requests wait for an answer");
  }
  return {};
}

// What the server has said that it cannot do is not asked for (section 3.2.2.3).
result<void> client::check_filter(std::string_view filter) const {
  const bool shared = is_shared(filter);
  if (shared && !server_.shared_subscriptions) {
    return parley::fail(parley::errc::not_supported, "the server shares no subscriptions");
  }
  const auto parts = shared ? parse_shared(filter) : std::nullopt;
  if (!server_.wildcard_subscriptions && has_wildcard(parts ? parts->filter : filter)) {
    return parley::fail(parley::errc::not_supported, "the server knows no wildcards");
  }
  return {};
}

result<std::uint64_t> client::requested(exchange& e, result<void> written) {
  if (written) return e.id;
  session_->end_request(e);
  session_->free_node(&e);
  return std::unexpected(std::move(written).error());
}

result<std::uint64_t> client::subscribe(const subscriptions& filters, const properties& props,
                                        time_point now) {
  if (auto ok = check_request(filters.empty()); !ok) return std::unexpected(std::move(ok).error());
  for (const subscription& each : filters) {
    if (auto ok = check_filter(each.filter); !ok) return std::unexpected(std::move(ok).error());
  }
  if (!server_.subscription_identifiers && props.has(property::subscription_identifier)) {
    return parley::fail(parley::errc::not_supported, "the server has no subscription identifiers");
  }
  hear(now);
  exchange* const e = session_->request(detail::exchange_kind::subscribe, filters.size());
  if (e == nullptr) return parley::fail(parley::errc::queue_full, "no packet identifier is free");
  sent_at_ = now_;
  return requested(*e, encoder_.append(out_.next(), mqtt::subscribe{e->packet_id, filters, props}));
}

result<std::uint64_t> client::unsubscribe(const topic_filters& filters, const properties& props,
                                          time_point now) {
  if (auto ok = check_request(filters.empty()); !ok) return std::unexpected(std::move(ok).error());
  hear(now);
  exchange* const e = session_->request(detail::exchange_kind::unsubscribe, filters.size());
  if (e == nullptr) return parley::fail(parley::errc::queue_full, "no packet identifier is free");
  sent_at_ = now_;
  return requested(*e,
                   encoder_.append(out_.next(), mqtt::unsubscribe{e->packet_id, filters, props}));
}

// --- acknowledgements ----------------------------------------------------------------------------

result<void> client::acknowledge(std::uint64_t handle, time_point now, reason_code reason) {
  if (phase_ != phase::open) return not_open();
  const std::uint64_t at = handle - first_handle_;
  if (at >= acks_.size() || acks_[static_cast<std::size_t>(at)].is_due) {
    return parley::fail(parley::errc::invalid_argument, "no message waits for this");
  }
  detail::ack_queue::entry& e = acks_[static_cast<std::size_t>(at)];
  const auto type = e.qos == qos::at_least_once ? packet_type::puback : packet_type::pubrec;
  if (version_ == version::v3_1_1 ? reason != reason_code::success
                                  : !may_carry(type, reason, role::client)) {
    return parley::fail(parley::errc::invalid_argument, "no such reason for a message");
  }
  hear(now);
  e.reason = reason;
  e.is_due = true;
  flush_acks();
  return {};
}

// --- authentication ------------------------------------------------------------------------------

result<void> client::put_auth(reason_code reason, byte_view data) {
  const std::string& method = settings_->authentication_method;
  scratch_.resize(text_property_size(method.size()) + text_property_size(data.size()));
  property_writer w(scratch_, property_place::auth, role::client);
  w.add(property::authentication_method, method);
  if (!data.empty()) w.add(property::authentication_data, data);
  const auto props = w.finish();
  if (!props) return std::unexpected(props.error());
  sent_at_ = now_;
  return encoder_.append(out_.next(), auth{reason, *props});
}

result<void> client::authenticate(byte_view data, time_point now) {
  if (phase_ != phase::connecting && phase_ != phase::open) return not_open();
  if (!authenticating_) return parley::fail(parley::errc::misuse, "the server has asked nothing");
  hear(now);
  return put_auth(reason_code::continue_authentication, data);
}

result<void> client::reauthenticate(byte_view data, time_point now) {
  if (phase_ != phase::open) return not_open();
  if (settings_->authentication_method.empty() || version_ == version::v3_1_1) {
    return parley::fail(parley::errc::not_supported, "it began without an authentication method");
  }
  if (authenticating_) return parley::fail(parley::errc::misuse, "one is going on");
  hear(now);
  if (auto ok = put_auth(reason_code::reauthenticate, data); !ok) return ok;
  authenticating_ = true;
  return {};
}

// --- life and end --------------------------------------------------------------------------------

result<void> client::ping(time_point now) {
  if (phase_ != phase::open) return not_open();
  hear(now);
  put(pingreq{});
  ping_at_ = now_;
  if (settings_->limits.ping_timeout > duration::zero()) {
    timers_.set(timer::pong, now_ + settings_->limits.ping_timeout);
  }
  return {};
}

result<void> client::disconnect(const mqtt::disconnect& how, time_point now) {
  if (phase_ != phase::connecting && phase_ != phase::open) return not_open();
  const auto expiry = how.props.number(property::session_expiry_interval);
  if (expiry.value_or(0) != 0 && settings_->session_expiry == 0) {
    return parley::fail(parley::errc::invalid_argument,
                        "a session that ends with its connection cannot be kept after all");
  }
  if (auto ok = encoder_.append(out_.next(), how); !ok) return ok;
  hear(now);
  session_->end_connection(error(parley::errc::closed, "by the client"));
  timers_.stop_all();
  timers_.set(timer::linger, now_ + settings_->limits.linger);
  phase_ = ended_ ? phase::over : phase::lingering;
  return {};
}

void client::fail(const error& why, time_point now) {
  hear(now);
  if (phase_ == phase::connecting || phase_ == phase::open) fail_with(why);
}

void client::end_now() noexcept {
  if (phase_ == phase::connecting || phase_ == phase::open) {
    session_->end_connection(error(parley::errc::closed, "by the client"));
  }
  send_buffer& out = out_.ready();
  out_.drop_held();
  // What is with the loop stays.
  const std::size_t kept = out.handed_out();
  (void)out.erase(kept, out.size() - kept);
  timers_.stop_all();
  phase_ = phase::over;
}

void client::let_go() noexcept {
  if (phase_ == phase::connecting || phase_ == phase::open) end_now();
  if (phase_ == phase::failing) phase_ = ended_ ? phase::over : phase::lingering;
  // The store may be gone first.
  out_.drop_held();
  said_closed_ = true;
}

}  // namespace parley::mqtt
