// Queries and forms, both ways (WHATWG URL section 5).
#include <parley/codecs/http/rest/query.hpp>

#include <gtest/gtest.h>

#include "support/allocations.hpp"

namespace parley::test {
namespace {

using namespace std::string_view_literals;
using http::rest_errc;

// "name=value|...", then the fault.
std::string read(std::string_view text, const http::form_limits& limits = {}) {
  std::string scratch;
  std::string out;
  http::form_reader form(text, scratch, limits);
  while (const auto f = form.next()) {
    out.append(f->name).append("=").append(f->value).append("|");
  }
  EXPECT_FALSE(form.next().has_value());
  if (form.fault()) out += describe(*form.fault()).name;
  return out;
}

TEST(form_reader, decodes_pairs) {
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("a=1&b=2"), "a=1|b=2|");
  EXPECT_EQ(read("a"), "a=|");
  EXPECT_EQ(read("=a"), "=a|");
  EXPECT_EQ(read("="), "=|");
  EXPECT_EQ(read("a==b"), "a==b|");
  EXPECT_EQ(read("&&a=1&&b&"), "a=1|b=|");
  EXPECT_EQ(read("a+b=c+d"), "a b=c d|");
  EXPECT_EQ(read("a%2Bb=%20%26%3d"), "a+b= &=|");
  EXPECT_EQ(read("n=%C3%A9&n=%ff"), "n=\xC3\xA9|n=\xFF|");
  EXPECT_EQ(read("a=1;b=2"), "a=1;b=2|");
  EXPECT_EQ(read("a=%00"), "a=\0|"sv);
  EXPECT_EQ(read("a=x?y/z"), "a=x?y/z|");
}

TEST(form_reader, refuses_escapes_that_are_none) {
  for (const auto bad : {"a=%", "a=%4", "a=%zz", "a=%4g", "%=a", "a=%%41", "a=%u0041", "a=% 41"}) {
    EXPECT_EQ(read(bad), "bad_escape") << bad;
  }
  EXPECT_EQ(read("a=1&b=%&c=3"), "a=1|bad_escape");
}

TEST(form_reader, is_bounded) {
  EXPECT_EQ(read("a&b&c", {.max_fields = 2}), "a=|b=|too_many_fields");
  EXPECT_EQ(read("a&b", {.max_fields = 2}), "a=|b=|");
  EXPECT_EQ(read("a=12", {.max_size = 3}), "form_too_large");
  EXPECT_EQ(read("a=1", {.max_size = 3}), "a=1|");
  EXPECT_EQ(read(std::string(5000, '&')), "");
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "a&";
  EXPECT_TRUE(read(many).ends_with("too_many_fields"));
}

TEST(form_reader, allocates_only_to_decode) {
  std::string scratch;
  scratch.reserve(100);
  const auto before = allocations();
  for (int i = 0; i < 10; ++i) {
    http::form_reader form("name=value&other=a%20b+c&third", scratch);
    int n = 0;
    while (form.next()) ++n;
    EXPECT_EQ(n, 3);
  }
  EXPECT_EQ(allocations(), before);
}

TEST(form_fields, are_owned) {
  const auto form = http::form_fields::parse("a=1&b=2+3&a=4");
  ASSERT_TRUE(form.has_value());
  EXPECT_EQ(form->size(), 3U);
  EXPECT_EQ(form->find("a"), "1");
  EXPECT_EQ(form->count("a"), 2U);
  EXPECT_EQ(form->find("b"), "2 3");
  EXPECT_EQ(form->find("c"), std::nullopt);
  EXPECT_EQ((*form)[2].value, "4");
  const auto bad = http::form_fields::parse("a=%x");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error(), rest_errc::bad_escape);
  EXPECT_EQ(http::status_for(bad.error()), 400);
}

TEST(form_writer, encodes_what_the_standard_encodes) {
  http::form_writer form;
  form.add("a b", "c&d=e").add("x", "*-._~").add("n", -5).add("u", std::uint64_t{7});
  form.add("d", 0.1).add("t", true).add("e", "").add("\xC3\xA9", "\r\n");
  EXPECT_EQ(form.text(), "a+b=c%26d%3De&x=*-._%7E&n=-5&u=7&d=0.1&t=true&e=&%C3%A9=%0D%0A");
  http::form_writer query(http::form_style::query);
  query.add("a b", "c+d");
  EXPECT_EQ(query.text(), "a%20b=c%2Bd");
  EXPECT_EQ(query.take(), "a%20b=c%2Bd");
  EXPECT_TRUE(query.empty());
}

TEST(form_writer, every_byte_comes_back) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (const auto style : {http::form_style::form, http::form_style::query}) {
    http::form_writer form(style);
    form.add(all, all).add("", all);
    const auto back = http::form_fields::parse(form.text());
    ASSERT_TRUE(back.has_value());
    ASSERT_EQ(back->size(), 2U);
    EXPECT_TRUE((*back)[0].name == all && (*back)[0].value == all);
    EXPECT_TRUE((*back)[1].name.empty() && (*back)[1].value == all);
  }
}

TEST(percent_encoding, both_ways) {
  std::string out;
  http::append_percent_encoded(out, "a/b c~\xFF+");
  EXPECT_EQ(out, "a%2Fb%20c~%FF%2B");
  std::string back;
  EXPECT_TRUE(http::append_percent_decoded(back, out));
  EXPECT_EQ(back, "a/b c~\xFF+");
  EXPECT_TRUE(http::append_percent_decoded(back, "+"));
  EXPECT_FALSE(http::append_percent_decoded(back, "%a"));
}

}  // namespace
}  // namespace parley::test
