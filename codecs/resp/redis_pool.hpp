// The connections of a provider that serve one holder at a time: for commands that wait
// at the server (BLPOP), which would stall all others (P38), and for acquire(). Opened
// when they are needed, up to a bound; who finds none free waits in line, for a bounded
// time, and is told numbers if that was not enough (P21).
#pragma once

#include <cstdint>
#include <memory>
#include <parley/codecs/resp/redis_link.hpp>
#include <parley/codecs/resp/redis_waiter.hpp>
#include <parley/core/loop/timer.hpp>
#include <string>
#include <vector>

namespace parley {

// How a provider's connections are used now.
struct redis_pool_status {
  std::size_t open = 0;     // connections of all kinds, those that are being opened too
  std::size_t most = 0;     // max_connections
  std::size_t in_use = 0;   // lent, or waiting for a blocking command
  std::size_t waiting = 0;  // in line for a connection
  duration longest_held{};  // by the holder that has had its connection longest,
  std::string held_by;      // and what it is: a command's name, or "acquire"
};

namespace detail {

class redis_core;
class redis_pool;
class redis_lane;

// The user's side of a connection that was lent; outlives the lane if it breaks.
struct redis_lease {
  redis_core* core = nullptr;  // retained
  redis_lane* lane = nullptr;  // null once the connection is gone, because of:
  std::optional<error> why;
};

// One connection of the pool. It does not come back by itself: what it carried belonged
// to its holder.
class redis_lane final : private redis_link_owner {
 public:
  redis_lane(redis_pool& pool, redis_core& core);

  redis_link link;
  redis_waiters waiters;         // for replies
  redis_lease* lease = nullptr;  // lent to
  std::string holder;            // what it is used for
  time_point since{};            // from when, or from when it is idle
  // What its holder has left on it; only a clean one is given on.
  bool spoiled = false;
  bool in_transaction = false;

  bool is_used() const noexcept { return lease || !waiters.empty(); }

 private:
  void link_up(redis_link&) override;
  void link_down(redis_link&, const error& why, bool final) override;
  void link_reply(redis_link&, const resp::reply_event& reply) override;
  void link_expired(redis_link&, std::uint64_t tag) override;
  void link_message(redis_link&, const resp::message_event&) override {}
  void link_confirmed(redis_link&, const resp::confirmed&) override {}

  redis_pool& pool_;
  redis_core& core_;
};

class redis_pool final : private timer {
 public:
  explicit redis_pool(redis_core& core) noexcept : core_(core) {}

  // Sends a command on a connection of its own, now or when there is one. Then owns the
  // waiter; on an error nothing was changed.
  result<void> run(redis_waiter& w, std::span<const std::string_view> words);
  // Waits for a connection; w is a redis_lease_waiter.
  result<void> lend(redis_waiter& w);
  // A command of who holds a lease.
  result<void> send(redis_lease& lease, redis_waiter& w, std::span<const std::string_view> words);
  void give_back(redis_lease& lease) noexcept;
  // The waiter stands here; it leaves, and its connection is closed if a command of it
  // waits at the server: what the server then pops would be lost.
  void remove(redis_waiter& w) noexcept;
  bool holds_in_line(const redis_waiter& w) const noexcept { return w.list() == &line_; }

  redis_pool_status status() const;
  std::size_t size() const noexcept { return lanes_.size(); }
  void shut(const error& why) noexcept;

 private:
  friend redis_lane;
  using lanes = std::vector<std::unique_ptr<redis_lane>>;

  void lane_up(redis_lane& lane);
  void lane_down(redis_lane& lane, const error& why, bool final);
  void lane_free(redis_lane& lane);

  result<void> join_line(redis_waiter& w, std::span<const std::string_view> words);
  void serve();
  void open_lanes();
  redis_lane* idle_lane() noexcept;
  result<void> start_on(redis_lane& lane, redis_waiter& w, std::span<const std::string_view> words);
  void drop(redis_lane& lane, const error& why);
  std::unique_ptr<redis_lane> take_out(redis_lane& lane) noexcept;
  std::size_t room() const;
  error exhausted(errc what) const;
  void arm();
  void fired(time_point now) override;

  redis_core& core_;
  lanes lanes_;
  redis_waiters line_;
};

}  // namespace detail
}  // namespace parley
