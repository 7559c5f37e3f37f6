// The state behind a redis_provider: its links, waiters and subscriptions. Lives
// on the heap and is reference counted, so that the provider may be destroyed at
// any moment, also inside its own callbacks.
#pragma once

#include <memory>
#include <optional>
#include <parley/codecs/resp/detail/redis_backlog.hpp>
#include <parley/codecs/resp/detail/redis_calls.hpp>
#include <parley/codecs/resp/detail/redis_subscriptions.hpp>
#include <parley/codecs/resp/redis_config.hpp>
#include <parley/codecs/resp/redis_link.hpp>
#include <parley/codecs/resp/redis_pool.hpp>
#include <parley/codecs/resp/redis_waiter.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/api/remote.hpp>
#include <parley/core/async/operation.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace parley {

class redis_connection;

namespace detail {

class redis_core final : private redis_link_owner,
                         private timer,
                         public canceller,
                         public fault_sink,
                         public remote_sink {
 public:
  redis_core(loop& home, redis_config config);

  void retain() noexcept override { ++references_; }
  void release() noexcept override {
    if (--references_ == 0) delete this;
  }

  loop& home() noexcept { return loop_; }
  const redis_config& config() const noexcept { return config_; }
  redis_subscriptions& subscriptions() noexcept { return subscriptions_; }
  redis_calls& calls() noexcept { return calls_; }
  redis_pool& pool() noexcept { return pool_; }
  const redis_pool& pool() const noexcept { return pool_; }
  // For other threads; made with the first call.
  remote remote_handle();
  provider_status status();

  operation<void> initialize();
  operation<void> close();
  // Ends everything with errc::cancelled; nothing refers to the user's objects
  // afterwards.
  void shut() noexcept;

  // Sends a command; `convert` makes a T of a reply that is no error. `verb` is
  // for metrics and must be static.
  template <class T, class Convert>
  operation<T> command(std::string_view verb, std::span<const std::string_view> arguments,
                       duration timeout, Convert convert) {
    auto* waiter = redis_command_waiter<T, Convert>::make(loop_, std::move(convert));
    auto op = waiter->op();
    waiter->verb = verb;
    give(*waiter, *waiter, arguments, timeout);
    return op;
  }
  // The part of it that does not depend on T.
  void give(operation_base& op, redis_waiter& waiter, std::span<const std::string_view> arguments,
            duration timeout);
  // The same on a connection that was lent.
  void give_on(redis_lease& lease, operation_base& op, redis_waiter& waiter,
               std::span<const std::string_view> arguments);
  operation<redis_connection> acquire();
  operation<delivery> publish(std::string_view channel, const value& v);
  operation<delivery> publish_bytes(std::string_view channel, byte_view payload);

  // For the parts of the provider: ends a waiter with an error, or with its reply.
  void end(redis_waiter& waiter, const error& why);
  void answered(const resp::reply_event& reply);
  void finish(redis_waiter& waiter, std::string_view status);

  // The link for subscriptions; started when there is something to subscribe to.
  redis_link& subscriber() noexcept { return subscriber_; }
  bool is_ready() const noexcept { return initialized_; }
  // Commands go at once.
  bool is_up() const noexcept { return commander_.is_up(); }
  // Why there is no connection now.
  error not_ready() const;
  const std::optional<error>& last_error() const noexcept { return commander_.last_error(); }
  // Connections for commands and for subscriptions, which are not of the pool.
  std::size_t shared_connections() const noexcept;
  void cancel(operation_base& op) override;
  void callback_failed(const error& why) override;
  void record(std::string_view name, double value, std::string_view what, std::string_view status);

 private:
  ~redis_core() = default;

  void enrol(operation_base& op, redis_waiter& waiter);
  result<void> submit(std::span<const std::string_view> arguments, redis_waiter& waiter,
                      duration timeout);
  result<void> send(redis_waiter& waiter, std::span<const std::string_view> arguments,
                    duration timeout);
  void send_backlog();
  operation<delivery> shout_for_remote(std::string_view name, const value& v) override;
  void stop() noexcept;
  void settle_initialize(result<void> outcome);
  void fired(time_point now) override;  // initialize() has waited long enough

  void link_up(redis_link& link) override;
  void link_down(redis_link& link, const error& why, bool final) override;
  void link_reply(redis_link& link, const resp::reply_event& reply) override;
  void link_expired(redis_link& link, std::uint64_t tag) override;
  void link_message(redis_link& link, const resp::message_event& message) override;
  void link_confirmed(redis_link& link, const resp::confirmed& what) override;

  loop& loop_;
  redis_config config_;
  std::uint32_t references_ = 0;
  redis_link commander_;
  redis_link subscriber_;
  redis_subscriptions subscriptions_;
  redis_calls calls_;
  redis_backlog backlog_;
  redis_pool pool_;
  redis_waiters waiters_;  // for replies on commander_
  std::size_t pending_ = 0;
  remote_port remote_;
  std::vector<completer<void>> initializing_;
  bool initialized_ = false;
};

// An operation that has ended already; what its callback throws is reported too.
template <class T>
operation<T> ended(redis_core& core, result<T> r) {
  auto op = operation<T>::finished(core.home(), std::move(r));
  op.state()->set_fault_sink(&core);
  return op;
}

// Keeps a core alive: in operations of several steps.
class redis_core_ref {
 public:
  explicit redis_core_ref(redis_core& core) noexcept : core_(&core) { core_->retain(); }
  redis_core_ref(const redis_core_ref& other) noexcept : redis_core_ref(*other.core_) {}
  redis_core_ref& operator=(const redis_core_ref&) = delete;
  ~redis_core_ref() { core_->release(); }
  redis_core* operator->() const noexcept { return core_; }
  redis_core& operator*() const noexcept { return *core_; }

 private:
  redis_core* core_;
};

}  // namespace detail
}  // namespace parley
