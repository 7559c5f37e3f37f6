#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <parley/codecs/resp/server/detail/numbers.hpp>
#include <string>

namespace parley::resp {
namespace {

TEST(numbers_test, integers_have_one_form) {
  EXPECT_EQ(parse_exact_integer("0"), 0);
  EXPECT_EQ(parse_exact_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_exact_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const char* const wrong : {"", "-", "+1", "01", "-0", "-01", " 1", "1 ", "1.0", "1e3", "0x1",
                                  "9223372036854775808", "-9223372036854775809", "--1"}) {
    EXPECT_EQ(parse_exact_integer(wrong), std::nullopt) << wrong;
  }
}

TEST(numbers_test, scores_are_read_as_strtod_reads_them) {
  EXPECT_EQ(parse_score("1.5"), 1.5);
  EXPECT_EQ(parse_score("+1.5"), 1.5);
  EXPECT_EQ(parse_score("-.5"), -0.5);
  EXPECT_EQ(parse_score("5."), 5.0);
  EXPECT_EQ(parse_score("0x10"), 16.0);
  EXPECT_EQ(parse_score("-inf"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_score("Infinity"), std::numeric_limits<double>::infinity());
  for (const char* const wrong : {"", "nan", "-nan", "1e400", "-1e400", "1e-400", " 1", "1 ", "1x",
                                  "--1", "+-1", "0x", "0x-1", "e5", "."}) {
    EXPECT_EQ(parse_score(wrong), std::nullopt) << wrong;
  }
}

TEST(numbers_test, bounds_are_laxer) {
  EXPECT_EQ(parse_bound(""), 0.0);
  EXPECT_EQ(parse_bound(" 1"), 1.0);
  EXPECT_EQ(parse_bound("1e400"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_bound("-1e400"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_bound("1e-400"), 0.0);
  EXPECT_EQ(parse_bound("1 "), std::nullopt);
  EXPECT_EQ(parse_bound("nan"), std::nullopt);
}

TEST(numbers_test, prints_as_redis_does) {
  double_text room;
  EXPECT_EQ(print_score(3, room), "3");
  EXPECT_EQ(print_score(3.1, room), "3.1000000000000001");
  EXPECT_EQ(print_score(100000, room), "100000");
  EXPECT_EQ(print_score(1e16, room), "10000000000000000");
  EXPECT_EQ(print_score(1e17, room), "1e+17");
  EXPECT_EQ(print_score(-0.0, room), "-0");
  EXPECT_EQ(print_score(-std::numeric_limits<double>::infinity(), room), "-inf");
  EXPECT_EQ(print_score(std::numeric_limits<double>::denorm_min(), room),
            "4.9406564584124654e-324");
  EXPECT_EQ(print_score(-std::numeric_limits<double>::max(), room), "-1.7976931348623157e+308");
  long_double_text large;
  EXPECT_EQ(print_long_double(3.0L, large), "3");
  EXPECT_EQ(print_long_double(0.5L, large), "0.5");
  EXPECT_EQ(print_long_double(-0.0L, large), "0");
  EXPECT_EQ(print_long_double(200.0L, large), "200");
  EXPECT_EQ(print_long_double(std::numeric_limits<long double>::max(), large).size(), 4933U);
}

}  // namespace
}  // namespace parley::resp
