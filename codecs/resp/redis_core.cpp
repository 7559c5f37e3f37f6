#include <parley/codecs/resp/command_table.hpp>
#include <parley/codecs/resp/redis_core.hpp>

namespace parley::detail {

redis_core::redis_core(loop& home, redis_config config)
    : loop_(home),
      config_(std::move(config)),
      commander_(home, *this, config_),
      subscriber_(home, *this, config_),
      subscriptions_(*this) {}

provider_status redis_core::status() {
  provider_status s;
  s.state = commander_.state();
  s.last_error = commander_.last_error();
  s.connects = commander_.connects();
  s.pending = waiters_.size();
  if (commander_.is_up()) s.queued_bytes = commander_.client().buffered();
  return s;
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
  error why = commander_.last_error().value_or(
      error(errc::timed_out, "no connection to " + config_.where().to_string()));
  settle_initialize(std::unexpected(std::move(why)));
}

void redis_core::shut() noexcept {
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
  end_all(why);
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

void redis_core::give(operation_base& op, redis_waiter& waiter,
                      std::span<const std::string_view> arguments, duration timeout) {
  waiter.since = loop_.now();
  waiters_.add(waiter);
  op.set_canceller(this);
  op.set_fault_sink(this);
  op.owner_data = static_cast<std::uintptr_t>(waiter.tag());
  // The waiter is registered before: ending it goes the same way whether the
  // command failed at once or later, and is counted.
  if (auto ok = submit(arguments, waiter, timeout); !ok) end(waiter, ok.error());
}

result<void> redis_core::submit(std::span<const std::string_view> arguments, redis_waiter& waiter,
                                duration timeout) {
  // Commands are not queued across breaks: nobody could say when they would be
  // carried out, nor in which order with others.
  if (!commander_.is_up()) return std::unexpected(not_ready());
  auto sent = commander_.client().send(arguments, waiter.tag(), {.timeout = timeout}, loop_.now());
  if (!sent) return std::unexpected(std::move(sent.error()));
  commander_.wake();
  return {};
}

void redis_core::finish(redis_waiter& waiter, std::string_view status) {
  waiters_.remove(waiter);
  if (config_.watch) {
    record("calls_total", 1, waiter.verb, status);
    record("call_duration_seconds",
           std::chrono::duration<double>(loop_.now() - waiter.since).count(), waiter.verb, status);
  }
  waiter.destroy();
}

void redis_core::end(redis_waiter& waiter, const error& why) {
  waiter.on_error(why);
  finish(waiter, why.name());
}

void redis_core::end_all(const error& why) {
  // One by one from the front: what a waiter does may add or end others.
  while (redis_waiter* w = waiters_.first()) end(*w, why);
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
  if (commander_.is_up()) commander_.client().cancel(waiter.tag());
  if (subscriber_.is_up()) subscriber_.client().cancel(waiter.tag());
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

// --- what the links tell ------------------------------------------------------------

void redis_core::link_up(redis_link& link) {
  record("active_connections", 1, {}, "up");
  if (&link == &commander_) return settle_initialize({});
  subscriptions_.restore(loop_.now());
}

void redis_core::link_down(redis_link& link, const error& why, bool final) {
  record("errors_total", 1, {}, why.name());
  if (&link == &commander_) {
    // At most once: what was sent may have been carried out.
    end_all(why);
    if (final) settle_initialize(std::unexpected(why));
    return;
  }
  subscriptions_.lost(why, final, loop_.now());
}

void redis_core::link_reply(redis_link& link, const resp::reply_event& reply) {
  if (&link == &subscriber_) return subscriptions_.refused(reply.tag, reply.root());
  redis_waiter& waiter = *redis_waiter::of(reply.tag);
  waiter.on_reply(reply.root());
  finish(waiter, reply.root().is_error() ? "error" : "ok");
}

void redis_core::link_expired(redis_link&, std::uint64_t tag) {
  redis_waiter& waiter = *redis_waiter::of(tag);
  end(waiter, error(errc::timed_out, std::string(waiter.verb)));
}

void redis_core::link_message(redis_link&, const resp::message_event& message) {
  record("message_size_bytes", static_cast<double>(message.payload.size()), {}, "in");
  subscriptions_.deliver(message);
}

void redis_core::link_confirmed(redis_link&, const resp::confirmed& what) {
  subscriptions_.confirmed(what, loop_.now());
}

}  // namespace parley::detail
