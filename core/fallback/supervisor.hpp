// supervisor: which of several carriers carries, decided without I/O and without a clock. A carrier
// is anything that can be tried, is up or down, and does the same job as the others: here a
// protocol's provider. They are numbered in the order of preference, 0 first.
//
//   supervisor s(3, {}, random);
//   s.start(now);
//   while (auto e = s.next_event()) ...      after each call that takes `now`
//   arm a timer at s.next_deadline(), then s.handle_timeout(now)
//
// The owner carries out what the events say, and tells what happens to carriers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/core/error.hpp>
#include <parley/core/net/back_off.hpp>
#include <parley/core/random.hpp>
#include <parley/core/time.hpp>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace parley {

// When a supervisor tries, leaves and comes back. Each default has its reason beside it.
struct supervisor_config {
  // How long one attempt may take, from connecting to being able to carry. 5 s: what the
  // connections of all protocols have as well; a name that does not resolve and a host that does
  // not answer take that long.
  duration attempt_timeout = std::chrono::seconds(5);
  // How long the first search may take in all, until its owner is told that there is none. 15 s:
  // three protocols that are silent; a person is still there to read the error.
  duration total_timeout = std::chrono::seconds(15);
  // While there is no carrier: how long an attempt is waited for before the next in order is tried
  // beside it. 2 s: a healthy server answers sooner, over TLS and far away too, so that the order
  // counts; and one that is silent does not cost all of attempt_timeout. In the first search no
  // longer than each one's share of total_timeout, so that all are tried before it ends; and no
  // longer than until the attempt has failed once, although its owner goes on with it.
  duration stagger = std::chrono::seconds(2);
  // How long a carrier that was lost may be away before another takes over; its successors are
  // tried meanwhile. 500 ms: a connection that broke is mostly back by then, and a switch costs
  // more than that. Zero: at once. One that is out is not waited for.
  duration grace = std::chrono::milliseconds(500);
  // How long a preferred carrier must have been up, without a break, before it carries again. 30 s:
  // a server that restarts in a loop does not last that long.
  duration fail_back_after = std::chrono::seconds(30);
  // Each time that it is lost again while it carries, that period grows by this factor, up to
  // max_hold_off: 30 s, 1, 2, 4, 8, 10 min. At least 1.
  double hold_off_factor = 2.0;
  // 10 min: what flaps for hours causes six switches an hour, and is used again the same day.
  duration max_hold_off = std::chrono::minutes(10);
  // A carrier that has carried so long without a loss has its earlier ones forgiven. 10 min, as
  // the longest hold-off.
  duration forgive_after = std::chrono::minutes(10);
  // The pauses between attempts. 500 ms to 30 s: each may be a connection with TLS and a login, and
  // while another carries there is no hurry.
  back_off_config retry{.base = std::chrono::milliseconds(500), .cap = std::chrono::seconds(30)};
  // Carriers behind the one that carries are kept up as well, so that a fail-over waits for
  // nothing. Off: a connection to every server, of every client, is not free.
  bool warm = false;

  // Every fault at once, in the message of one errc::bad_configuration.
  result<void> validate() const;

  friend bool operator==(const supervisor_config&, const supervisor_config&) = default;
};

// What a supervisor knows of a carrier.
enum class carrier_state : std::uint8_t {
  untried,  // not needed so far
  trying,   // an attempt is under way
  up,       // it carries, or could
  waiting,  // an attempt failed or it was lost; another attempt follows when it is needed
  out,      // it failed in a way that another attempt does not mend: configuration, password, build
};

std::string_view to_string(carrier_state) noexcept;

// How one carrier is doing: why it carries, or why not.
struct carrier_report {
  carrier_state state = carrier_state::untried;
  std::optional<error> last_error;         // of the last attempt that failed, or of the loss
  std::optional<time_point> up_since;      // while it is up
  std::optional<time_point> next_attempt;  // not before then; while it is waiting
  std::uint64_t attempts = 0;
  std::uint64_t losses = 0;  // while it carried
  duration hold_off{};       // how long it must be up before it carries again
};

// Try it now: attempt_ended() is owed, unless the carrier is said to be up or out before. Of a
// carrier that is tried anew only the new attempt counts.
struct try_carrier {
  std::size_t carrier = 0;
};
// Its attempt has taken too long: nothing is owed any more. If it comes up all the same, say
// carrier_up().
struct abandon_carrier {
  std::size_t carrier = 0;
};
// Another carries from now on, or none. `why` is the loss of the one before; empty at the first
// choice and at a fail-back.
struct carrier_switched {
  std::optional<std::size_t> from, to;
  std::optional<error> why;
};
// Each one has failed. Told once at the end of the first search, and again whenever all are out:
// then none will ever come without retry().
struct carriers_exhausted {
  bool is_final = false;
};

using supervisor_event =
    std::variant<try_carrier, abandon_carrier, carrier_switched, carriers_exhausted>;

class supervisor {
 public:
  // Draws jitter from `random`, which must outlive it. A faulty configuration is made harmless.
  supervisor(std::size_t carriers, const supervisor_config& config, random_source& random);

  // Begins the search. Before it, and after stop(), nothing happens.
  void start(time_point now);
  void stop() noexcept;

  // --- what happens to carriers. What is no news is ignored.
  // An attempt has ended. One that was abandoned counts if it is well.
  void attempt_ended(std::size_t carrier, const result<void>& outcome, time_point now);
  // It can carry, without an attempt: it has connected again by itself.
  void carrier_up(std::size_t carrier, time_point now);
  // It cannot any more, or will not be able to. Of one that is being tried: it has failed once, and
  // goes on; the next need not wait for it.
  void carrier_down(std::size_t carrier, const error& why, time_point now);

  // What has kept a carrier from being tried may be over: an attempt that waits for its time begins
  // now, if it is wanted.
  void worth_trying(std::size_t carrier, time_point now);
  // Tries those that are out or wait for their time as if nothing had been.
  void retry(time_point now);
  // See supervisor_config::warm.
  void set_warm(bool warm, time_point now);

  // --- what to do
  std::optional<supervisor_event> next_event();
  bool has_events() const noexcept { return first_event_ != events_.size(); }
  std::optional<time_point> next_deadline() const noexcept;
  void handle_timeout(time_point now);

  // --- how it is
  // The one that was chosen; it may be away for the moment, see is_carrying().
  std::optional<std::size_t> carrier() const noexcept { return carrier_; }
  // There is one, and it is up.
  bool is_carrying() const noexcept;
  std::size_t size() const noexcept { return carriers_.size(); }
  carrier_report report(std::size_t carrier) const;
  // Changes of the carrier after the first choice; "none" counts as one.
  std::uint64_t switches() const noexcept { return switches_; }
  // Those of them that went back to a preferred carrier.
  std::uint64_t fail_backs() const noexcept { return fail_backs_; }

 private:
  struct entry {
    explicit entry(const back_off_config& retry) noexcept : pauses(retry) {}

    carrier_state state = carrier_state::untried;
    bool failed_once = false;  // in this search
    bool stumbled = false;     // trying: it has failed, and its owner goes on with it
    std::optional<error> last_error;
    back_off pauses;
    time_point since{};         // trying, up
    time_point next_attempt{};  // waiting
    std::uint64_t attempts = 0, losses = 0;
    std::uint32_t losses_in_row = 0;  // while it carried; of the hold-off
    std::uint64_t tried_in = 0;       // the last need in which it was tried
  };

  void fail(entry& e, const error& why, time_point now);
  void come_up(std::size_t i, time_point now);

  void decide(time_point now);
  void choose(time_point now);
  void choose_preferred(time_point now);
  std::optional<std::size_t> best(time_point now) const;
  void switch_to(std::optional<std::size_t> to, time_point now);
  void end_attempts(time_point now);
  void begin_attempts(time_point now);
  void begin_or_wait(std::size_t i, std::optional<time_point>& last_begun, time_point now);
  bool is_wanted(std::size_t i) const;
  duration stagger() const noexcept;
  void begin_attempt(std::size_t i, time_point now);
  void check_exhausted(time_point now);

  duration hold_off(const entry& e) const noexcept;
  void propose(time_point at) noexcept { next_ = earliest(next_, at); }

  supervisor_config config_;
  random_source& random_;
  std::vector<entry> carriers_;
  std::vector<supervisor_event> events_;
  std::size_t first_event_ = 0;
  std::optional<std::size_t> carrier_;
  time_point carries_since_{};
  std::optional<time_point> away_since_;  // the carrier is not up
  std::optional<error> away_why_;
  std::optional<time_point> search_end_;  // of the first search
  std::optional<time_point> next_;
  std::uint64_t switches_ = 0, fail_backs_ = 0;
  std::uint64_t need_ = 0;  // how often a carrier was needed
  bool running_ = false;
  bool all_out_told_ = false;
};

}  // namespace parley
