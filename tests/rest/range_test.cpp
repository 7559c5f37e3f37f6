// Ranges of bytes (RFC 9110 section 14).
#include <parley/codecs/http/rest/range.hpp>

#include <gtest/gtest.h>

#include "support/allocations.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using http::method;
using http::range_outcome;
using fields = std::vector<http::header>;

// "0-4 10-19", "whole" or "416".
std::string parsed(std::string_view value, std::uint64_t size) {
  const auto set = http::parse_range(value, size);
  if (set.how == range_outcome::whole) return "whole";
  if (set.how == range_outcome::unsatisfiable) return "416";
  std::string out;
  for (const auto& r : set.ranges()) {
    if (!out.empty()) out += " ";
    out += std::to_string(r.first) + "-" + std::to_string(r.last);
  }
  return out;
}

TEST(range, one) {
  EXPECT_EQ(parsed("bytes=0-499", 10000), "0-499");
  EXPECT_EQ(parsed("bytes=9500-", 10000), "9500-9999");
  EXPECT_EQ(parsed("bytes=-500", 10000), "9500-9999");
  EXPECT_EQ(parsed("bytes=0-0", 10000), "0-0");
  EXPECT_EQ(parsed("bytes=-20000", 10000), "0-9999");
  EXPECT_EQ(parsed("bytes=0-20000", 10000), "0-9999");
  EXPECT_EQ(parsed("Bytes = 1 - 2", 10), "whole");
  EXPECT_EQ(parsed("BYTES=1-2", 10), "1-2");
  EXPECT_EQ(parsed("bytes=0-99999999999999999999999", 10), "0-9");
  EXPECT_EQ(parsed("bytes=-99999999999999999999999", 10), "0-9");
  EXPECT_EQ(parsed("bytes=0-", ~0ULL), "0-18446744073709551614");
}

TEST(range, beyond_the_end) {
  EXPECT_EQ(parsed("bytes=10-", 10), "416");
  EXPECT_EQ(parsed("bytes=99999999999999999999999-", 10), "416");
  EXPECT_EQ(parsed("bytes=-0", 10), "416");
  EXPECT_EQ(parsed("bytes=0-", 0), "416");
  EXPECT_EQ(parsed("bytes=-5", 0), "416");
  EXPECT_EQ(parsed("bytes=10-20, 0-1", 10), "0-1");
}

TEST(range, what_is_malformed_is_not_there) {
  for (const auto bad :
       {"", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=5", "bytes=5-4",
        "bytes=1-2,x", "items=0-1", "bytes 0-1", "bytes=0x1-2", "bytes=+1-2", "bytes=--1",
        "bytes=1-2-3", "bytes=1-2;3-4", "0-1", "bytes=1.5-2"}) {
    EXPECT_EQ(parsed(bad, 100), "whole") << bad;
  }
}

TEST(range, several_are_sorted_and_joined) {
  EXPECT_EQ(parsed("bytes=500-599,0-99", 1000), "0-99 500-599");
  EXPECT_EQ(parsed("bytes=0-99, 50-149 ,, 150-199", 1000), "0-199");
  EXPECT_EQ(parsed("bytes=0-9,90-99", 1000), "0-99");
  EXPECT_EQ(parsed("bytes=0-9,91-99", 1000), "0-9 91-99");
  EXPECT_EQ(parsed("bytes=0-,0-,0-", 1000), "0-999");
  EXPECT_EQ(parsed("bytes=0-999,5-6", 1000), "0-999");
}

TEST(range, bombs_are_refused) {  // CVE-2011-3192
  std::string bomb = "bytes=0-";
  for (int i = 0; i < 1300; ++i) bomb += ",5-" + std::to_string(i + 5);
  EXPECT_EQ(parsed(bomb, 1000000), "416");
  std::string many = "bytes=";
  for (int i = 0; i < 16; ++i)
    many += std::to_string(i * 1000) + "-" + std::to_string(i * 1000) + ",";
  EXPECT_EQ(http::parse_range(many, 100000).count, 16U);
  EXPECT_EQ(parsed(many + "99000-99000", 100000), "416");
  EXPECT_EQ(parsed(many + "x", 100000), "whole");
}

TEST(range, applies) {
  const wall_time changed = std::chrono::sys_days(std::chrono::year(2026) / 11 / 1) + 8h;
  const wall_time now = changed + 24h;
  const http::validators current{.etag = http::entity_tag{"v1"}, .last_modified = changed};
  const auto ask = [&](fields request, wall_time at, const http::validators& v) {
    request.push_back({"Range", "bytes=0-1"});
    return range_applies(method::get, request, v, at);
  };
  EXPECT_TRUE(ask({}, now, current));
  EXPECT_TRUE(ask({{"If-Range", "\"v1\""}}, now, current));
  EXPECT_FALSE(ask({{"If-Range", "\"v2\""}}, now, current));
  EXPECT_FALSE(ask({{"If-Range", "W/\"v1\""}}, now, current));
  EXPECT_FALSE(ask({{"If-Range", "\"v1\""}}, now, {.etag = http::entity_tag{"v1", true}}));
  EXPECT_TRUE(ask({{"If-Range", "Sun, 01 Nov 2026 08:00:00 GMT"}}, now, current));
  EXPECT_FALSE(ask({{"If-Range", "Sun, 01 Nov 2026 08:00:01 GMT"}}, now, current));
  // It may change again in the same second.
  EXPECT_FALSE(ask({{"If-Range", "Sun, 01 Nov 2026 08:00:00 GMT"}}, changed + 500ms, current));
  EXPECT_FALSE(ask({{"If-Range", "garbage"}}, now, current));
  EXPECT_FALSE(ask({{"If-Range", "\"v1\""}, {"If-Range", "\"v1\""}}, now, current));
  EXPECT_FALSE(ask({{"Range", "bytes=3-4"}}, now, current));
  EXPECT_FALSE(range_applies(method::get, fields{}, current, now));
  EXPECT_FALSE(range_applies(method::post, fields{{"Range", "bytes=0-1"}}, current, now));
}

TEST(content_range, both_ways) {
  EXPECT_EQ(http::content_range({0, 499}, 1234), "bytes 0-499/1234");
  EXPECT_EQ(http::unsatisfied_content_range(1234), "bytes */1234");
  const auto r = http::parse_content_range("bytes 0-499/1234");
  ASSERT_TRUE(r.has_value());
  EXPECT_EQ(r->range, (http::byte_range{0, 499}));
  EXPECT_EQ(r->size, 1234U);
  EXPECT_FALSE(http::parse_content_range("bytes 5-9/*")->size.has_value());
  EXPECT_FALSE(http::parse_content_range("bytes */5")->range.has_value());
  for (const auto bad : {"", "bytes", "bytes 0-1", "bytes */*", "bytes 5-4/10", "bytes 0-10/10",
                         "items 0-1/2", "bytes=0-1/2", "bytes -1/2", "bytes 0-1/x"}) {
    EXPECT_FALSE(http::parse_content_range(bad).has_value()) << bad;
  }
  EXPECT_EQ(http::range_from(5), "bytes=5-");
  EXPECT_EQ(http::range_from(5, 9), "bytes=5-9");
}

TEST(range, parsing_allocates_nothing) {
  const auto before = allocations();
  (void)http::parse_range("bytes=500-599,0-99,-5", 1000);
  EXPECT_EQ(allocations(), before);
}

}  // namespace
}  // namespace parley::test
