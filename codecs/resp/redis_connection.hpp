// redis_connection: a connection that is lent by a redis_provider, for commands that
// belong to one connection: WATCH, MULTI and EXEC; or a wait that is interleaved with
// other commands.
//
//   auto own = co_await redis.acquire();
//   auto ok = co_await own->command("WATCH", "stock");
//
// Give it back by destroying it. A connection on which state may be left (MULTI without
// EXEC, CLIENT settings, replies that are due) is closed then, and not given on.
#pragma once

#include <parley/codecs/resp/redis_commands.hpp>
#include <parley/codecs/resp/redis_pool.hpp>
#include <utility>

namespace parley {

// A handle; movable. One thread: that of the loop. It may outlive the connection and the
// provider: commands then fail with errc::not_connected and the cause. Commands have the
// provider's timeout, but for those that wait at the server.
class redis_connection final : public redis_commands {
 public:
  explicit redis_connection(detail::redis_lease* lease) noexcept : lease_(lease) {}
  redis_connection(redis_connection&& other) noexcept
      : lease_(std::exchange(other.lease_, nullptr)) {}
  redis_connection& operator=(redis_connection&& other) noexcept {
    std::swap(lease_, other.lease_);
    return *this;
  }
  ~redis_connection();

  // False once the connection is gone. It does not come back: acquire() another.
  bool is_up() const noexcept { return lease_ && lease_->lane; }

 private:
  loop& home() noexcept override;
  void give(operation_base& op, detail::redis_waiter& waiter,
            std::span<const std::string_view> arguments) override;

  detail::redis_lease* lease_;
};

namespace detail {

// Who waits for a connection to hold.
class redis_lease_waiter final : public redis_operation<redis_connection> {
 public:
  static redis_lease_waiter* make(loop& home) {
    return ::new (home.pool().take(sizeof(redis_lease_waiter))) redis_lease_waiter(home);
  }

  void grant(redis_core& core, redis_lane& lane);

  void on_reply(resp::element) override {}

 private:
  explicit redis_lease_waiter(loop& home) noexcept : redis_operation(home) {}
  void destroy() noexcept override {
    this->~redis_lease_waiter();
    state_pool::put(this);
  }
};

}  // namespace detail
}  // namespace parley
