#include <parley/codecs/json/payload.hpp>
#include <parley/codecs/resp/command_table.hpp>
#include <parley/codecs/resp/detail/redis_core.hpp>
#include <parley/codecs/resp/redis_connection.hpp>
#include <parley/core/async/guard.hpp>

namespace parley::detail {

redis_core::redis_core(loop& home, redis_config config)
    : loop_(home),
      config_(std::move(config)),
      commander_(home, *this, config_, "redis"),
      subscriber_(home, *this, config_, "redis.subscriptions"),
      subscriptions_(*this),
      calls_(*this),
      backlog_(*this),
      pool_(*this) {}

provider_status redis_core::status() {
  provider_status s;
  s.state = commander_.state();
  s.last_error = commander_.last_error();
  s.connects = commander_.connects();
  s.pending = pending_;
  s.queued_bytes = backlog_.bytes();
  if (commander_.is_up()) s.queued_bytes += commander_.client().buffered();
  return s;
}

std::size_t redis_core::shared_connections() const noexcept {
  const auto open = [](const redis_link& link) {
    return link.state() == provider_state::up || link.state() == provider_state::connecting;
  };
  return std::size_t{open(commander_)} + std::size_t{open(subscriber_)};
}

// --- initialize and shut ----------------------------------------------------------

// Ends when the first connection is up, and not with the first failure: a server
// that is just starting is worth waiting for.
operation<void> redis_core::initialize() {
  completer<void> done(loop_);
  auto op = done.op();
  op.state()->set_fault_sink(this);
  if (auto ok = config_.validate(); !ok) {
    done.complete(std::unexpected(std::move(ok.error())));
    return op;
  }
  // A subscriber that gave up gets another chance as well.
  if (subscriptions_.any_wanted()) subscriber_.start();
  if (commander_.is_up()) {
    done.complete({});
    return op;
  }
  op.state()->set_canceller(this);
  if (initializing_.empty()) loop_.set_timer(*this, loop_.now() + config_.connect_timeout);
  initializing_.push_back(std::move(done));
  initialized_ = true;
  commander_.start();
  return op;
}

void redis_core::settle_initialize(result<void> outcome) {
  loop_.set_timer(*this, std::nullopt);
  // Taken away first, as a waiter may call initialize() again.
  for (auto& done : std::exchange(initializing_, {})) done.complete(outcome);
}

// The provider goes on trying; whoever waits for it is told the true cause.
void redis_core::fired(time_point) {
  if (const auto& last = commander_.last_error()) {
    return settle_initialize(std::unexpected(*last));
  }
  const std::string where = config_.where().to_string();
  if (!commander_.is_connected()) {
    return settle_initialize(fail(errc::timed_out, "no connection to " + where));
  }
  // A Redis without TLS waits for the end of what it takes for a command.
  settle_initialize(std::unexpected(
      error(errc::timed_out, where + " accepts connections and says nothing")
          .with_hint(config_.ssl
                         ? "check that this port speaks TLS, and that the server is not busy"
                         : "check that a Redis server without TLS answers there")));
}

void redis_core::shut() noexcept {
  remote_.close();
  stop();
  // The core may outlive the provider (speakers hold it), the observer need not.
  config_.watch = nullptr;
}

void redis_core::stop() noexcept {
  // Links first, so that no reply can come while the waiters are being ended.
  commander_.stop();
  subscriber_.stop();
  initialized_ = false;
  const error why(errc::cancelled);
  settle_initialize(std::unexpected(why));
  while (redis_waiter* w = waiters_.first()) end(*w, why);
  backlog_.end_all(why);
  pool_.shut(why);
  calls_.shut();
  subscriptions_.shut();
}

operation<void> redis_core::close() {
  stop();
  if (config_.watch) config_.watch->state_changed("redis", provider_state::closed, nullptr);
  return operation<void>::finished(loop_, {});
}

// --- commands ---------------------------------------------------------------------

error redis_core::not_ready() const {
  if (!initialized_) return error(errc::not_connected, "initialize() was not called");
  error why(errc::not_connected, config_.where().to_string());
  if (const auto& last = commander_.last_error()) return std::move(why).with_cause(*last);
  return why;
}

void redis_core::enrol(operation_base& op, redis_waiter& waiter) {
  waiter.since = loop_.now();
  op.set_canceller(this);
  op.set_fault_sink(this);
  op.owner_data = static_cast<std::uintptr_t>(waiter.tag());
  ++pending_;
}

void redis_core::give(operation_base& op, redis_waiter& waiter,
                      std::span<const std::string_view> arguments, duration timeout) {
  // Counted before: ending it goes the same way whether the command failed at once or
  // later.
  enrol(op, waiter);
  result<void> ok;
  const auto fits = guarded([&] { ok = submit(arguments, waiter, timeout); });
  if (!fits || !ok) end(waiter, fits ? ok.error() : fits.error());
}

void redis_core::give_on(redis_lease& lease, operation_base& op, redis_waiter& waiter,
                         std::span<const std::string_view> arguments) {
  enrol(op, waiter);
  result<void> ok;
  const auto fits = guarded([&] { ok = pool_.send(lease, waiter, arguments); });
  if (!fits || !ok) end(waiter, fits ? ok.error() : fits.error());
}

operation<redis_connection> redis_core::acquire() {
  auto* w = redis_lease_waiter::make(loop_);
  auto op = w->op();
  w->verb = "acquire";
  enrol(*w, *w);
  auto ok = is_ready() ? pool_.lend(*w) : std::unexpected(not_ready());
  if (!ok) end(*w, ok.error());
  return op;
}

operation<delivery> redis_core::publish(std::string_view channel, const value& v) {
  auto payload = json::payload::of(v);
  if (!payload) return ended<delivery>(*this, std::unexpected(std::move(payload.error())));
  return publish_bytes(channel, as_bytes(payload->text()));
}

operation<delivery> redis_core::publish_bytes(std::string_view channel, byte_view payload) {
  if (config_.watch) {
    record("message_size_bytes", static_cast<double>(payload.size()), "shout", "out");
  }
  const std::array<std::string_view, 3> words{"PUBLISH", channel, as_text(payload)};
  return command<delivery>("PUBLISH", words, config_.command_timeout,
                           [](resp::element reply) -> result<delivery> {
                             auto receivers = reply.as<std::int64_t>();
                             if (!receivers) return std::unexpected(std::move(receivers.error()));
                             return delivery(*receivers);
                           });
}

result<void> redis_core::submit(std::span<const std::string_view> arguments, redis_waiter& waiter,
                                duration timeout) {
  if (!initialized_) return std::unexpected(not_ready());
  if (resp::wants_own_connection(arguments)) return pool_.run(waiter, arguments);
  if (resp::is_blocking(arguments)) timeout = duration::zero();
  // What waits goes first: commands keep their order.
  if (commander_.is_up() && backlog_.empty()) return send(waiter, arguments, timeout);
  // A provider that gave up sends nothing later either.
  if (commander_.state() == provider_state::failed) return std::unexpected(not_ready());
  if (auto ok = resp::check_command(arguments); !ok) return ok;
  return backlog_.add(waiter, arguments, timeout);
}

result<void> redis_core::send(redis_waiter& waiter, std::span<const std::string_view> arguments,
                              duration timeout) {
  auto sent = commander_.client().send(arguments, waiter.tag(), {.timeout = timeout}, waiter.since);
  if (!sent) return std::unexpected(std::move(sent.error()));
  waiters_.add(waiter);
  commander_.wake();
  return {};
}

// What was given while there was no connection, in that order, each with what is left
// of its time.
void redis_core::send_backlog() {
  while (!backlog_.empty()) {
    redis_waiter& w = backlog_.take();
    const auto held = std::move(w.held);
    const duration timeout = held->until() ? *held->until() - w.since : duration::zero();
    if (auto ok = send(w, held->words(), timeout); !ok) end(w, ok.error());
  }
}

void redis_core::finish(redis_waiter& waiter, std::string_view status) {
  if (waiter.list()) waiter.list()->remove(waiter);
  --pending_;
  if (config_.watch) {
    record("calls_total", 1, waiter.verb, status);
    record("call_duration_seconds",
           std::chrono::duration<double>(loop_.now() - waiter.since).count(), waiter.verb, status);
  }
  waiter.let_go();
}

void redis_core::end(redis_waiter& waiter, const error& why) {
  waiter.on_error(why);
  finish(waiter, why.name());
}

void redis_core::answered(const resp::reply_event& reply) {
  redis_waiter& waiter = *redis_waiter::of(reply.tag);
  const resp::element root = reply.root();
  waiter.on_reply(root);
  finish(waiter, root.is_error() ? "error" : "ok");
}

// P29: the waiter goes, the slot of its reply stays.
void redis_core::cancel(operation_base& op) {
  // No waiter: it is one of initialize().
  if (op.owner_data == 0) {
    std::erase_if(initializing_, [&](completer<void>& c) {
      if (c.state() != &op) return false;
      c.complete(std::unexpected(error(errc::cancelled)));
      return true;
    });
    return;
  }
  redis_waiter& waiter = *redis_waiter::of(op.owner_data);
  if (waiter.list() == &waiters_) {
    commander_.client().cancel(waiter.tag());
  } else if (backlog_.holds(waiter)) {
    backlog_.remove(waiter);
  } else {
    pool_.remove(waiter);
  }
  end(waiter, error(errc::cancelled));
}

void redis_core::callback_failed(const error& why) {
  if (config_.watch) config_.watch->callback_failed("redis", why);
}

void redis_core::record(std::string_view name, double value, std::string_view what,
                        std::string_view status) {
  if (!config_.watch) return;
  metric m;
  m.name = name;
  m.value = value;
  m.protocol = "redis";
  m.operation = what;
  m.status = status;
  config_.watch->record(m);
}

// --- other threads ----------------------------------------------------------------

remote redis_core::remote_handle() { return remote_.open(loop_, *this, config_.remote_bytes); }

operation<delivery> redis_core::shout_for_remote(std::string_view name, const value& v) {
  return publish(name, v);
}

// --- what the links tell ------------------------------------------------------------

void redis_core::link_up(redis_link& link) {
  record("active_connections", 1, {}, "up");
  if (&link == &commander_) {
    settle_initialize({});
    return send_backlog();
  }
  subscriptions_.restore(loop_.now());
}

void redis_core::link_down(redis_link& link, const error& why, bool final) {
  record("errors_total", 1, {}, why.name());
  if (&link == &commander_) {
    // At most once: what was sent may have been carried out. What was not waits.
    while (redis_waiter* w = waiters_.first()) end(*w, why);
    if (final) {
      backlog_.end_all(why);
      settle_initialize(std::unexpected(why));
    }
    return;
  }
  subscriptions_.lost(why, final, loop_.now());
  calls_.lost(why);
}

void redis_core::link_reply(redis_link& link, const resp::reply_event& reply) {
  if (&link == &subscriber_) return subscriptions_.refused(reply.tag, reply.root());
  answered(reply);
}

void redis_core::link_expired(redis_link&, std::uint64_t tag) {
  redis_waiter& waiter = *redis_waiter::of(tag);
  end(waiter, error(errc::timed_out, std::string(waiter.verb)));
}

void redis_core::link_message(redis_link&, const resp::message_event& message) {
  if (config_.watch) {
    record("message_size_bytes", static_cast<double>(message.payload.size()), {}, "in");
  }
  subscriptions_.deliver(message);
}

void redis_core::link_confirmed(redis_link&, const resp::confirmed& what) {
  subscriptions_.confirmed(what, loop_.now());
}

}  // namespace parley::detail
