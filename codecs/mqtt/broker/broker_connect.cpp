// CONNECT and DISCONNECT, sessions and wills (sections 3.1, 3.14, 4.1).
#include <parley/codecs/mqtt/broker/broker.hpp>

#include <algorithm>
#include <array>
#include <parley/codecs/mqtt/client_errc.hpp>
#include <utility>

namespace parley::mqtt {
namespace {

// Of passwords: takes as long wherever they differ.
bool are_equal(byte_view a, byte_view b) noexcept {
  if (a.size() != b.size()) return false;
  std::byte difference{};
  for (std::size_t i = 0; i < a.size(); ++i) difference |= a[i] ^ b[i];
  return difference == std::byte{};
}

}  // namespace

// --- who comes -----------------------------------------------------------------------------------

std::string broker::make_client_id() {
  std::array<std::byte, 12> bytes{};
  chance_.random(bytes);
  std::string id = "parley-";
  for (const std::byte b : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    id += digits[std::to_integer<unsigned>(b) >> 4];
    id += digits[std::to_integer<unsigned>(b) & 15];
  }
  return id;
}

std::unique_ptr<detail::pending_login> broker::read_connect(const connect& p) {
  auto made = std::make_unique<detail::pending_login>();
  made->client_id = p.client_id;
  made->is_assigned = p.client_id.empty();
  if (made->is_assigned) made->client_id = make_client_id();
  made->user = p.user_name.value_or(std::string_view());
  made->clean_start = p.clean_start;
  const bool is_v5 = p.version == version::v5;
  std::uint32_t expiry = p.props.number(property::session_expiry_interval).value_or(0);
  // A session of 3.1.1 ends with the connection or never.
  if (!is_v5) expiry = p.clean_start ? 0 : never_expires;
  made->expiry = std::min(expiry, settings_.limits.max_session_expiry);
  made->tells_expiry = is_v5 && made->expiry != expiry;
  made->wants_response = p.props.flag(property::request_response_information, false);
  made->method = p.props.text(property::authentication_method).value_or(std::string_view());
  if (p.will) {
    made->will = std::make_unique<detail::will_state>();
    made->will->what = pool_.make(*p.will);
    made->will->delay = p.will->props.number(property::will_delay_interval).value_or(0);
    made->will->expiry = p.will->props.number(property::message_expiry_interval);
  }
  return made;
}

bool broker::is_known_user(const connect& p) const noexcept {
  if (!p.user_name) return settings_.allow_anonymous;
  if (settings_.users.empty()) return true;
  const byte_view given = p.password.value_or(byte_view());
  for (const broker_user& u : settings_.users) {
    if (u.name == *p.user_name) return are_equal(given, as_bytes(u.password.reveal()));
  }
  return false;
}

// Nothing: it is decided later.
std::optional<reason_code> broker::check_login(peer& who, const connect& p) {
  // With a policy, names that are not listed are the policy's matter if none is listed.
  if (!is_known_user(p)) {
    return p.user_name ? reason_code::bad_user_name_or_password : reason_code::not_authorized;
  }
  if (settings_.policy == nullptr) return reason_code::success;
  const detail::pending_login& l = *who.login;
  login asks;
  asks.client_id = l.client_id;
  asks.user = l.user;
  asks.has_user = p.user_name.has_value();
  asks.password = p.password;
  asks.version = p.version;
  return settings_.policy->authenticate(asks, who.ticket);
}

void broker::take_connect(peer& who, const connect& p, time_point now) {
  who.login = read_connect(p);
  if (!who.login->method.empty()) {
    further(who, p.props.bytes(property::authentication_data).value_or(byte_view()), now);
    return;
  }
  who.ticket = next_ticket_++;
  const auto verdict = check_login(who, p);
  if (!verdict) {
    undecided_.emplace(who.ticket, &who);
    return;
  }
  who.ticket = 0;
  if (is_error(*verdict)) return who.machine.refuse(*verdict, now);
  admit(who, now);
}

void broker::decide(std::uint64_t ticket, reason_code reason, time_point now) {
  const auto at = undecided_.find(ticket);
  if (at == undecided_.end()) return;
  peer& who = *at->second;
  undecided_.erase(at);
  who.ticket = 0;
  store_fault_.reset();
  if (is_error(reason)) {
    who.machine.refuse(reason, now);
  } else {
    admit(who, now);
  }
  if (store_fault_) who.machine.end(*store_fault_, reason_code::unspecified_error, now);
  who.stirred();
}

// --- enhanced authentication (section 4.12) ------------------------------------------------------

void broker::further(peer& who, byte_view data, time_point now) {
  authentication_step step;
  if (settings_.policy != nullptr) {
    const client_identity is = who.session != nullptr
                                   ? identity(*who.session)
                                   : client_identity{who.login->client_id, who.login->user};
    step = settings_.policy->authenticate_further(is, who.machine.authentication_method(), data);
  }
  if (is_error(step.reason)) {
    if (who.session == nullptr) return who.machine.refuse(step.reason, now);
    return who.machine.end(error(step.reason), step.reason, now);
  }
  const bool is_last = step.reason == reason_code::success;
  if (is_last && who.session == nullptr) {
    who.login->data = std::move(step.data);
    return admit(who, now);
  }
  (void)who.machine.ask(as_bytes(step.data), is_last, now);
}

void broker::take_auth(peer& who, const auth& p, time_point now) {
  further(who, p.props.bytes(property::authentication_data).value_or(byte_view()), now);
}

// --- sessions ------------------------------------------------------------------------------------

void broker::admit(peer& who, time_point now) {
  detail::pending_login& l = *who.login;
  const client_identity is{l.client_id, l.user};
  if (l.will) {
    const std::string_view topic = l.will->what->topic();
    if (!settings_.acl.may_publish(is.user, is.client_id, topic) ||
        (settings_.policy != nullptr && !settings_.policy->may_publish(is, topic))) {
      return who.machine.refuse(reason_code::not_authorized, now);
    }
  }
  bool present = false;
  session_state* const s = open_session(who, present, now);
  if (s == nullptr) {
    const bool is_v5 = who.machine.version() == version::v5;
    return who.machine.refuse(is_v5 ? reason_code::quota_exceeded : reason_code::server_unavailable,
                              now);
  }
  s->user = l.user;
  s->expiry = l.expiry;
  // Once it has records they are kept up, whatever a later CONNECT says.
  s->is_stored |= store_ != nullptr && l.expiry != 0;
  if (present) drop_forbidden(*s, now);
  s->will = std::move(l.will);
  put_session(*s, true, now);
  if (s->will) {
    put_will(*s);
  } else if (present) {
    erase_record(*s, "w");
  }
  std::string response;
  if (l.wants_response && !settings_.response_prefix.empty()) {
    response = settings_.response_prefix + "/" + l.client_id;
  }
  acceptance how{.session_present = present,
                 .assigned_id = l.is_assigned ? std::string_view(l.client_id) : std::string_view(),
                 .session_expiry = {},
                 .response_information = response,
                 .authentication_data = as_bytes(l.data)};
  if (l.tells_expiry) how.session_expiry = l.expiry;
  if (auto ok = who.machine.accept(how, now); !ok) note(std::move(ok));
  who.login.reset();
  attach(who, *s, now);
}

// The session that the client goes on with, or a new one; null if there are too many.
broker::session_state* broker::open_session(peer& who, bool& present, time_point now) {
  const detail::pending_login& l = *who.login;
  auto at = sessions_.find(l.client_id);
  if (at != sessions_.end()) {
    session_state& old = *at->second;
    const bool ends = l.clean_start || (old.connection != nullptr && old.expiry == 0);
    if (old.connection != nullptr) take_over(old, ends, now);
    at = sessions_.find(l.client_id);
    if (at != sessions_.end() && ends) end_session(*at->second, now);
  }
  at = sessions_.find(l.client_id);
  present = at != sessions_.end();
  if (present) return at->second.get();
  if (sessions_.size() >= settings_.limits.max_sessions) return nullptr;
  auto made = std::make_unique<session_state>();
  made->space = "s" + l.client_id;
  made->serial = next_serial_++;
  session_state* const s = made.get();
  sessions_.emplace(l.client_id, std::move(made));
  return s;
}

// Section 3.1.4: the connection that has the session is told, and ends. Its will is published
// unless it waits and the session goes on.
void broker::take_over(session_state& s, bool ends_session, time_point now) {
  peer& old = *s.connection;
  old.machine.end(error(broker_errc::taken_over), reason_code::session_taken_over, now);
  if (!ends_session && s.will && s.will->delay != 0) s.will.reset();
  detach(old, true, now);
  if (&old != current_) old.stirred();
}

void broker::attach(peer& who, session_state& s, time_point now) {
  who.session = &s;
  s.connection = &who;
  s.will_at.reset();
  s.expire_at.reset();
  note_deadline(s);
  s.in_flight = 0;
  for (delivery* d = s.queue.first; d != nullptr; d = d->after) d->counted = false;
  s.next = s.queue.first;
  pump(s, now);
}

// The connection has ended; nothing happens if it has no session any more.
void broker::detach(peer& who, bool with_will, time_point now) {
  session_state* const s = std::exchange(who.session, nullptr);
  if (s == nullptr) return;
  s->connection = nullptr;
  s->next = nullptr;
  s->in_flight = 0;
  // What is sent at most once needs a connection.
  for (delivery* d = s->queue.first; d != nullptr && s->waiting_qos_0 > 0;) {
    delivery* const after = d->after;
    if (d->qos == qos::at_most_once) finish(*s, *d);
    d = after;
  }
  if (!with_will && s->will) {
    s->will.reset();
    erase_record(*s, "w");
  }
  if (s->expiry == 0) return end_session(*s, now);
  if (s->expiry != never_expires) s->expire_at = now + std::chrono::seconds(s->expiry);
  put_session(*s, false, now);
  const bool is_due = s->will && s->will->delay == 0;
  if (s->will && !is_due) s->will_at = now + std::chrono::seconds(s->will->delay);
  note_deadline(*s);
  if (is_due) publish_will(*s, now);
}

void broker::take_disconnect(peer& who, const disconnect& p, time_point now) {
  session_state& s = *who.session;
  if (const auto expiry = p.props.number(property::session_expiry_interval)) {
    s.expiry = std::min(*expiry, settings_.limits.max_session_expiry);
  }
  detach(who, p.reason != reason_code::normal_disconnection, now);
}

// Without a connection. Its will is published, its messages of shared subscriptions go to others.
void broker::end_session(session_state& s, time_point now) {
  publish_will(s, now);
  s.will_at.reset();
  s.expire_at.reset();
  note_deadline(s);
  for (auto& [filter, state] : s.subscriptions) leave_index(filter, state);
  subscription_count_ -= s.subscriptions.size();
  s.subscriptions.clear();
  left_behind others;
  while (delivery* const d = s.queue.first) drop(s, *d, others);
  for (detail::inbound_message& each : s.inbound) {
    if (each.stored) drop_stored(*each.stored);
  }
  if (s.is_stored) note(store_->erase_space(as_bytes(s.space)));
  const auto at = sessions_.find(s.client_id());
  if (at != sessions_.end()) sessions_.erase(at);
  share_again(others, now);
}

void broker::drop(session_state& s, delivery& d, left_behind& others) {
  // Section 4.8.2: never one of QoS 2 that it may have had.
  const bool may_move =
      d.group != 0 && d.what && (d.qos != qos::exactly_once || d.state == delivery_state::queued);
  if (may_move) others.emplace_back(d.what, d.group);
  finish(s, d);
}

void broker::share_again(const left_behind& all, time_point now) {
  for (const auto& [what, group] : all) {
    const auto found = groups_by_id_.find(group);
    if (found == groups_by_id_.end()) continue;
    (void)share_with(*found->second, what, now);
    if (what->stored_references > 0) put_message(*what);
  }
}

void broker::publish_will(session_state& s, time_point now) {
  const std::unique_ptr<detail::will_state> w = std::move(s.will);
  if (!w) return;
  if (w->expiry) pool_.start_expiry(*w->what, *w->expiry, now);
  (void)publish_message(w->what, &s, now);
  erase_record(s, "w");
}

}  // namespace parley::mqtt
