#include <gtest/gtest.h>

#include <map>
#include <parley/codecs/resp/server/dense_table.hpp>
#include <parley/codecs/resp/server/keyspace_shared.hpp>
#include <set>
#include <string>

namespace parley::resp {
namespace {

std::string_view key(const std::string& item) noexcept { return item; }
using table = dense_table<std::string, &key>;

constexpr hash_seed seed{1, 2};

std::string name(std::size_t number) { return "member:" + std::to_string(number); }

void add(table& to, const std::string& item) {
  to.find_or_insert(item, [&] { return item; });
}

// The vectors that the authors of SipHash published, for 2 and 4 rounds.
TEST(hash_seed_test, sip_hash_agrees_with_its_vectors) {
  const hash_seed published{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
  std::string text;
  for (char c = 0; c < 15; ++c) text += c;
  EXPECT_EQ(parley::detail::sip_hash("", published, 2, 4), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(parley::detail::sip_hash(std::string_view(text).substr(0, 1), published, 2, 4),
            0x74f839c593dc67fdU);
  EXPECT_EQ(parley::detail::sip_hash(std::string_view(text).substr(0, 8), published, 2, 4),
            0x93f5f5799a932462U);
  EXPECT_EQ(parley::detail::sip_hash(text, published, 2, 4), 0xa129ca6149be45e5U);
}

// Without the seed nobody can tell which keys collide: those that do under one seed are
// spread under another.
TEST(hash_seed_test, keys_that_collide_under_one_seed_are_spread_under_another) {
  const hash_seed known{7, 9};
  std::set<std::uint64_t> slots;
  std::size_t chosen = 0;
  for (std::size_t i = 0; chosen < 200; ++i) {
    if ((hash_of(name(i), known) & 1023) != 0) continue;
    ++chosen;
    slots.insert(hash_of(name(i), seed) & 1023);
  }
  // 200 keys in 1,024 slots: about 182 different ones.
  EXPECT_GT(slots.size(), 150U);
}

TEST(dense_table_test, finds_what_a_map_finds) {
  table ours(seed);
  std::set<std::string> model;
  random_bits random(3);
  for (int i = 0; i < 60'000; ++i) {
    // Grows, shrinks to nothing and grows again.
    const bool growing = (i / 10'000) % 2 == 0;
    const std::string item = name(random.below(3'000));
    if (random.below(4) != 0 ? growing : !growing) {
      const bool made = ours.find_or_insert(item, [&] { return item; }).second;
      ASSERT_EQ(made, model.insert(item).second);
    } else {
      ASSERT_EQ(ours.erase(item), model.erase(item) == 1);
    }
    ASSERT_EQ(ours.size(), model.size());
    const std::string other = name(random.below(3'000));
    ASSERT_EQ(ours.find(other) != nullptr, model.contains(other));
  }
  EXPECT_EQ(std::set<std::string>(ours.begin(), ours.end()), model);
}

TEST(dense_table_test, an_insertion_that_fails_changes_nothing) {
  table ours(seed);
  for (std::size_t i = 0; i < 100; ++i) add(ours, name(i));
  struct failure {};
  EXPECT_THROW(ours.find_or_insert("new", []() -> std::string { throw failure{}; }), failure);
  EXPECT_EQ(ours.size(), 100U);
  EXPECT_EQ(ours.find("new"), nullptr);
  EXPECT_NE(ours.find(name(99)), nullptr);
}

// The guarantee of SCAN, whatever changes between its steps.
TEST(dense_table_test, a_walk_visits_all_that_stays) {
  for (std::uint64_t round = 1; round < 200; ++round) {
    random_bits random(round);
    table ours(seed);
    const std::size_t staying = 1 + random.below(200);
    for (std::size_t i = 0; i < staying; ++i) {
      add(ours, name(i));
      if (random.below(2) == 0) add(ours, name(1'000 + i));
    }
    std::set<std::string> visited;
    std::size_t cursor = 0;
    std::size_t steps = 0;
    do {
      cursor = ours.walk(cursor, 1 + random.below(10),
                         [&](const std::string& item) { visited.insert(item); });
      for (std::size_t i = random.below(20); i != 0; --i) {
        const std::string item = name(1'000 + random.below(300));
        if (random.below(3) == 0) {
          add(ours, item);
        } else {
          ours.erase(item);
        }
      }
      ASSERT_LT(++steps, 10'000U);
    } while (cursor != 0);
    for (std::size_t i = 0; i < staying; ++i) {
      ASSERT_TRUE(visited.contains(name(i))) << "round " << round;
    }
  }
}

TEST(dense_table_test, a_walk_from_anywhere_ends) {
  table ours(seed);
  add(ours, "a");
  int visits = 0;
  EXPECT_EQ(ours.walk(1'000'000, 10, [&](const std::string&) { ++visits; }), 0U);
  EXPECT_EQ(visits, 1);
  EXPECT_EQ(table(seed).walk(0, 10, [](const std::string&) {}), 0U);
}

}  // namespace
}  // namespace parley::resp
