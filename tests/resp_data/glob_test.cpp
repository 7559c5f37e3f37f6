#include <gtest/gtest.h>

#include <parley/codecs/resp/server/detail/glob.hpp>
#include <string>

namespace parley::resp {
namespace {

TEST(glob_test, fits_as_the_documentation_says) {
  EXPECT_TRUE(glob_match("h?llo", "hallo"));
  EXPECT_FALSE(glob_match("h?llo", "hllo"));
  EXPECT_TRUE(glob_match("h*llo", "hllo"));
  EXPECT_TRUE(glob_match("h*llo", "heeeello"));
  EXPECT_TRUE(glob_match("h[ae]llo", "hallo"));
  EXPECT_FALSE(glob_match("h[ae]llo", "hillo"));
  EXPECT_TRUE(glob_match("h[^e]llo", "hallo"));
  EXPECT_FALSE(glob_match("h[^e]llo", "hello"));
  EXPECT_TRUE(glob_match("h[a-b]llo", "hbllo"));
  EXPECT_TRUE(glob_match("h[b-a]llo", "hbllo"));
  EXPECT_TRUE(glob_match("\\*", "*"));
  EXPECT_FALSE(glob_match("\\*", "x"));
  EXPECT_TRUE(glob_match("news.*", "news.art"));
  EXPECT_FALSE(glob_match("News.*", "news.art"));
}

TEST(glob_test, bears_unfinished_patterns) {
  EXPECT_TRUE(glob_match("[ab", "a"));
  EXPECT_FALSE(glob_match("[", "a"));
  EXPECT_TRUE(glob_match("[^", "a"));
  EXPECT_TRUE(glob_match("\\", "\\"));
  EXPECT_TRUE(glob_match("[a\\", "\\"));
  EXPECT_TRUE(glob_match("[\\]]", "]"));
  EXPECT_FALSE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_FALSE(glob_match("", "a"));
}

// A recursive matcher takes 2^n steps here, and this test would never end.
TEST(glob_test, costs_no_more_than_the_product_of_the_lengths) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(20'000, 'a')));
  EXPECT_TRUE(glob_match(pattern + "b", std::string(20'000, 'a') + "b"));
}

}  // namespace
}  // namespace parley::resp
