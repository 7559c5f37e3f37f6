// Shouting from other threads: in order, bounded, told exactly once, and legal at any
// time, also around and after the end of the provider (P25).
#include <gtest/gtest.h>

#include <parley/adapters/blocking/loop.hpp>
#include <parley/codecs/resp/redis_provider.hpp>
#include <thread>

#include "support/fake_redis.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

class redis_remote : public ::testing::Test {
 protected:
  redis_remote() { port = server.listen(*address::parse_ip("127.0.0.1", 0))->port(); }

  std::unique_ptr<redis_provider> up(std::size_t bytes = std::size_t{1} << 20) {
    redis_config c;
    c.host = "127.0.0.1";
    c.port = port;
    c.remote_bytes = bytes;
    auto p = std::make_unique<redis_provider>(loop, c);
    EXPECT_TRUE(loop.wait(p->initialize()));
    return p;
  }
  template <class F>
  bool run_until(F condition) {
    const auto end = loop.now() + 20s;
    while (!condition() && loop.now() < end) loop.run_once(10ms);
    return condition();
  }

  blocking::loop loop;
  fake_redis server{loop};
  std::uint16_t port = 0;
};

TEST_F(redis_remote, threads_shout_in_their_order) {
  auto redis = up();
  std::map<std::string, std::vector<std::int64_t>> heard;
  auto on_message = [&](const message& m) {
    heard[std::string(m.topic())].push_back(m.value()["n"].to<std::int64_t>().value_or(-1));
  };
  auto speaker = loop.wait(redis->create_speaker("t*", on_message, pattern()));
  ASSERT_TRUE(speaker);
  constexpr int threads = 4, each = 200;
  int told = 0;  // of the loop's thread
  std::vector<std::thread> running;
  running.reserve(threads);
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([out = redis->remote_handle(), t, &told] {
      const std::string name = "t" + std::to_string(t);
      for (int i = 0; i < each; ++i) {
        while (!out.shout(name, fields("n", i),
                          [&told](result<delivery> r) { told += r.has_value(); })) {
          std::this_thread::yield();
        }
      }
    });
  }
  const bool all = run_until([&] { return told == threads * each; });
  for (auto& t : running) t.join();
  ASSERT_TRUE(all);
  ASSERT_TRUE(run_until([&] {
    return heard.size() == threads &&
           std::ranges::all_of(heard, [](auto& h) { return h.second.size() == each; });
  }));
  for (auto& [name, numbers] : heard) EXPECT_TRUE(std::ranges::is_sorted(numbers)) << name;
}

// However deep its maker liked: it is refused, and nobody's stack ends.
TEST_F(redis_remote, a_deep_value_is_refused) {
  auto redis = up(std::size_t{1} << 30);
  std::optional<result<delivery>> told;  // of the loop's thread
  std::thread other([out = redis->remote_handle(), &told] {
    value deep(1);
    for (int i = 0; i < 500'000; ++i) {
      std::vector<value> one;
      one.push_back(std::move(deep));
      deep = value::from_array(std::move(one));
    }
    EXPECT_TRUE(out.shout("t", std::move(deep), [&told](result<delivery> r) { told = r; }));
  });
  other.join();
  ASSERT_TRUE(run_until([&] { return told.has_value(); }));
  EXPECT_FALSE(*told);
}

TEST_F(redis_remote, the_queue_is_bounded) {
  auto redis = up(1000);
  const remote out = redis->remote_handle();
  int accepted = 0;
  bool full = false;
  std::thread([&] {
    for (int i = 0; i < 100 && !full; ++i) {
      auto ok = out.shout("x", std::string(50, 'x'));
      full = !ok && ok.error() == errc::queue_full;
      accepted += ok.has_value();
    }
  }).join();
  EXPECT_TRUE(full);
  EXPECT_GT(accepted, 0);
  EXPECT_LE(out.queued_bytes(), 1000u);
  ASSERT_TRUE(run_until([&] { return out.queued_bytes() == 0; }));
  EXPECT_TRUE(out.shout("x", "again"));
  run_until([&] { return out.queued_bytes() == 0; });
}

TEST_F(redis_remote, what_was_taken_is_told_when_the_provider_ends) {
  auto redis = up();
  const remote out = redis->remote_handle();
  int told = 0;
  std::thread([&] {
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(out.shout(
          "x", i, [&](result<delivery> r) { told += !r && r.error() == errc::cancelled; }));
    }
  }).join();
  redis.reset();
  EXPECT_FALSE(out.is_open());
  EXPECT_EQ(told, 0) << "never inside the destructor";
  ASSERT_TRUE(run_until([&] { return told == 10; }));
  auto late = out.shout("x", 1);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error(), errc::closed);
}

TEST_F(redis_remote, the_provider_may_end_while_threads_shout) {
  for (int round = 0; round < 20; ++round) {
    auto redis = up(20'000);
    std::atomic<bool> stop = false;
    std::atomic<int> promised = 0;
    int told = 0;
    std::vector<std::thread> running;
    running.reserve(3);
    for (int t = 0; t < 3; ++t) {
      running.emplace_back([&, out = redis->remote_handle()] {
        while (!stop) {
          if (out.shout("x", "y", [&told](result<delivery>) { ++told; })) ++promised;
        }
      });
    }
    for (int i = 0; i < round; ++i) loop.run_once(1ms);
    redis.reset();
    stop = true;
    for (auto& t : running) t.join();
    ASSERT_TRUE(run_until([&] { return told == promised; })) << told << " of " << promised;
  }
}

TEST_F(redis_remote, a_handle_may_outlive_the_loop) {
  std::optional<remote> kept;
  {
    blocking::loop other;
    redis_provider redis(other, {});
    kept = redis.remote_handle();
    EXPECT_TRUE(kept->shout("x", "dropped with the provider"));
  }
  std::thread([&] { EXPECT_FALSE(kept->shout("x", 1)); }).join();
  kept.reset();
}

}  // namespace
}  // namespace parley::test
