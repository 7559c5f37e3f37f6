// post() from other threads, on every loop.
#include <thread>

#include "loops/fixtures.hpp"

namespace parley::test {
namespace {

// The simulated loop is not among them: it has one thread, and ends when nothing is left to do.
template <class World>
class loop_threads : public loop_test<World> {};
TYPED_TEST_SUITE(loop_threads, real_worlds, loop_names);

struct counted final : work {
  void run() override {
    // No lock: only the loop's thread comes here.
    ++*total;
    if (*last >= number) ++*disordered;
    *last = number;
  }
  int number = 0;
  int* total = nullptr;
  int* last = nullptr;
  int* disordered = nullptr;
};

TYPED_TEST(loop_threads, posting_from_many_threads_loses_nothing) {
  constexpr int threads = 4;
  constexpr int each = 5000;
  int total = 0;
  int disordered = 0;
  std::vector<int> last(threads, -1);
  std::vector<std::vector<counted>> items(threads);
  std::vector<std::thread> running;
  for (std::size_t t = 0; t < threads; ++t) {
    items[t] = std::vector<counted>(each);
    for (int i = 0; i < each; ++i) {
      counted& item = items[t][static_cast<std::size_t>(i)];
      item.number = i;
      item.total = &total;
      item.last = &last[t];
      item.disordered = &disordered;
    }
    running.emplace_back([this, &mine = items[t]] {
      for (counted& item : mine) this->port().post(item);
    });
  }
  EXPECT_TRUE(this->world.run_until([&] { return total == threads * each; }));
  for (auto& t : running) t.join();
  EXPECT_EQ(total, threads * each);
  EXPECT_EQ(disordered, 0);  // what one thread posts keeps its order
}

// The loop sleeps without any deadline, so that only the post can wake it.
TYPED_TEST(loop_threads, a_post_wakes_a_loop_that_sleeps) {
  int total = 0;
  int last = -1;
  int disordered = 0;
  for (int i = 0; i < 20; ++i) {
    counted item;
    item.number = i;
    item.total = &total;
    item.last = &last;
    item.disordered = &disordered;
    std::thread other([&] { this->port().post(item); });
    EXPECT_TRUE(this->world.run_until([&] { return total == i + 1; }));
    other.join();
  }
}

TYPED_TEST(loop_threads, a_post_may_send_on_a_connection) {
  auto& server = this->serve();
  auto pair = this->connected(server);
  struct send final : work {
    explicit send(line_peer& p) : to(p) {}
    void run() override { to.send("from another thread"); }
    line_peer& to;
  } item(pair.client);
  std::thread other([&] { this->port().post(item); });
  EXPECT_TRUE(this->world.run_until([&] { return pair.client.lines.size() == 1; }));
  other.join();
}

// Names are resolved by other threads.
TYPED_TEST(loop_threads, resolving_and_cancelling_race) {
  struct request final : resolve_request {
    void resolved(result<std::vector<address>>) override { ++count; }
    int count = 0;
  };
  for (int i = 0; i < 50; ++i) {
    request kept, dropped;
    kept.host = dropped.host = "localhost";
    this->port().resolve(kept);
    this->port().resolve(dropped);
    if (i % 2 == 0) this->world.idle();
    this->port().cancel(dropped);
    ASSERT_TRUE(this->world.run_until([&] { return kept.count == 1; }));
    EXPECT_LE(dropped.count, 1);
  }
}

}  // namespace
}  // namespace parley::test
