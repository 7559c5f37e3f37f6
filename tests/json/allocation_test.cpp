// What JSON costs in heap allocations, and that each of them may fail: nothing
// leaks (LeakSanitizer watches), and a string that is written to is as it was.
#include <gtest/gtest.h>
#include <parley/codecs/json/json.hpp>

#include <new>
#include <optional>
#include <string>

#include "support/allocations.hpp"

namespace parley::json {
namespace {

value sample() {
  return {{"type", "update"},
          {"value", 42},
          {"list", array(1.5, nullptr, true, "a text that is no short string at all")}};
}

TEST(json_allocations, writing_into_a_string_with_room_needs_none) {
  const value v = sample();
  std::string out;
  out.reserve(256);
  const std::size_t before = test::allocations();
  const auto written = write(v, out);
  EXPECT_EQ(test::allocations(), before);
  EXPECT_EQ(written, out.size());
}

// A new string is allocated once, and not at all where it holds the text by itself.
TEST(json_allocations, writing_a_small_text_needs_the_string_alone) {
  const value tiny = fields("result", 42), small = array(sample(), std::string(1000, 'x'));
  const std::size_t before = test::allocations();
  const auto first = to_text(tiny);
  EXPECT_EQ(test::allocations(), before);
  const auto second = to_text(small);
  EXPECT_EQ(test::allocations(), before + 1);
  EXPECT_EQ(*first, R"({"result":42})");
  EXPECT_EQ(parse(*second), small);
}

TEST(json_allocations, reading_a_number_needs_one_at_most) {
  const std::size_t before = test::allocations();
  const auto v = parse("42");
  EXPECT_LE(test::allocations(), before + 1);
  EXPECT_EQ(*v, value(42));
}

// Runs `work` with the first, second, third... allocation failing, until none fails.
template <class Work>
int fail_each(Work work) {
  for (std::size_t allowed = 0;; ++allowed) {
    test::failing_allocation failing(allowed);
    try {
      work();
    } catch (const std::bad_alloc&) {
    }
    if (!failing.has_failed()) return static_cast<int>(allowed);
  }
}

TEST(json_allocations, each_may_fail_while_reading) {
  std::string text = R"({"a":1,"a":2,"deep":[[[[[[[[]]]]]]]],"long":")" + std::string(2000, 'x');
  text += R"(","members":{)";
  for (int i = 0; i < 40; ++i)
    text += "\"k" + std::to_string(i) + "\":[" + std::to_string(i) + "],";
  text += R"("k1":null}})";
  const value expected = *parse(text);
  std::optional<value> last;
  const int failures = fail_each([&] { last = *parse(text); });
  EXPECT_GT(failures, 40);
  EXPECT_TRUE(last == expected);
}

TEST(json_allocations, each_may_fail_while_writing) {
  value v = sample();
  for (int i = 0; i < 40; ++i) v = array(std::move(v), std::string(1000, 'x'));
  const std::string expected = *to_text(v);
  std::string out;
  const int failures = fail_each([&] {
    out = "";
    out.shrink_to_fit();
    try {
      (void)write(v, out);
    } catch (const std::bad_alloc&) {
      EXPECT_EQ(out, "");
      throw;
    }
  });
  EXPECT_GT(failures, 3);
  EXPECT_EQ(out, expected);
}

TEST(json_allocations, each_may_fail_while_copying_and_changing_a_value) {
  value v = sample();
  for (int i = 0; i < 20; ++i) v.set("k" + std::to_string(i), array(array(i), sample()));
  const value original = v;
  EXPECT_GT(fail_each([&] {
              value copy = v;
              copy.set("one more name, long enough for the heap", sample());
              copy.erase("k3");
              EXPECT_EQ(copy["k4"].at(0).at(0).as_int(), 4);
            }),
            100);
  EXPECT_TRUE(v == original);
}

}  // namespace
}  // namespace parley::json
