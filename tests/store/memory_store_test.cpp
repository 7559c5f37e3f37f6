// The store in memory: what it costs, and how a crash is simulated over it.
#include <parley/core/store/memory_store.hpp>

#include <gtest/gtest.h>

#include "store/stores.hpp"
#include "support/allocations.hpp"

namespace parley::test {
namespace {

using words = std::vector<std::string>;

TEST(memory_store, allocates_nothing_for_messages_that_come_and_go) {
  memory_store s;
  const std::string payload(512, 'p');
  const auto pass = [&](int window) {
    for (int i = 0; i < window; ++i) {
      const char key[2] = {static_cast<char>('a' + i), 'k'};
      EXPECT_TRUE(put(s, "a client identifier", {key, 2}, payload));
      EXPECT_TRUE(put(s, "a client identifier", {key, 2}, "PUBREL"));
    }
    EXPECT_TRUE(s.sync());
    for (int i = 0; i < window; ++i) {
      const char key[2] = {static_cast<char>('a' + i), 'k'};
      EXPECT_TRUE(erase(s, "a client identifier", {key, 2}));
    }
  };
  for (int warm = 0; warm < 4; ++warm) pass(20);
  const std::size_t before = allocations();
  for (int i = 0; i < 100; ++i) pass(20);
  EXPECT_EQ(allocations(), before);
}

TEST(memory_store, keeps_many_sessions) {
  memory_store s({}, {1, 2});
  for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(put(s, std::to_string(i), "k", "v"));
  EXPECT_EQ(s.size(), 20'000U);
  for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(s.erase_space(as_bytes(std::to_string(i))));
  EXPECT_EQ(s.bytes(), 0U);
}

TEST(faulty_store, loses_what_was_not_synced_but_for_a_prefix) {
  for (std::size_t lucky = 0; lucky <= 3; ++lucky) {
    faulty_store s;
    ASSERT_TRUE(put(s, "a", "1", "x") && s.sync());
    ASSERT_TRUE(put(s, "a", "2", "y") && erase(s, "a", "1") && put(s, "a", "3", "z"));
    EXPECT_EQ(s.at_risk(), 3U);
    s.crash(lucky);
    const words expected[] = {{"a/1=x"}, {"a/1=x", "a/2=y"}, {"a/2=y"}, {"a/2=y", "a/3=z"}};
    EXPECT_EQ(contents(s), expected[lucky]);
    EXPECT_EQ(s.durable(), s.staged());
  }
}

TEST(faulty_store, fails_the_call_that_it_was_told_to) {
  for (std::size_t allowed = 0; allowed < 3; ++allowed) {
    faulty_store s;
    s.fail_after(allowed, error(store_errc::disk_full));
    EXPECT_EQ(put(s, "a", "1", "x").has_value(), allowed != 0);
    EXPECT_EQ(put(s, "a", "2", "x").has_value(), allowed != 1);
    EXPECT_EQ(s.sync().has_value(), allowed != 2);
    EXPECT_TRUE(s.has_failed());
    EXPECT_EQ(s.size(), allowed < 2 ? 1U : 2U);
    EXPECT_TRUE(s.sync());  // and no other
    EXPECT_EQ(s.durable(), s.staged());
  }
}

}  // namespace
}  // namespace parley::test
