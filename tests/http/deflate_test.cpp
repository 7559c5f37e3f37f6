// Encoding: round trips, flushes, rooms of any size, memory.
#include <gtest/gtest.h>

#include <random>

#include "codings.hpp"
#include "support/allocations.hpp"

namespace parley::test {
namespace {

using http::coding;
using http::flush;

constexpr coding codings[] = {coding::gzip, coding::deflate, coding::identity};

std::string random_text(std::mt19937& random) {
  std::uniform_int_distribution<int> kind(1, 256);
  std::uniform_int_distribution<std::size_t> length(0, 20'000);
  std::uniform_int_distribution<int> letter(0, kind(random) - 1);
  std::string text(length(random), '\0');
  for (char& c : text) c = static_cast<char>(letter(random));
  return text;
}

TEST(deflater, what_it_encodes_is_decoded) {
  std::mt19937 random(20261126);
  std::uniform_int_distribution<std::size_t> size(1, 3000);
  for (int round = 0; round < 60; ++round) {
    const std::string text = random_text(random);
    for (const coding how : codings) {
      http::deflater body(how, round % 12 - 1);
      std::string bytes;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t n = std::min(size(random), text.size() - at);
        const flush when = random() % 4 == 0 ? flush::sync : flush::none;
        ASSERT_TRUE(feed(body, text.substr(at, n), when, bytes, size(random)));
        at += n;
      }
      ASSERT_TRUE(feed(body, "", flush::finish, bytes, size(random)));
      const decoded got = decode_body(how, bytes, size(random), size(random), {.max_ratio = 0});
      EXPECT_EQ(got.text, text);
      EXPECT_FALSE(got.fault);
    }
  }
}

TEST(deflater, levels_outside_the_range_are_the_nearest) {
  const std::string text(10'000, 'x');
  EXPECT_EQ(encode_body(coding::gzip, text, -5), encode_body(coding::gzip, text, 1));
  EXPECT_EQ(encode_body(coding::gzip, text, 100), encode_body(coding::gzip, text, 9));
}

TEST(deflater, names_its_format) {
  EXPECT_TRUE(encode_body(coding::gzip, "a").starts_with("\x1f\x8b\x08"));
  EXPECT_TRUE(encode_body(coding::deflate, "a").starts_with("\x78\x9c"));
  EXPECT_EQ(encode_body(coding::identity, "a"), "a");
}

// In a room of any size, down to one byte, a flush ends and shows all.
TEST(deflater, a_sync_flush_shows_all_so_far) {
  for (const coding how : codings) {
    for (std::size_t room = 1; room < 80; ++room) {
      http::deflater out(how);
      http::inflater in(how);
      std::string heard;
      std::string said;
      for (int i = 0; i < 6; ++i) {
        const std::string message = "event " + std::to_string(i * 7919) + std::string(room, 'e');
        std::string bytes;
        ASSERT_TRUE(feed(out, message, flush::sync, bytes, room)) << room;
        ASSERT_TRUE(feed(in, bytes, heard, 64)) << room;
        said += message;
        EXPECT_EQ(heard, said) << room;
      }
      std::string bytes;
      ASSERT_TRUE(feed(out, "", flush::finish, bytes, room)) << room;
      ASSERT_TRUE(feed(in, bytes, heard, 64)) << room;
      EXPECT_TRUE(in.finish()) << room;
    }
  }
}

TEST(deflater, a_flush_without_input_writes_little_or_nothing) {
  http::deflater body(coding::gzip);
  std::string first;
  std::string again;
  ASSERT_TRUE(feed(body, "text", flush::sync, first, 100));
  ASSERT_TRUE(feed(body, "", flush::sync, again, 100));
  EXPECT_EQ(again, "");
}

TEST(deflater, writes_nothing_behind_the_end) {
  for (const coding how : codings) {
    http::deflater body(how);
    std::string bytes;
    ASSERT_TRUE(feed(body, "text", flush::finish, bytes, 100));
    std::byte room[100];
    for (const flush when : {flush::none, flush::sync, flush::finish}) {
      auto r = body.encode({}, room, when);
      EXPECT_TRUE(r.done);
      EXPECT_EQ(r.produced, 0U);
      r = body.encode(as_bytes("more"), room, when);
      EXPECT_FALSE(r.done);
      EXPECT_EQ(r.consumed + r.produced, 0U);
    }
    body.reset();
    std::string same;
    ASSERT_TRUE(feed(body, "text", flush::finish, same, 100));
    EXPECT_EQ(same, bytes);
  }
}

TEST(deflater, allocates_for_the_first_body_alone) {
  const std::string text(300'000, 'y');
  std::vector<std::byte> room(100'000);
  http::deflater body(coding::deflate);
  EXPECT_TRUE(body.encode(as_bytes(text), room, flush::finish).done);
  body.reset();
  const std::size_t before = allocations();
  EXPECT_TRUE(body.encode(as_bytes(text), room, flush::finish).done);
  EXPECT_EQ(allocations(), before);
}

TEST(deflater, a_failed_allocation_is_a_fault) {
  std::size_t allowed = 0;
  for (bool has_failed = true; has_failed; ++allowed) {
    std::byte room[100];
    http::deflater body(coding::gzip);
    const failing_allocation failing(allowed);
    const bool done = body.encode(as_bytes("text"), room, flush::finish).done;
    has_failed = failing.has_failed();
    EXPECT_NE(done, has_failed);
    EXPECT_EQ(body.fault() == http::coding_fault::out_of_memory, has_failed);
  }
  EXPECT_GT(allowed, 2U);
}

TEST(deflater, can_be_moved_in_the_middle) {
  http::deflater first(coding::gzip);
  std::string bytes;
  ASSERT_TRUE(feed(first, "one ", flush::none, bytes, 100));
  http::deflater second(std::move(first));
  ASSERT_TRUE(feed(second, "two", flush::finish, bytes, 100));
  EXPECT_EQ(decode_body(coding::gzip, bytes).text, "one two");
}

}  // namespace
}  // namespace parley::test
