#include <algorithm>
#include <cstring>
#include <parley/codecs/json/json.hpp>
#include <parley/codecs/json/payload.hpp>
#include <parley/codecs/websocket/errc.hpp>
#include <parley/codecs/websocket/provider/client_core.hpp>
#include <parley/codecs/websocket/provider/settings.hpp>
#include <parley/core/api/named_callable.hpp>
#include <parley/core/async/guard.hpp>
#include <parley/core/text/utf8.hpp>
#include <set>
#include <utility>

namespace parley::detail {

struct websocket_client_core::question final : timer {
  question(websocket_client_core& at, std::uint64_t number) : core(at), id(number) {}

  // Nobody has answered in time.
  void fired(time_point) override {
    core.end_question(id, fail(errc::timed_out, "no answer to the call"));
  }

  websocket_client_core& core;
  std::uint64_t id;
  std::string filter;  // or empty: a call
  completer<value> answer;
};

websocket_client_core::websocket_client_core(loop& home, websocket_config config)
    : websocket_core(home, std::move(config)) {}

websocket_client_core::~websocket_client_core() = default;

// --- its life ---------------------------------------------------------------------------------

error websocket_client_core::not_ready() const {
  if (!initialized_ || !shared_) return websocket_core::not_ready();
  error why(errc::not_connected, where_ ? where_->to_string() : "");
  if (const auto& last = link().last_error()) return std::move(why).with_cause(*last);
  return why;
}

// Ends when the first connection is up, and not with the first failure: a server that is just
// starting is worth waiting for.
operation<void> websocket_client_core::initialize() {
  if (auto ok = config_.validate(); !ok) return ended<void>(*this, std::move(ok));
  if (!shared_) {
    where_ = *uri_of(config_);
    shared_ = websocket_shared_link::of(loop_, config_, *where_);
  }
  // Nobody waits for a farewell any more.
  if (link().is_closing()) link().stop();
  completer<void> done(loop_);
  auto op = done.op();
  op.state()->set_fault_sink(this);
  op.state()->set_canceller(this);
  if (initializing_.empty()) loop_.set_timer(*this, loop_.now() + config_.connect_timeout);
  initializing_.push_back(std::move(done));
  const bool is_new = !initialized_;
  // Before it is ready: memory may end in there.
  if (is_new) shared_->enter(*this);
  initialized_ = true;
  if (!link().is_up()) {
    link().start();
  } else if (is_new) {
    // Another client has connected.
    if (config_.watch) config_.watch->state_changed("websocket", provider_state::up, nullptr);
    link_up();
  } else {
    settle_initialize({});
  }
  return op;
}

void websocket_client_core::settle_initialize(result<void> outcome) {
  if (is_armed()) loop_.set_timer(*this, std::nullopt);
  // Taken away first, as a waiter may call initialize() again.
  for (auto& done : std::exchange(initializing_, {})) done.complete(outcome);
}

// The provider goes on trying; whoever waits for it is told the true cause.
void websocket_client_core::fired(time_point) {
  if (const auto& last = link().last_error()) return settle_initialize(std::unexpected(*last));
  settle_initialize(fail(errc::timed_out, "no WebSocket connection to " + where_->to_string()));
}

// Ends all that waits, and what the server sends for this client alone.
void websocket_client_core::give_up(const error& why) {
  if (std::exchange(initialized_, false) && link().is_up() && shared_->has_others(*this)) {
    for (const auto& [filter, count] : listeners_.filters()) unsubscribe(filter);
  }
  settle_initialize(std::unexpected(why));
  end_questions(why, true);
  kept_.clear();
  kept_bytes_ = 0;
}

void websocket_client_core::shut() noexcept {
  const bool is_there = initialized_;
  (void)guarded([&] { give_up(error(errc::cancelled)); });
  if (is_there) shared_->leave(*this);
  websocket_core::shut();
}

operation<void> websocket_client_core::close() {
  const websocket_core_ref keep(*this);
  const bool is_there = initialized_;
  give_up(error(errc::cancelled));
  if (config_.watch) {
    config_.watch->state_changed("websocket", provider_state::closed, nullptr);
  }
  if (!is_there) return ended<void>(*this, {});
  completer<void> done(loop_);
  auto op = done.op();
  op.state()->set_fault_sink(this);
  shared_->leave(*this, std::move(done));
  return op;
}

provider_status websocket_client_core::status() const {
  provider_status s;
  s.pending = questions_.size() + initializing_.size();
  s.queued_bytes = kept_bytes_;
  if (!shared_) return s;
  s.state = initialized_ ? link().state() : provider_state::closed;
  s.last_error = link().last_error();
  s.connects = link().connects();
  if (link().is_up()) s.queued_bytes += link().client().buffered();
  return s;
}

void websocket_client_core::link_up() {
  const websocket_core_ref keep(*this);
  is_named_ = link().client().subprotocol() == websocket::envelope_subprotocol;
  // Those that wait for a confirmation ask again, under the same numbers.
  std::set<std::string_view> asked;
  for (const auto& [id, q] : questions_) {
    if (!q->filter.empty()) asked.insert(q->filter);
  }
  std::size_t restored = 0;
  for (const auto& [filter, count] : listeners_.filters()) {
    if (asked.contains(filter)) continue;
    (void)transmit({websocket::envelope_kind::sub, shared_->next_id(), filter, {}},
                   websocket::opcode::text);
    ++restored;
  }
  std::vector<std::uint64_t> done;
  for (const auto& [id, q] : questions_) {
    if (q->filter.empty()) continue;
    // A foreign server sends what it has, and confirms nothing.
    if (!is_named_) done.push_back(id);
    (void)transmit({websocket::envelope_kind::sub, id, q->filter, {}}, websocket::opcode::text);
  }
  for (const std::uint64_t id : done) end_question(id, value());
  send_kept();
  if (restored > 0 && link().connects() > 1 && config_.watch) {
    config_.watch->resubscribed("websocket", restored, loop_.now() - down_since_);
  }
  settle_initialize({});
}

void websocket_client_core::link_down(const error& why, bool final) {
  const websocket_core_ref keep(*this);
  down_since_ = loop_.now();
  end_questions(why, final);
  if (!final) return;
  kept_.clear();
  kept_bytes_ = 0;
  settle_initialize(std::unexpected(why));
}

// --- sending ----------------------------------------------------------------------------------

result<void> websocket_client_core::transmit(const websocket::envelope& e, websocket::opcode type) {
  using enum websocket::envelope_kind;
  scratch_.clear();
  if (is_named_) {
    scratch_.resize(envelope_line_size(e));
    put_envelope_line(scratch_.data(), e);
  } else if (e.kind != pub) {
    return e.kind == call ? fail(errc::not_supported, "the server speaks no envelopes")
                          : result<void>();
  }
  scratch_.insert(scratch_.end(), e.payload.begin(), e.payload.end());
  const auto sent = link().client().send(type, scratch_, loop_.now());
  if (!sent) return std::unexpected(sent.error());
  link().wake();
  return {};
}

result<delivery> websocket_client_core::send(std::string_view name, websocket::opcode type,
                                             byte_view payload) {
  if (!websocket::is_envelope_name(name)) {
    return fail(errc::invalid_argument, "this is no name of a channel");
  }
  if (type == websocket::opcode::text && !text::valid_utf8(payload)) {
    return fail(errc::bad_value, "text is not UTF-8");
  }
  if (!link().is_up() || !kept_.empty()) return keep(name, type, payload);
  if (link().client().buffered() + payload.size() > config_.write_limit &&
      link().client().buffered() > 0) {
    return fail(errc::queue_full, "write_limit bytes wait for the server to read them");
  }
  auto sent = transmit({websocket::envelope_kind::pub, 0, name, payload}, type);
  if (!sent) return std::unexpected(std::move(sent).error());
  return delivery();
}

// Until there is a connection.
result<delivery> websocket_client_core::keep(std::string_view name, websocket::opcode type,
                                             byte_view payload) {
  if (link().state() == provider_state::failed) return std::unexpected(not_ready());
  const std::size_t size = name.size() + payload.size();
  const auto fits = [&] { return kept_bytes_ + size <= config_.offline_bytes; };
  if (size > config_.offline_bytes || (!fits() && config_.offline_policy == overflow::reject)) {
    if (config_.offline_bytes == 0) return std::unexpected(not_ready());
    return fail(errc::queue_full, "offline_bytes wait for a connection");
  }
  if (!fits() && config_.offline_policy == overflow::drop_newest) {
    return fail(errc::dropped, "offline_bytes wait for a connection");
  }
  while (!fits()) {
    kept_bytes_ -= kept_.front().size();
    kept_.pop_front();
  }
  kept_.push_back({std::string(name), type, {payload.begin(), payload.end()}});
  kept_bytes_ += size;
  return delivery();
}

void websocket_client_core::send_kept() {
  kept_bytes_ = 0;
  for (const waiting& w : std::exchange(kept_, {})) {
    (void)transmit({websocket::envelope_kind::pub, 0, w.name, w.payload}, w.type);
  }
}

// --- listening --------------------------------------------------------------------------------

void websocket_client_core::ask_for(std::string_view filter) {
  const bool is_up = link().is_up();
  if (is_up && !is_named_) return waiting_.confirm(filter);
  // One that nobody waits for any more; none for who is the first.
  if (listeners_.count_with(filter) > 1) forget_question(filter);
  auto q = std::make_unique<question>(*this, shared_->next_id());
  q->filter = filter;
  const std::uint64_t id = q->id;
  questions_.emplace(id, std::move(q));
  if (is_up) {
    (void)transmit({websocket::envelope_kind::sub, id, filter, {}}, websocket::opcode::text);
  }
}

void websocket_client_core::forget_question(std::string_view filter) noexcept {
  std::erase_if(questions_, [&](const auto& q) { return q.second->filter == filter; });
}

void websocket_client_core::filter_removed(std::string_view filter) {
  forget_question(filter);
  if (initialized_ && link().is_up()) unsubscribe(filter);
}

// Unless another client on this connection listens to it as well.
void websocket_client_core::unsubscribe(std::string_view filter) {
  if (shared_->is_heard(filter, *this)) return;
  (void)transmit({websocket::envelope_kind::unsub, shared_->next_id(), filter, {}},
                 websocket::opcode::text);
}

void websocket_client_core::link_message(const websocket::message_event& message) {
  const websocket_core_ref keep(*this);
  if (!is_named_) return deliver(std::nullopt, message.data);
  const auto e = websocket::read_envelope(message.data);
  if (!e) return;
  if (e->kind == websocket::envelope_kind::pub) return deliver(e->name, e->payload);
  answered(*e);
}

// --- questions --------------------------------------------------------------------------------

void websocket_client_core::answered(const websocket::envelope& e) {
  using enum websocket::envelope_kind;
  switch (e.kind) {
    case ok:
      return end_question(e.id, value());
    case ret:
      return end_question(e.id, decode(e.payload, decode_policy::json_or_text, &json::decode));
    case err:
      return end_question(e.id, std::unexpected(error_of_callee(websocket::errc::call_failed,
                                                                e.name, as_text(e.payload))));
    case pub:
    case sub:
    case unsub:
    case call:
      break;  // a server asks nothing
  }
}

void websocket_client_core::end_question(std::uint64_t id, result<value> outcome) {
  const auto found = questions_.find(id);
  if (found == questions_.end()) return;
  const auto q = std::move(found->second);
  questions_.erase(found);
  if (q->answer) return q->answer.complete(std::move(outcome));
  if (outcome) return waiting_.confirm(q->filter);
  waiting_.refuse(q->filter, outcome.error());
}

// Calls may have been carried out; filters are asked for again on the next connection.
void websocket_client_core::end_questions(const error& why, bool with_filters) {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, q] : questions_) {
    if (with_filters || q->filter.empty()) ids.push_back(id);
  }
  for (const std::uint64_t id : ids) end_question(id, std::unexpected(why));
}

void websocket_client_core::cancel(operation_base& op) {
  if (op.owner_data != 0) return end_question(op.owner_data, fail(errc::cancelled));
  const auto at = std::find_if(initializing_.begin(), initializing_.end(),
                               [&](const auto& done) { return done.state() == &op; });
  if (at == initializing_.end()) return;
  completer<void> done = std::move(*at);
  initializing_.erase(at);
  done.complete(fail(errc::cancelled));
}

operation<value> websocket_client_core::call(std::string_view name, const value& request,
                                             duration timeout) {
  if (!initialized_ || !link().is_up()) {
    return ended<value>(*this, std::unexpected(not_ready()));
  }
  auto payload = json::payload::of(request);
  if (!payload) return ended<value>(*this, std::unexpected(std::move(payload).error()));
  auto q = std::make_unique<question>(*this, shared_->next_id());
  const auto type = payload->is_text() ? websocket::opcode::text : websocket::opcode::binary;
  const websocket::envelope e{websocket::envelope_kind::call, q->id, name, payload->bytes()};
  if (auto ok = transmit(e, type); !ok) return ended<value>(*this, std::unexpected(ok.error()));
  q->answer = completer<value>(loop_);
  auto op = q->answer.op();
  op.state()->set_fault_sink(this);
  op.state()->set_canceller(this);
  op.state()->owner_data = q->id;
  if (timeout == duration::zero()) timeout = config_.call_timeout;
  if (timeout > duration::zero()) loop_.set_timer(*q, loop_.now() + timeout);
  questions_.emplace(q->id, std::move(q));
  return op;
}

operation<callable> websocket_client_core::make_callable(std::string_view name) {
  if (!initialized_) return ended<callable>(*this, std::unexpected(not_ready()));
  if (!websocket::is_envelope_name(name)) {
    return ended<callable>(*this, fail(errc::invalid_argument, "this is no name of a callable"));
  }
  return ended<callable>(
      *this, make_named_callable(
                 *this, name,
                 [](websocket_client_core& core, std::string_view of, const value& request,
                    call_options options) { return core.call(of, request, options.timeout); }));
}

operation<callable> websocket_client_core::serve(std::string_view, call_handler) {
  return ended<callable>(*this, fail(errc::not_supported, "a server calls no clients"));
}

}  // namespace parley::detail
