// Limits: each at its edge, one above it, and the same however the input is cut.
#include <gtest/gtest.h>

#include <limits>

#include "support/allocations.hpp"
#include "support/resp_log.hpp"

namespace parley::test {
namespace {

// What happens at the end, whole and byte by byte.
std::string end_of(std::string_view input, const resp::limits& limits) {
  const decoding whole = decode(input, {}, limits);
  const decoding bytes = decode(input, {.cuts = every_byte(input.size())}, limits);
  EXPECT_EQ(whole.log, bytes.log);
  EXPECT_EQ(whole.end, bytes.end);
  return whole.end;
}

std::string line(std::size_t size) { return "+" + std::string(size, 'x') + "\r\n"; }
std::string bulk(std::size_t size) {
  return "$" + std::to_string(size) + "\r\n" + std::string(size, 'x') + "\r\n";
}
std::string times(std::size_t n, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < n; ++i) all += text;
  return all;
}

TEST(RespLimits, LineLength) {
  const resp::limits limits{.max_line = 100};
  EXPECT_EQ(end_of(line(100), limits), "END");
  EXPECT_EQ(end_of(line(101), limits), "ERR line_too_long");
  EXPECT_EQ(end_of("+" + std::string(101, 'x'), limits), "ERR line_too_long");
  EXPECT_EQ(end_of("(" + std::string(101, '1') + "\r\n", limits), "ERR line_too_long");
  // The first fault counts, wherever the cut is.
  EXPECT_EQ(end_of("+" + std::string(101, 'x') + "\n", limits), "ERR line_too_long");
}

TEST(RespLimits, LineLengthHasAFloor) {
  const resp::limits limits{.max_line = 1};
  EXPECT_EQ(end_of("+OK\r\n" + line(16), limits), "END");
  EXPECT_EQ(end_of(line(17), limits), "ERR line_too_long");
}

TEST(RespLimits, DefaultLineLength) {
  EXPECT_EQ(decode(line(65536)).end, "END");
  EXPECT_EQ(decode(line(65537)).end, "ERR line_too_long");
}

TEST(RespLimits, BulkLength) {
  const resp::limits limits{.max_bulk = 10};
  EXPECT_EQ(end_of(bulk(10), limits), "END");
  EXPECT_EQ(end_of(bulk(11), limits), "ERR bulk_too_large");
  // Refused at its length, before any payload.
  EXPECT_EQ(end_of("$11\r\n", limits), "ERR bulk_too_large");
  EXPECT_EQ(end_of("$?\r\n;11\r\n", limits), "ERR bulk_too_large");
  EXPECT_EQ(end_of("=11\r\n", limits), "ERR bulk_too_large");
}

TEST(RespLimits, Depth) {
  for (const std::uint32_t depth : {1u, 5u, 32u, 64u}) {
    const resp::limits limits{.max_depth = depth};
    EXPECT_EQ(end_of(times(depth, "*1\r\n") + ":1\r\n", limits), "END") << depth;
    EXPECT_EQ(end_of(times(depth + 1, "*1\r\n") + ":1\r\n", limits), "ERR too_deep") << depth;
    EXPECT_EQ(end_of(times(depth, "*?\r\n") + ":1\r\n" + times(depth, ".\r\n"), limits), "END");
    EXPECT_EQ(end_of(times(depth + 1, "|1\r\n"), limits), "ERR too_deep");
  }
}

TEST(RespLimits, DepthIsCapped) {
  const resp::limits limits{.max_depth = 1'000'000};
  EXPECT_EQ(end_of(times(64, "%1\r\n") + ":1\r\n:1\r\n", limits), "MORE");
  EXPECT_EQ(end_of(times(65, "%1\r\n"), limits), "ERR too_deep");
}

TEST(RespLimits, NoDepthMeansNoAggregates) {
  const resp::limits limits{.max_depth = 0};
  EXPECT_EQ(end_of(":1\r\n", limits), "END");
  EXPECT_EQ(end_of("*1\r\n:1\r\n", limits), "ERR too_deep");
}

TEST(RespLimits, ReplyBudgetCountsFraming) {
  const std::string reply = "*2\r\n" + bulk(8) + ":123456\r\n";  // 4 + 14 + 9
  ASSERT_EQ(reply.size(), 27u);
  EXPECT_EQ(end_of(reply, {.reply_budget = 27}), "END");
  EXPECT_EQ(end_of(reply, {.reply_budget = 26}), "ERR reply_too_large");
}

TEST(RespLimits, ReplyBudgetIsPerReply) {
  EXPECT_EQ(end_of(times(50, "*2\r\n:1\r\n:2\r\n"), {.reply_budget = 12}), "END");
  EXPECT_EQ(end_of(times(50, "+OK\r\n"), {.reply_budget = 5}), "END");
  EXPECT_EQ(end_of(times(50, "+OK\r\n") + "+NOK\r\n", {.reply_budget = 5}), "ERR reply_too_large");
}

TEST(RespLimits, ReplyBudgetCountsAttributesAndStreams) {
  const std::string attribute = "|1\r\n+a\r\n+b\r\n";  // 12
  EXPECT_EQ(end_of(attribute + ":1\r\n", {.reply_budget = 16}), "END");
  EXPECT_EQ(end_of(attribute + ":1\r\n", {.reply_budget = 15}), "ERR reply_too_large");
  // Without an end, as an attacker would send it.
  EXPECT_EQ(end_of(times(100, attribute), {.reply_budget = 1000}), "ERR reply_too_large");
  EXPECT_EQ(end_of("*?\r\n" + times(400, ":1\r\n"), {.reply_budget = 1000}), "ERR reply_too_large");
  EXPECT_EQ(end_of("$?\r\n" + times(400, ";1\r\na\r\n"), {.reply_budget = 1000}),
            "ERR reply_too_large");
}

// The declared count is weighed against what is left, before any element.
TEST(RespLimits, CountsThatCannotFit) {
  EXPECT_EQ(end_of("*5\r\n", {.reply_budget = 19}), "MORE");
  EXPECT_EQ(end_of("*5\r\n", {.reply_budget = 18}), "ERR reply_too_large");
  EXPECT_EQ(end_of("%2\r\n", {.reply_budget = 15}), "ERR reply_too_large");
  EXPECT_EQ(end_of("*1\r\n*4\r\n", {.reply_budget = 19}), "ERR reply_too_large");
  EXPECT_EQ(end_of("$20\r\n", {.reply_budget = 26}), "ERR reply_too_large");
  EXPECT_EQ(end_of("$20\r\n", {.reply_budget = 27}), "MORE");
}

// The largest settings must not make any sum wrap.
TEST(RespLimits, EverythingAtItsMaximum) {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  const resp::limits limits{.reply_budget = most, .max_bulk = most, .max_line = most};
  EXPECT_EQ(end_of("$18446744073709551615\r\nab", limits), "ERR reply_too_large");
  EXPECT_EQ(end_of("$18446744073709551614\r\nab", limits), "ERR reply_too_large");
  EXPECT_EQ(end_of("$9223372036854775807\r\nab", limits), "MORE");
  EXPECT_EQ(end_of("*18446744073709551615\r\n:1\r\n", limits), "ERR reply_too_large");
  EXPECT_EQ(end_of("*4294967295\r\n:1\r\n", limits), "ERR reply_too_large");
  EXPECT_EQ(end_of("*4294967294\r\n:1\r\n", limits), "MORE");
  EXPECT_EQ(end_of("%9223372036854775808\r\n:1\r\n", limits), "ERR reply_too_large");
  EXPECT_EQ(end_of("+OK\r\n" + line(100) + bulk(100), limits), "END");
}

TEST(RespLimits, EverythingAtItsMinimum) {
  const resp::limits none{0, 0, 0, 0, 0};
  EXPECT_EQ(end_of(":1\r\n", none), "ERR reply_too_large");
  EXPECT_EQ(end_of("$0\r\n\r\n", {.max_bulk = 0}), "END");
  EXPECT_EQ(end_of("$1\r\na\r\n", {.max_bulk = 0}), "ERR bulk_too_large");
}

// A declared size is no reason to allocate: nothing ever is.
TEST(RespLimits, DeclaredSizesCostNothing) {
  resp::decoder d;
  std::array<resp::node, 4> nodes;
  const std::size_t before = allocations();
  const auto r = d.decode(as_bytes("*22369000\r\n$60000000\r\n"), nodes);
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(r.status, resp::decode_status::need_data);
}

}  // namespace
}  // namespace parley::test
