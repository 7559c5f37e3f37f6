// Only in builds with PARLEY_POISON=1: what stale views see.
#include <parley/core/buffer/poison.hpp>

#if defined(PARLEY_POISON) && PARLEY_POISON

#include <parley/core/buffer/receive_buffer.hpp>
#include <parley/core/buffer/send_buffer.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace parley {
namespace {

// Reads what ASan forbids to read. Not instrumented, and not through memcpy,
// which ASan replaces.
#if defined(__clang__) || defined(__GNUC__)
__attribute__((no_sanitize_address, noinline))
#endif
bool all_poisoned(const volatile std::byte* data, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] != detail::poison_byte) return false;
  }
  return true;
}

void feed(receive_buffer& buffer, std::string_view text) {
  const auto room = buffer.prepare(0);
  ASSERT_GE(room.size(), text.size());
  std::memcpy(room.data(), text.data(), text.size());
  buffer.commit(text.size());
}

TEST(poison, consumed_bytes_live_until_they_are_discarded) {
  receive_buffer buffer;
  feed(buffer, "abcdefgh");
  const byte_view event = buffer.data().first(4);
  buffer.consume(4);
  EXPECT_EQ(as_text(event), "abcd");
  buffer.discard_consumed();
  EXPECT_TRUE(all_poisoned(event.data(), event.size()));
  EXPECT_EQ(as_text(buffer.data()), "efgh");
}

TEST(poison, prepare_ends_the_views_of_an_event) {
  receive_buffer buffer;
  feed(buffer, "abcdefgh");
  const byte_view event = buffer.data().first(3);
  buffer.consume(3);
  (void)buffer.prepare(0);
  EXPECT_TRUE(all_poisoned(event.data(), event.size()));
}

TEST(poison, compaction_overwrites_where_the_bytes_were) {
  receive_buffer buffer({.initial = 16, .max = 16, .step = 16});
  feed(buffer, "0123456789abcdef");
  buffer.consume(12);
  const byte_view kept = buffer.data();
  (void)buffer.prepare(0);
  EXPECT_TRUE(all_poisoned(kept.data(), kept.size()));
  EXPECT_EQ(as_text(rebase(kept, buffer.moved())), "cdef");
}

TEST(poison, sent_bytes_die_when_they_are_consumed) {
  send_buffer buffer;
  buffer.append("0123456789");
  const auto* shown = static_cast<const std::byte*>(buffer.output()[0].data);
  buffer.consume(6);
  EXPECT_TRUE(all_poisoned(shown, 6));
  EXPECT_EQ(as_text({shown + 6, 4}), "6789");
  buffer.consume(4);
  EXPECT_TRUE(all_poisoned(shown, 10));
}

TEST(poison, shared_and_static_bytes_are_left_alone) {
  const std::string text(1000, 'k');
  const auto shared = shared_bytes::copy(as_bytes(text));
  send_buffer buffer;
  buffer.append(shared);
  buffer.append(static_bytes(text));
  buffer.consume(1500);
  buffer.consume(500);
  EXPECT_EQ(shared.text(), text);
  EXPECT_EQ(text, std::string(1000, 'k'));
}

}  // namespace
}  // namespace parley

#endif
