// Each vector whole, cut at every byte, byte by byte, with little room for
// nodes, reply by reply, and with bytes behind it. The log must be the same.
#include <gtest/gtest.h>

#include "support/resp_log.hpp"

namespace parley::test {
namespace {

class resp_vector : public testing::TestWithParam<vector_case> {
 protected:
  std::string input() const { return unescape(GetParam().block("bytes")); }
  std::string expected() const { return std::string(GetParam().block("nodes")); }
  static std::string whole_log(const decoding& d) { return d.log + d.end + "\n"; }
};

TEST_P(resp_vector, whole) {
  ASSERT_FALSE(expected().empty());
  EXPECT_EQ(whole_log(decode(input())), expected());
}

TEST_P(resp_vector, cut_at_every_byte) {
  const std::string bytes = input();
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(whole_log(decode(bytes, {.cuts = {cut}})), expected()) << "cut at " << cut;
  }
}

TEST_P(resp_vector, byte_by_byte) {
  const std::string bytes = input();
  EXPECT_EQ(whole_log(decode(bytes, {.cuts = every_byte(bytes.size())})), expected());
}

TEST_P(resp_vector, with_room_for_one_node) {
  EXPECT_EQ(whole_log(decode(input(), {.room = 1})), expected());
  EXPECT_EQ(whole_log(decode(input(), {.room = 3})), expected());
}

TEST_P(resp_vector, reply_by_reply) {
  EXPECT_EQ(whole_log(decode(input(), {.by_reply = true})), expected());
}

// What follows a whole reply is not touched; what follows a fault changes nothing.
TEST_P(resp_vector, with_bytes_behind) {
  const std::string bytes = input();
  const decoding alone = decode(bytes);
  if (alone.end == "MORE") {
    EXPECT_LE(alone.consumed, bytes.size());
    return;
  }
  // Long enough for the short cuts to look at it.
  const decoding more = decode(bytes + "$64\r\n0123456789012345678901234567890123456789");
  EXPECT_EQ(more.log, alone.log);
  EXPECT_EQ(more.end, alone.end == "END" ? "MORE" : alone.end);
  EXPECT_EQ(more.consumed, alone.consumed);
}

// The same values again and again: the state between two replies is the first.
TEST_P(resp_vector, repeated) {
  const std::string bytes = input();
  const decoding once = decode(bytes);
  if (once.end != "END") {
    EXPECT_NE(once.end, "");
    return;
  }
  const decoding thrice = decode(bytes + bytes + bytes);
  EXPECT_EQ(thrice.log, once.log + once.log + once.log);
  EXPECT_EQ(thrice.end, "END");
}

INSTANTIATE_TEST_SUITE_P(all, resp_vector, testing::ValuesIn(load_vectors("resp")),
                         [](const auto& v) { return test_name(v.param); });

}  // namespace
}  // namespace parley::test
