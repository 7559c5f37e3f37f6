// A network of simulated hosts in one process and one thread, with virtual time
// and faults. Everything that happens is a function of the seed: a failing seed
// replays.
//
//   sim::world world(seed);
//   sim::host& server = world.add_host("server");
//   sim::host& client = world.add_host("client");
//   auto listening = server.listen(server.at(6379), acceptor);
//   redis_provider redis{client, {.host = "server"}};
//   auto ok = client.wait(redis.initialize());
//   world.at(world.now() + 5s, [&] { world.reset(client, server); });
//   world.run_for(10s);
//
// Time passes only inside wait() and the run functions, and only when no host
// has anything left to do at the present.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <parley/adapters/sim/host.hpp>
#include <parley/adapters/sim/options.hpp>
#include <parley/adapters/sim/random.hpp>
#include <parley/core/async/callback.hpp>
#include <parley/core/error.hpp>
#include <parley/core/net/address.hpp>
#include <parley/core/time.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::sim {

namespace detail {
struct link;
}

// An address without a port from numbers that must be right: ip("10.0.0.1").
address ip(std::string_view numbers);

class world {
 public:
  explicit world(std::uint64_t seed, const world_options& options = {});
  world(const world&) = delete;
  world& operator=(const world&) = delete;
  // Lets the hosts deliver what is ready. Then no connection and no provider may
  // be left (asserted by each host).
  ~world();

  std::uint64_t seed() const noexcept { return seed_; }

  // --- hosts and names
  // A host that its name resolves to. Without addresses it gets 10.0.0.1 and so
  // on. Lives as long as the world.
  host& add_host(std::string name, std::initializer_list<std::string_view> addresses = {});
  host* find_host(std::string_view name);

  // What a name resolves to from now on, for all hosts, in this order; without
  // addresses it is unresolvable. Also overrides the name of a host.
  void set_name(std::string name, std::vector<address> addresses, duration extra_delay = {});
  // The resolver does not answer for this name.
  void mute_name(std::string name);
  // Undoes the two above.
  void forget_name(std::string_view name);

  // --- links
  // Both take effect on open connections, too.
  void set_link(host& a, host& b, const link_options& options);
  void set_default_link(const link_options& options);

  // --- time
  time_point now() const noexcept { return now_; }
  wall_time wall_now() const noexcept;
  // Steps the wall clock, as an administrator does. Steady time is not moved.
  void shift_wall(duration by) noexcept { wall_shift_ += by; }
  // Calls `f` at that time, between the turns of hosts.
  void at(time_point when, callback<void()> f);
  void after(duration delay, callback<void()> f) { at(now_ + delay, std::move(f)); }

  // --- running
  // Does the next thing there is to do, advancing time to it. False: nothing is.
  bool step();
  // Runs everything up to that time; then it is that time.
  stopped run_until(time_point when);
  stopped run_for(duration d) { return run_until(now_ + d); }
  // Runs until nothing is left that could happen, for at most `bound`. With
  // timers that re-arm themselves (pings), the bound is what ends it.
  stopped run_until_idle(duration bound = std::chrono::hours(1));
  // Runs until `done()`; false if that does not come within `bound`.
  template <std::predicate F>
  bool run_until(F&& done, duration bound = std::chrono::hours(1)) {
    const time_point end = now_ + bound;
    while (!done()) {
      if (!step_until(end)) return finish(end) == stopped::time && done();
    }
    return true;
  }

  // --- faults
  // Breaks all connections between two hosts: both ends get errc::reset.
  void reset(host& a, host& b);
  // All connections between two hosts carry nothing any more, and neither end is
  // told: only a deadline finds out. New connections work.
  void half_open(host& a, host& b);
  // Nothing passes between two hosts until heal(); then it arrives, as TCP's
  // retransmissions do. With `lossy`, connections that are open now have become
  // half-open when it heals, as behind a NAT that forgot them.
  void partition(host& a, host& b, bool lossy = false);
  // The same for one direction.
  void cut(host& from, host& to);
  void heal(host& a, host& b);
  void heal_all();
  // Once `bytes` more bytes of connections from `from` to `to` have arrived and
  // `to` has acted upon them, `what` happens to that connection, link, or host
  // `to`; not one byte later. For "killed between any two bytes".
  void break_after(host& from, host& to, std::uint64_t bytes, fault what);
  // Random faults.
  void inject(const fault_plan& plan);

  // --- what happened
  // One line per packet and fault, if world_options::trace is set.
  const std::string& trace() const noexcept { return trace_; }
  std::size_t open_connections() const;

 private:
  friend host;
  friend detail::wire;
  friend detail::socket;

  struct event {
    time_point when;
    std::uint64_t order;
    callback<void()> what;
  };
  struct record {
    std::vector<address> addresses;
    duration extra_delay{};
    bool mute = false;
  };

  bool step_until(time_point end);
  stopped finish(time_point end);
  bool is_livelocked(time_point next) noexcept;
  host* next_host(time_point& when);

  detail::link& link_between(host& a, host& b);
  host* route(host& from, const address& to);
  result<std::vector<address>> look_up(host& from, const std::string& name);
  bool is_mute(std::string_view name) const;
  duration resolve_delay(const std::string& name);
  std::shared_ptr<detail::wire> make_wire(host& client, host& server);
  // Those that a fault can hit; between any two hosts if `a` is null.
  std::vector<std::shared_ptr<detail::wire>> open_wires(const host* a, const host* b);
  void set_cut(host& from, host& to, bool on);
  void resume(const host& at);
  void apply(detail::wire& w, int to, fault what);
  void next_fault(const fault_plan& plan, time_point end);
  void random_fault(const fault_plan& plan);
  void random_crash(const fault_plan& plan);
  void random_partition(const fault_plan& plan);

  bool tracing() const noexcept { return options_.trace; }
  void note(std::string_view what);
  void note_host(const host& h, std::string_view what);
  void note_link(const host& a, const host& b, std::string_view what);

  std::uint64_t seed_;
  world_options options_;
  prng network_;   // latencies, splits
  prng schedule_;  // which host is first
  prng faults_;
  time_point start_;
  time_point now_;
  duration wall_shift_{};
  std::uint64_t order_ = 0;
  std::size_t steps_ = 0;
  std::uint64_t last_wire_ = 0;
  std::size_t wires_kept_ = 64;
  bool running_ = false;
  bool idle_ = false;
  bool livelocked_ = false;
  std::string trace_;
  std::map<std::string, record, std::less<>> names_;
  std::map<std::pair<std::size_t, std::size_t>, std::unique_ptr<detail::link>> links_;
  std::vector<std::weak_ptr<detail::wire>> wires_;
  std::vector<std::unique_ptr<host>> hosts_;
  std::vector<event> events_;  // a heap
};

}  // namespace parley::sim
