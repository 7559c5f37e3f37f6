// Dates, methods, names of fields, lists, reasons, and what an encoder refuses.
#include <gmock/gmock.h>

#include <array>
#include <cctype>
#include <parley/codecs/http/date.hpp>
#include <parley/codecs/http/encoder.hpp>
#include <parley/codecs/http/head.hpp>
#include <string>
#include <vector>

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

std::string date_of(wall_time at) {
  std::string text(http::date_size, 'x');
  http::put_date(text.data(), at);
  return text;
}

TEST(http_words, dates_are_written_as_rfc_9110_has_them) {
  using std::chrono::seconds;
  EXPECT_EQ(date_of(wall_time(seconds(784111777))), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date_of(wall_time()), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date_of(wall_time(seconds(1709164799))), "Wed, 28 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(date_of(wall_time(seconds(1709164800))), "Thu, 29 Feb 2024 00:00:00 GMT");
  EXPECT_EQ(date_of(wall_time(seconds(4102444799))), "Thu, 31 Dec 2099 23:59:59 GMT");
}

TEST(http_words, dates_are_read_in_all_three_forms) {
  const wall_time due(std::chrono::seconds(784111777)), now(std::chrono::seconds(1'700'000'000));
  EXPECT_THAT(http::parse_date("Sun, 06 Nov 1994 08:49:37 GMT", now), Optional(due));
  EXPECT_THAT(http::parse_date("Sunday, 06-Nov-94 08:49:37 GMT", now), Optional(due));
  EXPECT_THAT(http::parse_date("Sun Nov  6 08:49:37 1994", now), Optional(due));
  for (const std::string_view bad :
       {"", "Sun", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37", "06 Nov 1994",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nop 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET"}) {
    EXPECT_EQ(http::parse_date(bad, now), std::nullopt) << bad;
  }
  for (std::int64_t s = 0; s < 4'000'000'000; s += 86'400 * 11 + 4321) {
    const wall_time at{std::chrono::seconds(s)};
    EXPECT_THAT(http::parse_date(date_of(at), now), Optional(at));
  }
}

TEST(http_words, years_of_two_digits_are_near) {
  const wall_time now(std::chrono::seconds(1'700'000'000));  // 2023
  const auto year = [&](const char* text) {
    return date_of(*http::parse_date(text, now)).substr(12, 4);
  };
  EXPECT_EQ(year("Sunday, 06-Nov-94 08:49:37 GMT"), "1994");
  EXPECT_EQ(year("Sunday, 06-Nov-30 08:49:37 GMT"), "2030");
  EXPECT_EQ(year("Sunday, 06-Nov-73 08:49:37 GMT"), "2073");
}

TEST(http_words, the_text_of_the_date_changes_with_the_second) {
  http::date_text text;
  const wall_time at(std::chrono::seconds(784111777));
  EXPECT_EQ(text.at(at), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(text.at(at + std::chrono::milliseconds(999)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(text.at(at + std::chrono::seconds(1)), "Sun, 06 Nov 1994 08:49:38 GMT");
}

TEST(http_words, methods) {
  using http::method;
  for (const method m : {method::get, method::head, method::post, method::put, method::delete_,
                         method::connect, method::options, method::trace, method::patch}) {
    EXPECT_EQ(http::parse_method(to_string(m)), m);
    EXPECT_TRUE(!http::is_safe(m) || http::is_idempotent(m)) << to_string(m);
  }
  EXPECT_EQ(http::parse_method("get"), method::other);
  EXPECT_EQ(http::parse_method(std::string_view("\0\0GET", 5)), method::other);
  EXPECT_EQ(http::parse_method("PROPPATCH"), method::other);
  EXPECT_TRUE(http::is_idempotent(method::put));
  EXPECT_FALSE(http::is_idempotent(method::post));
  EXPECT_FALSE(http::is_idempotent(method::patch));
  EXPECT_FALSE(http::is_idempotent(method::other));
}

TEST(http_words, fields_by_name_in_any_case) {
  for (int i = 1; i < static_cast<int>(http::field::count_); ++i) {
    const auto f = static_cast<http::field>(i);
    ASSERT_FALSE(to_string(f).empty()) << i;
    std::string name(to_string(f));
    EXPECT_EQ(http::parse_field(name), f);
    for (char& c : name) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(http::parse_field(name), f) << name;
  }
  EXPECT_EQ(http::parse_field("X-Other"), http::field::other);
  EXPECT_EQ(http::parse_field(""), http::field::other);
}

TEST(http_words, elements_of_a_list) {
  std::vector<std::string_view> found;
  std::string_view rest = " a ,, b c\t,,d,";
  while (const auto item = http::next_element(rest)) found.push_back(*item);
  EXPECT_THAT(found, ElementsAre("a", "b c", "d"));
}

TEST(http_words, an_encoder_writes_within_its_bounds) {
  const std::array<http::header, 2> headers{{{"A", "1"}, {"Long-Name", "some value"}}};
  std::array<std::byte, 256> room;
  std::byte* end = http::put_headers(room.data(), headers);
  EXPECT_EQ(end - room.data(), static_cast<std::ptrdiff_t>(http::headers_bound(headers)));
  end = http::put_request_line(room.data(), "DELETE", "/x");
  EXPECT_LE(end - room.data(),
            static_cast<std::ptrdiff_t>(http::request_line_bound("DELETE", "/x")));
  end = http::put_content_length(room.data(), UINT64_MAX);
  EXPECT_EQ(end - room.data(), static_cast<std::ptrdiff_t>(http::content_length_bound));
  end = http::put_chunk_head(room.data(), UINT64_MAX);
  EXPECT_EQ(as_text({room.data(), end}), "ffffffffffffffff\r\n");
}

TEST(http_words, an_encoder_refuses_what_would_split) {
  EXPECT_TRUE(http::check_header({"X", "a\tb \x80"}));
  for (const http::header& bad : {http::header{"X", "a\rb"},
                                  {"X", "a\nb"},
                                  {"X", std::string_view("\0", 1)},
                                  {"X\r", "a"},
                                  {"X:", "a"},
                                  {" X", "a"},
                                  {"X", "\x7f"}}) {
    EXPECT_FALSE(http::check_header(bad)) << bad.name << ": " << bad.value;
  }
  EXPECT_TRUE(http::check_request_line("GET", "/a?b"));
  EXPECT_TRUE(http::check_request_line("OPTIONS", "*"));
  EXPECT_TRUE(http::check_request_line("CONNECT", "a:443"));
  for (const std::string_view bad : {"", "a", "/a b", "/a\r\nX: y", "/a#b", "*", "http://"}) {
    EXPECT_FALSE(http::check_request_line("GET", bad)) << bad;
  }
  EXPECT_FALSE(http::check_request_line("G ET", "/"));
  EXPECT_FALSE(http::check_reason("a\r\nb"));
}

}  // namespace
}  // namespace parley::test
