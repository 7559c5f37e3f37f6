// Entity tags, preconditions in the order of RFC 9110 section 13.2.2, Cache-Control.
#include <parley/codecs/http/rest/conditional.hpp>

#include <gtest/gtest.h>

#include <parley/codecs/http/date.hpp>
#include <parley/codecs/http/rest/cache_control.hpp>
#include <set>

#include "support/allocations.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using http::method;
using http::precondition;
using fields = std::vector<http::header>;

const wall_time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 26) + 10h;
const wall_time changed = std::chrono::sys_days(std::chrono::year(2026) / 11 / 1) + 8h;
constexpr std::string_view that_date = "Sun, 01 Nov 2026 08:00:00 GMT";
constexpr std::string_view earlier = "Sun, 01 Nov 2026 07:59:59 GMT";
constexpr std::string_view later = "Sun, 01 Nov 2026 08:00:01 GMT";

precondition judge(method verb, const fields& request, const http::validators& current) {
  return judge_preconditions(verb, request, current, now);
}
const http::validators strong{.etag = http::entity_tag{"v1"}, .last_modified = changed + 500ms};
const http::validators weak{.etag = http::entity_tag{"v1", true}};
const http::validators absent{.exists = false};

TEST(entity_tag, is_parsed) {
  const auto tag = http::parse_entity_tag(" W/\"a,b\xFF\" ");
  ASSERT_TRUE(tag.has_value());
  EXPECT_EQ(tag->opaque, "a,b\xFF");
  EXPECT_TRUE(tag->weak);
  EXPECT_EQ(http::parse_entity_tag("\"\"")->opaque, "");
  for (const auto bad : {"", "a", "\"", "\"a", "a\"", "w/\"a\"", "W/a", "W/", "\"a b\"", "\"a\"\"",
                         "\"a\", \"b\"", "*", ",\"a\"", "\"a\x01\""}) {
    EXPECT_FALSE(http::parse_entity_tag(bad).has_value()) << bad;
  }
}

TEST(entity_tag, comparison) {  // RFC 9110 section 8.8.3.2, the table
  const http::entity_tag w1{"1", true}, w2{"2", true}, s1{"1"};
  EXPECT_FALSE(matches_strongly(w1, w1));
  EXPECT_TRUE(matches_weakly(w1, w1));
  EXPECT_FALSE(matches_strongly(w1, w2));
  EXPECT_FALSE(matches_weakly(w1, w2));
  EXPECT_FALSE(matches_strongly(w1, s1));
  EXPECT_TRUE(matches_weakly(w1, s1));
  EXPECT_TRUE(matches_strongly(s1, s1));
}

TEST(entity_tag, of_bytes) {
  const auto a = http::entity_tag_text::of(as_bytes("hello"));
  EXPECT_EQ(a.text().size(), 2 + 32 + 2U);
  EXPECT_TRUE(a.text().ends_with("-5\""));
  EXPECT_FALSE(a.tag().weak);
  EXPECT_EQ(a.text(), http::entity_tag_text::of(as_bytes("hello")).text());
  EXPECT_EQ(http::entity_tag_text::of(byte_view(), true).tag().weak, true);
  EXPECT_EQ(http::entity_tag_text::of(0x1234, 0, true).text(), "W/\"0000000000001234-0\"");
  EXPECT_EQ(http::entity_tag_text::of(~0ULL, ~0ULL, true).text().size(), 4 + 16 + 1 + 16U);
}

// Every byte counts, whatever the length and wherever it is.
TEST(entity_tag, one_bit_makes_another) {
  std::set<std::string> seen;
  std::size_t made = 0;
  for (std::size_t size = 0; size < 40; ++size) {
    std::string body(size, 'x');
    seen.emplace(http::entity_tag_text::of(as_bytes(body)).text());
    ++made;
    for (std::size_t i = 0; i < size; ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        body[i] = static_cast<char>(body[i] ^ (1 << bit));
        seen.emplace(http::entity_tag_text::of(as_bytes(body)).text());
        ++made;
        body[i] = 'x';
      }
    }
  }
  EXPECT_EQ(seen.size(), made);
}

TEST(preconditions, none) {
  EXPECT_EQ(judge(method::get, {}, strong), precondition::proceed);
  EXPECT_EQ(judge(method::put, {}, absent), precondition::proceed);
}

TEST(preconditions, if_match) {
  const auto put = [&](std::string_view value, const http::validators& v) {
    return judge(method::put, {{"If-Match", value}}, v);
  };
  EXPECT_EQ(put("\"v1\"", strong), precondition::proceed);
  EXPECT_EQ(put("\"v0\", \"v1\"", strong), precondition::proceed);
  EXPECT_EQ(put("*", strong), precondition::proceed);
  EXPECT_EQ(put("*", absent), precondition::failed);
  EXPECT_EQ(put("\"v2\"", strong), precondition::failed);
  EXPECT_EQ(put("W/\"v1\"", strong), precondition::failed);
  EXPECT_EQ(put("\"v1\"", weak), precondition::failed);
  EXPECT_EQ(put("\"v1\"", absent), precondition::failed);
  EXPECT_EQ(put("", strong), precondition::failed);
  EXPECT_EQ(put("v1", strong), precondition::failed);
  EXPECT_EQ(put("\"a,\"v1\"", strong), precondition::failed);
  EXPECT_EQ(judge(method::get, {{"If-Match", "\"v2\""}}, strong), precondition::failed);
  EXPECT_EQ(judge(method::put, {{"If-Match", "\"a\""}, {"if-match", "\"v1\""}}, strong),
            precondition::proceed);
}

TEST(preconditions, if_unmodified_since) {
  const auto put = [&](std::string_view value) {
    return judge(method::put, {{"If-Unmodified-Since", value}}, strong);
  };
  EXPECT_EQ(put(that_date), precondition::proceed);
  EXPECT_EQ(put(later), precondition::proceed);
  EXPECT_EQ(put(earlier), precondition::failed);
  EXPECT_EQ(put("yesterday"), precondition::proceed);
  EXPECT_EQ(judge(method::put, {{"If-Unmodified-Since", earlier}}, weak), precondition::proceed);
  // If-Match is judged instead of it.
  EXPECT_EQ(judge(method::put, {{"If-Unmodified-Since", earlier}, {"If-Match", "\"v1\""}}, strong),
            precondition::proceed);
}

TEST(preconditions, if_none_match) {
  const auto with = [&](method verb, std::string_view value, const http::validators& v) {
    return judge(verb, {{"If-None-Match", value}}, v);
  };
  EXPECT_EQ(with(method::get, "\"v1\"", strong), precondition::not_modified);
  EXPECT_EQ(with(method::head, "\"v0\" , W/\"v1\"", strong), precondition::not_modified);
  EXPECT_EQ(with(method::get, "\"v1\"", weak), precondition::not_modified);
  EXPECT_EQ(with(method::get, "*", strong), precondition::not_modified);
  EXPECT_EQ(with(method::put, "*", strong), precondition::failed);
  EXPECT_EQ(with(method::put, "*", absent), precondition::proceed);
  EXPECT_EQ(with(method::put, "\"v1\"", strong), precondition::failed);
  EXPECT_EQ(with(method::get, "\"v2\"", strong), precondition::proceed);
  EXPECT_EQ(with(method::get, "v1", strong), precondition::proceed);
  EXPECT_EQ(with(method::get, "\"v0,v1\"", strong), precondition::proceed);
}

TEST(preconditions, if_modified_since) {
  const auto with = [&](method verb, std::string_view value) {
    return judge(verb, {{"If-Modified-Since", value}}, strong);
  };
  EXPECT_EQ(with(method::get, that_date), precondition::not_modified);
  EXPECT_EQ(with(method::head, later), precondition::not_modified);
  EXPECT_EQ(with(method::get, earlier), precondition::proceed);
  EXPECT_EQ(with(method::post, that_date), precondition::proceed);
  EXPECT_EQ(with(method::get, "Sunday, 01-Nov-26 08:00:00 GMT"), precondition::not_modified);
  EXPECT_EQ(with(method::get, "garbage"), precondition::proceed);
  EXPECT_EQ(
      judge(method::get, {{"If-Modified-Since", that_date}, {"If-Modified-Since", later}}, strong),
      precondition::proceed);
  // If-None-Match is judged instead of it.
  EXPECT_EQ(judge(method::get, {{"If-Modified-Since", later}, {"If-None-Match", "\"v2\""}}, strong),
            precondition::proceed);
}

TEST(preconditions, the_order_counts) {
  EXPECT_EQ(judge(method::get, {{"If-None-Match", "\"v1\""}, {"If-Match", "\"v2\""}}, strong),
            precondition::failed);
  EXPECT_EQ(judge(method::get, {{"If-None-Match", "\"v1\""}, {"If-Match", "\"v1\""}}, strong),
            precondition::not_modified);
}

TEST(preconditions, allocate_nothing) {
  const fields request{{"If-None-Match", "\"a\", \"b\", \"v1\""}, {"If-Modified-Since", that_date}};
  const auto before = allocations();
  EXPECT_EQ(judge(method::get, request, strong), precondition::not_modified);
  (void)http::entity_tag_text::of(as_bytes("x"));
  EXPECT_EQ(allocations(), before);
}

TEST(cache_control, both_ways) {
  http::cache_control c;
  EXPECT_EQ(to_string(c), "");
  c.is_public = c.immutable = true;
  c.max_age = 60s;
  c.stale_while_revalidate = -5s;
  EXPECT_EQ(to_string(c), "public, immutable, max-age=60, stale-while-revalidate=0");
  c.stale_while_revalidate = 0s;
  EXPECT_EQ(http::parse_cache_control(to_string(c)), c);
  c.max_stale = std::chrono::seconds::max();
  EXPECT_EQ(http::parse_cache_control(to_string(c)), c);
}

TEST(cache_control, is_read_strictly_where_it_is_unclear) {
  using http::parse_cache_control;
  EXPECT_EQ(parse_cache_control("max-age=10, MAX-AGE=5").max_age, 5s);
  EXPECT_EQ(parse_cache_control("max-age=\"7\"").max_age, 7s);
  EXPECT_EQ(parse_cache_control("max-age=abc").max_age, 0s);
  EXPECT_EQ(parse_cache_control("max-age=-1").max_age, 0s);
  EXPECT_EQ(parse_cache_control("max-age").max_age, 0s);
  EXPECT_EQ(parse_cache_control("max-age=99999999999999999999").max_age,
            std::chrono::seconds(std::int64_t{1} << 31));
  EXPECT_EQ(parse_cache_control("min-fresh=1, min-fresh=3").min_fresh, 3s);
  EXPECT_TRUE(parse_cache_control("private=\"a, no-store\", x").is_private);
  EXPECT_FALSE(parse_cache_control("private=\"a, no-store\", x").no_store);
  const fields lines{{"Cache-Control", "no-cache"}, {"cache-control", ",no-store ,"}};
  EXPECT_TRUE(parse_cache_control(http::fields_view(lines)).no_store);
  EXPECT_TRUE(parse_cache_control(http::fields_view(lines)).no_cache);
}

}  // namespace
}  // namespace parley::test
