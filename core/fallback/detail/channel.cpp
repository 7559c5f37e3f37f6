#include <algorithm>
#include <parley/core/fallback/detail/channel.hpp>
#include <utility>

namespace parley::detail {
namespace {

// Whether the connection has failed, and not the peer refused. Of a protocol's own error the cause
// tells it.
bool is_of_connection(const error& why) {
  if (why == errc::refused || why == errc::unreachable || why == errc::unresolvable ||
      why == errc::reset || why == errc::truncated || why == errc::closed || why == errc::io ||
      why == errc::not_connected) {
    return true;
  }
  const bool may_be = why.is_transient() && why != errc::timed_out;
  return may_be && why.cause() && is_of_connection(*why.cause());
}

// What has happened, in the length that a list of five allows.
std::string brief(const error& why) {
  std::string text(why.info().text);
  if (!why.message().empty()) text.append(": ").append(why.message());
  const error* const c = why.cause();
  // One that says the same again (of one address, of the only one) says nothing.
  if (c && c->info().text != why.info().text) text.append(", because ").append(brief(*c));
  return text;
}

std::string protocol_of(const carrier_slot& s) {
  return s.protocol().empty() ? std::string("?") : s.protocol();
}

}  // namespace

channel::channel(std::shared_ptr<factory_core> core, std::string_view name,
                 std::vector<carrier_slot*> slots, fallback_options how)
    : core_(std::move(core)),
      name_(name),
      slots_(std::move(slots)),
      serials_(slots_.size(), 0),
      how_(how),
      supervisor_(slots_.size(), core_->config().supervision, core_->home()) {
  core_->enter(*this);
}

channel::~channel() {
  if (!shut_) core_->leave(*this);
}

void channel::begin(callback<void(result<void>)> ready) {
  ready_ = std::move(ready);
  supervisor_.start(home().now());
  update();
}

void channel::retry() {
  given_up_ = false;
  supervisor_.retry(home().now());
  update();
}

void channel::shut(const error& why) {
  if (shut_) return;
  const auto keep = shared_from_this();
  shut_ = why;
  core_->leave(*this);
  supervisor_.stop();
  if (is_armed()) home().set_timer(*this, std::nullopt);
  end(why);
  if (auto ready = std::exchange(ready_, {})) ready(std::unexpected(why));
}

void channel::cancel(operation_base& op) {
  const auto keep = shared_from_this();
  const auto number = static_cast<std::uint64_t>(op.owner_data);
  if (number != 0) {
    cancel_number(number);
  } else if (auto ready = std::exchange(ready_, {})) {
    ready(fail(errc::cancelled));
  }
  update();
}

void channel::let_go() noexcept {
  const auto last = std::exchange(self_, nullptr);
  if (last && is_armed()) home().set_timer(*this, std::nullopt);
}

// --- the supervisor ---------------------------------------------------------------------

void channel::slot_changed(carrier_slot& s) {
  if (shut_) return;
  const time_point now = home().now();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i] != &s) continue;
    if (!s.is_up()) {
      supervisor_.carrier_down(i, s.why_not(), now);
    } else if (is_prepared(i)) {
      supervisor_.carrier_up(i, now);
    } else {
      supervisor_.worth_trying(i, now);
    }
  }
  update();
}

void channel::fired(time_point now) {
  const auto keep = shared_from_this();
  supervisor_.handle_timeout(now);
  own_timeout(now);
  update();
}

void channel::update() {
  if (shut_ || draining_) return;
  const auto keep = shared_from_this();
  draining_ = true;
  drain();
  draining_ = false;
  if (shut_) return;
  const auto at = earliest(supervisor_.next_deadline(), own_deadline());
  if (at != armed_at()) home().set_timer(*this, at);
}

// What an event leads to may change the supervisor again: seen by this loop as well.
void channel::drain() {
  do {
    while (auto e = supervisor_.next_event()) {
      if (const auto* t = std::get_if<try_carrier>(&*e)) attempt(t->carrier);
      if (const auto* a = std::get_if<abandon_carrier>(&*e)) ++serials_[a->carrier];
      if (const auto* s = std::get_if<carrier_switched>(&*e)) tell_switch(*s);
      if (const auto* x = std::get_if<carriers_exhausted>(&*e)) {
        given_up_ = x->is_final;
        if (ready_) {
          std::exchange(ready_, {})(std::unexpected(why_none()));
        } else if (x->is_final) {
          give_up(why_none());
        }
      }
      if (shut_) return;
    }
    carry_on();
  } while (!shut_ && supervisor_.has_events());
}

void channel::tell_switch(const carrier_switched& e) {
  if (e.to) given_up_ = false;
  if (observer* o = core_->watch()) {
    const auto protocol = [&](std::optional<std::size_t> i) {
      return i ? std::string_view(slots_[*i]->protocol()) : std::string_view();
    };
    o->carrier_changed(name_, protocol(e.from), protocol(e.to), e.why ? &*e.why : nullptr);
  }
  switched(e);
  if (e.to && ready_) std::exchange(ready_, {})({});
}

// --- attempts -----------------------------------------------------------------------------

void channel::attempt(std::size_t i) {
  const std::uint32_t serial = ++serials_[i];
  slots_[i]->reach([weak = weak_from_this(), i, serial](const result<void>& r) {
    const auto self = weak.lock();
    if (!self || self->shut_ || self->serials_[i] != serial) return;
    if (!r) return self->end_attempt(i, r);
    self->prepare(i, [weak, i, serial](const result<void>& made) {
      if (const auto c = weak.lock()) c->attempt_prepared(i, serial, made);
    });
  });
}

void channel::attempt_prepared(std::size_t i, std::uint32_t serial, const result<void>& r) {
  if (shut_ || serials_[i] != serial) return;
  if (!r || slots_[i]->is_up()) return end_attempt(i, r);
  end_attempt(i, std::unexpected(slots_[i]->why_not()));
}

void channel::end_attempt(std::size_t i, const result<void>& r) {
  supervisor_.attempt_ended(i, r, home().now());
  update();
}

bool channel::was_lost(std::size_t i, std::uint64_t connects, const error& why) {
  carrier_slot& s = *slots_[i];
  if (!s.is_up()) {
    core_->check_soon();
    return true;
  }
  if (s.connects() != connects) return true;  // it has come back already
  if (!is_of_connection(why)) return false;
  // What has no connection of its own (HTTP) tells of its loss only here.
  supervisor_.carrier_down(i, why, home().now());
  return true;
}

// --- how it is ------------------------------------------------------------------------------

error channel::why_none() const {
  std::string text;
  std::string hints;
  bool is_final = true;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const carrier_report r = supervisor_.report(i);
    if (!text.empty()) text.append("; ");
    text.append(protocol_of(*slots_[i])).append(" (").append(slots_[i]->where()).append("): ");
    text.append(r.last_error ? brief(*r.last_error)
                             : std::string(to_string(r.state)).append(", no answer so far"));
    is_final = is_final && r.state == carrier_state::out;
    if (!r.last_error || r.last_error->hint().empty()) continue;
    if (!hints.empty()) hints.append("; ");
    hints.append(protocol_of(*slots_[i])).append(": ").append(r.last_error->hint());
  }
  error all(is_final ? fallback_errc::none_usable : fallback_errc::no_carrier, std::move(text));
  if (hints.empty()) return all;
  return std::move(all).with_hint(std::move(hints));
}

channel_status channel::status() const {
  channel_status s;
  s.name = name_;
  s.carrier = supervisor_.carrier();
  s.is_carrying = supervisor_.is_carrying();
  s.switches = supervisor_.switches();
  s.fail_backs = supervisor_.fail_backs();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    s.carriers.push_back({slots_[i]->protocol(), slots_[i]->where(),
                          s.is_carrying && s.carrier == i, supervisor_.report(i)});
  }
  fill(s);
  return s;
}

}  // namespace parley::detail

namespace parley {

std::string channel_status::to_string() const {
  std::string text = name;
  text.append(is_carrying ? ": over " : ": no carrier");
  if (is_carrying) {
    text.append(carriers[*carrier].protocol).append(" (").append(carriers[*carrier].where);
    text.push_back(')');
  }
  for (const carrier_status& c : carriers) {
    if (c.carries) continue;
    text.append("; ").append(c.protocol).append(" (").append(c.where).append("): ");
    text.append(parley::to_string(c.report.state));
    if (!c.report.last_error || c.report.state == carrier_state::up) continue;
    text.append(": ").append(detail::brief(*c.report.last_error));
  }
  return text;
}

}  // namespace parley
