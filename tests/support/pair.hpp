// Two machines, joined by a link in memory: no loop, no sockets. The seed cuts
// the bytes; both sides share the time.
//
//   pair p(client, on_client_event, server, on_server_event, {.seed = 7});
//   p.start();
//   (void)client.get("key", p.now());
//   p.drive();                          // until nothing moves any more
//   p.advance(30s);                     // deadlines of both, driving in between
#pragma once

#include <parley/adapters/sim/options.hpp>
#include <parley/adapters/sim/random.hpp>

#include "support/machine_harness.hpp"

namespace parley::test {

struct pair_options {
  std::uint64_t seed = 1;
  sim::split splitting = sim::split::random;
  // Bytes on their way, per direction; more than that has to wait.
  std::size_t window = 64 * 1024;
};

template <machine A, machine B>
class pair {
 public:
  pair(A& a, callback<void(typename A::event&)> on_a, B& b, callback<void(typename B::event&)> on_b,
       const pair_options& options = {})
      : first(a, std::move(on_a)),
        second(b, std::move(on_b)),
        options_(options),
        draw_(options.seed) {}

  time_point now() const noexcept { return first.now(); }

  void start() {
    first.start();
    second.start();
  }

  // Moves bytes until none moves any more; false if that took more than `rounds`.
  bool drive_bounded(std::size_t rounds) {
    first.drain();
    second.drain();
    for (; rounds > 0; --rounds) {
      const bool there = move(first, second, there_, back_);
      const bool back = move(second, first, back_, there_);
      if (!there && !back) return true;
    }
    return false;
  }
  // The same; a livelock is a failure of the test.
  void drive() { EXPECT_TRUE(drive_bounded(1'000'000)) << "livelock"; }

  // Lets time pass. All deadlines up to then fire in their order, and what they
  // cause is carried at that moment.
  void advance(duration by) {
    const time_point end = now() + by;
    for (std::size_t n = 0; now() < end; ++n) {
      drive();
      const auto next = earliest(first.driven().next_deadline(), second.driven().next_deadline());
      const duration step = (next ? std::clamp(*next, now(), end) : end) - now();
      first.advance(step);
      second.advance(step);
      if (n == 1'000'000) return (void)(ADD_FAILURE() << "deadlines without end");
    }
    drive();
  }

  // The network breaks: both sides get `why`, and what was on its way is lost.
  void break_link(const error& why) {
    there_.lost = back_.lost = true;
    first.feed_error(why);
    second.feed_error(why);
  }
  // The network carries nothing any more, and tells nobody.
  void cut() { there_.lost = back_.lost = true; }

  machine_harness<A> first;
  machine_harness<B> second;

 private:
  struct lane {
    std::string bytes;  // on their way
    bool ended = false;
    bool end_told = false;
    bool lost = false;
  };

  std::size_t portion(std::size_t most) {
    if (most <= 1 || options_.splitting == sim::split::never) return most;
    return options_.splitting == sim::split::every_byte ? 1 : 1 + draw_.below(most);
  }

  // One write and one read of one direction. True if anything moved.
  template <class From, class To>
  bool move(From& from, To& to, lane& on, lane& other) {
    if (on.lost) return !from.sent().empty();
    const bool wrote = write(from, on, other);
    if (to.is_over()) {
      on.bytes.clear();
      return wrote;
    }
    if (!on.bytes.empty()) {
      const std::size_t n = to.feed(std::string_view(on.bytes).substr(0, portion(on.bytes.size())));
      on.bytes.erase(0, n);
      return wrote || n > 0;
    }
    if (!on.ended || std::exchange(on.end_told, true)) return wrote;
    to.feed_eof();
    return true;
  }

  template <class From>
  bool write(From& from, lane& on, lane& other) {
    if (on.ended) return false;
    const std::size_t room = options_.window - std::min(options_.window, on.bytes.size());
    const std::string some = room > 0 ? from.sent(portion(room)) : std::string();
    on.bytes += some;
    if (from.has_output()) return !some.empty();
    if (from.is_over()) other.bytes.clear();
    on.ended = from.is_over() || from.driven().ends_output();
    return on.ended || !some.empty();
  }

  pair_options options_;
  sim::prng draw_;
  lane there_;
  lane back_;
};

}  // namespace parley::test
