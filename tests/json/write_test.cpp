// Writing JSON, and that what was written reads back the same.
#include <gtest/gtest.h>
#include <parley/codecs/json/json.hpp>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>

namespace parley::json {
namespace {

std::string text_of(const value& v) {
  const auto text = to_text(v);
  return text ? *text : text.error().to_string();
}

TEST(json_write, writes_without_white_space_in_the_order_of_members) {  // S18
  EXPECT_EQ(text_of({{"type", "update"}, {"value", 42}}), R"({"type":"update","value":42})");
  EXPECT_EQ(text_of(array(nullptr, true, false, array(), value::object())),
            "[null,true,false,[],{}]");
  EXPECT_EQ(text_of({{"value", 23.5},
                     {"unit",
                      "\xC2\xB0"
                      "C"}}),
            "{\"value\":23.5,\"unit\":\"\xC2\xB0"
            "C\"}");  // S60
}

TEST(json_write, escapes_what_must_be) {
  EXPECT_EQ(text_of("\"\\/\b\f\n\r\t\x01\x1F\x7F"),
            "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001F\x7F\"");
  EXPECT_EQ(text_of(std::string("\0", 1)), "\"\\u0000\"");
  EXPECT_EQ(text_of(std::string_view()), "\"\"");
}

// Plain stretches are copied eight bytes at a time: no place may hide what must be escaped.
TEST(json_write, escapes_are_found_at_any_place_of_texts_of_any_length) {
  const std::pair<std::string, std::string> specials[] = {
      {"\"", "\\\""},
      {"\\", "\\\\"},
      {"\n", "\\n"},
      {"\x1f", "\\u001F"},
      {std::string(1, '\0'), "\\u0000"},
      {"\x7f", "\x7f"},
      {" ", " "},
      {"\xC3\xB6", "\xC3\xB6"},
      {"\xF0\x9F\x9A\x80", "\xF0\x9F\x9A\x80"},
  };
  for (const auto& [raw, escaped] : specials) {
    for (std::size_t before = 0; before < 20; ++before) {
      for (std::size_t behind = 0; behind < 20; ++behind) {
        const std::string left(before, 'a'), right(behind, '~');
        const std::string wanted = "\"" + left + escaped + right + "\"";
        EXPECT_EQ(text_of(value(left + raw + right)), wanted) << before << ' ' << behind;
        EXPECT_EQ(text_of(value::object().set(left + raw + right, 1)), "{" + wanted + ":1}");
      }
    }
  }
}

TEST(json_write, refuses_what_is_no_utf8_at_any_place) {
  for (const std::string& bad :
       {std::string("\x80"), std::string("\xC3"), std::string("\xED\xA0\x80"),
        std::string("\xC0\xAF"), std::string("\xF5\x80\x80\x80")}) {
    for (std::size_t before = 0; before < 20; ++before) {
      for (std::size_t behind = 0; behind < 20; ++behind) {
        const std::string text = std::string(before, 'a') + bad + std::string(behind, 'z');
        const auto written = to_text(value(text));
        ASSERT_FALSE(written) << before << ' ' << behind;
        EXPECT_TRUE(written.error() == parley::errc::bad_value);
      }
    }
  }
}

TEST(json_write, keeps_integers_exact_and_doubles_doubles) {
  EXPECT_EQ(text_of(INT64_MIN), "-9223372036854775808");
  EXPECT_EQ(text_of(INT64_MAX), "9223372036854775807");
  EXPECT_EQ(text_of(UINT64_MAX), "18446744073709551615");
  EXPECT_EQ(text_of(1.0), "1.0");
  EXPECT_EQ(text_of(-0.0), "-0.0");
  EXPECT_EQ(text_of(1e300), "1e300");
}

TEST(json_write, refuses_what_json_has_no_form_for_and_says_where) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double odd : {infinity, -infinity, std::nan("")}) {
    const auto text = to_text(fields("a/b", array(1, fields("~", odd))));
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error(), parley::errc::bad_value);
    EXPECT_EQ(text.error().message(), "at \"/a~1b/1/~0\": NaN and infinities have no JSON form");
  }
  EXPECT_EQ(to_text("\xFF").error().message(), "at \"\": the text is not UTF-8");
  EXPECT_EQ(to_text("\xED\xA0\x80").error(), parley::errc::bad_value);
  EXPECT_EQ(to_text(value::object().set("\xC3", 1)).error(), parley::errc::bad_value);
  EXPECT_EQ(to_text(value::from_bytes(as_bytes("plain"))).error(), parley::errc::bad_value);
}

TEST(json_write, writes_bytes_as_base64_on_request) {  // the samples of RFC 4648 section 10
  write_options options;
  options.bytes = bytes_form::base64;
  const auto encoded = [&](std::string_view bytes) {
    return *to_text(value::from_bytes(as_bytes(bytes)), options);
  };
  EXPECT_EQ(encoded(""), "\"\"");
  EXPECT_EQ(encoded("f"), "\"Zg==\"");
  EXPECT_EQ(encoded("fo"), "\"Zm8=\"");
  EXPECT_EQ(encoded("foo"), "\"Zm9v\"");
  EXPECT_EQ(encoded("foob"), "\"Zm9vYg==\"");
  EXPECT_EQ(encoded("fooba"), "\"Zm9vYmE=\"");
  EXPECT_EQ(encoded("foobar"), "\"Zm9vYmFy\"");
  EXPECT_EQ(encoded("\xFB\xFF\xFE"), "\"+//+\"");
}

TEST(json_write, appends_and_leaves_the_string_alone_when_it_fails) {
  std::string out = "before";
  EXPECT_EQ(write(array(1, 2), out), std::size_t{5});
  EXPECT_EQ(out, "before[1,2]");
  EXPECT_FALSE(write(array(1, "a long text that makes the string grow first", std::nan("")), out));
  EXPECT_EQ(out, "before[1,2]");
}

TEST(json_write, depth_and_size_are_limited) {
  value deep = 1;
  for (int i = 0; i < 64; ++i) deep = array(std::move(deep));
  EXPECT_TRUE(to_text(deep));
  deep = array(std::move(deep));
  EXPECT_EQ(to_text(deep).error(), parley::errc::too_large);
  for (int i = 0; i < 100'000; ++i) deep = array(std::move(deep));
  write_options options;
  options.max_depth = 1'000'000;  // more than the stack would bear
  EXPECT_EQ(to_text(deep, options).error(), parley::errc::too_large);  // S162

  write_options small;
  small.max_bytes = 7;
  EXPECT_EQ(to_text("12345", small), std::string("\"12345\""));
  EXPECT_EQ(to_text("123456", small).error(), parley::errc::too_large);
  EXPECT_EQ(to_text(array(1, 2, 3), small), std::string("[1,2,3]"));
  EXPECT_EQ(to_text(array(1, 2, 3, 4), small).error(), parley::errc::too_large);
  EXPECT_EQ(to_text(std::string(100, 'x'), small).error(), parley::errc::too_large);
  EXPECT_EQ(to_text(value::object().set("a", 1).set("b", 2), small).error(),
            parley::errc::too_large);
}

// --- round trips

value random_text(std::mt19937_64& random) {
  static const std::vector<std::string> pieces = {"a",
                                                  "\"",
                                                  "\\",
                                                  "/",
                                                  "\n",
                                                  "\x01",
                                                  "\x7F",
                                                  "\xC3\xA9",
                                                  "\xE2\x82\xAC",
                                                  "\xF0\x9F\x98\x80",
                                                  std::string(1, '\0'),
                                                  " a longer piece of text "};
  std::string text;
  for (auto n = random() % 8; n > 0; --n) text += pieces[random() % pieces.size()];
  return text;
}

// Any double but NaN and infinities, by its bits.
double random_double(std::mt19937_64& random) {
  for (;;) {
    const auto d = std::bit_cast<double>(random());
    if (std::isfinite(d)) return d;
  }
}

value random_value(std::mt19937_64& random, int depth) {
  switch (random() % (depth > 0 ? 9 : 7)) {
    case 0:
      return nullptr;
    case 1:
      return random() % 2 == 0;
    case 2:
      return static_cast<std::int64_t>(random());
    case 3:
      return random();
    case 4:
      return static_cast<std::int64_t>(random() % 100) - 50;
    case 5:
      return random_double(random);
    case 6:
      return random_text(random);
    case 7: {
      value list = array();
      for (auto n = random() % 5; n > 0; --n) list.push(random_value(random, depth - 1));
      return list;
    }
    default: {
      value object = value::object();
      for (auto n = random() % 25; n > 0; --n) {
        object.set(random_text(random).text(), random_value(random, depth - 2));
      }
      return object;
    }
  }
}

TEST(json_round_trip, random_trees_read_back_equal) {
  std::mt19937_64 random(2026);
  for (int i = 0; i < 3'000; ++i) {
    const value v = random_value(random, 4);
    const auto text = to_text(v);
    ASSERT_TRUE(text) << text.error().to_string();
    const auto again = parse(*text);
    ASSERT_TRUE(again) << *text << ": " << again.error().to_string();
    ASSERT_TRUE(*again == v) << *text;
    ASSERT_EQ(*to_text(*again), *text);
  }
}

TEST(json_round_trip, doubles_come_back_bit_for_bit) {
  std::mt19937_64 random(7);
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    // Every third is near a power of ten, where rounding is hardest.
    const double d = i % 3 == 0
                         ? std::nextafter(std::pow(10.0, static_cast<int>(random() % 600) - 300),
                                          i % 2 == 0 ? 0.0 : 1e308)
                         : random_double(random);
    text.clear();
    ASSERT_TRUE(write(d, text));
    const auto again = parse(text);
    ASSERT_TRUE(again) << text;
    ASSERT_TRUE(again->is_double()) << text;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(*again->as_double()), std::bit_cast<std::uint64_t>(d))
        << text;
  }
}

// Decimal texts of up to 40 digits against the standard library's own reading.
TEST(json_round_trip, long_decimals_agree_with_from_chars) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 100'000; ++i) {
    std::string text(1, static_cast<char>('1' + random() % 9));
    for (auto n = random() % 20; n > 0; --n) text += static_cast<char>('0' + random() % 10);
    text += '.';
    for (auto n = 1 + random() % 20; n > 0; --n) text += static_cast<char>('0' + random() % 10);
    text += "e" + std::to_string(static_cast<int>(random() % 560) - 280);
    double expected = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), expected);
    ASSERT_EQ(read.ec, std::errc{}) << text;
    const auto v = parse(text);
    ASSERT_TRUE(v) << text;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(*v->as_double()), std::bit_cast<std::uint64_t>(expected))
        << text;
  }
}

}  // namespace
}  // namespace parley::json
