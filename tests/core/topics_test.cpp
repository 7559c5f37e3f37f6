#include <gtest/gtest.h>

#include <parley/core/api/topic_index.hpp>
#include <parley/core/api/topics.hpp>
#include <string>

namespace parley {
namespace {

TEST(topics, filters_that_are_sound) {
  for (const auto* good :
       {"a", "/", "a/b", "+", "#", "a/+/b", "a/#", "+/+", "/+", "a//b", "$x/#"}) {
    EXPECT_TRUE(is_topic_filter(good)) << good;
  }
  for (const auto* bad : {"", "a+", "a/b#", "#/a", "a/#/b", "++", "+#", "a/+b"}) {
    EXPECT_FALSE(is_topic_filter(bad)) << bad;
  }
  EXPECT_TRUE(is_topic_name("a/b"));
  for (const auto* bad : {"", "a/+", "#"}) EXPECT_FALSE(is_topic_name(bad)) << bad;
}

TEST(topics, filters_match_level_by_level) {
  struct {
    const char* filter;
    const char* name;
    bool matches;
  } const cases[] = {
      {"a", "a", true},         {"a", "b", false},        {"a", "a/b", false},
      {"a/b", "a", false},      {"a/+", "a/b", true},     {"a/+", "a", false},
      {"a/+", "a/b/c", false},  {"a/+", "a/", true},      {"+", "a", true},
      {"+", "/a", false},       {"+/+", "/a", true},      {"/+", "/a", true},
      {"#", "a/b/c", true},     {"a/#", "a", true},       {"a/#", "a/b/c", true},
      {"a/#", "ab", false},     {"a/+/#", "a", false},    {"a/+/#", "a/b", true},
      {"+/b", "a/b", true},     {"+/b", "a/c", false},    {"#", "$sys/x", false},
      {"+/x", "$sys/x", false}, {"$sys/#", "$sys", true}, {"a//b", "a//b", true},
      {"a/+/b", "a//b", true},  {"a/b/c", "a/b", false},  {"a", "", false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(topic_matches(c.filter, c.name), c.matches) << c.filter << " " << c.name;
  }
}

TEST(topics, an_index_finds_who_listens) {
  topic_index<int> index;
  int a = 0, b = 0, c = 0;
  index.add("news", a);
  index.add("news", b);
  index.add("+", b);
  index.add("news/#", c);
  EXPECT_EQ(index.size(), 3U);
  const auto told = [&](std::string_view name) {
    a = b = c = 0;
    index.match(name, [](int& who, std::string_view filter) {
      EXPECT_FALSE(filter.empty());
      ++who;
    });
    return std::to_string(a) + std::to_string(b) + std::to_string(c);
  };
  EXPECT_EQ(told("news"), "121");
  EXPECT_EQ(told("news/x"), "001");
  EXPECT_EQ(told("other"), "010");
  EXPECT_TRUE(index.remove("news", a));
  EXPECT_FALSE(index.remove("news", a));
  EXPECT_FALSE(index.remove("news/#", a));
  EXPECT_TRUE(index.remove("news/#", c));
  EXPECT_EQ(told("news"), "020");
  EXPECT_TRUE(index.remove("news", b) && index.remove("+", b));
  EXPECT_EQ(index.size(), 0U);
}

}  // namespace
}  // namespace parley
