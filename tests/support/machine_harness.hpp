// Drives one machine by hand, without a loop: bytes in, events out, bytes out,
// time. Checks on the way what the contract says of every machine.
//
//   machine_harness h(client, [&](auto& event) { ... });
//   h.start();
//   h.feed("+OK\r\n", 1);               // byte by byte
//   EXPECT_EQ(h.sent(), "PING\r\n");
//   h.advance(30s);                     // every deadline on the way fires
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <parley/core/async/callback.hpp>
#include <parley/core/machine/machine.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace parley::test {

template <machine M>
class machine_harness {
 public:
  using event = typename M::event;

  // `on_event` gets every event before its views die, need_data and paused too.
  machine_harness(M& m, callback<void(event&)> on_event)
      : machine_(m), on_event_(std::move(on_event)) {}

  time_point now() const noexcept { return now_; }
  M& driven() noexcept { return machine_; }

  void start() {
    machine_.start(now_);
    drain();
  }

  // Feeds bytes in portions of that size (0: as they fit), draining after each.
  // Returns how many were taken: fewer, when the machine has no room.
  std::size_t feed(byte_view bytes, std::size_t portion = 0) {
    std::size_t taken = 0;
    while (taken < bytes.size() && machine_.wants_read()) {
      const byte_view rest = bytes.subspan(taken);
      const std::span<std::byte> into = machine_.prepare(rest.size());
      std::size_t n = std::min(into.size(), rest.size());
      if (portion > 0) n = std::min(n, portion);
      if (n > 0) std::memcpy(into.data(), rest.data(), n);
      if (!into.empty()) machine_.commit(n, now_);
      if (n == 0) break;
      taken += n;
      drain();
    }
    return taken;
  }
  std::size_t feed(std::string_view text, std::size_t portion = 0) {
    return feed(as_bytes(text), portion);
  }
  void feed_eof() {
    machine_.commit_eof(now_);
    drain();
  }
  void feed_error(const error& why) {
    machine_.commit_error(why, now_);
    drain();
  }

  // After a command: delivers what it caused.
  void drain() {
    for (std::size_t n = 0;; ++n) {
      event e = machine_.next_event();
      on_event_(e);
      if (is_drained(e) || std::holds_alternative<closed>(e)) return;
      if (n == most_events) return (void)(ADD_FAILURE() << "events without end");
    }
  }

  // Takes up to `most` bytes of output.
  std::string sent(std::size_t most = std::string::npos) {
    std::string all;
    while (all.size() < most) {
      const std::string some = take_output(most - all.size());
      if (some.empty()) break;
      all += some;
    }
    return all;
  }
  bool has_output() { return !machine_.output().empty(); }

  // Lets time pass; each deadline on the way fires at its moment. Between them,
  // handle_timeout must do nothing.
  void advance(duration by) {
    const time_point end = now_ + by;
    for (std::size_t fired = 0;;) {
      const auto at = machine_.next_deadline();
      now_ = at ? std::clamp(*at, now_, end) : end;
      machine_.handle_timeout(now_);
      drain();
      if (!at || *at > end) return;
      if (++fired == most_events) return (void)(ADD_FAILURE() << "deadlines without end");
    }
  }

  // To be dropped: asked when all output was taken, as a loop does.
  bool is_over() { return !has_output() && machine_.is_done(); }

 private:
  static constexpr std::size_t most_events = 1'000'000;

  std::string take_output(std::size_t most) {
    std::string some;
    const buffer_list list = machine_.output();
    for (const const_buffer& piece : list) {
      const std::size_t n = std::min(piece.size, most - some.size());
      some.append(static_cast<const char*>(piece.data), n);
    }
    // Asked again without a change in between, it says the same.
    EXPECT_EQ(total_size(machine_.output()), total_size(list)) << "output() changed by itself";
    machine_.consume_output(some.size());
    return some;
  }

  M& machine_;
  callback<void(event&)> on_event_;
  time_point now_ = time_point(std::chrono::hours(1));
};

}  // namespace parley::test
