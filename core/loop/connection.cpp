#include <algorithm>
#include <cassert>
#include <parley/core/async/guard.hpp>
#include <parley/core/loop/connection.hpp>
#include <parley/core/loop/loop.hpp>
#include <utility>

namespace parley {

// While a machine runs: waiting for an operation is misuse, waking is needless.
// A scope, so that an allocation that fails inside leaves the connection whole.
class connection::busy {
 public:
  explicit busy(connection& c) noexcept : c_(c) {
    c_.turning_ = true;
    ++c_.loop_.draining_;
  }
  ~busy() {
    c_.turning_ = false;
    --c_.loop_.draining_;
  }
  busy(const busy&) = delete;
  busy& operator=(const busy&) = delete;

 private:
  connection& c_;
};

// The loop counts what lives on it and asserts at its own end that nothing is left.
connection::connection(loop& owner) noexcept : loop_(owner) { loop_.enlist(*this); }

connection::~connection() { loop_.delist(*this); }

void connection::wake() {
  // Once in the queue is enough for any number of calls; a turn under way drains
  // and flushes anyway.
  if (woken_ || closing_ || turning_) return;
  woken_ = true;
  loop_.enqueue(*this);
}

void connection::finish() {
  finishing_ = true;
  // The rest is done by the next turn: the caller may be inside an event.
  wake();
}

void connection::close() {
  if (closing_) return;
  closing_ = true;
  // Nothing may fire any more: on_released() comes later, when the adapter has let
  // go of what is in flight.
  loop_.set_timer(*this, std::nullopt);
  begin_close();
}

// Where memory ends inside a machine or its events, this connection fails, and neither the
// loop nor another connection: the loop could not tell whose fault it was.
template <class F>
void connection::shielded(F&& f) {
  if (auto ok = guarded(std::forward<F>(f)); !ok) fail_inside(ok.error());
}

void connection::fail_inside(const error& why) noexcept {
  if (closing_) return;
  ended_ = broken_ = true;
  prepared_ = false;
  const time_point now = loop_.now();
  const auto told = guarded([&] {
    driver_->commit_error(why, now);
    turn(now);
  });
  // Not even room to say so: the driver learns it by released().
  if (!told && !closing_) close();
}

void connection::on_connected() {
  if (closing_) return;
  connected_ = true;
  const time_point now = loop_.now();
  shielded([&] {
    {
      const busy inside(*this);
      driver_->start(now);
    }
    turn(now);
  });
}

std::span<std::byte> connection::on_readable(std::size_t hint) {
  if (closing_ || ended_) return {};
  std::span<std::byte> room;
  shielded([&] { room = driver_->prepare(hint); });
  if (closing_ || ended_) return {};
  // Remembered for on_read(0), which cannot tell "nothing came" from "no room".
  stalled_ = room.empty();
  prepared_ = !stalled_;
  return room;
}

// The driver may close us in any of its calls, while the adapter still has events
// to report: each of these entry points asks first.
void connection::on_read(std::size_t n) {
  if (closing_) return;
  const time_point now = loop_.now();
  if (n == 0) {
    end_read(now);
    // Readable, but no room: the next turn asks again, polling would spin.
    if (stalled_ && reading_) want_read(reading_ = false);
    return;
  }
  prepared_ = false;
  stir(now);
  shielded([&] {
    driver_->commit(n, now);
    turn(now);
  });
}

// The contract pairs each prepare with a commit.
void connection::end_read(time_point now) {
  if (std::exchange(prepared_, false)) driver_->commit(0, now);
}

// There is traffic. The moment at which to look again stays where it is, so that
// traffic costs no work in the queue of timers.
void connection::stir(time_point now) {
  active_ = true;
  if (rest_at_ == never) rest_at_ = now + rest_after;
}

// The end of input is not the end of the connection: half-closed peers still read
// (RFC 9293 section 3.6), and the machine decides when it has said all.
void connection::on_eof() {
  if (closing_ || ended_) return;
  ended_ = true;
  const time_point now = loop_.now();
  shielded([&] {
    end_read(now);
    driver_->commit_eof(now);
    turn(now);
  });
}

void connection::on_broken(const error& why) {
  // Adapters may report a failure twice, once by the read and once by the write.
  if (closing_ || broken_) return;
  ended_ = broken_ = true;
  const time_point now = loop_.now();
  shielded([&] {
    end_read(now);
    driver_->commit_error(why, now);
    turn(now);
  });
}

void connection::on_writable(std::size_t written) {
  writing_ = false;
  if (closing_) return;
  const time_point now = loop_.now();
  if (written > 0) {
    linger_until_ = never;  // slow is not dead
    stir(now);
    driver_->consume_output(written);
  }
  shielded([&] { turn(now); });
}

void connection::on_released() {
  assert(closing_);
  if (woken_) {
    // Still in the loop's queue: the last call waits until it has come out.
    released_ = true;
    return;
  }
  if (driver_) driver_->released();
  dispose();
}

void connection::run() {
  woken_ = false;
  if (released_) {
    released_ = false;
    return on_released();
  }
  if (closing_) return;
  if (connected_) return shielded([&] { turn(loop_.now()); });
  if (finishing_) on_broken(error(errc::cancelled, "the connection is being closed"));
}

void connection::fired(time_point now) {
  if (closing_) return;
  // The peer has not taken the farewell in time: it is lost, the descriptor is not.
  if (linger_until_ <= now) return close();
  if (rest_at_ <= now) {
    // An idle connection holds no buffers.
    if (!active_) driver_->release();
    rest_at_ = active_ ? now + rest_after : never;
    active_ = false;
  }
  shielded([&] {
    driver_->handle_timeout(now);
    turn(now);
  });
}

// The order of the contract, for every machine on every loop.
void connection::turn(time_point now) {
  if (closing_) return;
  {
    const busy inside(*this);
    bool again = true;
    while (again && !closing_) {
      // Held before the call: rebind() inside it changes the member.
      driver* const drained = driver_;
      const bool is_paused = drained->drain(now);
      if (closing_) break;
      // A drain may put another driver in its place, which has events as well. And
      // a machine that stopped because its output was full goes on once it is not.
      again = drained != driver_ || (flush(now) && is_paused);
    }
  }
  if (closing_) return;
  // After the loop, so that the answer holds for the last driver and all of its
  // output.
  const bool done = driver_->is_done();
  if (broken_ || (done && !writing_)) return close();
  if (finishing_ && shut_ && ended_) return close();
  // The farewell is being written; a peer that does not read must not hold us.
  if (done && linger_until_ == never) linger_until_ = now + linger_for;
  // Back-pressure: a machine that cannot take more leaves the bytes in the system's
  // buffers, where they slow the peer down.
  const bool read = connected_ && !ended_ && driver_->wants_read();
  if (read != reading_) want_read(reading_ = read);
  const time_point own = std::min(rest_at_, linger_until_);
  const auto wanted = driver_->next_deadline();
  loop_.set_timer(*this, own == never ? wanted : earliest(wanted, own));
}

// Writes what goes. True if something went.
bool connection::flush(time_point now) {
  bool any = false;
  // One write at a time: the list shown to it must stay as it is until it has
  // ended.
  while (!writing_ && connected_ && !broken_ && !(finishing_ && shut_)) {
    const buffer_list list = driver_->output();
    if (list.empty()) {
      if ((driver_->ends_output() || finishing_) && !shut_) {
        // Only once all output is gone: shutting down earlier would cut it.
        shut_ = true;
        shut_write();
      }
      return any;
    }
    const write_outcome out = write(list);
    if (out.written > 0) {
      any = true;
      stir(now);
      driver_->consume_output(out.written);
    }
    writing_ = out.pending;
    if (!out.pending && out.written == 0) return any;  // broke: the loop will say so
  }
  return any;
}

}  // namespace parley
