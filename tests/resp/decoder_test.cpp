// What the vectors do not say: hints, resumption, one reply at a time, nodes.
#include <gtest/gtest.h>

#include <array>
#include <type_traits>

#include "support/allocations.hpp"
#include "support/resp_log.hpp"

namespace parley::test {
namespace {

using resp::decode_status;

std::size_t need_of(std::string_view input) {
  resp::decoder d;
  std::array<resp::node, 8> nodes;
  return d.decode(as_bytes(input), nodes).need;
}

TEST(RespDecoder, IsSmallAndCopiedLikeBytes) {
  EXPECT_TRUE(std::is_trivially_copyable_v<resp::decoder>);
  EXPECT_LE(sizeof(resp::decoder), 448u);
}

TEST(RespDecoder, SaysHowManyBytesItNeedsAtLeast) {
  EXPECT_EQ(need_of(""), 3u);
  EXPECT_EQ(need_of("$5\r\nhel"), 4u);
  EXPECT_EQ(need_of("$1000\r\n"), 1002u);
  EXPECT_EQ(need_of("+OK"), 2u);
  EXPECT_EQ(need_of("+OK\r"), 1u);
  EXPECT_EQ(need_of("*2\r\n$3\r\nabc\r\n$3\r\n"), 5u);
  EXPECT_EQ(need_of("$?\r\n;10\r\nab"), 10u);
}

// Feeding exactly what is asked for must lead somewhere: never too much is asked.
TEST(RespDecoder, NeverAsksForMoreThanThereWillBe) {
  for (const vector_case& v : load_vectors("resp")) {
    const std::string input = unescape(v.block("bytes"));
    if (decode(input).end != "END") continue;
    resp::decoder d;
    std::array<resp::node, 4> nodes;
    std::size_t begin = 0;
    std::size_t end = 0;
    while (end < input.size()) {
      const auto r = d.decode(as_bytes(input).subspan(begin, end - begin), nodes);
      begin += r.consumed;
      if (r.status != decode_status::need_data) continue;
      ASSERT_GT(r.need, 0u) << v.title;
      const bool is_between_replies = begin == end && d.is_idle();
      end += is_between_replies ? 1 : r.need;
      ASSERT_LE(end, input.size()) << v.title;
    }
  }
}

TEST(RespDecoder, StopsBehindOneReplyWhenAsked) {
  resp::decoder d;
  std::array<resp::node, 8> nodes;
  std::string_view input = "*2\r\n:1\r\n:2\r\n+OK\r\n+0123456789012345678901234567890\r\n";
  auto r = d.decode_reply(as_bytes(input), nodes);
  EXPECT_EQ(r.status, decode_status::ok);
  EXPECT_EQ(r.count, 3u);
  EXPECT_EQ(r.consumed, 12u);
  EXPECT_TRUE(d.is_idle());
  input.remove_prefix(r.consumed);
  r = d.decode_reply(as_bytes(input), nodes);
  EXPECT_EQ(r.count, 1u);
  EXPECT_EQ(r.consumed, 5u);
  EXPECT_EQ(nodes[0].text(), "OK");
}

TEST(RespDecoder, TextIsAViewOfTheInput) {
  resp::decoder d;
  std::array<resp::node, 8> nodes;
  const std::string_view input = "$3\r\nabc\r\n=7\r\nmkd:xyz\r\n";
  ASSERT_EQ(d.decode(as_bytes(input), nodes).count, 2u);
  EXPECT_EQ(nodes[0].data, input.data() + 4);
  EXPECT_EQ(nodes[1].data, input.data() + 17);
  EXPECT_EQ(nodes[1].format(), "mkd");
  EXPECT_EQ(nodes[0].bytes().size(), 3u);
}

TEST(RespDecoder, IsIdleOnlyBetweenReplies) {
  resp::decoder d;
  std::array<resp::node, 8> nodes;
  const auto feed = [&](std::string_view bytes) { d.decode(as_bytes(bytes), nodes); };
  EXPECT_TRUE(d.is_idle());
  feed("*1\r\n");
  EXPECT_FALSE(d.is_idle());
  feed(":1\r\n");
  EXPECT_TRUE(d.is_idle());
  feed("|1\r\n+a\r\n+b\r\n");
  EXPECT_FALSE(d.is_idle());
  feed("$?\r\n");
  EXPECT_FALSE(d.is_idle());
  feed(";0\r\n");
  EXPECT_TRUE(d.is_idle());
}

TEST(RespDecoder, ResetForgetsAFaultAndAHalfReply) {
  resp::decoder d;
  std::array<resp::node, 8> nodes;
  d.decode(as_bytes("*2\r\n:1\r\n?"), nodes);
  ASSERT_EQ(d.fault(), resp::errc::bad_type);
  d.reset();
  EXPECT_FALSE(d.fault());
  EXPECT_TRUE(d.is_idle());
  const auto r = d.decode(as_bytes("+OK\r\n"), nodes);
  ASSERT_EQ(r.count, 1u);
  EXPECT_TRUE(nodes[0].is_last());
}

// A long line that trickles in is read once: bytes that were seen are not looked
// at again. The proof: they may change.
TEST(RespDecoder, DoesNotScanALineTwice) {
  resp::decoder d;
  std::array<resp::node, 8> nodes;
  std::string line = "+" + std::string(100, 'a');
  ASSERT_EQ(d.decode(as_bytes(line), nodes).consumed, 0u);
  std::string other = "+" + std::string(100, '\n') + "b\r\n";
  const auto r = d.decode(as_bytes(other), nodes);
  ASSERT_EQ(r.count, 1u);
  EXPECT_EQ(nodes[0].size, 101u);
}

// Nor is what was remembered of one line used for another.
TEST(RespDecoder, ForgetsTheScanWithTheLine) {
  const std::string input = "*2\r\n+a long line of text\r\n,1.5\r\n+0123456789012345678901\r\n";
  for (std::size_t cut = 0; cut < input.size(); ++cut) {
    EXPECT_EQ(decode(input, {.cuts = {cut}}).end, "END") << cut;
  }
}

TEST(RespDecoder, AllocatesNothing) {
  std::string all;
  for (const vector_case& v : load_vectors("resp")) {
    const std::string input = unescape(v.block("bytes"));
    if (decode(input).end == "END") all += input;
  }
  resp::decoder d;
  std::array<resp::node, 16> nodes;
  const std::size_t before = allocations();
  std::size_t replies = 0;
  resp::decode_result r;
  byte_view rest = as_bytes(all);
  do {
    r = d.decode(rest, nodes);
    rest = rest.subspan(r.consumed);
    for (std::size_t i = 0; i < r.count; ++i) replies += nodes[i].is_last();
  } while (r.status == decode_status::ok);
  EXPECT_EQ(allocations(), before);
  EXPECT_TRUE(rest.empty());
  EXPECT_GT(replies, 100u);
}

TEST(RespDecoder, NodesAre32Bytes) { EXPECT_EQ(sizeof(resp::node), 32u); }

}  // namespace
}  // namespace parley::test
