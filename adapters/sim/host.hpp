// A computer in a simulated world, with addresses, a name and a process that is
// a parley::loop. Made by world::add_host.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/adapters/sim/options.hpp>
#include <parley/adapters/sim/random.hpp>
#include <parley/core/async/callback.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/loop/loop.hpp>
#include <string>
#include <vector>

namespace parley::sim {

class world;

namespace detail {
class listening;
class lookup;
class socket;
class wire;
}  // namespace detail

class host final : public loop {
 public:
  ~host() override;

  const std::string& name() const noexcept { return name_; }
  world& home() noexcept { return world_; }
  // All with port 0, in the order in which the name resolves to them.
  const std::vector<address>& addresses() const noexcept { return addresses_; }
  // The first address, with a port: where others reach this host.
  address at(std::uint16_t port) const { return addresses_.front().with_port(port); }
  // Adds or removes an address; connections stay.
  void add_address(const address& ip);
  void remove_address(const address& ip);

  // Runs the world until `op` has ended, and gives its result. Ends with
  // errc::timed_out when nothing is left that could happen, in a livelock, or
  // when `bound` of simulated time has passed; the operation then goes on by
  // itself. errc::misuse while the world is running, that is, in a callback.
  template <class T>
  result<T> wait(operation<T> op, duration bound = std::chrono::hours(1)) {
    if (auto ok = run_until_complete(*op.state(), bound); !ok) {
      return std::unexpected(std::move(ok).error());
    }
    return op.await_resume();
  }

  // The process dies. Its listeners vanish; its own connections break (their
  // drivers get errc::reset and are released), and what peers see depends on
  // `how`. Until restart() it can neither connect nor listen; its loop still
  // runs, so that objects on it can be cleaned up.
  void crash(crash_kind how = crash_kind::process);
  // It can connect and listen again; calls the boot function.
  void restart();
  bool is_up() const noexcept { return !down_; }
  // What restart() calls, to listen again.
  void on_boot(callback<void()> boot) { boot_ = std::move(boot); }

  std::size_t open_connections() const noexcept { return sockets_.size(); }

  // --- the loop port
  time_point now() override;
  wall_time wall_now() override;
  void random(std::span<std::byte> out) override { random_.fill(out); }
  void resolve(resolve_request& request) override;
  void cancel(resolve_request& request) override;
  connection& connect(const address& to, driver& d) override;
  result<std::unique_ptr<listener>> listen(const address& at, acceptor& a,
                                           const listen_options& how = {}) override;

 private:
  friend world;
  friend detail::listening;
  friend detail::lookup;
  friend detail::socket;
  friend detail::wire;

  host(world& w, std::string name, std::size_t index, std::uint64_t seed);

  // The world asks next_turn() after each step, so there is nothing to request.
  void request_turn() override {}
  void notify() override {}

  bool is_busy() const { return has_ready() || !reporting_.empty(); }
  std::optional<time_point> next_turn();
  void turn();
  void report(detail::socket& s) { reporting_.push_back(&s); }
  result<void> run_until_complete(operation_base& op, duration bound);

  bool has(const address& ip) const;
  std::optional<address> source_for(const address& to);
  detail::listening* find_listener(const address& at) const;
  // The same, and those that share an address take turns.
  detail::listening* next_listener(const address& at);
  detail::socket* accept(detail::listening& by, std::shared_ptr<detail::wire> w);
  void answer(std::uint64_t lookup, result<std::vector<address>> addresses);
  std::uint16_t next_port() noexcept;

  world& world_;
  std::string name_;
  std::size_t index_;
  std::vector<address> addresses_;
  prng random_;
  std::vector<detail::socket*> reporting_;  // have something to report
  std::vector<detail::socket*> batch_;
  std::vector<detail::socket*> sockets_;
  std::vector<detail::listening*> listeners_;
  std::vector<std::unique_ptr<detail::lookup>> lookups_;
  callback<void()> boot_;
  std::optional<crash_kind> down_;
  time_point free_at_{};  // when the last turn ends
  std::uint64_t last_lookup_ = 0;
  std::uint16_t last_port_ = 49151;
};

}  // namespace parley::sim
