// The tree behind topic_index and topic_names, against trying every filter with topic_matches().
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <new>
#include <parley/core/api/topic_index.hpp>
#include <parley/core/api/topic_names.hpp>
#include <random>
#include <string>
#include <vector>

#include "support/allocations.hpp"

namespace parley {
namespace {

using words = std::vector<std::string>;

struct listener_stub {
  std::string name{};
};

template <class Options>
words told(const topic_index<listener_stub, Options>& index, std::string_view name) {
  words all;
  index.match(name, [&](listener_stub& who, std::string_view filter) {
    all.push_back(who.name + " " + std::string(filter));
  });
  return all;
}

// Few words and levels, so that much is shared; now and then an empty level and a '$'.
std::string random_topic(std::minstd_rand& draw, bool is_filter) {
  static constexpr std::string_view levels[] = {"a", "b", "c", "", "ab", "$s", "+", "#"};
  std::string made;
  const auto count = 1 + draw() % 5;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) made += '/';
    const auto level = levels[draw() % (is_filter ? 8 : 6)];
    made += level;
    if (level == "#") break;
  }
  return made.empty() ? "a" : made;
}

TEST(topic_tree, finds_what_trying_each_filter_finds) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::minstd_rand draw(seed);
    topic_index<listener_stub> index({seed, 2});
    std::multimap<std::string, listener_stub*> model;
    std::vector<listener_stub> who(4);
    for (std::size_t i = 0; i < who.size(); ++i) who[i].name = std::to_string(i);
    for (int i = 0; i < 300; ++i) {
      const std::string filter = random_topic(draw, true);
      listener_stub& one = who[draw() % who.size()];
      if (draw() % 5 < 3) {
        index.add(filter, one);
        model.emplace(filter, &one);
      } else {
        const auto [from, to] = model.equal_range(filter);
        const auto there = std::find_if(from, to, [&](const auto& e) { return e.second == &one; });
        ASSERT_EQ(index.remove(filter, one), there != to) << seed << " " << filter;
        if (there != to) model.erase(there);
      }
      const std::string name = random_topic(draw, false);
      words expected;
      for (const auto& [f, w] : model) {
        if (topic_matches(f, name)) expected.push_back(w->name + " " + f);
      }
      words found = told(index, name);
      std::ranges::sort(expected);
      std::ranges::sort(found);
      ASSERT_EQ(found, expected) << seed << " " << name;
    }
    for (const auto& [f, w] : model) ASSERT_TRUE(index.remove(f, *w));
    ASSERT_EQ(index.size(), 0U);
  }
}

TEST(topic_tree, finds_names_that_trying_each_name_finds) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::minstd_rand draw(seed);
    topic_names<int> names({seed, 2});
    std::map<std::string, int> model;
    for (int i = 0; i < 300; ++i) {
      const std::string name = random_topic(draw, false);
      if (draw() % 5 < 3) {
        EXPECT_EQ(names.set(name, i), i);
        model[name] = i;
      } else {
        ASSERT_EQ(names.erase(name), model.erase(name) > 0);
      }
      const std::string filter = random_topic(draw, true);
      std::map<std::string, int> expected, found;
      for (const auto& [n, v] : model) {
        if (topic_matches(filter, n)) expected.emplace(n, v);
      }
      names.match(filter, [&](int& value, std::string_view n) {
        EXPECT_TRUE(found.emplace(n, value).second) << "twice: " << n;
      });
      ASSERT_EQ(found, expected) << seed << " " << filter;
      ASSERT_EQ(names.size(), model.size());
    }
  }
}

TEST(topic_tree, tells_in_an_order_that_depends_on_the_filters_alone) {
  const words filters = {"a/b", "#", "+/b", "a/#", "a/b/#", "+/+", "a/+", "+/#"};
  const words expected = {"x #", "x a/#", "x a/b", "x a/b/#", "x a/+", "x +/#", "x +/b", "x +/+"};
  words order = filters;
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::shuffle(order.begin(), order.end(), std::minstd_rand(seed + 1));
    listener_stub who{"x"};
    topic_index<listener_stub> index({seed, seed});
    for (const auto& filter : order) index.add(filter, who);
    EXPECT_EQ(told(index, "a/b"), expected);
  }
}

// MQTT 4.7.2: a filter that begins with a wildcard is not for names that begin with '$'.
TEST(topic_tree, keeps_reserved_names_from_wildcards) {
  topic_index<listener_stub> index;
  listener_stub who{"x"};
  for (const auto* f : {"#", "+/x", "$SYS/#", "$SYS/+", "/$SYS", "+/+"}) index.add(f, who);
  EXPECT_EQ(told(index, "$SYS/x"), (words{"x $SYS/#", "x $SYS/+"}));
  EXPECT_EQ(told(index, "/$SYS"), (words{"x #", "x /$SYS", "x +/+"}));
  topic_names<int> names;
  for (const auto* n : {"$SYS/x", "a/x", "$SYS", "/$SYS"}) names.set(n, 0);
  const auto count = [&](std::string_view filter) {
    int found = 0;
    names.match(filter, [&](int&, std::string_view) { ++found; });
    return found;
  };
  EXPECT_EQ(count("#"), 2);
  EXPECT_EQ(count("+/x"), 1);
  EXPECT_EQ(count("+"), 0);
  EXPECT_EQ(count("$SYS/#"), 2);
  EXPECT_EQ(count("+/$SYS"), 1);
}

// 65,536 levels: the most that a filter of MQTT can have. No recursion, no node for each level.
TEST(topic_tree, bears_filters_of_the_greatest_depth) {
  const std::string deep(65'535, '/');
  std::string all_plus = "+";
  while (all_plus.size() < 65'533) all_plus += "/+";
  std::string same_depth(all_plus.size(), '/');
  for (std::size_t i = 0; i < same_depth.size(); i += 2) same_depth[i] = 'x';
  {
    topic_index<listener_stub> index;
    listener_stub who{"x"};
    for (const auto& f : {deep, all_plus, all_plus + "/#", deep.substr(1), same_depth}) {
      index.add(f, who);
    }
    EXPECT_TRUE(told(index, deep) == (words{"x " + deep, "x " + all_plus + "/#"}));
    EXPECT_EQ(told(index, same_depth).size(), 3U);
    EXPECT_TRUE(index.remove(deep, who));
    EXPECT_FALSE(index.remove(deep, who));
    EXPECT_EQ(told(index, deep).size(), 1U);
  }
  topic_names<int> names;
  names.set(deep, 1);
  names.set(same_depth, 2);
  int found = 0;
  names.match("#", [&](int& each, std::string_view) { found += each; });
  EXPECT_EQ(found, 3);
  names.match(all_plus, [&](int& each, std::string_view) { found += each; });
  EXPECT_EQ(found, 5);
}

// Each way forks at every level: a walk visits each fork once.
TEST(topic_tree, has_two_nodes_for_each_filter_at_most) {
  detail::topic_tree tree({});
  int entry = 0;
  const std::string path = "a/b/c/d/e/f/g/h";
  words filters;
  for (std::size_t i = 0; i < path.size(); i += 2) {
    filters.push_back(path.substr(0, i) + "x");
    filters.push_back(path.substr(0, i) + "+/y/z/1/2/3");
  }
  std::minstd_rand draw(7);
  for (int round = 0; round < 200; ++round) {
    std::shuffle(filters.begin(), filters.end(), draw);
    for (const auto& f : filters) {
      tree.insert(f, &entry);
      EXPECT_LE(tree.nodes(), 2 * tree.size());
    }
    std::shuffle(filters.begin(), filters.end(), draw);
    for (const auto& f : filters) {
      tree.erase(*tree.find(f));
      EXPECT_LE(tree.nodes(), 2 * tree.size());
    }
    ASSERT_EQ(tree.nodes(), 0U);
  }
}

TEST(topic_tree, keeps_options_beside_each_subscriber) {
  struct options {
    std::uint8_t qos = 0;
    bool no_local = false;
  };
  topic_index<listener_stub, options> index;
  listener_stub a{"a"}, b{"b"};
  index.add("x/+", a, {.qos = 2});
  index.add("x/+", b, {.qos = 1, .no_local = true});
  ASSERT_NE(index.find("x/+", a), nullptr);
  index.find("x/+", a)->qos = 0;
  EXPECT_EQ(index.find("x/y", a), nullptr);
  EXPECT_EQ(index.find("x/+", listener_stub{}), nullptr);
  words seen;
  index.match("x/y", [&](listener_stub& who, const options& o, std::string_view filter) {
    seen.push_back(who.name + std::to_string(o.qos) + std::string(filter));
  });
  EXPECT_EQ(seen, (words{"a0x/+", "b1x/+"}));
  EXPECT_EQ(told(index, "x/y").size(), 2U);  // whoever does not want them
}

TEST(topic_tree, matches_without_allocating) {
  topic_index<int> index;
  topic_names<int> names;
  int who = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string topic = "home/" + std::to_string(i % 10) + "/" + std::to_string(i);
    index.add(topic, who);
    index.add("home/+/" + std::to_string(i), who);
    names.set(topic, i);
  }
  const std::size_t before = test::allocations();
  int told = 0;
  index.match("home/1/11", [&](int&, std::string_view) { ++told; });
  names.match("home/+/11", [&](int&, std::string_view) { ++told; });
  names.match("home/1/#", [&](int&, std::string_view) { ++told; });
  EXPECT_EQ(told, 2 + 1 + 100);
  EXPECT_EQ(test::allocations(), before);
}

TEST(topic_tree, is_unchanged_when_memory_runs_out) {
  for (const auto* added :
       {"a long level that is no small text/b", "home/kitchen", "home/kitchen/temperature/outside",
        "+/kitchen/temperature", "home/+"}) {
    bool failed = true;
    for (std::size_t allowed = 0; failed; ++allowed) {
      topic_index<listener_stub> index;
      listener_stub who{"x"};
      index.add("home/kitchen/temperature/inside", who);
      index.add("home/kitchen/temperature/+", who);
      bool threw = false;
      {
        const test::failing_allocation limit(allowed);
        try {
          index.add(added, who);
        } catch (const std::bad_alloc&) {
          threw = true;
        }
        failed = limit.has_failed();
      }
      EXPECT_EQ(index.size(), threw ? 2U : 3U);
      EXPECT_EQ(index.remove(added, who), !threw);
      EXPECT_EQ(told(index, "home/kitchen/temperature/inside").size(), 2U);
    }
  }
}

}  // namespace
}  // namespace parley
