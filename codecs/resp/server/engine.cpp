#include <algorithm>
#include <cassert>
#include <parley/codecs/resp/server/detail/key_positions.hpp>
#include <parley/codecs/resp/server/detail/words.hpp>
#include <parley/codecs/resp/server/engine.hpp>
#include <utility>

namespace parley::resp {

engine::engine(engine_config config, time_point now)
    : config_(std::move(config)),
      users_(config_.password, config_.users),
      shared_(config_.seed, config_.data),
      started_(now) {
  databases_.reserve(config_.databases);
  for (std::uint32_t i = 0; i < config_.databases; ++i) databases_.emplace_back(shared_);
  shared_.databases = databases_;
  shared_.observer = this;
}

engine::~engine() {
  assert(clients_ == 0);
  // Keyspaces tell nobody any more.
  shared_.observer = nullptr;
}

// --- clients --------------------------------------------------------------------------

bool engine::admit(peer& who, address from, time_point now) {
  if (clients_ >= config_.max_clients) {
    ++stats_.rejected_connections;
    who.machine.reply().error("ERR max number of clients reached");
    who.machine.close();
    return false;
  }
  ++stats_.connections;
  who.from = std::move(from);
  who.since = now;
  who.id = ++last_id_;
  who.admitted = true;
  link(who);
  authenticate(who, users_.standard());
  return true;
}

void engine::leave(peer& who) noexcept {
  if (!std::exchange(who.admitted, false)) return;
  subscriptions_.remove_all(who);
  if (who.waiting != nullptr) waiting_.remove(*std::exchange(who.waiting, nullptr));
  unlink(who);
}

void engine::link(peer& who) noexcept {
  who.previous = last_;
  who.next = nullptr;
  (last_ != nullptr ? last_->next : first_) = &who;
  last_ = &who;
  ++clients_;
}

void engine::unlink(peer& who) noexcept {
  (who.previous != nullptr ? who.previous->next : first_) = who.next;
  (who.next != nullptr ? who.next->previous : last_) = who.previous;
  --clients_;
}

void engine::select(peer& who, std::uint32_t database) noexcept {
  who.database = database;
  used_databases_ = std::max(used_databases_, database + 1);
}

void engine::authenticate(peer& who, const server_user& as) noexcept {
  who.user = &as;
  // The default user is not asked to log in if there is no password.
  who.authenticated = &as != &users_.standard() || (!as.needs_password && as.is_enabled);
  who.machine.set_authenticated(who.authenticated);
}

void engine::reset(peer& who) noexcept {
  subscriptions_.remove_all(who);
  who.machine.set_subscribed(false);
  who.machine.set_protocol(version::resp2);
  who.database = 0;
  who.no_evict = false;
  who.reply = reply_mode::on;
  if (who.find_extras() != nullptr) who.extras().name.clear();
  authenticate(who, users_.standard());
}

// --- requests -------------------------------------------------------------------------

void engine::execute(peer& from, std::span<const std::string_view> arguments, time_point now,
                     wall_time wall) {
  ++stats_.commands;
  const std::size_t before = from.machine.buffered();
  const indexed_command* const found = index_.find(arguments[0]);
  if (found == nullptr) {
    refuse_unknown(from, arguments);
  } else if (const engine_command* own = found->own; own == nullptr) {
    if (permits(from, *found->about, arguments)) {
      run(from, *found->about, nullptr, arguments, now, wall);
    }
  } else if (own = subcommand_of(from, *own, arguments); own != nullptr) {
    if (permits(from, own->about, arguments)) run(from, own->about, own, arguments, now, wall);
  }
  if (from.reply == reply_mode::on) return;
  from.machine.take_back(before);
  if (from.reply == reply_mode::skip) from.reply = reply_mode::on;
  if (from.reply == reply_mode::skip_next) from.reply = reply_mode::skip;
}

const engine_command* engine::subcommand_of(peer& from, const engine_command& own,
                                            std::span<const std::string_view> arguments) {
  if (own.subcommands.empty() || arguments.size() < 2) return &own;
  const std::size_t prefix = own.about.name.size() + 1;
  for (const engine_command& sub : own.subcommands) {
    if (is_word(arguments[1], sub.about.name.substr(prefix))) return &sub;
  }
  // COMMAND alone is a command as well: with another word it is none.
  refuse(from, "ERR unknown subcommand '" + for_error(arguments[1]) + "'. Try " +
                   capital_letters(own.about.name) + " HELP.");
  return nullptr;
}

// In the order in which Redis asks.
bool engine::permits(peer& from, const data_command& command,
                     std::span<const std::string_view> arguments) {
  const auto words = static_cast<int>(std::min<std::size_t>(arguments.size(), INT32_MAX));
  if (command.arity > 0 ? words != command.arity : words < -command.arity) {
    refuse(from, "ERR wrong number of arguments for '" + std::string(command.name) + "' command");
    return false;
  }
  if (!from.authenticated && !has(command.flags, command_flag::no_auth)) {
    refuse(from, "NOAUTH Authentication required.");
    return false;
  }
  if (from.user->is_restricted() && !permits_user(from, command, arguments)) return false;
  if (from.subscriptions() > 0 && from.machine.protocol() == version::resp2 &&
      !has(command.flags, command_flag::in_resp2_subscription)) {
    refuse(from, "ERR Can't execute '" + std::string(command.name) +
                     "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                     "allowed in this context");
    return false;
  }
  return true;
}

bool engine::permits_user(peer& from, const data_command& command,
                          std::span<const std::string_view> arguments) {
  // Whoever may do nothing may still become somebody else.
  if (!has(command.flags, command_flag::no_auth) && !from.user->may_run(command.name)) {
    refuse(from, "NOPERM this user has no permissions to run the '" + std::string(command.name) +
                     "' command");
    return false;
  }
  for (const std::string_view key : key_positions(command, arguments)) {
    if (from.user->may_use_key(key)) continue;
    refuse(from, "NOPERM this user has no permissions to access one of the keys used as arguments");
    return false;
  }
  return true;
}

void engine::run(peer& from, const data_command& about, const engine_command* own,
                 std::span<const std::string_view> arguments, time_point now, wall_time wall) {
  from.last_command = &about;
  if (own != nullptr) {
    engine_call call{*this, from, arguments, from.machine.reply(), now, wall};
    own->serve(call);
  } else {
    reply_writer reply = from.machine.reply();
    command_context context{arguments, reply, databases_[from.database], now, wall};
    about.run(context);
  }
  if (!grown_.empty()) serve_waiting(now);
}

void engine::refuse(peer& from, std::string_view text) {
  ++stats_.errors;
  from.machine.reply().error(text);
}

void engine::refuse_unknown(peer& from, std::span<const std::string_view> arguments) {
  constexpr std::size_t most = 128;
  std::string rest;
  for (std::size_t i = 1; i < arguments.size() && rest.size() < most; ++i) {
    rest += "'" + for_error(arguments[i], most - rest.size()) + "' ";
  }
  refuse(from, "ERR unknown command '" + for_error(arguments[0]) +
                   "', with args beginning with: " + rest);
  // A page of any site can make a browser send HTTP to this port, with commands in its body.
  const auto begins = [&](std::string_view word) {
    return std::ranges::equal(arguments[0], word, {}, [](char c) { return c | 0x20; });
  };
  if (begins("post") || begins("host:")) from.machine.close();
}

// --- waiting for lists ------------------------------------------------------------------

void engine::list_grew(keyspace& where, std::string_view key) {
  const auto database = static_cast<std::uint32_t>(&where - databases_.data());
  if (!waiting_.empty() && waiting_.first(database, key) != nullptr) {
    grown_.emplace_back(database, key);
  }
}

void engine::swapped(std::uint32_t a, std::uint32_t b) {
  // Keys that expire may have come to where nobody was.
  used_databases_ = std::max({used_databases_, a + 1, b + 1});
  for (const std::uint32_t database : {a, b}) {
    for (std::string& key : waiting_.keys_of(database)) {
      grown_.emplace_back(database, std::move(key));
    }
  }
}

void engine::wait_for_list(peer& who, std::unique_ptr<waiter> w) {
  who.waiting = &waiting_.add(std::move(w));
  who.machine.hold();
}

void engine::end_waiting(waiter& w) {
  peer& who = *w.who;
  who.waiting = nullptr;
  waiting_.remove(w);
  who.machine.go_on();
  who.stirred();
}

void engine::serve_waiting(time_point now) {
  // By index: serving one may pop into another list some day.
  for (std::size_t i = 0; i < grown_.size(); ++i) {
    const auto [database, key] = grown_[i];
    while (serve_first(database, key, now)) {
    }
  }
  grown_.clear();
}

// True if somebody was served, and the list may have more.
bool engine::serve_first(std::uint32_t database, const std::string& key, time_point now) {
  waiter* const w = waiting_.first(database, key);
  if (w == nullptr) return false;
  std::string element;
  const auto popped = databases_[database].pop_list(key, w->front, now, element);
  if (popped != keyspace::pop_status::popped) return false;
  reply_writer reply = w->who->machine.reply();
  reply.array(2);
  reply.blob(key);
  reply.blob(element);
  end_waiting(*w);
  return true;
}

void engine::expire_waiting(time_point now) {
  while (waiter* const w = waiting_.first_expired(now)) {
    w->who->machine.reply().null_array();
    end_waiting(*w);
  }
}

// --- time -----------------------------------------------------------------------------

std::optional<time_point> engine::next_deadline() const noexcept {
  std::optional<time_point> at = waiting_.next_deadline();
  for (std::uint32_t i = 0; i < used_databases_; ++i) {
    at = earliest(at, databases_[i].next_expiry());
  }
  return at;
}

void engine::handle_timeout(time_point now) {
  // About a tenth of a millisecond: other clients must not notice.
  constexpr std::size_t most_keys = 256;
  expire_waiting(now);
  for (std::uint32_t i = 0; i < used_databases_; ++i) {
    stats_.expired_keys += databases_[i].expire_some(now, most_keys);
  }
}

}  // namespace parley::resp
