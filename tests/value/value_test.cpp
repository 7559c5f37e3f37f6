// Reading, changing, copying, comparing and dropping values.
#include <gtest/gtest.h>
#include <parley/core/value/value.hpp>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>

namespace parley {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(value, integers_are_exact_to_64_bits) {
  EXPECT_EQ(value(INT64_MIN).as_int(), INT64_MIN);
  EXPECT_EQ(value(INT64_MAX).as_int(), INT64_MAX);
  const std::uint64_t above = std::uint64_t{INT64_MAX} + 1;
  EXPECT_EQ(value(above).as_uint(), above);
  EXPECT_EQ(value(above).as_int(), std::nullopt);
  EXPECT_EQ(value(-1).as_uint(), std::nullopt);
  EXPECT_EQ(value(UINT64_MAX).as_double(), 18446744073709551616.0);
}

TEST(value, doubles_read_as_integers_only_where_nothing_is_lost) {
  EXPECT_EQ(value(42.0).as_int(), 42);  // gRPC's structs know doubles only
  EXPECT_EQ(value(-0.0).as_int(), 0);
  EXPECT_EQ(value(42.5).as_int(), std::nullopt);
  EXPECT_EQ(value(9223372036854775808.0).as_int(), std::nullopt);
  EXPECT_EQ(value(9223372036854775808.0).as_uint(), std::uint64_t{1} << 63);
  EXPECT_EQ(value(-9223372036854775808.0).as_int(), INT64_MIN);
  EXPECT_EQ(value(18446744073709551616.0).as_uint(), std::nullopt);
  EXPECT_EQ(value(-1.0).as_uint(), std::nullopt);
  for (const double odd : {infinity, -infinity, nan}) {
    EXPECT_EQ(value(odd).as_int(), std::nullopt);
    EXPECT_EQ(value(odd).as_uint(), std::nullopt);
  }
}

TEST(value, other_kinds_read_as_nothing) {
  EXPECT_EQ(value("1").as_int(), std::nullopt);
  EXPECT_EQ(value(1).as_bool(), std::nullopt);
  EXPECT_EQ(value(true).as_int(), std::nullopt);
  EXPECT_EQ(value(1).as_text(), std::nullopt);
  EXPECT_EQ(value(1).text(), "");
  EXPECT_EQ(value().as_double(), std::nullopt);
  EXPECT_EQ(value::from_bytes(as_bytes("x")).as_text(), std::nullopt);
}

TEST(value, bytes_and_text_differ_and_both_read_as_bytes) {
  const std::string binary("\x00\xFF\x80", 3);
  const value v = value::from_bytes(as_bytes(binary));
  EXPECT_TRUE(v.is_bytes());
  EXPECT_EQ(as_text(v.bytes()), binary);
  EXPECT_NE(v, value(binary));
  EXPECT_EQ(as_text(value("text").bytes()), "text");
  EXPECT_TRUE(value(1).bytes().empty());
}

TEST(value, to_reads_and_says_what_was_wrong) {
  EXPECT_EQ(value(300).to<std::int16_t>(), std::int16_t{300});
  EXPECT_EQ(value(UINT64_MAX).to<std::uint64_t>(), UINT64_MAX);
  EXPECT_EQ(value(2).to<double>(), 2.0);
  EXPECT_EQ(value("x").to<std::string>(), std::string("x"));
  EXPECT_EQ(value("x").to<std::string_view>(), std::string_view("x"));
  EXPECT_EQ(value(true).to<bool>(), true);

  const auto out_of_range = value(300).to<std::uint8_t>();
  ASSERT_FALSE(out_of_range);
  EXPECT_EQ(out_of_range.error(), errc::bad_value);
  EXPECT_EQ(out_of_range.error().message(), "expected an integer in range, found integer");
  const auto negative = value(-1).to<unsigned>();
  EXPECT_FALSE(negative);
  const auto wrong_kind = value("x").to<int>();
  ASSERT_FALSE(wrong_kind);
  EXPECT_EQ(wrong_kind.error().message(), "expected an integer, found text");
  EXPECT_FALSE(value(1).to<bool>());
  EXPECT_FALSE(value().to<std::string>());
  EXPECT_FALSE(value("1").to<double>());
}

TEST(value, look_ups_that_find_nothing_chain) {
  const value v = {{"a", {{"b", 1}}}};
  EXPECT_TRUE(v["x"]["y"].at(7)["z"].is_null());
  EXPECT_EQ(v.find("x"), nullptr);
  EXPECT_EQ(&v["x"], &value::null());
  EXPECT_EQ(value("text")["a"], nullptr);
  EXPECT_TRUE(array(1).at(1).is_null());
  EXPECT_TRUE(array(1).members().empty());
  EXPECT_TRUE(v.items().empty());
}

TEST(value, set_replaces_in_place_and_keeps_the_order) {
  value v = {{"z", 1}, {"a", 2}};
  v.set("m", 3).set("z", "new");
  std::string order;
  for (const member& each : v.members()) order += each.name.view();
  EXPECT_EQ(order, "zam");
  EXPECT_EQ(v["z"].text(), "new");
  EXPECT_TRUE(v.erase("a"));
  EXPECT_FALSE(v.erase("a"));
  EXPECT_EQ(v.size(), 2U);
}

TEST(value, set_and_push_turn_another_kind_into_their_own) {
  value v = "text";
  v.set("k", 1);
  EXPECT_EQ(v, fields("k", 1));
  v.push(1).push(2);
  EXPECT_EQ(v, array(1, 2));
  v.items()[0] = "changed";
  EXPECT_EQ(v.at(0).text(), "changed");
}

TEST(value, room_for_members_is_no_member) {
  const value v = value::object(8);
  EXPECT_TRUE(v.is_object());
  EXPECT_EQ(v.size(), 0u);
  EXPECT_EQ(v, value::object());
}

TEST(value, large_objects_agree_with_a_map_through_random_changes) {
  std::mt19937 random(7);
  std::map<std::string, int> model;
  value v = value::object();
  for (int i = 0; i < 20'000; ++i) {
    const std::string name = "k" + std::to_string(random() % 400);
    if (random() % 3 == 0) {
      EXPECT_EQ(v.erase(name), model.erase(name) == 1) << i;
    } else {
      v.set(name, i);
      model[name] = i;
    }
    if (i % 1000 == 999) {
      ASSERT_EQ(v.size(), model.size());
      for (const auto& [k, n] : model) ASSERT_EQ(v[k].as_int(), n) << k;
      for (const member& each : v.members()) ASSERT_TRUE(model.contains(each.name.view().data()));
    }
  }
}

TEST(value, from_members_keeps_the_first_place_and_the_last_value) {
  std::vector<member> list;
  list.reserve(100);
  for (int i = 0; i < 100; ++i) list.emplace_back("k" + std::to_string(i % 40), i);
  const value v = value::from_members(std::move(list));
  ASSERT_EQ(v.size(), 40U);
  for (int i = 0; i < 40; ++i) {
    const member& each = v.members()[static_cast<std::size_t>(i)];
    EXPECT_EQ(each.name.view(), "k" + std::to_string(i));
    EXPECT_EQ(each.val.as_int(), i < 20 ? 80 + i : 40 + i);
    EXPECT_EQ(v.find(each.name.view()), &each.val);
  }
}

TEST(value, equality_is_by_kind_and_content_and_not_by_order) {
  EXPECT_EQ(fields("a", 1, "b", 2), fields("b", 2, "a", 1));
  EXPECT_NE(fields("a", 1, "b", 2), fields("a", 1, "c", 2));
  EXPECT_NE(fields("a", 1), fields("a", 1, "b", 2));
  EXPECT_NE(array(1, 2), array(2, 1));
  EXPECT_NE(value(1), value(1.0));
  EXPECT_EQ(value(0.0), value(-0.0));
  EXPECT_NE(value(nan), value(nan));
  EXPECT_NE(value(), value(false));
  EXPECT_NE(array(), value::object());
}

TEST(value, copies_are_deep_and_moves_leave_null) {
  value v = {{"list", array(1, "a text that is too long for the small string room")}};
  value copy = v;
  copy.find("list")->push(3);
  EXPECT_EQ(v["list"].size(), 2U);
  EXPECT_EQ(copy["list"].size(), 3U);
  const value moved = std::move(v);
  EXPECT_TRUE(v.is_null());  // NOLINT(bugprone-use-after-move): what is tested
  EXPECT_EQ(moved["list"].size(), 2U);
}

TEST(value, a_part_may_be_assigned_to_the_whole) {
  value v = {{"a", {{"b", array(1, 2, 3)}}}};
  v = v["a"];
  EXPECT_EQ(v, fields("b", array(1, 2, 3)));
  v = std::move(*v.find("b"));
  EXPECT_EQ(v, array(1, 2, 3));
  value& same = v;
  v = same;
  v = std::move(same);
  EXPECT_EQ(v.size(), 3U);
}

// A tree of the given depth in which each level holds the next at its start, in
// its middle or at its end, in arrays and objects in turn.
value deep_tree(int depth) {
  value tree = 1;
  for (int i = 0; i < depth; ++i) {
    value level;
    switch (i % 4) {
      case 0:
        level.push(std::move(tree));
        break;
      case 1:
        level.push(array(array(1), 2)).push(std::move(tree)).push(value("text long enough to own"));
        break;
      case 2:
        level.set("first", std::move(tree)).set("then", array(array(), fields("k", "v")));
        break;
      default:
        level.set("first", fields("k", array("v"))).set("last", std::move(tree));
        break;
    }
    tree = std::move(level);
  }
  return tree;
}

TEST(value, depth_costs_no_stack) {
  value tree = deep_tree(100'000);
  const value copy = tree;
  EXPECT_TRUE(copy == tree);
  tree = nullptr;
  EXPECT_TRUE(tree.is_null());
  std::size_t depth = 0;
  for (const value* at = &copy; at->size() != 0; ++depth) {
    const bool object = at->is_object();
    const value* next = object ? at->find("last") : nullptr;
    if (object && !next) next = at->find("first");
    at = object ? next : &at->at(at->size() == 1 ? 0 : 1);
  }
  EXPECT_EQ(depth, 100'000U);
}

TEST(value, wide_and_bushy_trees_are_dropped_whole) {  // leaks are LeakSanitizer's to find
  value tree = "leaf of a text that is long enough to be on the heap";
  for (int level = 0; level < 5; ++level) {
    value wider = value::object();
    for (int i = 0; i < 8; ++i) {
      if (i % 2 == 0) {
        wider.set("k" + std::to_string(i), tree);
      } else {
        wider.set("k" + std::to_string(i), array(tree, 1, tree));
      }
    }
    tree = std::move(wider);
  }
  const value copy = tree;
  tree = 1;
  EXPECT_EQ(copy["k1"].at(2)["k0"].size(), 8U);
}

TEST(value, names_of_kinds) {
  EXPECT_EQ(to_string(value_kind::unsigned_integer), "unsigned integer");
  EXPECT_EQ(to_string(value_kind::object), "object");
}

}  // namespace
}  // namespace parley
