#include <algorithm>
#include <parley/codecs/mqtt/mqtt_client.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley {

void mqtt_client_handler::on_up(mqtt_client&, const mqtt::opened&) {}
void mqtt_client_handler::on_down(mqtt_client&, const error&, bool) {}
void mqtt_client_handler::on_event(mqtt_client&, const mqtt::event&) {}

mqtt_client::mqtt_client(loop& home, mqtt_client_handler* handler, mqtt_config config)
    : loop_(home),
      handler_(handler),
      config_(std::move(config)),
      link_(home, *this, config_, "mqtt") {
  loop_.attach();
}

mqtt_client::mqtt_client(loop& home, mqtt_client_handler& handler, mqtt_config config)
    : mqtt_client(home, &handler, std::move(config)) {}

mqtt_client::mqtt_client(loop& home, mqtt_config config)
    : mqtt_client(home, nullptr, std::move(config)) {}

mqtt_client::~mqtt_client() {
  link_.stop();
  while (waiter* w = waiters_.first) {
    waiters_.erase(*w);
    delete w;  // its operation is cancelled
  }
  spare_.free_all();
  loop_.detach();
}

// --- begin and end ----------------------------------------------------------------

operation<> mqtt_client::connect() {
  if (!closing_.empty()) return operation<>::finished(loop_, fail(errc::misuse, "it closes"));
  if (link_.is_up()) return operation<>::finished(loop_, {});
  if (auto ok = config_.validate(); !ok) return operation<>::finished(loop_, std::move(ok));
  if (auto ok = link_.load(); !ok) return operation<>::finished(loop_, std::move(ok));
  completer<> done(loop_);
  auto op = done.op();
  op.state()->set_canceller(this);
  connecting_.push_back(std::move(done));
  loop_.set_timer(patience_, loop_.now() + config_.connect_timeout);
  link_.start();
  return op;
}

void mqtt_client::patience::fired(time_point) {
  error why(errc::timed_out, owner.config_.to_string());
  if (const auto& last = owner.link_.last_error()) why = *last;
  owner.end_connecting(std::unexpected(std::move(why)));
}

void mqtt_client::end_connecting(const result<void>& outcome) {
  if (patience_.is_armed()) loop_.set_timer(patience_, std::nullopt);
  for (auto& each : std::exchange(connecting_, {})) each.complete(outcome);
}

operation<> mqtt_client::close() {
  completer<> done(loop_);
  auto op = done.op();
  if (link_.is_up()) {
    const bool is_first = closing_.empty();
    closing_.push_back(std::move(done));
    if (is_first) link_.finish();
    return op;
  }
  link_.stop();
  end_connecting(fail(errc::cancelled));
  give_up(error(errc::closed, "by the client"));
  done.complete({});
  return op;
}

// --- what the link tells --------------------------------------------------------------

// The handler may destroy this: nothing is touched behind it.
template <class Call>
void mqtt_client::tell(Call call) {
  if (handler_ == nullptr) return;
  observer* const watch = config_.watch;
  mqtt_client_handler& to = *handler_;
  if (auto ok = guarded([&] { call(to); }); !ok && watch != nullptr) {
    watch->callback_failed("mqtt", ok.error());
  }
}

void mqtt_client::link_up(detail::mqtt_link&, const mqtt::opened& how) {
  for (std::size_t i = subscriptions_.size(); i > 0; --i) {
    entry& e = *subscriptions_[i - 1];
    if (e.at == standing::leaving && !how.session_present) {
      e.left.complete({});
      erase(e);
    } else if (e.at == standing::granted && !how.session_present) {
      e.at = standing::wanted;
    }
  }
  ask_for_all();
  end_connecting({});
  tell([&](mqtt_client_handler& to) { to.on_up(*this, how); });
}

void mqtt_client::link_down(detail::mqtt_link&, const error& why, bool final) {
  for (const auto& each : subscriptions_) {
    if (each->at == standing::asked) each->at = standing::wanted;
    if (each->at == standing::asked_to_leave) each->at = standing::leaving;
  }
  for (auto& each : std::exchange(closing_, {})) each.complete({});
  if (final) give_up(why);
  tell([&](mqtt_client_handler& to) { to.on_down(*this, why, final); });
}

// Nobody is left waiting for what will not happen by itself.
void mqtt_client::give_up(const error& why) {
  end_connecting(std::unexpected(why));
  const error lost = error(errc::not_connected, config_.to_string()).with_cause(why);
  while (waiter* w = waiters_.first) end(*w, std::unexpected(lost));
  for (std::size_t i = subscriptions_.size(); i > 0; --i) {
    entry& e = *subscriptions_[i - 1];
    e.granted.complete(std::unexpected(lost));
    e.left.complete(std::unexpected(lost));
  }
}

void mqtt_client::link_event(detail::mqtt_link&, const mqtt::event& event) {
  if (const auto* m = std::get_if<mqtt::message_event>(&event)) {
    return tell([&](mqtt_client_handler& to) { to.on_message(*this, *m); });
  }
  if (const auto* end = std::get_if<mqtt::publish_event>(&event)) {
    if (take(*end)) return;
  } else if (const auto* kept = std::get_if<mqtt::stored_event>(&event)) {
    if (take_stored(kept->id)) return;
  } else if (const auto* granted = std::get_if<mqtt::subscribe_event>(&event)) {
    if (take(*granted)) return;
  } else if (const auto* left = std::get_if<mqtt::unsubscribe_event>(&event)) {
    if (take(*left)) return;
  }
  tell([&](mqtt_client_handler& to) { to.on_event(*this, event); });
}

// --- publish --------------------------------------------------------------------------

operation<mqtt::reason_code> mqtt_client::publish(std::string_view topic, std::string_view payload,
                                                  mqtt_publish_options how) {
  return send(topic, as_bytes(payload), {}, how);
}

operation<mqtt::reason_code> mqtt_client::publish(std::string_view topic, shared_bytes payload,
                                                  mqtt_publish_options how) {
  return send(topic, {}, std::move(payload), how);
}

operation<mqtt::reason_code> mqtt_client::send(std::string_view topic, byte_view small,
                                               shared_bytes payload,
                                               const mqtt_publish_options& how) {
  using ended = operation<mqtt::reason_code>;
  if (link_.state() == provider_state::failed) {
    error why(errc::not_connected, config_.to_string());
    if (const auto& last = link_.last_error()) why = std::move(why).with_cause(*last);
    return ended::finished(loop_, std::unexpected(std::move(why)));
  }
  // Room first: what was accepted must find its waiter.
  by_id_.reserve(pending_ + 1);
  std::unique_ptr<waiter> made(spare_.take());
  const mqtt::outgoing_message m{.topic = topic,
                                 .payload = small,
                                 .qos = how.qos.value_or(config_.qos),
                                 .retain = how.retain.value_or(config_.retain),
                                 .props = how.props};
  const auto sent = link_.publish(m, std::move(payload));
  const bool is_over =
      !sent || sent->id == 0 || (how.until == mqtt_until::stored && sent->is_stored);
  if (is_over) {
    spare_.put(made.release());
    if (!sent) return ended::finished(loop_, std::unexpected(sent.error()));
    return ended::finished(loop_, mqtt::reason_code::success);
  }
  made->done = completer<mqtt::reason_code>(loop_);
  made->hash = sent->id;
  made->until_stored = how.until == mqtt_until::stored;
  auto op = made->done.op();
  op.state()->owner_data = static_cast<std::uintptr_t>(sent->id);
  op.state()->set_canceller(this);
  waiters_.push_back(*made);
  by_id_.insert(*made.release());
  ++pending_;
  return op;
}

void mqtt_client::end(waiter& w, result<mqtt::reason_code> outcome) {
  waiters_.erase(w);
  by_id_.erase(w);
  --pending_;
  auto done = std::move(w.done);
  spare_.put(&w);
  done.complete(std::move(outcome));
}

bool mqtt_client::take(const mqtt::publish_event& told) {
  waiter* const w = by_id_.find(told.id, [](const waiter&) { return true; });
  if (w == nullptr) return false;
  if (told.ok()) {
    end(*w, told.reason);
  } else if (told.why) {
    end(*w, std::unexpected(*told.why));
  } else {
    const auto text = told.props.text(mqtt::property::reason_string).value_or("");
    end(*w, std::unexpected(error(told.reason, std::string(text))));
  }
  return true;
}

bool mqtt_client::take_stored(std::uint64_t id) {
  waiter* const w = by_id_.find(id, [](const waiter&) { return true; });
  if (w == nullptr) return false;
  if (w->until_stored) end(*w, mqtt::reason_code::success);
  return true;
}

// Of other operations nobody waits any more, and that is all.
void mqtt_client::cancel(operation_base& op) {
  const std::uint64_t id = op.owner_data;
  op.complete_error(errc::cancelled);
  if (id != 0) (void)link_.cancel(id);
}

// --- subscriptions ----------------------------------------------------------------------

mqtt_client::entry* mqtt_client::find(std::string_view filter) noexcept {
  const auto at = std::ranges::find_if(subscriptions_,
                                       [&](const auto& each) { return each->filter == filter; });
  return at == subscriptions_.end() ? nullptr : at->get();
}

mqtt_client::entry* mqtt_client::find(std::uint64_t request) noexcept {
  const auto at = std::ranges::find_if(subscriptions_, [&](const auto& each) {
    const bool waits = each->at == standing::asked || each->at == standing::asked_to_leave;
    return waits && each->request == request;
  });
  return at == subscriptions_.end() ? nullptr : at->get();
}

void mqtt_client::erase(const entry& e) {
  std::erase_if(subscriptions_, [&](const auto& each) { return each.get() == &e; });
}

operation<mqtt::qos> mqtt_client::subscribe(std::string_view filter, mqtt_subscribe_options how) {
  completer<mqtt::qos> done(loop_);
  auto op = done.op();
  op.state()->set_canceller(this);
  entry* e = find(filter);
  if (e == nullptr) {
    subscriptions_.push_back(std::make_unique<entry>());
    e = subscriptions_.back().get();
    e->filter = filter;
  }
  e->how = how;
  e->at = standing::wanted;
  e->left.complete(fail(errc::cancelled, "subscribed again"));
  e->granted.complete(fail(errc::cancelled, "subscribed again"));
  e->granted = std::move(done);
  ask_for_all();
  return op;
}

operation<> mqtt_client::unsubscribe(std::string_view filter) {
  completer<> done(loop_);
  auto op = done.op();
  op.state()->set_canceller(this);
  entry* e = find(filter);
  if (e == nullptr) {
    subscriptions_.push_back(std::make_unique<entry>());
    e = subscriptions_.back().get();
    e->filter = filter;
  }
  e->at = standing::leaving;
  e->granted.complete(fail(errc::cancelled, "unsubscribed"));
  e->left = std::move(done);
  ask_for_all();
  return op;
}

// What the server has not been asked for yet.
void mqtt_client::ask_for_all() {
  if (!link_.is_up() || !link_.client().is_open()) return;
  for (std::size_t i = 0; i < subscriptions_.size();) {
    entry& e = *subscriptions_[i];
    const bool waits = e.at == standing::wanted || e.at == standing::leaving;
    const std::size_t before = subscriptions_.size();
    // Too many at once: each answer asks again.
    if (waits && !ask_for(e)) break;
    if (subscriptions_.size() == before) ++i;
  }
  link_.wake();
}

bool mqtt_client::ask_for(entry& e) {
  const time_point now = loop_.now();
  result<std::uint64_t> asked{};
  if (e.at == standing::wanted) {
    mqtt::subscription one[] = {{.filter = e.filter, .qos = e.how.qos}};
    // 3.1.1 has no bits for them, and a server may be one that only knows that.
    if (link_.version() == mqtt::version::v5) {
      one[0].no_local = e.how.no_local;
      one[0].retain_as_published = e.how.retain_as_published;
      one[0].handling = e.how.handling;
    }
    asked = link_.client().subscribe(one, {}, now);
  } else {
    const std::string_view one[] = {e.filter};
    asked = link_.client().unsubscribe(one, {}, now);
  }
  if (asked) {
    e.request = *asked;
    e.at = e.at == standing::wanted ? standing::asked : standing::asked_to_leave;
    return true;
  }
  if (asked.error() == errc::queue_full) return false;
  e.granted.complete(std::unexpected(asked.error()));
  e.left.complete(std::unexpected(asked.error()));
  erase(e);
  return true;
}

bool mqtt_client::take(const mqtt::subscribe_event& answer) {
  entry* const e = find(answer.id);
  // Replaced meanwhile, or asked for by way of machine().
  if (e == nullptr) return false;
  if (answer.why) {
    e->at = standing::wanted;
    return true;
  }
  const mqtt::reason_code reason = answer.reasons[0];
  if (mqtt::is_error(reason)) {
    const auto text = answer.props.text(mqtt::property::reason_string).value_or(e->filter);
    error why(reason, std::string(text));
    // Restored, and refused this time: nobody waits for the answer.
    if (!e->granted && config_.watch != nullptr) {
      config_.watch->log(log_level::error, "mqtt", e->filter + ": " + why.to_string());
    }
    e->granted.complete(std::unexpected(std::move(why)));
    erase(*e);
  } else {
    e->at = standing::granted;
    e->granted.complete(static_cast<mqtt::qos>(reason));
  }
  ask_for_all();
  return true;
}

bool mqtt_client::take(const mqtt::unsubscribe_event& answer) {
  entry* const e = find(answer.id);
  if (e == nullptr) return false;
  if (answer.why) {
    e->at = standing::leaving;
    return true;
  }
  const bool is_refused = !answer.reasons.empty() && mqtt::is_error(answer.reasons[0]);
  if (is_refused) {
    e->left.complete(fail(answer.reasons[0], e->filter));
  } else {
    e->left.complete({});
  }
  erase(*e);
  ask_for_all();
  return true;
}

// --- messages ---------------------------------------------------------------------------

result<void> mqtt_client::acknowledge(std::uint64_t handle, mqtt::reason_code reason) {
  if (!link_.is_up()) return fail(errc::not_connected, "the message comes again");
  auto ok = link_.client().acknowledge(handle, loop_.now(), reason);
  link_.wake();
  return ok;
}

}  // namespace parley
