// Long strings in parts, as they arrive.
#include <gtest/gtest.h>

#include "support/resp_log.hpp"

namespace parley::test {
namespace {

constexpr resp::limits in_parts{.reply_budget = 100, .parts_above = 10};

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

// All parts joined, and how many there were; stops at the first fault.
struct joined {
  std::string text;
  std::size_t parts = 0;
  std::size_t ends = 0;
  std::string end;
};

joined join(std::string_view input, std::size_t chunk, const resp::limits& limits) {
  resp::decoder d(limits);
  std::array<resp::node, 3> nodes;
  guarded place(input.size());
  joined all;
  std::size_t begin = 0;
  for (std::size_t end = 0; end < input.size();) {
    end = std::min(end + chunk, input.size());
    resp::decode_result r;
    do {
      r = d.decode(place.put(input.substr(begin, end - begin)), nodes);
      begin += r.consumed;
      for (std::size_t i = 0; i < r.count; ++i) {
        all.text += nodes[i].text();
        all.parts += resp::is_string(nodes[i].type);
        all.ends += nodes[i].is_last();
      }
    } while (r.status == resp::decode_status::ok);
    if (r.status == resp::decode_status::failed) return all;
  }
  all.end = d.is_idle() && begin == input.size() ? "END" : "MORE";
  return all;
}

TEST(RespParts, AreOffByDefault) {
  const std::string input = bulk(std::string(1'500'000, 'x'));
  const decoding whole = decode(input);
  EXPECT_EQ(whole.end, "END");
  EXPECT_EQ(whole.log.find(" more"), std::string::npos);
  EXPECT_EQ(decode(std::string_view(input).substr(0, 1'400'000)).log, "");
}

TEST(RespParts, OneNodeIfAllIsThere) {
  EXPECT_EQ(decode(bulk("0123456789abc"), {}, in_parts).log,
            "blob_string \"0123456789abc\" last\n");
}

TEST(RespParts, WhatHasArrived) {
  const std::string input = bulk("0123456789abc") + "+OK\r\n";
  EXPECT_EQ(decode(input, {.cuts = {8, 18}}, in_parts).log,
            "blob_string \"012\" more\n"
            "blob_string \"3456789abc\" more\n"
            "blob_string \"\" last\n"
            "simple_string \"OK\" last\n");
}

TEST(RespParts, TellHowMuchFollows) {
  resp::decoder d(in_parts);
  std::array<resp::node, 3> nodes;
  ASSERT_EQ(d.decode(as_bytes("$20\r\n01234"), nodes).count, 1u);
  EXPECT_TRUE(nodes[0].has_more());
  EXPECT_EQ(nodes[0].rest(), 15u);
  EXPECT_FALSE(d.is_idle());
}

TEST(RespParts, AtTheThresholdAndAboveIt) {
  EXPECT_EQ(decode(bulk("0123456789"), {.cuts = {8}}, in_parts).log,
            "blob_string \"0123456789\" last\n");
  EXPECT_EQ(decode(bulk("0123456789a"), {.cuts = {8}}, in_parts).log,
            "blob_string \"012\" more\nblob_string \"3456789a\" last\n");
}

TEST(RespParts, DoNotCountToTheBudget) {
  const std::string text(5000, 'x');
  const std::string input = "*3\r\n" + bulk(text) + bulk(text) + ":1\r\n";
  for (const std::size_t chunk : {1u, 7u, 1000u, 20000u}) {
    const joined all = join(input, chunk, in_parts);
    EXPECT_EQ(all.text, text + text) << chunk;
    EXPECT_EQ(all.ends, 1u);
    EXPECT_EQ(all.end, "END");
  }
}

// Only strings that are left whole count: the framing of parts does too.
TEST(RespParts, TheFramingCounts) {
  std::string thirty = "*30\r\n";
  for (int i = 0; i < 30; ++i) thirty += bulk(std::string(5000, 'x'));
  EXPECT_EQ(decode(thirty, {}, in_parts).end, "ERR reply_too_large");
  EXPECT_EQ(decode(thirty, {.cuts = every_byte(3000)}, in_parts).end, "ERR reply_too_large");
}

TEST(RespParts, HaveTheirLimit) {
  const resp::limits limits{.max_bulk = 50, .parts_above = 10};
  EXPECT_EQ(decode(bulk(std::string(50, 'x')), {}, limits).end, "END");
  EXPECT_EQ(decode("$51\r\n", {}, limits).end, "ERR bulk_too_large");
}

TEST(RespParts, OnlyBulkStrings) {
  const resp::limits limits{.parts_above = 5};
  EXPECT_EQ(decode("=10\r\ntxt:abcdef\r\n", {.cuts = {8}}, limits).log,
            "verbatim txt \"abcdef\" last\n");
  EXPECT_EQ(decode("!8\r\nERR long\r\n", {.cuts = {6}}, limits).log,
            "blob_error \"ERR long\" last\n");
}

TEST(RespParts, AWrongTerminatorIsFound) {
  const std::string input = "$11\r\n0123456789aXY";
  for (std::size_t cut = 0; cut < input.size(); ++cut) {
    EXPECT_EQ(decode(input, {.cuts = {cut}}, in_parts).end, "ERR bad_terminator") << cut;
  }
}

// One reply at a time: a part is not the end of a reply.
TEST(RespParts, ReplyByReply) {
  const std::string input = bulk("0123456789abc") + bulk("ABCDEFGHIJKLMN");
  for (std::size_t cut = 0; cut < input.size(); ++cut) {
    const decoding d = decode(input, {.cuts = {cut}, .by_reply = true}, in_parts);
    EXPECT_EQ(d.end, "END") << cut;
    EXPECT_EQ(d.consumed, input.size());
  }
  resp::decoder d(in_parts);
  std::array<resp::node, 8> nodes;
  ASSERT_EQ(d.decode_reply(as_bytes("$20\r\n01234"), nodes).status, resp::decode_status::need_data);
  const auto r = d.decode_reply(as_bytes("56789"), nodes);
  EXPECT_EQ(r.status, resp::decode_status::need_data);
  EXPECT_EQ(r.consumed, 5u);
}

}  // namespace
}  // namespace parley::test
