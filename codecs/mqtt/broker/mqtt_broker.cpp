#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>

#include <algorithm>
#include <parley/codecs/mqtt/broker/detail/mqtt_broker_session.hpp>
#include <parley/codecs/mqtt/decoder.hpp>
#include <utility>

namespace parley {

// --- broker --------------------------------------------------------------------------------------

mqtt_broker::mqtt_broker(loop& home, mqtt_broker_config config)
    : loop_(home),
      config_(std::move(config)),
      broker_(config_.settings, home, home.now(), home.wall_now(), config_.kept),
      serving_(home) {
  if (config_.kept != nullptr) commits_.emplace(home, *config_.kept);
}

mqtt_broker::~mqtt_broker() {
  serving_.end();
  // What the end of the connections has changed; a failure would have nobody to be told.
  if (config_.kept != nullptr) (void)config_.kept->sync();
  if (deadline_.is_armed()) loop_.set_timer(deadline_, std::nullopt);
}

result<void> mqtt_broker::listen() {
  if (!loaded_) {
    if (auto ok = config_.validate(); !ok) return ok;
    if (auto ok = broker_.load(loop_.now()); !ok) return ok;
    loaded_ = true;
    settle();
  }
  if (is_listening()) return fail(errc::misuse, "the broker listens already");
  auto ok = open_doors();
  if (ok) ok = serving_.listen(config_, *this);
  if (!ok) doors_.clear();
  return ok;
}

result<void> mqtt_broker::open_doors() {
  for (const mqtt_listener& each : config_.also) {
    // What is wrong with it is told now, and not by each client's failure.
    auto tls = make_server_tls(each.ssl, each.tls, config_.with, loop_, config_.watch);
    if (!tls) return std::unexpected(std::move(tls).error());
    auto layer = make_websocket(each);
    if (!layer) return std::unexpected(std::move(layer).error());
    auto made = std::make_unique<door>(*this, each);
    auto open = loop_.listen(*each.where(), *made, {});
    if (!open) return std::unexpected(std::move(open).error());
    made->open = *std::move(open);
    doors_.push_back(std::move(made));
  }
  auto layer = make_websocket(config_);
  if (!layer) return std::unexpected(std::move(layer).error());
  return {};
}

std::optional<address> mqtt_broker::local_address(std::size_t which) const {
  if (which == 0) return serving_.local_address();
  if (which > doors_.size()) return std::nullopt;
  return doors_[which - 1]->open->local_address();
}

operation<void> mqtt_broker::stop() {
  doors_.clear();
  return serving_.stop(config_.stop_timeout);
}

template <class Place>
result<layer_ptr> mqtt_broker::make_websocket(const Place& at) {
  if (!at.websocket) return layer_ptr();
  if (config_.with == nullptr) return std::unexpected(unavailable_part("websocket"));
  return config_.with->make("websocket_server/mqtt", {.host = {},
                                                      .tls = &at.tls,
                                                      .home = &loop_,
                                                      .watch = config_.watch,
                                                      .origins = at.origins,
                                                      .is_tls = at.ssl,
                                                      .measure = &mqtt::packet_size});
}

template <class Place>
driver* mqtt_broker::admit(connection& c, const Place& at) {
  if (serving_.size() >= config_.settings.limits.max_clients) return nullptr;
  // For each connection anew, which is also when renewed certificates are noticed.
  auto tls = make_server_tls(at.ssl, at.tls, config_.with, loop_, config_.watch);
  auto upper = tls ? make_websocket(at) : result<layer_ptr>(layer_ptr());
  if (!tls || !upper) {
    const error& why = tls ? upper.error() : tls.error();
    if (config_.watch) config_.watch->log(log_level::error, "mqtt", why.to_string());
    return nullptr;
  }
  if (!*upper) std::swap(*upper, *tls);
  return serving_.adopt(
      std::make_unique<detail::mqtt_broker_session>(*this, c, *std::move(upper), *std::move(tls)));
}

driver* mqtt_broker::accept(connection& c, const address&) { return admit(c, config_); }

void mqtt_broker::forget(detail::mqtt_broker_session& s) noexcept {
  std::erase(held_, &s);
  broker_.leave(s, loop_.now());
  serving_.forget(s);
  settle();
}

result<void> mqtt_broker::publish(const mqtt::publish& p) {
  auto ok = broker_.publish(p, loop_.now());
  settle();
  return ok;
}

void mqtt_broker::decide(std::uint64_t ticket, mqtt::reason_code reason) {
  broker_.decide(ticket, reason, loop_.now());
  settle();
}

bool mqtt_broker::end(std::string_view client_id, mqtt::reason_code reason) {
  return broker_.end(client_id, reason, loop_.now());
}

// --- the store -----------------------------------------------------------------------------------

void mqtt_broker::note_held(detail::mqtt_broker_session& s) {
  if (s.is_held || !s.machine.waits_for_store()) return;
  s.is_held = true;
  held_.push_back(&s);
}

// Once for all packets of a turn.
void mqtt_broker::committed(const result<void>& outcome) {
  const auto woken = std::exchange(held_, {});
  const time_point now = loop_.now();
  for (detail::mqtt_broker_session* s : woken) {
    s->is_held = false;
    // Nothing of what it waits for may be said.
    if (!outcome) s->machine.end(outcome.error(), mqtt::reason_code::unspecified_error, now);
    s->stirred();
  }
  if (!outcome && config_.watch) {
    config_.watch->log(log_level::error, "mqtt", "the store fails: " + outcome.error().to_string());
  }
}

// Behind whatever may have changed the broker.
void mqtt_broker::settle() {
  if (commits_ && broker_.needs_sync()) commits_->wait(*this);
  const auto at = broker_.next_deadline();
  if (at == armed_) return;
  armed_ = at;
  loop_.set_timer(deadline_, at);
}

void mqtt_broker::on_deadline(time_point now) {
  armed_.reset();
  broker_.handle_timeout(now);
  settle();
}

}  // namespace parley
