#include <parley/codecs/resp/detail/redis_core.hpp>
#include <parley/codecs/resp/redis_connection.hpp>

namespace parley {

redis_connection::~redis_connection() {
  if (!lease_) return;
  detail::redis_core& core = *lease_->core;
  if (lease_->lane) core.pool().give_back(*lease_);
  delete lease_;
  core.release();
}

loop& redis_connection::home() noexcept { return lease_->core->home(); }

void redis_connection::give(operation_base& op, detail::redis_waiter& waiter,
                            std::span<const std::string_view> arguments) {
  lease_->core->give_on(*lease_, op, waiter, arguments);
}

void detail::redis_lease_waiter::grant(redis_core& core, redis_lane& lane) {
  auto* lease = new redis_lease;
  core.retain();
  lease->core = &core;
  lease->lane = &lane;
  lane.lease = lease;
  complete(redis_connection(lease));
}

}  // namespace parley
