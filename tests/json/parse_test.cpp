// Reading JSON as RFC 8259 has it: what must be accepted, what must be refused and
// with which error, and what a hostile text may cost.
#include <gtest/gtest.h>
#include <parley/codecs/json/json.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace parley::json {
namespace {

struct accepted {
  std::string_view text;
  value expected;
};

TEST(json_parse, accepts_what_the_grammar_has) {
  const std::vector<accepted> cases = {
      {"null", nullptr},
      {"true", true},
      {" \t\r\n false \t\r\n ", false},
      {"0", 0},
      {"-1", -1},
      {"[]", array()},
      {"[ ]", array()},
      {"{}", value::object()},
      {"[null,[],{}]", array(nullptr, array(), value::object())},
      {R"({"a":{"b":[1,2.5,"x"]}})", fields("a", fields("b", array(1, 2.5, "x")))},
      {R"({"":0})", fields("", 0)},
      {R"({"value":23.5,"unit":"\u00b0C"})", fields("value", 23.5, "unit",
                                                    "\xC2\xB0"
                                                    "C")},  // S60
      {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {R"("\u0041\u00e9\u20ac\ud83d\ude00")", "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
      {"\"\xF0\x9F\x98\x80 \x7F\"", "\xF0\x9F\x98\x80 \x7F"},
      {"\"\xED\x95\x9C\\ud55c\"", "\xED\x95\x9C\xED\x95\x9C"},  // ED begins no surrogate here
      {R"("\u0000x")", std::string("\0x", 2)},
      {R"("\uFFFF\uFDD0")", "\xEF\xBF\xBF\xEF\xB7\x90"},  // no characters, and still UTF-8
      {"1e2", 100.0},
      {"1E+2", 100.0},
      {"1.5e-1", 0.15},
      {"-0.0", -0.0},
      {"1.0", 1.0},
  };
  for (const accepted& each : cases) {
    const auto v = parse(each.text);
    ASSERT_TRUE(v) << each.text << ": " << v.error().to_string();
    EXPECT_TRUE(*v == each.expected) << each.text;
  }
}

struct refused {
  std::string_view text;
  errc code;
};

TEST(json_parse, refuses_everything_else_by_name) {
  using namespace std::string_view_literals;
  const std::vector<refused> cases = {
      {"", errc::empty},
      {" \n ", errc::empty},
      {"\xEF\xBB\xBF{}", errc::byte_order_mark},
      {"\xEF\xBB\xBF", errc::byte_order_mark},
      // ends too early
      {"[", errc::truncated},
      {"{", errc::truncated},
      {"[1", errc::truncated},
      {"[1,", errc::truncated},
      {"{\"a\"", errc::truncated},
      {"{\"a\":", errc::truncated},
      {"{\"a\":1", errc::truncated},
      {"{\"a\":1,", errc::truncated},
      {"\"abc", errc::truncated},
      {"\"", errc::truncated},
      {"tru", errc::truncated},
      {"-", errc::truncated},
      {"1.", errc::truncated},
      {"1e", errc::truncated},
      {"1e+", errc::truncated},
      // goes on
      {"1 2", errc::trailing},
      {"{}[]", errc::trailing},
      {"[]]", errc::trailing},
      {"null,", errc::trailing},
      {"1\0"sv, errc::trailing},
      {"1\0garbage"sv, errc::trailing},
      {"01", errc::trailing},
      {"-01", errc::trailing},
      {"1 // comment", errc::trailing},
      // another grammar
      {"[1,]", errc::syntax},
      {"[,1]", errc::syntax},
      {"[1 2]", errc::syntax},
      {"[1;2]", errc::syntax},
      {"{\"a\":1,}", errc::syntax},
      {"{,}", errc::syntax},
      {"{a:1}", errc::syntax},
      {"{'a':1}", errc::syntax},
      {"{1:1}", errc::syntax},
      {"{\"a\" 1}", errc::syntax},
      {"{\"a\"::1}", errc::syntax},
      {"[}", errc::syntax},
      {"{]", errc::syntax},
      {"[1}", errc::syntax},
      {"'a'", errc::syntax},
      {"True", errc::syntax},
      {"nul1", errc::syntax},
      {"NaN", errc::syntax},
      {"[Infinity]", errc::syntax},
      {"[-Infinity]", errc::syntax},
      {"[+1]", errc::syntax},
      {"[.5]", errc::syntax},
      {"[1.e5]", errc::syntax},
      {"[1.x]", errc::syntax},
      {"[0x1]", errc::syntax},
      {"[1e1.5]", errc::syntax},
      {"[--1]", errc::syntax},
      {"/* c */ 1", errc::syntax},
      {"\v1", errc::syntax},
      {"\xC2\xA0[]", errc::syntax},  // a blank that JSON does not know
      {"\xFF", errc::syntax},
      {"[\0]"sv, errc::syntax},
      // strings
      {"\"\x01\"", errc::bad_string},
      {"\"a\nb\"", errc::bad_string},
      {"\"\x1F\"", errc::bad_string},
      {"\"a\0b\""sv, errc::bad_string},
      {R"("\x41")", errc::bad_string},
      {R"("\u12G4")", errc::bad_string},
      {R"("\u123")", errc::bad_string},
      {R"("\U0041")", errc::bad_string},
      {R"("\ud800")", errc::bad_string},
      {R"("\udc00")", errc::bad_string},
      {R"("\ud800\u0041")", errc::bad_string},
      {R"("x\udFFFy")", errc::bad_string},
      {R"({"\udc00":1})", errc::bad_string},
      {R"("\ud800\ud800")", errc::bad_string},
      {R"({"\ud800":1})", errc::bad_string},
      {"\"\x80\"", errc::bad_utf8},
      {"\"\xC0\x80\"", errc::bad_utf8},          // overlong
      {"\"\xE0\x80\x80\"", errc::bad_utf8},      // overlong
      {"\"\xED\xA0\x80\"", errc::bad_utf8},      // a surrogate
      {"\"\xF4\x90\x80\x80\"", errc::bad_utf8},  // above U+10FFFF
      {"\"\xF8\x88\x80\x80\x80\"", errc::bad_utf8},
      {"\"\xC3\"", errc::bad_utf8},
      {"{\"\xFF\":1}", errc::bad_utf8},
      // numbers
      {"1e400", errc::number_too_large},
      {"-1e400", errc::number_too_large},
      {"[1e99999999999]", errc::number_too_large},
  };
  for (const refused& each : cases) {
    const auto v = parse(each.text);
    ASSERT_FALSE(v) << each.text;
    EXPECT_EQ(v.error(), each.code) << each.text << ": " << v.error().to_string();
  }
}

TEST(json_parse, every_beginning_of_a_text_is_refused) {
  const std::string text = R"( {"a": [1, -2.5e3, true, null, "\u00e9\n"], "b": {"c": false}} )";
  ASSERT_TRUE(parse(text));
  for (std::size_t n = 0; n + 1 < text.size(); ++n) {
    EXPECT_FALSE(parse(std::string_view(text).substr(0, n))) << n;
  }
}

TEST(json_parse, integers_are_exact_to_64_bits) {
  EXPECT_EQ(*parse("9223372036854775807"), value(INT64_MAX));
  EXPECT_EQ(*parse("-9223372036854775808"), value(INT64_MIN));
  EXPECT_EQ(*parse("9223372036854775808"), value(std::uint64_t{1} << 63));
  EXPECT_EQ(*parse("18446744073709551615"), value(UINT64_MAX));
  EXPECT_EQ(*parse("4294967295"), value(4294967295));
  EXPECT_EQ(*parse("-2147483649"), value(-2147483649));
  EXPECT_EQ(*parse("9007199254740993"), value(9007199254740993));
  // Beyond, they are doubles.
  EXPECT_EQ(*parse("18446744073709551616"), value(18446744073709551616.0));
  EXPECT_EQ(*parse("-9223372036854775809"), value(-9223372036854775808.0));
  EXPECT_EQ(*parse("-0"), value(0));
}

TEST(json_parse, doubles_are_the_nearest_ones) {
  const std::vector<std::pair<std::string_view, double>> cases = {
      {"0.1", 0.1},
      {"1e-400", 0.0},
      {"4.9406564584124654e-324", 5e-324},
      {"2.2250738585072011e-308", 2.2250738585072011e-308},
      {"2.2250738585072014e-308", 2.2250738585072014e-308},
      {"1.7976931348623157e308", std::numeric_limits<double>::max()},
      {"1.00000000000000011102230246251565", 1.0},
      {"1.00000000000000011102230246251566", 1.0000000000000002},
      {"123456789012345678901234567890", 123456789012345678901234567890.0},
      {"0.000000000000000000000000000000000000000000000000000000000000000000001", 1e-69},
  };
  for (const auto& [text, expected] : cases) {
    const auto v = parse(text);
    ASSERT_TRUE(v) << text;
    EXPECT_TRUE(*v == value(expected)) << text;
  }
}

TEST(json_parse, the_last_of_equal_names_wins) {
  EXPECT_EQ(*parse(R"({"a":1,"b":2,"a":3})"), fields("a", 3, "b", 2));
  std::string many = "{";
  for (int i = 0; i < 20'000; ++i) many += "\"k" + std::to_string(i % 10'000) + "\":1,";
  const auto v = parse(many + "\"k0\":\"last\"}");
  ASSERT_TRUE(v);
  EXPECT_EQ(v->size(), 10'000U);
  EXPECT_EQ((*v)["k0"].text(), "last");
}

TEST(json_parse, depth_is_limited) {
  const auto nested = [](std::size_t depth, char open, char close) {
    return std::string(depth, open) + std::string(depth, close);
  };
  EXPECT_TRUE(parse(nested(64, '[', ']')));
  const auto deep = parse(nested(65, '[', ']'));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error(), errc::too_deep);
  EXPECT_TRUE(deep.error().message().contains("max_depth is 64"));
  // No closing bracket has to come before the limit is noticed.
  EXPECT_EQ(parse(std::string(1'000'000, '[')).error(), errc::too_deep);
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += "{\"a\":";
  EXPECT_EQ(parse(objects).error(), errc::too_deep);
  // Depth is what is open, and not what was opened.
  std::string flat = "[";
  for (int i = 0; i < 1000; ++i) flat += "[],{},";
  EXPECT_TRUE(parse(flat + "[]]"));

  parse_limits high;
  high.max_depth = 100'000;
  EXPECT_TRUE(parse(nested(100'000, '[', ']'), high));
}

TEST(json_parse, size_and_number_of_values_are_limited) {
  parse_limits limits;
  limits.max_bytes = 5;
  EXPECT_TRUE(parse("[1,2]", limits));
  EXPECT_EQ(parse("[1,2] ", limits).error(), errc::too_large);
  limits = {};
  limits.max_values = 3;
  EXPECT_TRUE(parse("[1,2]", limits));
  EXPECT_EQ(parse("[1,2,3]", limits).error(), errc::too_many_values);
  EXPECT_EQ(parse("[[],[],{}]", limits).error(), errc::too_many_values);
  EXPECT_EQ(parse(R"({"a":{"b":{"c":{}}}})", limits).error(), errc::too_many_values);
  EXPECT_EQ(errc::too_large, parse("[1,2,3]", {.max_bytes = 1}).error());
}

TEST(json_parse, errors_tell_line_and_column_and_quote_nothing) {
  const auto v = parse("{\n  \"secret\": \"hunter2\",\n  oops\n}");
  ASSERT_FALSE(v);
  EXPECT_EQ(v.error(), errc::syntax);
  EXPECT_EQ(v.error().message(), "line 3, column 3 (byte 27): expected a name in quotation marks");
  EXPECT_EQ(v.error().kind(), error_class::protocol);
  EXPECT_FALSE(v.error().hint().empty());
  EXPECT_EQ(parse("[1").error().message(), "line 1, column 3 (byte 2): the end of the text");
}

TEST(json_parse, reads_bytes_that_no_terminator_follows) {
  const std::vector<char> exact{'[', '1', '2', ']'};  // ASan watches the byte behind
  EXPECT_EQ(*decode(as_bytes(std::string_view(exact.data(), exact.size()))), array(12));
  EXPECT_EQ(*parse(std::string_view(exact.data() + 1, 2)), value(12));
  EXPECT_EQ(decode({}).error(), errc::empty);
}

// RapidJSON's full precision makes -1.55e-266 of the first; a fuzzer found it.
TEST(json_parse, a_zero_with_an_exponent_is_zero) {
  for (const char* text :
       {"0e50", "0e050", "0E+99", "0e-400", "0.0e10", "0.000000000000000000000e5"}) {
    const auto got = parse(std::string_view(text));
    ASSERT_TRUE(got) << text;
    EXPECT_EQ(got->as_double(), 0.0) << text;
  }
  const auto negative = parse(std::string_view("-0e50"));
  ASSERT_TRUE(negative);
  EXPECT_TRUE(std::signbit(*negative->as_double()));
}

}  // namespace
}  // namespace parley::json
