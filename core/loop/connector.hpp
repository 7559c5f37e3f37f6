// From an endpoint to a connection: resolves the name anew at each attempt,
// rotates the addresses and races them (connect_plan). The same for every
// protocol; a provider gives the winner its driver.
#pragma once

#include <cstdint>
#include <memory>
#include <parley/core/loop/loop.hpp>
#include <parley/core/net/connect_plan.hpp>
#include <parley/core/net/endpoint.hpp>
#include <vector>

namespace parley {

// Told how it went, once per start().
class connector_owner {
 public:
  // `c` is connected: rebind() it to a driver, and start() that driver, before
  // returning.
  virtual void connected(connection& c, time_point now) = 0;
  virtual void connect_failed(const error& why) = 0;

 protected:
  ~connector_owner() = default;
};

class connector final : private resolve_request, private timer {
 public:
  connector(loop& home, connector_owner& owner) noexcept : loop_(home), owner_(owner) {}
  // Cancels.
  ~connector();

  // Begins. `round` counts the attempts to reach this endpoint.
  void start(const endpoint& where, std::uint64_t round, const connect_plan_config& config);
  // Drops everything without a report.
  void cancel() noexcept;
  bool is_running() const noexcept { return running_; }

 private:
  class attempt;

  void resolved(result<std::vector<address>> addresses) override;
  void fired(time_point now) override;
  void advance(time_point now);
  void follow_plan(time_point now);
  void hand_over(attempt* won, time_point now);
  void begin_attempt(std::size_t index);
  void attempt_up(std::size_t index, time_point now);
  void attempt_down(std::size_t index, const error& why);
  void drop_attempt(std::size_t index) noexcept;
  void fail(const error& why);

  loop& loop_;
  connector_owner& owner_;
  std::unique_ptr<connect_plan> plan_;
  std::vector<attempt*> attempts_;  // by index of the plan; null when over
  std::uint64_t round_ = 0;
  connect_plan_config config_;
  bool running_ = false;
  bool resolving_ = false;
};

}  // namespace parley
