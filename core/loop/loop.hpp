// The loop port: what a provider needs of an event loop. Implemented by
// adapters/blocking, adapters/uv, adapters/sim, or by you for your own loop.
//
// A loop implements the pure virtual calls below and derives from `connection`;
// queues, timers and the order of a turn are kept here. Each turn of a loop:
//   1. wait for the operating system until next_timer(), or not at all if
//      has_ready();
//   2. report what happened to connections (on_connected, on_read, ...);
//   3. run_timers(now());
//   4. run_ready(): completions, callbacks and woken connections.
// Completions run in step 4, outside of every drain. The callbacks of messages and
// the observer run in step 2, inside one, because what they see are views of the
// input; closing is deferred there, so they may destroy anything as well. One
// thread drives a loop; post() alone may be called by any.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <parley/core/async/state_pool.hpp>
#include <parley/core/error.hpp>
#include <parley/core/loop/connection.hpp>
#include <parley/core/loop/driver.hpp>
#include <parley/core/loop/timer.hpp>
#include <parley/core/loop/work.hpp>
#include <parley/core/net/address.hpp>
#include <parley/core/random.hpp>
#include <parley/core/time.hpp>
#include <span>
#include <string>
#include <vector>

namespace parley {

// A name to be resolved. Keep it alive until `resolved` was called, or cancel
// it: then it is not called.
class resolve_request {
 public:
  std::string host;
  std::uint16_t port = 0;

  // The addresses in the order of preference, never an empty list; or
  // errc::unresolvable. Called by the loop's thread.
  virtual void resolved(result<std::vector<address>> addresses) = 0;

  // For the loop: what it keeps for this request.
  void* job = nullptr;

 protected:
  resolve_request() = default;
  resolve_request(const resolve_request&) = delete;
  resolve_request& operator=(const resolve_request&) = delete;
  ~resolve_request() = default;
};

// Gives each accepted connection its driver.
class acceptor {
 public:
  // Returns the driver of the new connection, or null to refuse it. `c` may be
  // kept until the driver's released().
  virtual driver* accept(connection& c, const address& peer) = 0;

 protected:
  ~acceptor() = default;
};

// How to listen.
struct listen_options {
  // Connections that may wait to be accepted. What Linux allows by default; the
  // system may allow fewer.
  int backlog = 4096;
  // Lets several listeners share an address, each on a loop of its own: the system
  // deals the connections out among them (SO_REUSEPORT). All of them must want it.
  // Not with Unix sockets: errc::not_supported.
  bool reuse_port = false;
};

// An open listening socket; destroying it ends listening. Connections stay.
class listener {
 public:
  virtual ~listener() = default;
  // The address that is listened on, with the port that was chosen for port 0.
  virtual address local_address() const = 0;
};

class loop : public random_source {
  friend connection;  // enlists itself; its scope `busy` counts draining_

 public:
  loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  // Everything that was made on the loop must be gone (asserted): destroy
  // providers first, then let the loop deliver what they posted.
  virtual ~loop();

  // --- implemented by each loop --------------------------------------------
  // Steady time; may be the time at which the turn began.
  virtual time_point now() = 0;
  virtual wall_time wall_now() = 0;
  // Entropy: jitter, masks, identifiers. Fills the whole span.
  void random(std::span<std::byte> out) override = 0;
  // Finds the addresses of a name without blocking the loop.
  virtual void resolve(resolve_request& request) = 0;
  virtual void cancel(resolve_request& request) = 0;
  // Starts to connect. Never fails at once: the driver learns of the outcome by
  // start or commit_error, from a later turn. The connection lives until the
  // driver's released().
  virtual connection& connect(const address& to, driver& d) = 0;
  virtual result<std::unique_ptr<listener>> listen(const address& at, acceptor& a,
                                                   const listen_options& how = {}) = 0;

 protected:
  // There is something to run: make sure that a turn comes soon.
  virtual void request_turn() = 0;
  // The same, called by any thread: interrupt the wait.
  virtual void notify() = 0;

 public:
  // --- given to all loops ---------------------------------------------------
  // Runs `item` in the loop's thread at the end of a turn. Any thread may call.
  void post(work& item);
  // The same, for the loop's own thread; no atomic operation.
  void enqueue(work& item);
  // Arms, re-arms, or without a time disarms.
  void set_timer(timer& t, std::optional<time_point> at);
  // See connection.hpp.
  void wake(connection& c) { c.wake(); }
  void close(connection& c) { c.close(); }

  // All connections at once; close_all() in close_all.hpp puts them together.
  // Each one's finish().
  void finish_connections();
  // Breaks those that have not closed yet: their drivers are told `why`. Returns
  // how many. Never inside an event.
  std::size_t break_connections(const error& why);
  // Enqueues `item` once there is no connection.
  void when_unconnected(work& item);
  // Memory for the states of operations.
  state_pool& pool() noexcept { return *pool_; }

  // Counts what must be gone before the loop is: connections count themselves;
  // listeners, requests under way and providers are counted by who makes them.
  void attach() noexcept { ++attached_; }
  void detach() noexcept { --attached_; }
  bool has_attached() const noexcept { return attached_ > 0; }

 protected:
  // --- for the loop's own turn ------------------------------------------------
  bool has_ready() const noexcept { return !ready_.empty() || !posted_.empty(); }
  std::optional<time_point> next_timer() const { return timers_.next(); }
  void run_timers(time_point at) { timers_.run(at); }
  // Runs what is ready. True if something was run.
  bool run_ready();
  // For the destructor of a loop, after it has closed what is still open: runs
  // until nothing is ready, so that what was posted is delivered.
  void finish();
  // True while user code or a machine runs: waiting for an operation there is
  // misuse.
  bool in_turn() const noexcept { return in_turn_ || draining_ > 0; }

 private:
  void enlist(connection& c) noexcept;
  void delist(connection& c) noexcept;

  work_queue ready_;
  work_stack posted_;
  timer_queue timers_;
  state_pool* pool_;
  std::size_t attached_ = 0;
  connection* first_ = nullptr;  // of all connections
  work_queue unconnected_;       // waits until there are none
  int draining_ = 0;             // connections inside their turn
  bool in_turn_ = false;
};

}  // namespace parley
