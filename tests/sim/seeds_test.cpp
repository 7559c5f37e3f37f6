// The whole of it, for many seeds: the same seed gives the same history, and
// whatever breaks, every request ends once and nothing is left.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <parley/adapters/sim/world.hpp>
#include <set>

#include "sim/chat_caller.hpp"
#include "sim/chat_peers.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

struct history {
  std::string trace;
  std::size_t asked = 0;
  std::size_t ended = 0;
  std::size_t answered = 0;
  std::size_t cancelled = 0;
  std::size_t connects = 0;
  std::set<std::string> errors;
};

constexpr auto splits = {sim::split::never, sim::split::random, sim::split::every_byte};

// One server that is restarted after a crash, two clients, 20 s of faults, then
// peace; requests all the time.
class story {
 public:
  story(std::uint64_t seed, bool trace)
      : world_(seed, options_for(seed, trace)), draw_(seed), seed_(seed) {
    EXPECT_TRUE(server_.listen(b_, b_.at(7)));
    b_.on_boot([this] { EXPECT_TRUE(server_.listen(b_, b_.at(7))); });
    server_.patience = 5s;
    for (sim::host* h : {&a_, &c_}) callers_.push_back(std::make_unique<chat_caller>(*h, b_.at(7)));
    world_.inject({.mean_interval = 500ms, .span = 20s, .crash = 2});
    ask_later();
  }

  history run() {
    EXPECT_NE(world_.run_for(25s), sim::stopped::livelock) << "seed " << seed_;
    recover();
    for (const auto& c : callers_) c->close();
    server_.close_all();
    server_.stop();
    EXPECT_EQ(world_.run_until_idle(), sim::stopped::idle) << "seed " << seed_;
    EXPECT_EQ(world_.open_connections(), 0U) << "seed " << seed_;
    for (const auto& c : callers_) {
      EXPECT_TRUE(c->is_gone());
      seen_.connects += c->connects;
    }
    for (const auto& [text, times] : ended_) {
      EXPECT_EQ(times, 1) << text << ", seed " << seed_;
      seen_.ended += times == 1;
    }
    seen_.trace = world_.trace();
    return std::move(seen_);
  }

 private:
  static sim::world_options options_for(std::uint64_t seed, bool trace) {
    const auto how = *(splits.begin() + seed % 3);
    const std::size_t window = seed % 5 == 0 ? 16 : 64 * 1024;
    return {.link = {.splitting = how, .window = window}, .trace = trace};
  }

  // Partitions have healed, hosts are up. The first request may still find a dead
  // connection and run out of patience; those after it must be answered.
  void recover() {
    world_.heal_all();
    for (const std::size_t expected : {0U, 10U}) {
      const std::size_t before = seen_.answered;
      for (int n = 0; n < 10; ++n) ask(*callers_[std::size_t(n) % 2], false);
      world_.run_for(3s);  // longer than the clients' patience, shorter than the server's
      EXPECT_GE(seen_.answered - before, expected) << "seed " << seed_;
    }
  }

  void ask_later() {
    if (seen_.asked >= 200) return;
    world_.after(draw_.between(0ms, 200ms), [this] {
      for (std::uint64_t n = draw_.below(4); n > 0; --n) {
        ask(*callers_[draw_.below(2)], draw_.one_in(10));
      }
      ask_later();
    });
  }

  void ask(chat_caller& caller, bool cancels) {
    const std::string text = std::to_string(seen_.asked++) + std::string(draw_.below(60), 'x');
    ended_[text] = 0;
    auto op = caller.ask(text);
    if (cancels) op.cancel();
    std::move(op).then([this, text](result<std::string> r) {
      ++ended_[text];
      if (r) {
        EXPECT_EQ(*r, "re: " + text) << "somebody else's reply, seed " << seed_;
        ++seen_.answered;
      } else {
        seen_.cancelled += r.error() == errc::cancelled;
        seen_.errors.emplace(r.error().name());
      }
    });
  }

  sim::world world_;
  sim::host& a_ = world_.add_host("a");
  sim::host& b_ = world_.add_host("b");
  sim::host& c_ = world_.add_host("c");
  sim::prng draw_;
  std::uint64_t seed_;
  chat_server server_;
  std::vector<std::unique_ptr<chat_caller>> callers_;
  std::map<std::string, int> ended_;
  history seen_;
};

history tell(std::uint64_t seed, bool trace = false) { return story(seed, trace).run(); }

TEST(sim_seeds, replay) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const history once = tell(seed, true);
    const history again = tell(seed, true);
    EXPECT_FALSE(once.trace.empty());
    EXPECT_EQ(once.trace, again.trace);
    EXPECT_EQ(once.answered, again.answered);
  }
}

TEST(sim_seeds, differ) { EXPECT_NE(tell(3, true).trace, tell(6, true).trace); }

TEST(sim_seeds, end_every_request_once) {
#ifdef PARLEY_POISON
  const std::uint64_t seeds = 300;  // about 40 times slower than in a release
#else
  const std::uint64_t seeds = std::getenv("PARLEY_LONG") ? 100'000 : 2'000;
#endif
  history sum;
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    const history h = tell(seed);
    EXPECT_EQ(h.ended, h.asked) << "seed " << seed;
    sum.answered += h.answered;
    sum.cancelled += h.cancelled;
    sum.connects += h.connects;
    sum.errors.insert(h.errors.begin(), h.errors.end());
  }
  // The faults did happen: otherwise this proves nothing.
  EXPECT_GT(sum.connects, seeds * 4);
  EXPECT_GT(sum.cancelled, 0U);
  for (const char* name : {"reset", "timed_out", "not_connected"}) {
    EXPECT_TRUE(sum.errors.contains(name)) << name;
  }
}

}  // namespace
}  // namespace parley::test
