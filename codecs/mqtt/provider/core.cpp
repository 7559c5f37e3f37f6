#include <algorithm>
#include <parley/codecs/json/payload.hpp>
#include <parley/codecs/mqtt/provider/core.hpp>
#include <parley/codecs/mqtt/text.hpp>
#include <parley/codecs/mqtt/topic.hpp>
#include <parley/core/async/guard.hpp>
#include <parley/core/net/back_off.hpp>
#include <utility>

namespace parley::detail {
namespace {

// Acknowledgements are the provider's own matter: they come behind the last listener.
mqtt_config with_own_acknowledgement(mqtt_config c) {
  c.manual_acknowledgement = true;
  return c;
}

constexpr std::string_view component = "mqtt";

}  // namespace

mqtt_core::mqtt_core(loop& home, mqtt_config config, mqtt_provider_limits limits)
    : loop_(home),
      config_(with_own_acknowledgement(std::move(config))),
      limits_(limits),
      link_(home, *this, config_, component),
      subscriptions_(home, link_, *this),
      calls_(*this) {}

// --- its life -------------------------------------------------------------------------

error mqtt_core::not_ready() const {
  if (!initialized_) return error(errc::not_connected, "initialize() was not called");
  error why(errc::not_connected, config_.to_string());
  if (const auto& last = link_.last_error()) return std::move(why).with_cause(*last);
  return why;
}

// Ends when the first connection is up, and not with the first failure: a server that is just
// starting is worth waiting for.
operation<void> mqtt_core::initialize() {
  if (!closing_.empty()) return ended<void>(*this, fail(errc::misuse, "it closes"));
  if (auto ok = config_.validate(); !ok) return ended<void>(*this, std::move(ok));
  if (auto ok = link_.load(); !ok) return ended<void>(*this, std::move(ok));
  initialized_ = true;
  if (link_.is_up()) return ended<void>(*this, {});
  completer<void> done(loop_);
  auto op = done.op();
  op.state()->set_fault_sink(this);
  op.state()->set_canceller(this);
  if (initializing_.empty()) loop_.set_timer(patience_, loop_.now() + config_.connect_timeout);
  initializing_.push_back(std::move(done));
  link_.start();
  return op;
}

// The provider goes on trying; whoever waits for it is told the true cause.
void mqtt_core::lose_patience() {
  const mqtt_core_ref keep(*this);
  if (const auto& last = link_.last_error()) return settle_initialize(std::unexpected(*last));
  const std::string where = config_.to_string();
  if (!link_.is_connected()) {
    return settle_initialize(fail(errc::timed_out, "no connection to " + where));
  }
  settle_initialize(std::unexpected(
      error(errc::timed_out, where + " accepts connections and says nothing")
          .with_hint(config_.tls_enable
                         ? "check that this port speaks TLS, and that the server is not busy"
                         : "check that an MQTT server without TLS answers there")));
}

void mqtt_core::settle_initialize(const result<void>& outcome) {
  if (patience_.is_armed()) loop_.set_timer(patience_, std::nullopt);
  // Taken away first, as a waiter may call initialize() again.
  for (auto& done : std::exchange(initializing_, {})) done.complete(outcome);
}

void mqtt_core::end_all(const error& why) {
  initialized_ = false;
  settle_initialize(std::unexpected(why));
  while (auto e = publishes_.take_first(loop_.now())) finish(std::move(*e), std::unexpected(why));
  calls_.end_all(why);
  calls_.forget();
  unclaimed_.clear();
  if (grace_.is_armed()) loop_.set_timer(grace_, std::nullopt);
  subscriptions_.shut(why);
  served_.clear();
}

void mqtt_core::shut() noexcept {
  const mqtt_core_ref keep(*this);
  remote_.close();
  // First, so that nothing can come while the rest is being ended.
  link_.stop();
  (void)guarded([&] { end_all(error(errc::cancelled)); });
  for (auto& done : std::exchange(closing_, {})) done.complete({});
  // The core may outlive the provider (speakers hold it), the observer and the store need not.
  config_.watch = nullptr;
}

operation<void> mqtt_core::close() {
  const mqtt_core_ref keep(*this);
  end_all(error(errc::cancelled));
  if (link_.is_up()) {
    completer<void> done(loop_);
    auto op = done.op();
    op.state()->set_fault_sink(this);
    const bool is_first = closing_.empty();
    closing_.push_back(std::move(done));
    if (is_first) link_.finish();
    return op;
  }
  link_.stop();
  if (config_.watch) config_.watch->state_changed(component, provider_state::closed, nullptr);
  return ended<void>(*this, {});
}

provider_status mqtt_core::status() {
  provider_status s;
  s.state = link_.state();
  s.last_error = link_.last_error();
  s.connects = link_.connects();
  s.pending = publishes_.size() + calls_.size() + subscriptions_.waiting() + initializing_.size();
  s.queued_bytes = link_.session().bytes();
  return s;
}

void mqtt_core::callback_failed(const error& why) {
  if (config_.watch) config_.watch->callback_failed(component, why);
}

void mqtt_core::log(log_level level, std::string_view text) {
  if (config_.watch) config_.watch->log(level, component, text);
}

void mqtt_core::record(std::string_view name, double value, std::string_view what,
                       std::string_view status) {
  if (!config_.watch) return;
  metric m;
  m.name = name;
  m.value = value;
  m.protocol = component;
  m.operation = what;
  m.status = status;
  config_.watch->record(m);
}

// --- publishing -------------------------------------------------------------------------

operation<delivery> mqtt_core::publish(std::string_view topic, const value& v, const manner& how) {
  auto payload = json::payload::of(v);
  if (!payload) return ended<delivery>(*this, std::unexpected(std::move(payload).error()));
  return publish_bytes(topic, payload->bytes(), how);
}

// With a connection, or into the session to wait for one.
result<mqtt::publish_receipt> mqtt_core::send(std::string_view topic, byte_view payload,
                                              const manner& how) {
  // A provider that gave up sends nothing later either.
  if (!initialized_ || link_.state() == provider_state::failed) {
    return std::unexpected(not_ready());
  }
  record("message_size_bytes", static_cast<double>(payload.size()), "shout", "out");
  return link_.publish({.topic = topic,
                        .payload = payload,
                        .qos = how.qos,
                        .retain = how.retain,
                        .props = how.props});
}

operation<delivery> mqtt_core::publish_bytes(std::string_view topic, byte_view payload,
                                             const manner& how) {
  std::unique_ptr<mqtt_publishes::waiter> made;
  result<mqtt::publish_receipt> sent;
  const auto fits = guarded([&] {
    made = publishes_.make();
    sent = send(topic, payload, how);
  });
  if (!fits) sent = std::unexpected(fits.error());
  if (!sent || sent->id == 0) {
    if (made) publishes_.give_back(std::move(made));
    record("calls_total", 1, "shout", sent ? "ok" : sent.error().name());
    if (!sent) return ended<delivery>(*this, std::unexpected(std::move(sent).error()));
    return ended<delivery>(*this, delivery());
  }
  made->done = completer<delivery>(loop_);
  auto op = made->done.op();
  op.state()->owner_data = static_cast<std::uintptr_t>(sent->id);
  op.state()->set_fault_sink(this);
  op.state()->set_canceller(this);
  publishes_.add(std::move(made), sent->id, loop_.now());
  return op;
}

result<std::uint64_t> mqtt_core::publish_request(std::string_view topic, byte_view payload,
                                                 const manner& how, std::uint64_t call) {
  auto made = publishes_.make();
  made->call = call;
  const auto sent = send(topic, payload, how);
  if (!sent || sent->id == 0) {
    made->call = 0;
    publishes_.give_back(std::move(made));
    if (!sent) return std::unexpected(sent.error());
    return 0;
  }
  publishes_.add(std::move(made), sent->id, loop_.now());
  return sent->id;
}

void mqtt_core::publish_reply(std::string_view topic, byte_view payload, const manner& how) {
  if (!initialized_) return;
  if (const auto sent = send(topic, payload, how); !sent) {
    log(log_level::warning, "an answer cannot be sent: " + sent.error().to_string());
  }
}

void mqtt_core::ended_publish(const mqtt::publish_event& told) {
  auto e = publishes_.take(told.id, loop_.now());
  // Of an earlier process, or a reply.
  if (!e) return;
  if (e->call != 0) return calls_.published(e->call, outcome_of(told));
  finish(std::move(*e), outcome_of(told));
}

void mqtt_core::finish(mqtt_publishes::ended e, result<delivery> outcome) {
  if (config_.watch) {
    const std::string_view status = outcome ? "ok" : outcome.error().name();
    record("calls_total", 1, "shout", status);
    record("call_duration_seconds", std::chrono::duration<double>(e.took).count(), "shout", status);
  }
  e.done.complete(std::move(outcome));
}

void mqtt_core::cancel(operation_base& op) {
  const mqtt_core_ref keep(*this);
  const std::uint64_t id = op.owner_data;
  op.complete_error(errc::cancelled);
  // What was sent cannot be taken back; its answer is taken and forgotten.
  if (id != 0) (void)link_.cancel(id);
}

remote mqtt_core::remote_handle() { return remote_.open(loop_, *this, limits_.remote_bytes); }

operation<delivery> mqtt_core::shout_for_remote(std::string_view name, const value& v) {
  return publish(name, v, {.qos = config_.qos, .retain = config_.retain});
}

// --- messages ---------------------------------------------------------------------------

mqtt_subscriptions::outcome mqtt_core::deliver(const mqtt::message_event& m) {
  // Nested, if a callback makes an inbox go on.
  const auto* const before = std::exchange(delivering_, &m);
  const auto outcome = subscriptions_.deliver(m);
  delivering_ = before;
  return outcome;
}

void mqtt_core::take(const mqtt::message_event& m) {
  record("message_size_bytes", static_cast<double>(m.payload.size()), {}, "in");
  const std::uint64_t connection = link_.connects();
  if (deliver(m) != mqtt_subscriptions::outcome::unclaimed) {
    return acknowledge(m.handle, connection);
  }
  if (!initialized_) return;
  unclaimed_.add(m, connection, loop_.now() + limits_.unclaimed_time);
  give_up_unclaimed();
}

// The connection may be gone meanwhile, and a callback may have ended it: then the message comes
// again.
void mqtt_core::acknowledge(std::uint64_t handle, std::uint64_t connection) {
  if (handle == 0 || !link_.is_up() || link_.connects() != connection) return;
  (void)link_.client().acknowledge(handle, loop_.now());
  link_.wake();
}

void mqtt_core::give_up_unclaimed() {
  const mqtt_core_ref keep(*this);
  while (auto e = unclaimed_.take_due(loop_.now(), limits_.unclaimed_bytes)) {
    if (deliver(e->event()) == mqtt_subscriptions::outcome::unclaimed) {
      record("errors_total", 1, {}, "unclaimed");
      log(log_level::warning, "a message was given up, as nobody listens to " + e->topic);
    }
    acknowledge(e->handle, e->connection);
  }
  arm_grace();
}

void mqtt_core::arm_grace() {
  const auto next = unclaimed_.next_deadline();
  if (next || grace_.is_armed()) loop_.set_timer(grace_, next);
}

// Now there is somebody for what came before.
void mqtt_core::filter_granted(std::string_view filter) {
  if (unclaimed_.empty()) return;
  const auto shared = mqtt::parse_shared(filter);
  for (auto& e : unclaimed_.take_matching(shared ? shared->filter : filter)) {
    const mqtt::message_event m = e.event();
    if (!initialized_) return;
    if (deliver(m) == mqtt_subscriptions::outcome::unclaimed) {
      unclaimed_.add(m, e.connection, e.until);
    } else {
      acknowledge(e.handle, e.connection);
    }
  }
  arm_grace();
}

void mqtt_core::filter_refused(std::string_view filter, const error& why) {
  log(log_level::error, std::string(filter) + " is not listened to any more: " + why.to_string());
}

operation<inbox> mqtt_core::open_inbox(std::string_view name, const mqtt_speaker_options& options) {
  return inbox_core::open(loop_, *this, limits_.inbox, [&](message_callback hears) {
    return open_speaker(name, std::move(hears), options);
  });
}

// --- what the link tells ------------------------------------------------------------------

void mqtt_core::link_up(mqtt_link&, const mqtt::opened& how) {
  const mqtt_core_ref keep(*this);
  record("active_connections", 1, {}, "up");
  unclaimed_.link_up(how.session_present);
  arm_grace();
  const std::size_t lost = subscriptions_.link_up(how.session_present);
  if (lost > 0 && config_.watch) {
    config_.watch->resubscribed(component, lost, loop_.now() - down_since_);
  }
  settle_initialize({});
}

void mqtt_core::link_down(mqtt_link&, const error& why, bool final) {
  const mqtt_core_ref keep(*this);
  record("errors_total", 1, {}, why.name());
  down_since_ = loop_.now();
  // The handlers may have run; what was not sent is taken back.
  calls_.end_all(why);
  if (!closing_.empty()) {
    for (auto& done : std::exchange(closing_, {})) done.complete({});
    return;
  }
  subscriptions_.link_down(why, final);
  if (!final) return;
  const error lost = error(errc::not_connected, config_.to_string()).with_cause(why);
  while (auto e = publishes_.take_first(loop_.now())) finish(std::move(*e), std::unexpected(lost));
  settle_initialize(std::unexpected(why));
}

void mqtt_core::link_event(mqtt_link&, const mqtt::event& event) {
  const mqtt_core_ref keep(*this);
  if (const auto* m = std::get_if<mqtt::message_event>(&event)) {
    take(*m);
  } else if (const auto* end = std::get_if<mqtt::publish_event>(&event)) {
    ended_publish(*end);
  } else if (const auto* granted = std::get_if<mqtt::subscribe_event>(&event)) {
    subscriptions_.answered(*granted);
  } else if (const auto* left = std::get_if<mqtt::unsubscribe_event>(&event)) {
    subscriptions_.answered(*left);
  } else if (const auto* gone = std::get_if<mqtt::disconnect_event>(&event)) {
    if (const auto other = gone->server_reference(); !other.empty()) {
      log(log_level::warning, "the server names another one: " + std::string(other));
    }
  }
}

}  // namespace parley::detail
