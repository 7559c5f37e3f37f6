// Ours beside a real redis-server (S151): what it answers is the specification.
#include <gtest/gtest.h>

#include <cstdlib>

#include "resp_data/hand_written.hpp"
#include "resp_data/random_commands.hpp"
#include "resp_data/twin.hpp"

namespace parley::test {
namespace {

using resp::version;

class differential : public ::testing::TestWithParam<version> {
 protected:
  static void SetUpTestSuite() {
    ASSERT_TRUE(redis_server::available()) << "install the package redis-server";
    both = new twin;
  }
  static void TearDownTestSuite() {
    delete both;
    both = nullptr;
  }
  void SetUp() override { both->begin(GetParam()); }

  static twin* both;
};
twin* differential::both = nullptr;

TEST_P(differential, hand_written_commands_agree) {
  const std::vector<hand_written_family> families = hand_written();
  ASSERT_EQ(families.size(), 7U);
  for (const hand_written_family& family : families) {
    ASSERT_GT(family.lines.size(), 50U) << family.name;
    both->begin(GetParam());
    for (const std::string& line : family.lines) {
      const std::string difference = both->check(line);
      EXPECT_TRUE(difference.empty()) << family.name << " " << difference;
    }
    EXPECT_EQ(both->check_contents(), "") << family.name;
  }
}

// The seeds of a run: three, or the one in PARLEY_SEED, which replays a failure.
std::vector<std::uint64_t> seeds() {
  if (const char* const given = std::getenv("PARLEY_SEED"))
    return {std::strtoull(given, nullptr, 10)};
  return {1, 2, 3};
}

TEST_P(differential, random_commands_agree) {
  for (const std::uint64_t seed : seeds()) {
    both->begin(GetParam());
    random_commands source(seed);
    for (int i = 0; i < 6000; ++i) {
      const words request = source.next();
      const std::string difference = both->check(request);
      ASSERT_EQ(difference, "") << "PARLEY_SEED=" << seed << ", command " << i;
      if (i % 500 == 499) {
        ASSERT_EQ(both->check_contents(), "") << "PARLEY_SEED=" << seed << ", after " << i;
      }
    }
  }
}

// Bytes as a pattern might contain them, so that classes and escapes meet.
TEST_P(differential, patterns_agree_with_keys) {
  random_bits_source random(7);
  constexpr std::string_view letters = "ab-]^c\\x80";
  for (int i = 0; i < 60; ++i) {
    std::string key;
    for (std::size_t n = random.below(6); n != 0; --n) key += letters[random.below(letters.size())];
    ASSERT_EQ(both->check(words{"SET", key, "1"}), "");
  }
  constexpr std::string_view symbols = "ab*?[]^-\\c\x80";
  for (int i = 0; i < 3000; ++i) {
    std::string pattern;
    for (std::size_t n = 1 + random.below(7); n != 0; --n) {
      pattern += symbols[random.below(symbols.size())];
    }
    EXPECT_EQ(both->check(words{"KEYS", pattern}), "");
  }
}

INSTANTIATE_TEST_SUITE_P(versions, differential, ::testing::Values(version::resp2, version::resp3),
                         [](const auto& one) {
                           return one.param == version::resp2 ? "resp2" : "resp3";
                         });

}  // namespace
}  // namespace parley::test
