// The contract of a sans-IO machine: one connection's protocol logic, without
// sockets, threads, clocks or globals. Every protocol's client and server
// satisfies the concept below, so that one driver serves them all.
//
// Order of calls (the driver in core/loop keeps it, and asserts it):
//   1. one mutation: start, commit, commit_eof, commit_error, handle_timeout,
//      or a command of the protocol;
//   2. next_event() until it returns need_data or paused (is_drained);
//   3. write output(), tell consume_output() how much of it went;
//   4. wait for bytes if wants_read(), and until next_deadline().
//
// Input lifetime: views inside an event live until the next next_event(),
// prepare(), handle_timeout() or destruction. Commands touch only output, so
// that answering inside the drain is legal.
// Output lifetime: bytes shown by output() stay where they are until
// consume_output() has passed them, whatever commands follow. The list itself
// dies at the next non-const call.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <parley/core/time.hpp>
#include <span>
#include <variant>

namespace parley {

// The events that every machine has. `need_data` and `paused` are the first two
// alternatives of each event variant: they say that draining has ended, and are
// no errors.
struct need_data {};  // everything that arrived was delivered: commit more
struct paused {};     // the application must act before there can be more

// The machine has ended because of a fault of the peer, a limit, a deadline or
// the layer below. Comes once; the protocol's farewell is in output() already.
struct failed {
  error why;
};

// The last event; next_event() returns it for ever.
struct closed {};

// True when `event` says that there is nothing more to drain now.
template <class Event>
bool is_drained(const Event& event) noexcept {
  return event.index() < 2;
}

template <class M>
concept machine = requires(M& m, const M& c, std::size_t n, time_point now, const error& why) {
  typename M::event;
  // The layer below is ready (connected, encrypted). Before it there is no
  // output and no deadline, and commands are misuse.
  m.start(now);
  // Where the next bytes from the peer go. Empty: do not read now. The span
  // stays valid, and the machine's buffer unmoved, until the matching commit.
  { m.prepare(n) } -> std::same_as<std::span<std::byte>>;
  m.commit(n, now);
  // The peer's end of stream, after all bytes; never in band.
  m.commit_eof(now);
  // Neither bytes nor an end: reset, failed connect, TLS alert, truncation.
  m.commit_error(why, now);
  { m.next_event() } -> std::same_as<typename M::event>;
  // What to write, as a gather list. Not const: a stack encrypts here. Two
  // calls without a mutation between them return the same bytes.
  { m.output() } -> std::same_as<buffer_list>;
  m.consume_output(n);
  // The connection is idle: free the buffers that are empty.
  m.release();
  // Once output() is empty: shut the write side, go on reading.
  { c.ends_output() } -> std::same_as<bool>;
  { c.next_deadline() } -> std::same_as<std::optional<time_point>>;
  // Before the deadline a no-op, so that a stack may forward it to all.
  m.handle_timeout(now);
  { c.wants_read() } -> std::same_as<bool>;
  // Nothing more to read or write: drop the connection. Ask after output() was
  // emptied.
  { c.is_done() } -> std::same_as<bool>;
};

}  // namespace parley
