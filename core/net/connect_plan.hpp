// Connecting to a name with several addresses: rotation, and a race of IPv6 and
// IPv4 (RFC 8305, "happy eyeballs"). A sequence with explicit state: it says what
// to do next and is told what happened; it owns no socket and reads no clock.
//
//   connect_plan plan(addresses, round);
//   for (;;) {                       // after start, after every report, at every timer
//     auto step = plan.next(now);
//     start:     begin connecting to plan.at(step.index)
//     cancel:    drop that attempt, without a report
//     wait:      stop here until step.until or a report
//     connected: use the attempt step.index; the plan is done
//     give_up:   plan.failure() says why, every address with its cause
//   }
#pragma once

#include <cstdint>
#include <optional>
#include <parley/core/error.hpp>
#include <parley/core/net/address.hpp>
#include <parley/core/time.hpp>
#include <utility>
#include <vector>

namespace parley {

// How attempts at several addresses overlap.
struct connect_plan_config {
  // How long an attempt may run before the next address is tried beside it
  // (RFC 8305 section 8 recommends 250 ms and forbids less than 10 ms).
  duration stagger = std::chrono::milliseconds(250);
  // How long one attempt may take (Redis clients: 5 s; a SYN is sent twice by then).
  duration attempt_timeout = std::chrono::seconds(5);
  // How long all of it may take: a name with 50 dead addresses must end, too.
  duration total_timeout = std::chrono::seconds(30);
  // Attempts at one time: each is a socket.
  std::size_t max_in_flight = 4;
};

class connect_plan {
 public:
  enum class action : std::uint8_t { start, cancel, wait, connected, give_up };
  // What to do next, and with which address.
  struct step {
    action what;
    std::size_t index = 0;  // for start, cancel, connected
    time_point until{};     // for wait
  };

  // `addresses` in the resolver's order of preference; repeated ones count once.
  // `round` is the number of the attempt to reach this name: each round starts at
  // the next address, so that one which accepts and then fails is not always first.
  connect_plan(std::vector<address> addresses, std::uint64_t round,
               const connect_plan_config& config = {});

  // The next thing to do. Call until it returns wait, connected or give_up, which
  // it then repeats until something is reported or the time has come.
  step next(time_point now);

  // Reports about an attempt that was started and not cancelled; others are
  // ignored, because a report may be on its way when the plan cancels.
  void attempt_succeeded(std::size_t index);
  void attempt_failed(std::size_t index, error why);

  // Addresses in the order in which they are tried.
  std::size_t size() const noexcept { return attempts_.size(); }
  const address& at(std::size_t index) const noexcept { return attempts_[index].where; }

  // After give_up: the error, whose message lists every address and its cause.
  error failure() const;

 private:
  enum class state : std::uint8_t { idle, running, failed, cancelled, winner };
  struct attempt {
    explicit attempt(address a) : where(std::move(a)) {}
    address where;
    state now = state::idle;
    time_point started{};
    std::optional<error> why;
  };

  std::optional<step> finish();
  std::optional<step> expire(time_point now);
  std::optional<step> start_one(time_point now);
  std::optional<step> cancel_one();
  step wait_step() const;
  bool may_start(time_point now) const;

  connect_plan_config config_;
  std::vector<attempt> attempts_;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  std::optional<std::size_t> winner_;
  std::optional<time_point> began_;
  std::optional<time_point> stagger_until_;
  bool out_of_time_ = false;
};

// The order of RFC 8305 section 4: families in turn, starting with that of the first
// address; then rotated by `round`; without repetitions.
std::vector<address> connect_order(std::vector<address> addresses, std::uint64_t round);

}  // namespace parley
