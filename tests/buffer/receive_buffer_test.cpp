#include <parley/core/buffer/receive_buffer.hpp>

#include "support/allocations.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <string>

namespace parley {
namespace {

constexpr auto huge = std::numeric_limits<std::size_t>::max();

// Feeds as much of `text` as fits into one prepared span.
std::size_t feed(receive_buffer& buffer, std::string_view text, std::size_t hint = 0) {
  const auto room = buffer.prepare(hint);
  const std::size_t n = std::min(room.size(), text.size());
  if (n != 0) std::memcpy(room.data(), text.data(), n);
  buffer.commit(n);
  return n;
}

std::string numbered(std::size_t n, std::size_t from = 0) {
  std::string text(n, '\0');
  for (std::size_t i = 0; i < n; ++i) text[i] = static_cast<char>('a' + (from + i) % 23);
  return text;
}

TEST(receive_buffer, holds_no_memory_before_the_first_byte) {
  const std::size_t before = test::allocations();
  receive_buffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_TRUE(buffer.release());
  buffer.commit(7);
  buffer.consume(7);
  buffer.discard_consumed();
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_EQ(test::allocations(), before);
}

TEST(receive_buffer, shows_what_was_committed_until_it_is_consumed) {
  receive_buffer buffer;
  EXPECT_EQ(feed(buffer, "hello world"), 11u);
  buffer.consume(6);
  EXPECT_EQ(as_text(buffer.data()), "world");
  buffer.consume(huge);
  EXPECT_TRUE(buffer.empty());
}

TEST(receive_buffer, commit_is_clamped_to_what_was_prepared) {
  receive_buffer buffer({.initial = 8, .max = 8, .step = 8});
  EXPECT_EQ(buffer.prepare(huge).size(), 8u);
  buffer.commit(huge);
  EXPECT_EQ(buffer.size(), 8u);
  buffer.commit(1);
  EXPECT_EQ(buffer.size(), 8u);
}

TEST(receive_buffer, is_empty_handed_when_full) {
  receive_buffer buffer({.initial = 4, .max = 16, .step = 4});
  const std::string text = numbered(100);
  std::size_t fed = 0;
  for (std::size_t n = 1; n != 0; fed += n) n = feed(buffer, std::string_view(text).substr(fed));
  EXPECT_EQ(fed, 16u);
  EXPECT_EQ(buffer.prepare(huge).size(), 0u);
  buffer.consume(3);
  EXPECT_EQ(buffer.prepare(0).size(), 3u);
  EXPECT_EQ(as_text(buffer.data()), text.substr(3, 13));
}

TEST(receive_buffer, hint_raises_one_step_and_no_more) {
  receive_buffer buffer;
  EXPECT_EQ(buffer.prepare(1).size(), buffer.limits().initial);
  EXPECT_EQ(buffer.prepare(huge).size(), buffer.limits().step);
  EXPECT_EQ(buffer.prepare(huge).size(), buffer.limits().step);
  EXPECT_EQ(buffer.capacity(), buffer.limits().step);
}

// Memory follows what arrived: at any moment at most four times that, or a step.
TEST(receive_buffer, grows_only_with_bytes_that_arrived) {
  receive_buffer buffer({.initial = 64, .max = 1 << 20, .step = 256});
  const std::string text = numbered(1000);
  std::size_t peak = 256;
  for (int i = 0; i < 5000; ++i) {
    (void)feed(buffer, std::string_view(text).substr(0, 100), huge);
    peak = std::max(peak, 4 * buffer.size());
    ASSERT_LE(buffer.capacity(), peak);
  }
  EXPECT_EQ(buffer.size(), 500000u);
}

TEST(receive_buffer, bounds_are_made_consistent) {
  const receive_buffer none({.initial = 0, .max = 0, .step = 0});
  EXPECT_EQ(none.limits().max, 1u);
  EXPECT_EQ(none.limits().initial, 1u);
  const receive_buffer small({.initial = 100, .max = 10, .step = 1000});
  EXPECT_EQ(small.limits().initial, 10u);
  EXPECT_EQ(small.limits().step, 10u);
}

TEST(receive_buffer, says_how_far_growth_moved_the_unread_bytes) {
  receive_buffer buffer({.initial = 16, .max = 4096, .step = 16});
  (void)feed(buffer, "0123456789abcdef");
  buffer.consume(2);
  std::string_view text = as_text(buffer.data().subspan(3, 4));
  byte_view bytes = buffer.data().subspan(8);
  (void)buffer.prepare(0);
  EXPECT_NE(buffer.moved(), 0);
  text = rebase(text, buffer.moved());
  bytes = rebase(bytes, buffer.moved());
  EXPECT_EQ(text, "5678");
  EXPECT_EQ(as_text(bytes), "abcdef");
  EXPECT_EQ(text.data(), as_text(buffer.data()).data() + 3);
}

TEST(receive_buffer, says_how_far_compaction_moved_the_unread_bytes) {
  receive_buffer buffer({.initial = 16, .max = 16, .step = 16});
  (void)feed(buffer, "0123456789abcdef");
  buffer.consume(10);
  const std::string_view kept = as_text(buffer.data());
  EXPECT_EQ(buffer.prepare(0).size(), 10u);
  EXPECT_EQ(buffer.moved(), -10);
  EXPECT_EQ(rebase(kept, buffer.moved()), "abcdef");
  buffer.commit(0);
  EXPECT_EQ(buffer.prepare(0).size(), 10u);
  EXPECT_EQ(buffer.moved(), 0);
}

TEST(receive_buffer, moves_nothing_between_prepare_and_commit) {
  receive_buffer buffer({.initial = 16, .max = 64, .step = 16});
  (void)feed(buffer, "0123456789");
  const auto prepared = buffer.prepare(0);
  const std::byte* const unread = buffer.data().data();
  buffer.consume(4);
  buffer.discard_consumed();
  EXPECT_FALSE(buffer.release());
  buffer.consume(6);
  buffer.discard_consumed();
  EXPECT_FALSE(buffer.release());
  std::memcpy(prepared.data(), "abc", 3);
  buffer.commit(3);
  EXPECT_EQ(as_text(buffer.data()), "abc");
  EXPECT_EQ(buffer.data().data(), unread + 10);
}

TEST(receive_buffer, keeps_its_storage_while_somebody_may_look_at_it) {
  receive_buffer buffer;
  (void)feed(buffer, "event");
  const std::string_view view = as_text(buffer.data());
  EXPECT_FALSE(buffer.release());
  buffer.consume(5);
  EXPECT_FALSE(buffer.release());
  EXPECT_EQ(view, "event");
  buffer.discard_consumed();
  EXPECT_TRUE(buffer.release());
  EXPECT_EQ(buffer.capacity(), 0u);
  EXPECT_EQ(feed(buffer, "again"), 5u);
  EXPECT_EQ(as_text(buffer.data()), "again");
}

TEST(receive_buffer, steady_state_allocates_nothing) {
  receive_buffer buffer;
  const std::string text = numbered(3000);
  (void)feed(buffer, text, 65536);
  const std::size_t before = test::allocations();
  for (int i = 0; i < 1000; ++i) {
    (void)feed(buffer, text, 65536);
    buffer.consume(3000);
    buffer.discard_consumed();
  }
  EXPECT_EQ(test::allocations(), before);
  EXPECT_EQ(as_text(buffer.data()), text);
}

TEST(receive_buffer, failed_allocation_changes_nothing) {
  receive_buffer buffer({.initial = 16, .max = 64, .step = 16});
  (void)feed(buffer, "0123456789abcdef");
  buffer.consume(3);
  const std::byte* const unread = buffer.data().data();
  {
    const test::failing_allocation fail(0);
    EXPECT_THROW((void)buffer.prepare(0), std::bad_alloc);
  }
  EXPECT_EQ(buffer.data().data(), unread);
  EXPECT_EQ(as_text(buffer.data()), "3456789abcdef");
  EXPECT_EQ(feed(buffer, "xyz"), 3u);
  EXPECT_EQ(as_text(buffer.data()), "3456789abcdefxyz");
}

TEST(receive_buffer, moving_leaves_an_empty_one) {
  receive_buffer a;
  (void)feed(a, "bytes");
  receive_buffer b = std::move(a);
  EXPECT_EQ(as_text(b.data()), "bytes");
  EXPECT_EQ(feed(a, "new"), 3u);
  a = std::move(b);
  EXPECT_EQ(as_text(a.data()), "bytes");
}

// Any order of calls against a plain string: content, bounds, and kept views.
TEST(receive_buffer, behaves_like_a_queue_of_bytes) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t n) { return std::size_t{random()} % (n + 1); };
    const std::size_t max = 1 + pick(600);
    receive_buffer buffer({.initial = pick(64), .max = max, .step = pick(200)});
    std::string model;
    std::size_t fed = 0;
    for (int step = 0; step < 200; ++step) {
      const std::string_view kept = as_text(buffer.data());
      const auto room = buffer.prepare(pick(300));
      if (!kept.empty()) {
        ASSERT_EQ(rebase(kept, buffer.moved()).data(), as_text(buffer.data()).data());
      }
      ASSERT_EQ(as_text(buffer.data()), model) << seed;
      ASSERT_LE(buffer.capacity(), max);
      ASSERT_EQ(room.empty(), model.size() == max) << seed;

      const std::string text = numbered(pick(room.size()), fed);
      std::ranges::copy(as_bytes(text), room.begin());
      buffer.commit(text.size());
      fed += text.size();
      model += text;
      for (std::size_t n = pick(3); n != 0; --n) {
        const std::size_t taken = pick(pick(model.size()));
        const std::string_view event = as_text(buffer.data().first(taken));
        const std::string expected = model.substr(0, taken);
        buffer.consume(taken);
        ASSERT_EQ(event, expected);  // consumed, and alive until the next line
        buffer.discard_consumed();
        model.erase(0, taken);
      }
      ASSERT_EQ(as_text(buffer.data()), model) << seed;
      if (pick(9) == 0) {
        ASSERT_EQ(buffer.release(), model.empty()) << seed;
      }
    }
  }
}

}  // namespace
}  // namespace parley
