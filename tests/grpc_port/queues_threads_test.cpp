// What lies between the loop's thread and those of gRPC in a stream, with threads that stand for
// gRPC's.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/adapters/grpc/grpc_queues.hpp>
#include <thread>

namespace parley::test {
namespace {

struct note {
  int number = 0;
  std::size_t size = 0;
  // NOLINTBEGIN(readability-identifier-naming): protobuf calls them so.
  std::size_t ByteSizeLong() const { return size; }
  void Clear() { *this = {}; }
  // NOLINTEND(readability-identifier-naming)
};

constexpr std::size_t limit = 1000;
// So much is taken for what a note of no bytes takes; see grpc_size_of().
constexpr std::size_t of_one = 100;
note numbered(int n, std::size_t size = of_one - sizeof(note)) { return {n, size}; }

// What gRPC was told to do last.
struct sending {
  int written = 0;  // the number of what is being written; 0: nothing
  bool is_followed = false;
  auto start() {
    return [this](const note& n, bool followed) {
      written = n.number;
      is_followed = followed;
    };
  }
};

class grpc_send : public ::testing::Test {
 public:
  operation<void> add(note n) { return queue.add(n, loop, grpc.start()); }
  auto written() {
    grpc.written = 0;
    return queue.written(grpc.start());
  }

  blocking::loop loop;
  detail::grpc_send_queue<note> queue{limit};
  sending grpc;
};

TEST_F(grpc_send, what_is_added_is_written_in_order_one_at_a_time) {
  EXPECT_TRUE(add(numbered(1)).is_complete());
  EXPECT_EQ(grpc.written, 1);
  for (const int n : {2, 3}) EXPECT_TRUE(add(numbered(n)).is_complete());
  EXPECT_EQ(grpc.written, 1) << "the first is under way";
  written();
  EXPECT_EQ(grpc.written, 2);
  EXPECT_TRUE(grpc.is_followed);
  written();
  EXPECT_EQ(grpc.written, 3);
  EXPECT_FALSE(grpc.is_followed) << "nothing waits behind it: it has to go out";
  const auto last = written();
  EXPECT_EQ(grpc.written, 0);
  EXPECT_FALSE(last.is_last);
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST_F(grpc_send, who_writes_waits_while_much_waits_before_him) {
  for (int n = 1; n <= 5; ++n) EXPECT_TRUE(add(numbered(n)).is_complete()) << n;
  // Above half of what may wait.
  auto waits = add(numbered(6));
  EXPECT_FALSE(waits.is_complete());
  EXPECT_TRUE(written().is_low);
  EXPECT_FALSE(written().is_low) << "told once";
  queue.has_room();
  ASSERT_TRUE(waits.is_complete());
  EXPECT_TRUE(loop.wait(std::move(waits)));
}

TEST_F(grpc_send, it_is_bounded_and_takes_one_that_is_larger) {
  EXPECT_FALSE(add(numbered(1, 5 * limit)).is_complete());
  auto refused = loop.wait(add(numbered(2)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::queue_full);
  EXPECT_TRUE(written().is_low);
  EXPECT_TRUE(add(numbered(3)).is_complete());
  EXPECT_EQ(grpc.written, 3);
}

TEST_F(grpc_send, the_end_is_told_with_the_last_one) {
  (void)add(numbered(1));
  (void)add(numbered(2));
  EXPECT_FALSE(queue.end());
  EXPECT_FALSE(written().is_last);
  EXPECT_TRUE(written().is_last);
}

TEST_F(grpc_send, nothing_left_is_the_end_at_once) { EXPECT_TRUE(queue.end()); }

TEST_F(grpc_send, what_is_dropped_is_not_begun_and_who_waits_is_told) {
  auto waits = add(numbered(1, 5 * limit));
  (void)add(numbered(2));
  EXPECT_FALSE(queue.end());
  queue.drop(errc::closed);
  auto told = loop.wait(std::move(waits));
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error(), errc::closed);
  const auto after = written();
  EXPECT_EQ(grpc.written, 0);
  EXPECT_FALSE(after.is_last);
}

TEST(grpc_receive, reads_ahead_until_enough_waits) {
  detail::grpc_receive_queue<note> queue;
  note* reading = nullptr;
  const auto start = [&](note& to) { reading = &to; };
  EXPECT_FALSE(queue.take(start));
  ASSERT_NE(reading, nullptr) << "the first question begins to read";
  int came = 0;
  while (note* const to = std::exchange(reading, nullptr)) {
    *to = numbered(++came, 1000);
    EXPECT_EQ(queue.arrived(start), came == 1) << "the loop hears of the first";
  }
  const auto ahead = static_cast<int>(detail::grpc_read_ahead / (1000 + sizeof(note))) + 1;
  EXPECT_EQ(came, ahead);
  for (int n = 1; n <= came; ++n) {
    const auto next = queue.take(start);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->number, n);
    EXPECT_NE(reading, nullptr) << "goes on while there is room";
  }
  EXPECT_FALSE(queue.take(start));
}

TEST(grpc_receive, what_has_come_can_be_taken_after_a_stop_and_not_after_a_drop) {
  for (const bool drops : {false, true}) {
    detail::grpc_receive_queue<note> queue;
    note* reading = nullptr;
    const auto start = [&](note& to) { reading = &to; };
    (void)queue.take(start);
    for (const int n : {1, 2, 3}) {
      *reading = numbered(n);
      (void)queue.arrived(start);
    }
    EXPECT_EQ(queue.take(start)->number, 1);
    drops ? queue.drop() : queue.stop();
    reading = nullptr;
    EXPECT_EQ(queue.take(start).has_value(), !drops);
    EXPECT_EQ(reading, nullptr);
  }
}

// --- with a thread ------------------------------------------------------------------------------

constexpr int many = 20'000;

// Takes what is written, as gRPC would, until `last` was.
void take_all(detail::grpc_send_queue<note>& queue, std::atomic<int>& begun,
              std::atomic<int>& low) {
  int before = 0;
  while (before < many) {
    const int n = begun.load(std::memory_order_acquire);
    if (n == before) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(n, before + 1) << "in order";
    before = n;
    const auto next = queue.written(
        [&](const note& m, bool) { begun.store(m.number, std::memory_order_release); });
    if (next.is_low) low.fetch_add(1, std::memory_order_release);
  }
}

TEST(grpc_queues, one_thread_adds_and_another_takes) {
  blocking::loop loop;
  detail::grpc_send_queue<note> queue(limit);
  std::atomic<int> begun{0}, low{0};
  std::thread grpc([&] { take_all(queue, begun, low); });
  int heard = 0;
  for (int n = 1; n <= many; ++n) {
    auto op = queue.add(numbered(n), loop, [&](const note& m, bool) {
      begun.store(m.number, std::memory_order_release);
    });
    if (op.is_complete()) continue;
    while (low.load(std::memory_order_acquire) == heard) std::this_thread::yield();
    ++heard;
    queue.has_room();
    EXPECT_TRUE(op.is_complete());
  }
  grpc.join();
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(grpc_queues, one_thread_reads_and_another_takes) {
  detail::grpc_receive_queue<note> queue;
  std::atomic<note*> reading{nullptr};
  const auto start = [&](note& to) { reading.store(&to, std::memory_order_release); };
  std::thread grpc([&] {
    for (int n = 1; n <= many;) {
      note* const to = reading.exchange(nullptr, std::memory_order_acq_rel);
      if (to == nullptr) {
        std::this_thread::yield();
        continue;
      }
      *to = numbered(n++, 5000);
      (void)queue.arrived(start);
    }
  });
  for (int n = 1; n <= many;) {
    const auto next = queue.take(start);
    if (!next) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(next->number, n++);
  }
  grpc.join();
}

}  // namespace
}  // namespace parley::test
