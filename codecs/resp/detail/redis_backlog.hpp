// Commands that were given while there is no connection. Bounded by bytes and by time
// (P15): a server that is away must not fill the memory, nor get orders of yesterday.
#pragma once

#include <cstddef>
#include <parley/codecs/resp/redis_waiter.hpp>
#include <parley/core/api/overflow.hpp>
#include <parley/core/loop/timer.hpp>

namespace parley::detail {

class redis_core;

class redis_backlog final : private timer {
 public:
  explicit redis_backlog(redis_core& core) noexcept : core_(core) {}

  bool empty() const noexcept { return waiting_.empty(); }
  std::size_t bytes() const noexcept { return bytes_; }
  bool holds(const redis_waiter& w) const noexcept { return w.list() == &waiting_; }

  // Takes a command in, and then owns its waiter, which it may end at once to make
  // room. Errors: queue_full, not_connected with a bound of 0; nothing was changed then.
  result<void> add(redis_waiter& w, std::span<const std::string_view> words, duration timeout);
  // The first one, taken out; its words are still in `held`.
  redis_waiter& take();
  // One that leaves before its turn.
  void remove(redis_waiter& w) noexcept;
  // Ends all of them.
  void end_all(const error& why);

 private:
  result<void> make_room(std::size_t bytes);
  void arm();
  void fired(time_point now) override;

  redis_core& core_;
  redis_waiters waiting_;
  std::size_t bytes_ = 0;
};

}  // namespace parley::detail
