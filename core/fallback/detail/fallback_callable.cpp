#include <algorithm>
#include <parley/core/api/value_size.hpp>
#include <parley/core/fallback/detail/fallback_callable.hpp>
#include <parley/core/fallback/detail/kept_shouts.hpp>
#include <utility>

namespace parley::detail {

fallback_callable::fallback_callable(std::shared_ptr<factory_core> core, std::string_view name,
                                     std::vector<carrier_slot*> slots, fallback_options how)
    : channel(std::move(core), name, std::move(slots), how), parts_(decides().size()) {}

operation<callable> fallback_callable::open() {
  completer<callable> made(home());
  auto op = watched(made, 0);
  hold_self();
  begin([made = std::move(made), self = callable(this)](result<void> r) mutable {
    if (!r) return made.complete(std::unexpected(std::move(r).error()));
    made.complete(std::move(self));
  });
  return op;
}

operation<callable> fallback_callable::open(call_handler handler) {
  handler_ = std::make_shared<call_handler>(std::move(handler));
  decides().set_warm(true, home().now());
  return open();
}

void fallback_callable::dispose() noexcept {
  is_dropped_ = true;
  handler_.reset();
  if (questions_.empty() || is_shut()) let_go();
}

void fallback_callable::prepare(std::size_t i, outcome tell) {
  if (parts_[i]) return tell({});
  provider& p = *slot(i).get();
  const auto spelled = spell_channel(channel_name(), how().names, slot(i).protocol());
  // The provider may keep its handler for longer than there is one.
  const auto answer = [weak = std::weak_ptr(handler_)](const value& v) -> result<value> {
    if (const auto there = weak.lock()) return (*there)(v);
    return fail(errc::closed, "nobody answers here any more");
  };
  auto op = handler_ ? p.create_callable(spelled.name, answer) : p.create_callable(spelled.name);
  std::move(op).then(
      [weak = weak_from_this(), this, i, tell = std::move(tell)](result<callable> c) mutable {
        const auto self = weak.lock();
        if (!self || is_shut()) return;
        if (!c) return tell(std::unexpected(std::move(c).error()));
        parts_[i].emplace(*std::move(c));
        tell({});
      });
}

// --- calls --------------------------------------------------------------------------------------

operation<value> fallback_callable::refuse(error why) {
  ++failed_;
  auto op = operation<value>::finished(home(), std::unexpected(std::move(why)));
  op.state()->set_fault_sink(&core());
  return op;
}

operation<value> fallback_callable::call(const value& request, call_options options) {
  if (is_shut()) return refuse(why_shut());
  if (handler_) return refuse({errc::misuse, "this side answers"});
  if (is_given_up()) return refuse(why_none());
  if (how().during_switch != switch_policy::keep && !decides().is_carrying()) {
    return refuse(
        error(errc::not_connected, "no protocol carries at the moment").with_cause(why_none()));
  }
  const std::size_t size = size_of(request);
  const std::size_t most = how().keep_bytes;
  if (!questions_.empty() && (size > most || bytes_ > most - size)) {
    return refuse({errc::queue_full, "fallback_options::keep_bytes"});
  }
  question& q = questions_.emplace_back();
  q.request = request;
  q.method = options.method;
  q.base_url = options.base_url;
  q.timeout = options.timeout;
  q.repeatable = options.repeatable || how().repeat_calls;
  q.until = from_now(q.timeout > duration::zero() ? q.timeout : how().call_timeout);
  q.size = size;
  q.id = ++last_id_;
  q.done = completer<value>(home());
  bytes_ += size;
  ++waiting_;
  auto op = watched(q.done, q.id);
  update();
  return op;
}

void fallback_callable::carry_on() {
  for (auto q = questions_.begin(); q != questions_.end() && waiting_ > 0; ++q) {
    if (!decides().is_carrying() || is_shut()) return;
    if (!q->is_given) give(*q);
  }
}

void fallback_callable::give(question& q) {
  const std::size_t i = *decides().carrier();
  call_options o;
  o.method = q.method;
  o.base_url = q.base_url;
  o.repeatable = q.repeatable;
  if (q.timeout > duration::zero()) {
    o.timeout = std::max<duration>(q.until - home().now(), std::chrono::milliseconds(1));
  }
  auto op = parts_[i]->call(q.request, o);
  q.is_given = true;
  q.was_called_back = false;
  q.carrier = i;
  q.connects = slot(i).connects();
  q.state = op.state();
  q.state->retain();
  --waiting_;
  std::move(op).then([weak = weak_from_this(), this, id = q.id](result<value> r) {
    const auto self = weak.lock();
    if (!self || is_shut()) return;
    answered(id, std::move(r));
    update();
    if (is_dropped_ && questions_.empty()) let_go();
  });
}

void fallback_callable::answered(std::uint64_t id, result<value> r) {
  const auto q = std::ranges::find(questions_, id, &question::id);
  if (q == questions_.end()) return;
  if (r) return finish(q, std::move(r));
  const bool lost = q->was_called_back || was_lost(q->carrier, q->connects, r.error());
  // What has never left may go elsewhere; what may have been carried out only if that was said.
  const bool never_left = r.error() == errc::not_connected || r.error() == errc::refused;
  const bool keeps = how().during_switch == switch_policy::keep || q->repeatable;
  const bool again = lost && keeps && (never_left || q->repeatable) && home().now() < q->until;
  if (!again || is_given_up()) return finish(q, std::move(r));
  q->forget();
  q->is_given = false;
  ++waiting_;
  ++repeated_;
}

void fallback_callable::finish(questions::iterator q, result<value> r) {
  ++(r ? sent_ : failed_);
  bytes_ -= q->size;
  if (!q->is_given) --waiting_;
  auto done = std::move(q->done);
  questions_.erase(q);
  done.complete(std::move(r));
}

// Its answer is not waited for; whoever answers may do so all the same.
void fallback_callable::cancel_number(std::uint64_t number) {
  const auto q = std::ranges::find(questions_, number, &question::id);
  if (q == questions_.end()) return;
  if (q->state) q->state->cancel();
  finish(q, fail(errc::cancelled));
}

void fallback_callable::switched(const carrier_switched& e) {
  if (!e.from || !e.why) return;
  for (question& q : questions_) {
    if (!q.is_given || q.carrier != *e.from || !q.repeatable) continue;
    q.was_called_back = true;
    q.state->cancel();
  }
}

void fallback_callable::end(const error& why) {
  for (auto q = questions_.begin(); q != questions_.end();) {
    const auto next = std::next(q);
    if (!q->is_given || is_shut()) finish(q, std::unexpected(why));
    q = next;
  }
  if (!is_shut()) return;
  parts_.assign(parts_.size(), std::nullopt);
  handler_.reset();
  if (is_dropped_) let_go();
}

std::optional<time_point> fallback_callable::own_deadline() const {
  if (waiting_ == 0) return std::nullopt;
  std::optional<time_point> first;
  for (const question& q : questions_) {
    if (!q.is_given) first = earliest(first, q.until);
  }
  return first;
}

void fallback_callable::own_timeout(time_point now) {
  for (auto q = questions_.begin(); q != questions_.end() && waiting_ > 0;) {
    const auto next = std::next(q);
    if (!q->is_given && now >= q->until) {
      finish(q,
             std::unexpected(
                 error(errc::timed_out, "no protocol carried it in time").with_cause(why_none())));
    }
    q = next;
  }
  if (is_dropped_ && questions_.empty()) let_go();
}

void fallback_callable::fill(channel_status& s) const {
  s.sent = sent_;
  s.failed = failed_;
  s.repeated = repeated_;
  s.waiting = questions_.size();
  s.waiting_bytes = bytes_;
}

}  // namespace parley::detail
