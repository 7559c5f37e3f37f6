#include <parley/core/buffer/shared_bytes.hpp>

#include "support/allocations.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

namespace parley {
namespace {

TEST(shared_bytes, copies_once_into_one_allocation) {
  const std::size_t before = test::allocations();
  const auto bytes = shared_bytes::copy(as_bytes("payload"));
  EXPECT_EQ(test::allocations(), before + 1);
  EXPECT_EQ(bytes.text(), "payload");
  const shared_bytes second = bytes;
  EXPECT_EQ(test::allocations(), before + 1);
  EXPECT_EQ(second.data(), bytes.data());
}

TEST(shared_bytes, empty_allocates_nothing) {
  const std::size_t before = test::allocations();
  const shared_bytes none;
  const auto copied = shared_bytes::copy({});
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(copied.empty());
  EXPECT_EQ(test::allocations(), before);
}

TEST(shared_bytes, slice_outlives_the_whole) {
  shared_bytes part;
  {
    const auto whole = shared_bytes::copy(as_bytes("0123456789"));
    part = whole.slice(2, 5).slice(1, 2);
    EXPECT_EQ(part.data(), whole.data() + 3);
  }
  EXPECT_EQ(part.text(), "34");
}

TEST(shared_bytes, slice_is_cut_to_what_exists) {
  constexpr auto huge = std::numeric_limits<std::size_t>::max();
  const auto whole = shared_bytes::copy(as_bytes("0123"));
  EXPECT_EQ(whole.slice(1, huge).text(), "123");
  EXPECT_EQ(whole.slice(4, 1).size(), 0u);
  EXPECT_EQ(whole.slice(huge, huge).size(), 0u);
}

TEST(shared_bytes, allocate_is_written_before_it_is_shared) {
  std::span<std::byte> storage;
  const auto bytes = shared_bytes::allocate(3, storage);
  ASSERT_EQ(storage.size(), 3u);
  std::memcpy(storage.data(), "abc", 3);
  EXPECT_EQ(bytes.text(), "abc");
}

TEST(shared_bytes, size_that_wraps_fails_like_any_other) {
  std::span<std::byte> storage;
  EXPECT_THROW(shared_bytes::allocate(std::numeric_limits<std::size_t>::max() - 1, storage),
               std::bad_alloc);
}

TEST(shared_bytes, self_assignment_and_moves_keep_the_count) {
  auto a = shared_bytes::copy(as_bytes("abc"));
  const auto& alias = a;
  a = alias;
  EXPECT_EQ(a.text(), "abc");
  auto b = std::move(a);
  EXPECT_EQ(b.text(), "abc");
  a = b;
  b = {};
  EXPECT_EQ(a.text(), "abc");
}

}  // namespace
}  // namespace parley
