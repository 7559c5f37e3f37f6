#include <parley/core/buffer/send_buffer.hpp>

#include "support/allocations.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace parley {
namespace {

constexpr auto huge = std::numeric_limits<std::size_t>::max();

std::string joined(buffer_list list) {
  std::string text;
  for (const const_buffer& piece : list) {
    text.append(static_cast<const char*>(piece.data), piece.size);
  }
  return text;
}

// What the buffer holds, beyond the first list too; empties it.
std::string drained(send_buffer& buffer) {
  std::string text;
  while (!buffer.empty()) {
    const std::string part = joined(buffer.output());
    text += part;
    buffer.consume(part.size());
  }
  return text;
}

void write(send_buffer& buffer, std::string_view text) {
  const auto room = buffer.reserve(text.size());
  ASSERT_GE(room.size(), text.size());
  std::ranges::copy(as_bytes(text), room.begin());
  buffer.commit(text.size());
}

std::string random_text(std::mt19937& random, std::size_t n) {
  std::string text(n, '\0');
  for (char& c : text) c = static_cast<char>('a' + random() % 26);
  return text;
}

TEST(send_buffer, is_small_and_allocates_nothing_when_idle) {
  const std::size_t before = test::allocations();
  send_buffer buffer;
  EXPECT_TRUE(buffer.output().empty());
  buffer.consume(10);
  buffer.commit(10);
  buffer.append(std::string_view());
  buffer.append(shared_bytes());
  buffer.append(static_bytes());
  EXPECT_TRUE(buffer.erase(0, 0));
  buffer.release();
  EXPECT_TRUE(buffer.empty());
  EXPECT_TRUE(buffer.release_output().empty());
  EXPECT_EQ(test::allocations(), before);
  EXPECT_LT(sizeof(send_buffer), 200u);
}

TEST(send_buffer, adjacent_inline_bytes_are_one_entry) {
  send_buffer buffer;
  write(buffer, "*1\r\n");
  buffer.append("$4\r\n");
  write(buffer, "PING\r\n");
  ASSERT_EQ(buffer.output().size(), 1u);
  EXPECT_EQ(joined(buffer.output()), "*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(buffer.size(), 14u);
}

TEST(send_buffer, large_shared_and_static_bytes_are_not_copied) {
  const std::string text(send_buffer::copy_limit + 1, 'x');
  const auto shared = shared_bytes::copy(as_bytes(text));
  send_buffer buffer;
  buffer.append("head");
  buffer.append(shared);
  buffer.append(static_bytes(text));
  buffer.append("tail");
  const auto list = buffer.output();
  ASSERT_EQ(list.size(), 4u);
  EXPECT_EQ(list[1].data, shared.data());
  EXPECT_EQ(list[2].data, text.data());
  EXPECT_EQ(joined(list), "head" + text + text + "tail");
}

TEST(send_buffer, small_shared_and_static_bytes_are_copied) {
  const std::string text(send_buffer::copy_limit, 'x');
  send_buffer buffer;
  buffer.append(shared_bytes::copy(as_bytes(text)));
  buffer.append(static_bytes(text));
  ASSERT_EQ(buffer.output().size(), 1u);
  EXPECT_EQ(joined(buffer.output()), text + text);
}

TEST(send_buffer, holds_shared_bytes_until_they_are_consumed) {
  send_buffer buffer;
  {
    const auto whole = shared_bytes::copy(as_bytes(std::string(5000, 'y')));
    buffer.append(whole.slice(1000, 3000));
  }
  EXPECT_EQ(joined(buffer.output()), std::string(3000, 'y'));
  buffer.consume(2999);
  EXPECT_EQ(joined(buffer.output()), "y");
}

TEST(send_buffer, shown_bytes_stay_whatever_is_appended) {
  send_buffer buffer;
  std::mt19937 random(7);
  std::string expected = random_text(random, 100);
  buffer.append(expected);
  const auto list = buffer.output();
  const std::vector<const_buffer> in_flight(list.begin(), list.end());
  for (int i = 0; i < 2000; ++i) {
    buffer.append(random_text(random, 50));
    buffer.append(shared_bytes::copy(as_bytes(random_text(random, 300))));
  }
  EXPECT_EQ(joined(in_flight), expected);
  EXPECT_EQ(joined(buffer.output().first(1)).substr(0, 100), expected);
  EXPECT_EQ(buffer.output()[0].data, in_flight[0].data);
}

TEST(send_buffer, list_has_at_most_64_entries_and_is_stable) {
  send_buffer buffer;
  const std::string large(300, 'z');
  for (int i = 0; i < 100; ++i) buffer.append(static_bytes(large));
  const auto first = buffer.output();
  const auto second = buffer.output();
  EXPECT_EQ(first.size(), send_buffer::max_list);
  EXPECT_EQ(first.data(), second.data());
  EXPECT_EQ(buffer.handed_out(), 64u * 300);
  EXPECT_EQ(drained(buffer).size(), 30000u);
}

TEST(send_buffer, reserve_gives_contiguous_space_of_any_size) {
  send_buffer buffer;
  for (const std::size_t n : {1u, 4000u, 4072u, 4073u, 100000u}) {
    const std::string text(n, 'r');
    write(buffer, text);
  }
  EXPECT_EQ(drained(buffer), std::string(1 + 4000 + 4072 + 4073 + 100000, 'r'));
}

TEST(send_buffer, commit_and_consume_are_clamped) {
  send_buffer buffer;
  const std::size_t room = buffer.reserve(1).size();
  buffer.commit(huge);
  EXPECT_EQ(buffer.size(), room);
  buffer.consume(huge);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.handed_out(), 0u);
}

TEST(send_buffer, sizes_that_wrap_fail_and_change_nothing) {
  send_buffer buffer;
  buffer.append("abc");
  EXPECT_THROW((void)buffer.reserve(huge), std::bad_alloc);
  EXPECT_THROW((void)buffer.reserve(huge - 8000), std::bad_alloc);
  const byte_view absurd(as_bytes("x").data(), huge - 2);
  EXPECT_THROW(buffer.append(absurd), std::bad_alloc);
  EXPECT_THROW(buffer.append(static_bytes(absurd)), std::bad_alloc);
  EXPECT_EQ(drained(buffer), "abc");
}

TEST(send_buffer, steady_state_allocates_nothing) {
  send_buffer buffer;
  const std::string large(3000, 'l');
  const auto shared = shared_bytes::copy(as_bytes(large));
  std::size_t before = 0;
  for (int round = 0; round < 3000; ++round) {
    if (round == 1000) before = test::allocations();
    // Bursts of different size; the largest comes once in 50 drains.
    for (int i = 0; i < (round % 50 == 0 ? 200 : 3); ++i) {
      write(buffer, "*3\r\n$3\r\nSET\r\n");
      buffer.append(large);
      buffer.append(shared);
      write(buffer, std::string_view(large).substr(0, 1000));
    }
    (void)buffer.reserve(9000);
    while (!buffer.empty()) buffer.consume(total_size(buffer.output()));
  }
  EXPECT_EQ(test::allocations(), before);
}

TEST(send_buffer, blocks_beyond_the_recent_peak_are_freed) {
  send_buffer buffer;
  buffer.append(std::string(1000000, 'p'));
  buffer.consume(huge);
  EXPECT_GE(buffer.held(), 1000000u);
  for (int i = 0; i < 200; ++i) {
    buffer.append("small");
    buffer.consume(huge);
  }
  EXPECT_LE(buffer.held(), 4096u);
}

TEST(send_buffer, release_frees_everything_only_when_empty) {
  send_buffer buffer;
  buffer.append(std::string(20000, 'i'));
  buffer.consume(15000);
  buffer.release();
  EXPECT_EQ(joined(buffer.output()), std::string(5000, 'i'));
  EXPECT_LE(buffer.held(), 3 * 4096u);
  buffer.consume(huge);
  buffer.release();
  EXPECT_EQ(buffer.held(), 0u);
  buffer.append("again");
  EXPECT_EQ(drained(buffer), "again");
}

TEST(send_buffer, erase_never_touches_what_was_handed_out) {
  send_buffer buffer;
  buffer.append("0123456789");
  (void)buffer.output();
  buffer.append("abcdefghij");
  EXPECT_FALSE(buffer.erase(9, 2));
  EXPECT_FALSE(buffer.erase(10, 11));
  EXPECT_FALSE(buffer.erase(huge, huge));
  EXPECT_TRUE(buffer.erase(12, 3));
  EXPECT_EQ(joined(buffer.output()), "0123456789abfghij");
}

TEST(send_buffer, erased_tail_is_written_again) {
  send_buffer buffer;
  buffer.append("keep");
  for (int i = 0; i < 1000; ++i) {
    write(buffer, std::string(100, 'u'));
    ASSERT_TRUE(buffer.erase(4, 100));
  }
  buffer.append("end");
  ASSERT_EQ(buffer.output().size(), 1u);
  EXPECT_EQ(joined(buffer.output()), "keepend");
  EXPECT_LE(buffer.held(), 4096u);
}

TEST(send_buffer, chain_outlives_the_machine) {
  output_chain chain;
  std::vector<const_buffer> in_flight;
  std::string expected;
  {
    send_buffer buffer;
    buffer.append("gone");
    buffer.consume(4);
    buffer.append("head");
    buffer.append(shared_bytes::copy(as_bytes(std::string(1000, 's'))));
    const auto list = buffer.output();
    in_flight.assign(list.begin(), list.end());
    expected = joined(list);
    buffer.consume(2);
    chain = buffer.release_output();
    EXPECT_TRUE(buffer.empty());
    buffer.append("the buffer itself goes on");
    EXPECT_EQ(drained(buffer), "the buffer itself goes on");
  }
  in_flight[0] = {static_cast<const std::byte*>(in_flight[0].data) + 2, 2};
  EXPECT_EQ(joined(in_flight), expected.substr(2));
  EXPECT_EQ(joined(chain.output()), expected.substr(2));
  chain.consume(500);
  EXPECT_EQ(chain.size(), expected.size() - 502);
}

// Every allocation of a filling sequence fails in turn: nothing is lost,
// nothing is half appended.
TEST(send_buffer, append_appends_all_or_nothing) {
  const std::string large(10000, 'f');
  const auto shared = shared_bytes::copy(as_bytes(large));
  std::size_t failures = 0;
  for (std::size_t allowed = 0; allowed < 12; ++allowed) {
    send_buffer buffer;
    std::string model;
    model.reserve(18 * large.size());  // only the buffer's allocations may fail
    const test::failing_allocation fail(allowed);
    const auto attempt = [&](auto append) {
      try {
        append();
        model += large;
      } catch (const std::bad_alloc&) {
        ++failures;
      }
      ASSERT_EQ(buffer.size(), model.size());
    };
    for (int i = 0; i < 6; ++i) {
      attempt([&] { buffer.append(large); });
      attempt([&] { buffer.append(shared); });
      attempt([&] { write(buffer, large); });
    }
    ASSERT_TRUE(drained(buffer) == model);
  }
  EXPECT_EQ(failures, 12u);
}

// Any order of calls against a plain string.
class model_run {
 public:
  explicit model_run(unsigned seed) : random_(seed) {}

  void run() {
    for (int step = 0; step < 400; ++step) {
      ASSERT_NO_FATAL_FAILURE(one_step());
      ASSERT_EQ(buffer_.size(), model_.size());
      ASSERT_EQ(joined(in_flight_), model_.substr(0, total_size(in_flight_)));
    }
    ASSERT_EQ(drained(buffer_), model_);
  }

 private:
  std::size_t pick(std::size_t n) { return std::size_t{random_()} % (n + 1); }

  void one_step() {
    const std::string text = random_text(random_, pick(9) == 0 ? pick(9000) : pick(400));
    switch (pick(8)) {
      case 0:
      case 1:
        write(buffer_, text);
        return void(model_ += text);
      case 2:
        buffer_.append(text);
        return void(model_ += text);
      case 3:
        return append_shared(text);
      case 4:
        return show();
      case 5:
      case 6:
        return consume();
      case 7:
        return erase();
      default:
        return buffer_.release();
    }
  }

  void append_shared(const std::string& text) {
    const auto whole = shared_bytes::copy(as_bytes(text));
    const auto part = whole.slice(pick(text.size()), pick(text.size()));
    buffer_.append(part);
    model_ += part.text();
  }

  // From now on, and until they are consumed, these bytes must not change.
  void show() {
    const auto list = buffer_.output();
    in_flight_.assign(list.begin(), list.end());
    ASSERT_EQ(joined(list), model_.substr(0, total_size(list)));
  }

  void consume() {
    const std::size_t n = pick(3) == 0 ? model_.size() : pick(pick(model_.size()));
    buffer_.consume(n);
    model_.erase(0, n);
    in_flight_.clear();
    if (buffer_.handed_out() != 0) show();
  }

  void erase() {
    const std::size_t offset = pick(model_.size());
    const std::size_t length = pick(pick(1) == 0 ? 100 : model_.size());
    const bool allowed = offset >= buffer_.handed_out() && length <= model_.size() - offset;
    ASSERT_EQ(buffer_.erase(offset, length), allowed);
    if (allowed) model_.erase(offset, length);
  }

  std::mt19937 random_;
  send_buffer buffer_;
  std::string model_;
  std::vector<const_buffer> in_flight_;
};

TEST(send_buffer, behaves_like_a_queue_of_bytes) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    ASSERT_NO_FATAL_FAILURE(model_run(seed).run());
  }
}

}  // namespace
}  // namespace parley
