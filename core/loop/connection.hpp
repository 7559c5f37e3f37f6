// One connection of a loop, and the one place where a machine is driven:
// read -> drain -> write -> arm.
//
// A loop derives from `connection`, implements the four calls that move bytes,
// and reports what happened by the calls named on_*. It needs nothing else: the
// order, back-pressure, half-close, deadlines and the end are kept here.
#pragma once

#include <cstddef>
#include <parley/core/error.hpp>
#include <parley/core/loop/driver.hpp>
#include <parley/core/loop/timer.hpp>
#include <parley/core/loop/work.hpp>
#include <parley/core/time.hpp>
#include <span>

namespace parley {

class loop;

class connection : private work, private timer {
 public:
  // Replaces the driver: an upgrade, or the winner of a race of addresses. The
  // new driver was started by the caller, or will be by on_connected.
  void rebind(driver& next) noexcept { driver_ = &next; }
  driver& bound() noexcept { return *driver_; }

  // Asks for a turn: output is sent and deadlines are armed soon. Call after a
  // command that was given outside of on_event. Costs nothing if asked before.
  void wake();

  // Asks for an end in good order: sends the output that there is, then ends the
  // write side, and closes once the peer has ended as well. One that is not
  // connected yet breaks with errc::cancelled. No time limit: see close_all.hpp.
  void finish();

  // Asks for the end. Unsent output is dropped; driver::released() follows
  // later, never from inside this call.
  void close();
  bool is_closing() const noexcept { return closing_; }

 protected:
  connection(loop& owner, driver& d) noexcept : connection(owner) { driver_ = &d; }
  // For a connection that was accepted: rebind() it before on_connected(). Closed
  // without a driver it just goes.
  explicit connection(loop& owner) noexcept;
  virtual ~connection();

  // What came of a write. With `pending` the loop calls on_writable(n) later,
  // where n is what went after this call returned; until then it is not asked
  // to write again, and the bytes stay where they are.
  struct write_outcome {
    std::size_t written = 0;
    bool pending = false;
  };

  // --- implemented by the loop ---------------------------------------------
  // Writes as much as goes without waiting. Failures are reported by on_broken
  // later, not from inside.
  virtual write_outcome write(buffer_list list) = 0;
  // Starts or stops waiting for readability. Called only when it changes.
  virtual void want_read(bool on) = 0;
  // Ends the write side (shutdown(2) with SHUT_WR).
  virtual void shut_write() = 0;
  // Starts to close; the loop calls on_released() when nothing refers to the
  // buffers any more, never from inside this call.
  virtual void begin_close() = 0;
  // Destroys the object; called by on_released() as its last act.
  virtual void dispose() = 0;

  // --- called by the loop --------------------------------------------------
  void on_connected();
  // Where to read into; empty: do not read. Then on_read(n), or on_read(0) if
  // nothing came or the span was empty; on_eof and on_broken also end it.
  std::span<std::byte> on_readable(std::size_t hint);
  void on_read(std::size_t n);
  void on_eof();
  void on_broken(const error& why);
  void on_writable(std::size_t written);
  // The loop's last call: tells the driver, then calls dispose().
  void on_released();

  loop& owner() noexcept { return loop_; }

 private:
  void run() override;                  // woken
  void fired(time_point now) override;  // deadline
  void turn(time_point now);
  template <class F>
  void shielded(F&& f);
  void fail_inside(const error& why) noexcept;
  bool flush(time_point now);

  class busy;
  void stir(time_point now);
  void end_read(time_point now);

  // Without traffic for one to two of these, the machine frees its buffers.
  static constexpr duration rest_after = std::chrono::seconds(1);

  // How long a machine that is done may take to write its last bytes.
  static constexpr duration linger_for = std::chrono::seconds(5);

  friend loop;  // keeps the list of all
  loop& loop_;
  connection* previous_ = nullptr;
  connection* next_ = nullptr;
  driver* driver_ = nullptr;
  // No optionals: an idle connection is to be small.
  static constexpr time_point never = time_point::max();
  time_point rest_at_ = never;       // when to look whether there was traffic
  time_point linger_until_ = never;  // set once the machine is done
  bool connected_ = false;
  bool writing_ = false;  // a write is pending
  bool reading_ = false;  // the loop waits for readability
  bool shut_ = false;     // the write side was ended
  bool ended_ = false;    // the peer ended, or the connection broke
  bool broken_ = false;
  bool closing_ = false;
  bool finishing_ = false;
  bool woken_ = false;     // stands in the loop's queue
  bool turning_ = false;   // inside turn()
  bool active_ = false;    // there was traffic since rest_at_ was set
  bool prepared_ = false;  // on_readable gave a span that no on_read has ended
  bool stalled_ = false;   // on_readable had no room, although reading was wanted
  bool released_ = false;  // on_released came while woken
};

}  // namespace parley
