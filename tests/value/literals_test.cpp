// How values are written in a program: which braces mean what, which do not
// compile, and that g++ 12 gets them right under co_await. S18
#include <gtest/gtest.h>
#include <parley/core/value/value.hpp>

#include <coroutine>
#include <string>
#include <string_view>

namespace parley {
namespace {

value pass(value v) { return v; }

// --- what compiles, and what it means

TEST(value_literals, two_element_lists_that_start_with_text_are_an_object) {  // S18
  const value v = {{"type", "update"}, {"value", 42}};
  ASSERT_TRUE(v.is_object());
  EXPECT_EQ(v.size(), 2U);
  EXPECT_EQ(v["type"].text(), "update");
  EXPECT_EQ(v["value"].as_int(), 42);
}

TEST(value_literals, texts_in_pairs_are_an_object_and_no_list) {
  const value v = {{"a", "b"}, {"c", "d"}};
  ASSERT_TRUE(v.is_object());
  EXPECT_EQ(v["c"].text(), "d");
  const value one = pass({{"a", "b"}});
  ASSERT_TRUE(one.is_object());
  EXPECT_EQ(one["a"].text(), "b");
}

TEST(value_literals, objects_nest) {
  const value v = {{"outer", {{"inner", {{"deep", 1.5}}}}}, {"list", array(1, "two", array())}};
  EXPECT_EQ(v["outer"]["inner"]["deep"].as_double(), 1.5);
  EXPECT_EQ(v["list"].size(), 3U);
  EXPECT_TRUE(v["list"].at(2).is_array());
}

TEST(value_literals, empty_braces_are_null) {
  EXPECT_TRUE(pass({}).is_null());
  EXPECT_TRUE(pass({{}}).is_null());
  EXPECT_TRUE(value::object().is_object());
  EXPECT_TRUE(value::object().empty());
}

TEST(value_literals, sixteen_members_fit) {
  const value v = {{"a", 1},  {"b", 2},  {"c", 3},  {"d", 4},  {"e", 5},  {"f", 6},
                   {"g", 7},  {"h", 8},  {"i", 9},  {"j", 10}, {"k", 11}, {"l", 12},
                   {"m", 13}, {"n", 14}, {"o", 15}, {"p", 16}};
  ASSERT_EQ(v.size(), 16U);
  std::int64_t expected = 0;
  for (const member& each : v.members()) EXPECT_EQ(each.val.as_int(), ++expected);
}

TEST(value_literals, fields_take_any_number_and_agree_with_braces) {
  EXPECT_EQ(fields("type", "update", "value", 42), (value{{"type", "update"}, {"value", 42}}));
  EXPECT_EQ(fields().kind(), value_kind::object);
  const value v = fields(std::string("key"), array(1), "bytes", value::from_bytes({}));
  EXPECT_EQ(v["key"].at(0).as_int(), 1);
  EXPECT_TRUE(v["bytes"].is_bytes());
}

TEST(value_literals, the_last_of_equal_names_wins_in_the_first_place) {
  const value v = {{"a", 1}, {"b", 2}, {"a", 3}};
  ASSERT_EQ(v.size(), 2U);
  EXPECT_EQ(v.members()[0].name.view(), "a");
  EXPECT_EQ(v["a"].as_int(), 3);
}

TEST(value_literals, kinds_follow_the_types) {
  EXPECT_EQ(value(true).kind(), value_kind::boolean);
  EXPECT_EQ(value(1).kind(), value_kind::integer);
  EXPECT_EQ(value(1U).kind(), value_kind::integer);
  EXPECT_EQ(value(std::uint8_t{7}).kind(), value_kind::integer);
  EXPECT_EQ(value(INT64_MIN).as_int(), INT64_MIN);
  EXPECT_EQ(value(std::uint64_t{INT64_MAX}).kind(), value_kind::integer);
  EXPECT_EQ(value(UINT64_MAX).kind(), value_kind::unsigned_integer);
  EXPECT_EQ(value(UINT64_MAX).as_uint(), UINT64_MAX);
  EXPECT_EQ(value(1.0F).kind(), value_kind::real);
  EXPECT_EQ(value("text").kind(), value_kind::text);
  EXPECT_EQ(value(std::string("text")).kind(), value_kind::text);
  EXPECT_EQ(value(std::string_view("text")).kind(), value_kind::text);
  EXPECT_EQ(value(nullptr).kind(), value_kind::null);
}

TEST(value_literals, text_outside_ascii_survives) {  // S60
  const value v = {{"value", 23.5},
                   {"unit",
                    "\xC2\xB0"
                    "C"}};
  EXPECT_EQ(v["unit"].text(),
            "\xC2\xB0"
            "C");
}

// --- what must not compile

#define PARLEY_ACCEPTS(name, ...) \
  template <class V>              \
  concept name = requires(void (*f)(V)) { f(__VA_ARGS__); }

PARLEY_ACCEPTS(accepts_pair, {{"a", "b"}, {"c", 1}});
PARLEY_ACCEPTS(accepts_flat_texts, {"a", "b"});
PARLEY_ACCEPTS(accepts_flat_numbers, {1, 2, 3});
PARLEY_ACCEPTS(accepts_pair_of_numbers, {{1, 2}});
PARLEY_ACCEPTS(accepts_pair_with_zero, {{0, 1}});
PARLEY_ACCEPTS(accepts_null_name, {{nullptr, 1}});
PARLEY_ACCEPTS(accepts_triple, {{"a", 1, 2}, {"b", 3}});
PARLEY_ACCEPTS(accepts_character, 'c');
PARLEY_ACCEPTS(accepts_wide_character, u'c');
PARLEY_ACCEPTS(accepts_pointer, static_cast<int*>(nullptr));
PARLEY_ACCEPTS(accepts_kind, value_kind::null);

static_assert(accepts_pair<value>);  // the concept can be satisfied at all
static_assert(!accepts_flat_texts<value>);
static_assert(!accepts_flat_numbers<value>);
static_assert(!accepts_pair_of_numbers<value>);
static_assert(!accepts_pair_with_zero<value>);
static_assert(!accepts_null_name<value>);
static_assert(!accepts_triple<value>);
static_assert(!accepts_character<value>);
static_assert(!accepts_wide_character<value>);
static_assert(!accepts_pointer<value>);
static_assert(!accepts_kind<value>);
static_assert(!std::is_default_constructible_v<key>);
static_assert(!std::is_constructible_v<key, int>);
static_assert(std::is_nothrow_move_constructible_v<value>);
static_assert(std::is_nothrow_move_assignable_v<value>);

template <class... T>
concept makes_array = requires(T... items) { array(items...); };
static_assert(makes_array<int, const char*>);
static_assert(!makes_array<char>);
template <class... T>
concept makes_fields = requires(T... items) { fields(items...); };
static_assert(makes_fields<const char*, int>);
static_assert(!makes_fields<const char*>);

// --- the same inside the operand of co_await

struct task {
  struct promise_type {
    task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

// Hands back what it was given, after a suspension that ends at once.
struct shouted {
  value sent;
  explicit shouted(value v) : sent(std::move(v)) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
  value await_resume() { return std::move(sent); }
};
shouted shout(value v) { return shouted(std::move(v)); }

task shout_everything(std::vector<value>& out) {
  const std::string owned = "a text that is too long for the small string room";
  out.push_back(co_await shout({}));
  out.push_back(co_await shout("text"));
  out.push_back(co_await shout(owned + owned));
  out.push_back(co_await shout({{"type", "update"}, {"value", 42}}));
  out.push_back(co_await shout({{"a", {{"b", {{"c", owned + owned}}}}}}));
  out.push_back(co_await shout(fields("type", owned + owned, "list", array(1, owned, array()))));
  out.push_back(co_await shout(array(owned, fields("k", owned))));
  out.push_back(co_await shout(value::object().set("k", owned).set("n", 1)));
}

TEST(value_literals, are_right_under_co_await) {
  const std::string owned = "a text that is too long for the small string room";
  std::vector<value> got;
  shout_everything(got);
  ASSERT_EQ(got.size(), 8U);
  EXPECT_TRUE(got[0].is_null());
  EXPECT_EQ(got[1], "text");
  EXPECT_EQ(got[2], owned + owned);
  EXPECT_EQ(got[3], fields("type", "update", "value", 42));
  EXPECT_EQ(got[4]["a"]["b"]["c"].text(), owned + owned);
  EXPECT_EQ(got[5]["type"].text(), owned + owned);
  EXPECT_EQ(got[5]["list"].at(1).text(), owned);
  EXPECT_EQ(got[6].at(1)["k"].text(), owned);
  EXPECT_EQ(got[7], fields("k", owned, "n", 1));
}

}  // namespace
}  // namespace parley
