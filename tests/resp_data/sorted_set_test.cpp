#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <parley/codecs/resp/server/detail/sorted_range.hpp>
#include <parley/codecs/resp/server/sorted_set.hpp>
#include <set>
#include <string>

namespace parley::resp {
namespace {

class sorted_set_test : public ::testing::Test {
 protected:
  keyspace_shared shared_{hash_seed{1, 2}};
};

using ordered = std::set<std::pair<double, std::string>>;

void expect_equal(const sorted_set& ours, const ordered& model) {
  ASSERT_EQ(ours.size(), model.size());
  std::size_t rank = 0;
  const sorted_set::node* node = ours.front();
  const sorted_set::node* previous = nullptr;
  for (const auto& [score, member] : model) {
    ASSERT_NE(node, nullptr);
    ASSERT_EQ(node->score(), score);
    ASSERT_EQ(node->member(), member);
    ASSERT_EQ(node->previous(), previous);
    ASSERT_EQ(ours.rank_of(*node), rank);
    ASSERT_EQ(ours.at(rank), node);
    ++rank;
    previous = node;
    node = node->next();
  }
  EXPECT_EQ(node, nullptr);
  EXPECT_EQ(ours.back(), previous);
  EXPECT_EQ(ours.at(rank), nullptr);
}

TEST_F(sorted_set_test, keeps_order_and_ranks) {
  sorted_set ours(shared_);
  ordered model;
  std::map<std::string, double> scores;
  random_bits random(5);
  for (int i = 0; i < 20'000; ++i) {
    const std::string member = "m" + std::to_string(random.below(400));
    const auto found = scores.find(member);
    if (found != scores.end()) model.erase({found->second, member});
    if (random.below(3) != 0) {
      const auto score = static_cast<double>(random.below(50)) / 4;
      ASSERT_EQ(ours.set(member, score), found == scores.end());
      scores[member] = score;
      model.emplace(score, member);
    } else {
      ASSERT_EQ(ours.erase(member), scores.erase(member) == 1);
    }
    if (i % 1'000 == 0) expect_equal(ours, model);
  }
  expect_equal(ours, model);
}

TEST_F(sorted_set_test, selects_by_score) {
  sorted_set ours(shared_);
  for (int i = 0; i < 100; ++i) ours.set("m" + std::to_string(i), std::floor(i / 2.0));
  const auto count = [&](std::string_view low, std::string_view high) {
    return select(ours, *parse_score_range(low, high)).count;
  };
  EXPECT_EQ(count("-inf", "+inf"), 100U);
  EXPECT_EQ(count("10", "10"), 2U);
  EXPECT_EQ(count("(10", "11"), 2U);
  EXPECT_EQ(count("10", "(10"), 0U);
  EXPECT_EQ(count("20", "10"), 0U);
  EXPECT_EQ(select(ours, *parse_score_range("10", "20")).rank, 20U);
  EXPECT_FALSE(parse_score_range("nan", "1"));
}

// Ranges by bytes mean nothing where scores differ, and must do no harm there.
TEST_F(sorted_set_test, selecting_by_bytes_stays_inside) {
  sorted_set ours(shared_);
  random_bits random(8);
  for (int i = 0; i < 300; ++i) {
    ours.set("m" + std::to_string(random.below(1'000)), static_cast<double>(random.below(50)));
  }
  for (int i = 0; i < 500; ++i) {
    const std::string low = "[m" + std::to_string(random.below(1'000));
    const std::string high = "[m" + std::to_string(random.below(1'000));
    const sorted_span span = select(ours, *parse_member_range(low, high));
    const sorted_set::node* node = span.first;
    for (std::size_t left = span.count; left != 0; --left) {
      ASSERT_NE(node, nullptr);
      node = node->next();
    }
  }
}

TEST_F(sorted_set_test, has_one_zero) {
  sorted_set ours(shared_);
  ours.set("a", -0.0);
  EXPECT_FALSE(std::signbit(ours.find("a")->score()));
}

TEST_F(sorted_set_test, gives_its_memory_back) {
  {
    sorted_set ours(shared_);
    for (int i = 0; i < 1'000; ++i) ours.set("member " + std::to_string(i), i);
    EXPECT_GT(shared_.used_bytes, 64'000U);
    for (int i = 0; i < 500; ++i) ours.erase("member " + std::to_string(i));
  }
  EXPECT_EQ(shared_.used_bytes, 0U);
}

}  // namespace
}  // namespace parley::resp
