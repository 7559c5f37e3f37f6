// What a simulated world is like: its links, its names, its faults.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <parley/core/time.hpp>

namespace parley::sim {

// Where the bytes of a connection are cut on their way. What arrives is the same
// in all modes, in the same order; only the portions differ.
enum class split : std::uint8_t {
  never,       // each read gets all that has arrived and that fits
  random,      // writes travel in pieces, reads and writes are short at random
  every_byte,  // each read gets one byte
};

// How a link between two hosts treats what it carries.
struct link_options {
  // How long one piece travels, drawn for each piece; pieces stay in order.
  duration latency_min = std::chrono::microseconds(200);
  duration latency_max = std::chrono::milliseconds(2);
  // Bytes per second and direction; 0: no limit.
  std::uint64_t bandwidth = 0;
  split splitting = split::random;
  // Bytes of one direction of one connection that were written and not yet read.
  // A reader that does not read makes the writer's writes pending after as much.
  std::size_t window = 64 * 1024;
};

// What a world starts with.
struct world_options {
  // Between hosts; see world::set_link for one pair.
  link_options link{};
  // A host with itself: loopback and Unix-domain addresses.
  link_options local{.latency_min = std::chrono::microseconds(5),
                     .latency_max = std::chrono::microseconds(50)};
  // How long a name takes to resolve.
  duration resolve_min = std::chrono::milliseconds(1);
  duration resolve_max = std::chrono::milliseconds(20);
  // After how long an unanswered connect ends with errc::timed_out. Linux sends
  // six SYNs more, which takes 127 s.
  duration connect_timeout = std::chrono::seconds(127);
  // After how long without an answer a kernel gives bytes up: the end that sent
  // them gets errc::timed_out. Linux sends fifteen times more, which takes 924 s.
  duration retransmit_timeout = std::chrono::seconds(924);
  // How long a host is busy with one turn. With 0, work that queues itself for ever
  // stops time, and is reported as a livelock; otherwise time passes meanwhile.
  duration turn_cost{};
  // The wall clock at the start: 2025-01-01 00:00 UTC.
  wall_time wall_start{std::chrono::seconds(1'735'689'600)};
  // Keep a text log of everything that happens: world::trace().
  bool trace = false;
  // More steps than that without time passing are a livelock. A window that is
  // read byte by byte takes 65,536.
  std::size_t max_steps_per_instant = 200'000;
};

// What can happen to connections, links and hosts.
enum class fault : std::uint8_t {
  reset,       // both ends get errc::reset
  half_open,   // the connection carries nothing any more, and nobody is told
  partition,   // the link carries nothing until heal(); then what was sent
  crash,       // the process of the receiving host dies: crash_kind::process
  power_loss,  // the receiving host goes dark: crash_kind::power
};

// How a host dies.
enum class crash_kind : std::uint8_t {
  process,  // the system lives: peers get a reset, new connections are refused
  power,    // peers hear nothing; after the restart, what they send gets a reset
};

// Faults at random times, for world::inject. A weight of 0 excludes a kind.
struct fault_plan {
  // The mean time between two faults.
  duration mean_interval = std::chrono::seconds(1);
  // Faults begin only within this time from now; partitions heal and hosts
  // restart after it, so that in the end everything can settle.
  duration span = std::chrono::seconds(30);
  unsigned reset = 4;
  unsigned half_open = 1;
  unsigned partition = 2;
  unsigned crash = 1;  // of hosts with a boot function only; power_loss every other time
  duration outage_min = std::chrono::milliseconds(10);
  duration outage_max = std::chrono::seconds(5);
};

// Why a run of the world ended.
enum class stopped : std::uint8_t {
  idle,      // nothing is left that could happen
  time,      // the time has come
  livelock,  // too many steps without time passing
};

}  // namespace parley::sim
