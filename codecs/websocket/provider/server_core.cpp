#include <algorithm>
#include <cstring>
#include <parley/codecs/json/json.hpp>
#include <parley/codecs/json/payload.hpp>
#include <parley/codecs/websocket/errc.hpp>
#include <parley/codecs/websocket/provider/server_core.hpp>
#include <parley/codecs/websocket/provider/settings.hpp>
#include <parley/core/api/named_callable.hpp>
#include <parley/core/async/run_aside.hpp>
#include <parley/core/text/utf8.hpp>
#include <utility>

namespace parley::detail {
namespace {

// How many filters one client may have: each is looked at for each message.
constexpr std::size_t most_filters = 1000;

websocket_server_config server_config_of(const websocket_config& c) {
  websocket_server_config s;
  s.host = c.host;
  s.port = c.port;
  s.unix_socket = c.unix_socket;
  s.listens = c.listens;
  s.max_connections = c.max_connections;
  s.origins = c.origins;
  if (c.names != websocket_names::raw) {
    s.subprotocols.emplace_back(websocket::envelope_subprotocol);
  }
  s.needs_subprotocol = c.names == websocket_names::required;
  s.deflate = c.deflate;
  s.deflate.enabled = c.compression == "deflate";
  s.limits = connection_limits_of(c);
  s.ssl = !c.ssl_cert.empty();
  if (s.ssl) {
    s.tls = {.ca_certs = c.ssl_ca_certs,
             .certfile = c.ssl_cert,
             .keyfile = c.ssl_key,
             .key_password = c.ssl_key_password,
             .crlfile = c.ssl_crlfile,
             .clients = c.clients};
  }
  s.with = c.with;
  s.watch = c.watch;
  s.stop_timeout = c.close_timeout;
  return s;
}

}  // namespace

websocket_server_core::websocket_server_core(loop& home, websocket_config config)
    : websocket_core(home, std::move(config)),
      machine_mark_(connection_limits_of(config_).high_water),
      listening_(draw_seed(home)) {
  if (config_.compression == "deflate") deflater_.emplace(config_.deflate);
}

websocket_server_core::~websocket_server_core() {
  for (member* m : std::exchange(members_, {})) delete m;
}

// --- its life ---------------------------------------------------------------------------------

operation<void> websocket_server_core::initialize() {
  if (auto ok = config_.validate(); !ok) return ended<void>(*this, std::move(ok));
  if (!server_) {
    auto how = server_config_of(config_);
    how.ask = static_cast<bool>(admission_);
    server_.emplace(loop_, static_cast<websocket_handler&>(*this), std::move(how));
    if (door_) door_->server = &*server_;
  }
  if (!server_->is_listening()) {
    if (auto ok = server_->listen(); !ok) {
      last_error_ = ok.error();
      return ended<void>(*this, std::move(ok));
    }
  }
  initialized_ = true;
  state_ = provider_state::up;
  if (config_.watch) config_.watch->state_changed("websocket", state_, nullptr);
  return ended<void>(*this, {});
}

operation<void> websocket_server_core::close() {
  initialized_ = false;
  state_ = provider_state::closed;
  if (config_.watch) config_.watch->state_changed("websocket", state_, nullptr);
  return server_ ? server_->stop() : ended<void>(*this, {});
}

void websocket_server_core::shut() noexcept {
  websocket_core::shut();
  state_ = provider_state::closed;
  handlers_.clear();
  admission_ = {};
  if (door_) door_->server = nullptr;
  // Clients go without a word, and say `closed` from in here.
  server_.reset();
}

std::shared_ptr<upgrade_target> websocket_server_core::upgrades() {
  if (!door_) door_ = std::make_shared<door>();
  door_->server = server_ ? &*server_ : nullptr;
  return door_;
}

provider_status websocket_server_core::status() const {
  provider_status s;
  s.state = state_;
  s.last_error = last_error_;
  s.connects = accepted_;
  for (const member* m : members_) {
    s.queued_bytes += m->box.bytes() + m->peer.machine().buffered();
  }
  return s;
}

websocket_counts websocket_server_core::counts() const {
  websocket_counts c{.clients = members_.size(), .lost = lost_, .overrun = overrun_};
  for (const member* m : members_) {
    c.queued_bytes += m->box.bytes();
    c.lost += m->box.lost();
  }
  return c;
}

// --- clients ----------------------------------------------------------------------------------

void websocket_server_core::on_event(websocket_peer& peer, websocket::event& event, time_point) {
  const websocket_core_ref keep(*this);
  auto* const m = static_cast<member*>(peer.user);
  if (const auto* asks = std::get_if<websocket::handshake_event>(&event)) {
    receive_visitor(peer, *asks->head);
  } else if (const auto* how = std::get_if<websocket::opened>(&event)) {
    enter(peer, *how);
  } else if (m == nullptr) {
    if (std::holds_alternative<closed>(event)) {
      std::erase_if(visitors_, [&](const auto& v) { return v.second == &peer; });
    }
  } else if (const auto* message = std::get_if<websocket::message_event>(&event)) {
    // Callbacks may deliver nothing themselves, so that there is one sender at a time.
    sender_ = m;
    take(*m, *message);
    sender_ = nullptr;
  } else if (std::holds_alternative<websocket::writable>(event)) {
    flush(*m);
  } else if (const auto* why = std::get_if<failed>(&event)) {
    last_error_ = why->why;
  } else if (std::holds_alternative<closed>(event)) {
    peer.user = nullptr;
    leave_member(*m);
  }
}

// The peer may be gone before the answer: it is found by number.
void websocket_server_core::receive_visitor(websocket_peer& peer, const http::request_head& head) {
  if (!admission_) return;
  const std::uint64_t id = ++visits_;
  visitors_.emplace(id, &peer);
  const auto ran = run_aside(
      admission_,
      [&](websocket_admission& asks) { asks(head, peer.from(), websocket_visit(*this, id)); },
      [&] { return server_ ? &admission_ : nullptr; });
  if (!ran) callback_failed(ran.error());
}

void websocket_server_core::answer_visit(std::uint64_t id, std::uint16_t status,
                                         std::string_view text) {
  const auto found = visitors_.find(id);
  if (found == visitors_.end()) return;
  websocket_peer& peer = *found->second;
  visitors_.erase(found);
  if (status == 0) {
    (void)peer.machine().accept({}, loop_.now());
  } else {
    (void)peer.machine().refuse(status, {}, text, loop_.now());
  }
  peer.wake();
}

void websocket_server_core::enter(websocket_peer& peer, const websocket::opened& how) {
  auto made =
      std::make_unique<member>(peer, config_, how.subprotocol == websocket::envelope_subprotocol);
  made->place = members_.size();
  members_.push_back(made.get());
  peer.user = made.release();
  ++accepted_;
}

void websocket_server_core::leave_member(member& m) noexcept {
  if (sender_ == &m) sender_ = nullptr;
  for (const std::string& f : m.filters) listening_.remove(f, m);
  members_[m.place] = members_.back();
  members_[m.place]->place = m.place;
  members_.pop_back();
  lost_ += m.box.lost();
  delete &m;
}

// --- back-pressure of inboxes -----------------------------------------------------------------

void websocket_server_core::hold_sender() {
  if (sender_ == nullptr) return;
  sender_->is_held = true;
  sender_->peer.machine().hold();
}

void websocket_server_core::inboxes_full(bool any) {
  if (any) return;  // each is held when it sends
  for (member* m : members_) {
    if (!std::exchange(m->is_held, false)) continue;
    m->peer.machine().go_on();
    m->peer.wake();
  }
}

// --- what they say ----------------------------------------------------------------------------

void websocket_server_core::take(member& m, const websocket::message_event& message) {
  if (!initialized_) return;
  if (!m.is_named) {
    if (config_.relay) spread({}, message.type, message.data, &m);
    return deliver(std::nullopt, message.data);
  }
  // What is no envelope comes from somebody who does not keep to what was agreed.
  const auto e = websocket::read_envelope(message.data);
  if (e) take_named(m, message.type, *e);
}

void websocket_server_core::take_named(member& m, websocket::opcode type,
                                       const websocket::envelope& e) {
  using enum websocket::envelope_kind;
  switch (e.kind) {
    case pub:
      if (!is_topic_name(e.name)) return;
      if (config_.relay) spread(e.name, type, e.payload, &m);
      return deliver(e.name, e.payload);
    case sub:
    case unsub:
      return take_filter(m, e);
    case call:
      return answer_call(m, e);
    case ret:
    case ok:
    case err:
      break;  // nothing was asked
  }
}

void websocket_server_core::take_filter(member& m, const websocket::envelope& e) {
  const auto at = m.filters.find(e.name);
  if (e.kind == websocket::envelope_kind::unsub) {
    if (at != m.filters.end()) {
      listening_.remove(e.name, m);
      m.filters.erase(at);
    }
  } else if (!is_topic_filter(e.name) || m.filters.size() >= most_filters) {
    const std::string_view why = is_topic_filter(e.name) ? "too many channels" : "no sound filter";
    const std::string_view name = is_topic_filter(e.name) ? "queue_full" : "invalid_argument";
    return reply(m, {websocket::envelope_kind::err, e.id, name, as_bytes(why)}, true);
  } else if (at == m.filters.end()) {
    m.filters.emplace(e.name);
    listening_.add(e.name, m);
  }
  reply(m, {websocket::envelope_kind::ok, e.id, {}, {}}, true);
}

void websocket_server_core::answer_call(member& m, const websocket::envelope& e) {
  using enum websocket::envelope_kind;
  const auto found = handlers_.find(e.name);
  if (found == handlers_.end()) {
    return reply(m, {err, e.id, "not_supported", as_bytes("there is no such callable")}, true);
  }
  const auto request = decode(e.payload, decode_policy::json_or_text, &json::decode);
  result<value> answer;
  // The handler may drop itself or the provider.
  const std::string name(e.name);
  const auto place = [&]() -> call_handler* {
    const auto again = handlers_.find(name);
    return again == handlers_.end() ? nullptr : &again->second;
  };
  const auto ran = run_aside(
      found->second, [&](call_handler& running) { answer = request ? running(*request) : request; },
      place);
  if (!ran) {
    callback_failed(ran.error());
    answer = std::unexpected(ran.error());
  }
  if (!initialized_) return;
  using encoded = result<json::payload>;
  const auto payload =
      answer ? json::payload::of(*answer) : encoded(std::unexpected(answer.error()));
  if (payload) return reply(m, {ret, e.id, {}, payload->bytes()}, payload->is_text());
  const std::string_view text = payload.error().message();
  reply(m, {err, e.id, payload.error().name(), as_bytes(text)}, true);
}

// Small, and owed: not a matter of the queue. Who does not read them either is dropped.
void websocket_server_core::reply(member& m, const websocket::envelope& e, bool is_text) {
  const std::size_t line = envelope_line_size(e);
  scratch_.resize(line + e.payload.size());
  std::byte* const end = put_envelope_line(scratch_.data(), e);
  if (!e.payload.empty()) std::memcpy(end, e.payload.data(), e.payload.size());
  websocket::server& machine = m.peer.machine();
  const auto type = is_text ? websocket::opcode::text : websocket::opcode::binary;
  const auto sent = machine.send(type, scratch_, loop_.now());
  if (!sent && sent.error() == errc::queue_full) machine.fail(sent.error(), loop_.now());
}

// --- broadcast --------------------------------------------------------------------------------

// Encodes once in each form that somebody needs.
class websocket_server_core::broadcast {
 public:
  broadcast(websocket_server_core& core, std::string_view name, websocket::opcode type,
            byte_view payload)
      : core_(core), name_(name), type_(type), payload_(payload) {}

  const websocket::shared_message* for_member(const member& m) {
    auto& made = m.is_named ? named_ : bare_;
    if (!made) made = make(m.is_named);
    return *made ? &**made : nullptr;
  }

 private:
  result<websocket::shared_message> make(bool is_named) {
    auto* const deflater = core_.deflater_ ? &*core_.deflater_ : nullptr;
    std::vector<std::byte>& line = core_.scratch_;
    line.clear();
    if (is_named) {
      const websocket::envelope e{websocket::envelope_kind::pub, 0, name_, {}};
      line.resize(envelope_line_size(e));
      put_envelope_line(line.data(), e);
    }
    return websocket::shared_message::make(type_, line, payload_, deflater);
  }

  websocket_server_core& core_;
  std::string_view name_;
  websocket::opcode type_;
  byte_view payload_;
  std::optional<result<websocket::shared_message>> named_, bare_;
};

// Without a name to those that know none; with one also to those that listen to it. How many took
// it.
std::int64_t websocket_server_core::spread(std::string_view name, websocket::opcode type,
                                           byte_view payload, const member* except) {
  broadcast message(*this, name, type, payload);
  std::int64_t count = 0;
  ++broadcasts_;
  const auto give = [&](member& m) {
    // Once, whatever it listens to.
    if (&m == except || std::exchange(m.told, broadcasts_) == broadcasts_) return;
    const auto* made = message.for_member(m);
    if (made != nullptr && push(m, *made, name)) ++count;
  };
  if (!name.empty()) {
    listening_.match(name, [&](member& m, std::string_view) { give(m); });
  }
  for (member* m : members_) {
    if (!m->is_named) give(*m);
  }
  return count;
}

result<delivery> websocket_server_core::send(std::string_view name, websocket::opcode type,
                                             byte_view payload) {
  if (!websocket::is_envelope_name(name)) {
    return fail(errc::invalid_argument, "this is no name of a channel");
  }
  if (type == websocket::opcode::text && !text::valid_utf8(payload)) {
    return fail(errc::bad_value, "text is not UTF-8");
  }
  return delivery(spread(name, type, payload, nullptr));
}

// True if it will get it.
bool websocket_server_core::push(member& m, const websocket::shared_message& message,
                                 std::string_view key) {
  websocket::server& machine = m.peer.machine();
  if (m.is_leaving || !machine.is_open()) return false;
  const std::size_t waits = machine.buffered();
  if (m.box.empty() && waits <= machine_mark_) {
    if (!machine.send(message, loop_.now())) return false;
    m.peer.wake();
    return true;
  }
  switch (m.box.push(message, key, waits)) {
    case outbox_fate::queued:
      return true;
    case outbox_fate::overrun:
      ++overrun_;
      m.is_leaving = true;
      machine.fail(error(websocket::errc::slow_reader, "write_limit bytes wait for it"),
                   loop_.now());
      m.peer.wake();
      return false;
    case outbox_fate::rejected:
    case outbox_fate::dropped:
      break;
  }
  return false;
}

void websocket_server_core::flush(member& m) {
  websocket::server& machine = m.peer.machine();
  while (!m.box.empty() && machine.buffered() <= machine_mark_) {
    if (!machine.send(*m.box.pop(), loop_.now())) return;
  }
}

// --- callables ----------------------------------------------------------------------------------

namespace {

error calls_nobody() { return {errc::not_supported, "a server calls no clients"}; }

}  // namespace

operation<callable> websocket_server_core::make_callable(std::string_view) {
  return ended<callable>(*this, std::unexpected(calls_nobody()));
}

operation<callable> websocket_server_core::serve(std::string_view name, call_handler handler) {
  if (!initialized_) return ended<callable>(*this, std::unexpected(not_ready()));
  if (!websocket::is_envelope_name(name)) {
    return ended<callable>(*this, fail(errc::invalid_argument, "this is no name of a callable"));
  }
  handlers_[std::string(name)] = std::move(handler);
  // A handle of the handler, which nobody here can call.
  return ended<callable>(
      *this, make_named_callable(
                 *this, name,
                 [](websocket_server_core& core, std::string_view, const value&, call_options) {
                   return ended<value>(core, std::unexpected(calls_nobody()));
                 }));
}

}  // namespace parley::detail

namespace parley {

websocket_visit::websocket_visit(detail::websocket_server_core& core, std::uint64_t id) noexcept
    : core_(&core), id_(id) {
  core_->retain();
}

websocket_visit::~websocket_visit() {
  if (core_) refuse(503, "nobody has decided\n");
}

void websocket_visit::accept() {
  detail::websocket_server_core* const core = std::exchange(core_, nullptr);
  if (!core) return;
  core->answer_visit(id_, 0, {});
  core->release();
}

void websocket_visit::refuse(std::uint16_t status, std::string_view text) {
  detail::websocket_server_core* const core = std::exchange(core_, nullptr);
  if (!core) return;
  core->answer_visit(id_, status, text);
  core->release();
}

}  // namespace parley
