#include <gtest/gtest.h>

#include <parley/codecs/websocket/shared_message.hpp>
#include <parley/core/api/outbox.hpp>
#include <string>
#include <vector>

namespace parley::test {
namespace {

using outbox = parley::outbox<websocket::shared_message>;
using websocket::shared_message;

shared_message text(std::string_view payload) {
  return *shared_message::make(websocket::opcode::text, as_bytes(payload));
}
// Its payload, which stands behind a header of two bytes.
std::string payload_of(const shared_message& m) { return std::string(m.plain().text().substr(2)); }

std::vector<std::string> rest_of(outbox& box) {
  std::vector<std::string> all;
  while (const auto m = box.pop()) all.push_back(payload_of(*m));
  return all;
}

using strings = std::vector<std::string>;

// Each of these is 5 bytes in the box.
strings three_and_one_more(overflow policy, outbox_fate last) {
  outbox box(15, policy);
  for (const auto* m : {"aaa", "bbb", "ccc"})
    EXPECT_EQ(box.push(text(m), m, 0), outbox_fate::queued);
  EXPECT_EQ(box.bytes(), 15U);
  EXPECT_EQ(box.push(text("ddd"), "ddd", 0), last);
  EXPECT_EQ(box.lost(), 1U);
  return rest_of(box);
}

TEST(websocket_outbox, keeps_its_bound_by_policy) {
  EXPECT_EQ(three_and_one_more(overflow::reject, outbox_fate::rejected),
            (strings{"aaa", "bbb", "ccc"}));
  EXPECT_EQ(three_and_one_more(overflow::drop_newest, outbox_fate::dropped),
            (strings{"aaa", "bbb", "ccc"}));
  EXPECT_EQ(three_and_one_more(overflow::drop_oldest, outbox_fate::queued),
            (strings{"bbb", "ccc", "ddd"}));
  EXPECT_EQ(three_and_one_more(overflow::conflate, outbox_fate::queued),
            (strings{"bbb", "ccc", "ddd"}));
  EXPECT_EQ(three_and_one_more(overflow::close, outbox_fate::overrun),
            (strings{"aaa", "bbb", "ccc"}));
}

TEST(websocket_outbox, conflates_by_key_in_place) {
  outbox box(100, overflow::conflate);
  for (const auto* m : {"a1", "b1", "a2", "c1", "b2"}) {
    EXPECT_EQ(box.push(text(m), std::string_view(m).substr(0, 1), 0), outbox_fate::queued);
  }
  EXPECT_EQ(box.count(), 3U);
  EXPECT_EQ(box.bytes(), 12U);
  EXPECT_EQ(box.lost(), 2U);
  EXPECT_EQ(rest_of(box), (strings{"a2", "b2", "c1"}));
  EXPECT_EQ(box.bytes(), 0U);
}

TEST(websocket_outbox, counts_what_waits_elsewhere) {
  outbox box(15, overflow::reject);
  EXPECT_EQ(box.push(text("aaa"), "", 10), outbox_fate::queued);
  EXPECT_EQ(box.push(text("bbb"), "", 10), outbox_fate::rejected);
  EXPECT_EQ(box.push(text("bbb"), "", 5), outbox_fate::queued);
  // Larger than the box: only if nothing else waits.
  outbox small(5, overflow::drop_oldest);
  EXPECT_EQ(small.push(text("too large"), "", 1), outbox_fate::dropped);
  EXPECT_EQ(small.push(text("too large"), "", 0), outbox_fate::queued);
  EXPECT_EQ(small.push(text("too large as well"), "", 0), outbox_fate::queued);
  EXPECT_EQ(rest_of(small), (strings{"too large as well"}));
}

TEST(websocket_outbox, forgets_what_is_gone) {
  outbox box(1'000'000, overflow::drop_oldest);
  for (int i = 0; i < 5000; ++i) {
    EXPECT_EQ(box.push(text(std::to_string(i)), "", 0), outbox_fate::queued);
    if (i % 2 == 1) {
      ASSERT_EQ(payload_of(*box.pop()), std::to_string(i / 2));
    }
  }
  EXPECT_EQ(box.count(), 2500U);
  EXPECT_EQ(rest_of(box).back(), "4999");
  EXPECT_TRUE(box.empty());
}

}  // namespace
}  // namespace parley::test
