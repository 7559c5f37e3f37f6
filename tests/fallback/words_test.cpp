// Preferences, names on all protocols, identifiers of messages and the window of those heard.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <parley/core/api/topics.hpp>
#include <parley/core/fallback/channel_names.hpp>
#include <parley/core/fallback/dedup_window.hpp>
#include <parley/core/fallback/message_tag.hpp>
#include <parley/core/fallback/preference.hpp>
#include <string>
#include <type_traits>

namespace parley::test {
namespace {

using ::testing::ElementsAre;

// g++ 12 miscompiles what is not trivially copyable inside a co_await expression.
static_assert(std::is_trivially_copyable_v<preference>);
static_assert(!std::is_aggregate_v<preference>);

TEST(preference, is_an_order_without_repetition) {  // S119, S120
  const preference all{protocol_type::redis, protocol_type::mqtt, protocol_type::websocket,
                       protocol_type::rest, protocol_type::grpc};
  EXPECT_THAT(all.types(),
              ElementsAre(protocol_type::redis, protocol_type::mqtt, protocol_type::websocket,
                          protocol_type::rest, protocol_type::grpc));
  EXPECT_THAT(prefer(protocol_type::mqtt, protocol_type::redis, protocol_type::mqtt).types(),
              ElementsAre(protocol_type::mqtt, protocol_type::redis));
  EXPECT_TRUE(preference().empty());
  for (const auto t : all.types()) EXPECT_EQ(protocol_of(to_string(t)), t);
  EXPECT_EQ(protocol_of("smtp"), std::nullopt);
}

std::string spelled(std::string_view name, level_separator by, std::string_view protocol) {
  const auto s = spell_channel(name, by, protocol);
  return s.name + (s.pattern ? " (pattern)" : "");
}

TEST(channel_names, with_slashes_are_the_same_everywhere) {
  constexpr auto by = level_separator::slash;
  for (const char* protocol : {"redis", "mqtt", "websocket", "rest", "grpc"}) {
    EXPECT_EQ(spelled("sensor/7/data", by, protocol), "sensor/7/data");
    EXPECT_EQ(spelled("news.sport", by, protocol), "news.sport");
    EXPECT_EQ(read_channel("sensor/7/data", by, protocol), "sensor/7/data");
  }
}

TEST(channel_names, with_dots_are_levels_of_the_others) {
  constexpr auto by = level_separator::dot;
  EXPECT_EQ(spelled("sensor.7.data", by, "redis"), "sensor.7.data");
  EXPECT_EQ(spelled("sensor.7.data", by, "mqtt"), "sensor/7/data");
  EXPECT_EQ(read_channel("sensor/7/data", by, "mqtt"), "sensor.7.data");
  EXPECT_EQ(read_channel("sensor.7.data", by, "redis"), "sensor.7.data");
  EXPECT_FALSE(check_channel("a/b.c", by));
}

TEST(channel_names, filters_become_patterns_in_redis) {
  EXPECT_EQ(spelled("sensor/+/data", level_separator::slash, "redis"), "sensor/*/data (pattern)");
  EXPECT_EQ(spelled("sensor/#", level_separator::slash, "redis"), "sensor* (pattern)");
  EXPECT_EQ(spelled("news.#", level_separator::dot, "redis"), "news* (pattern)");
  EXPECT_EQ(spelled("#", level_separator::dot, "redis"), "* (pattern)");
  EXPECT_EQ(spelled("a[1]?*\\/+", level_separator::slash, "redis"),
            "a\\[1\\]\\?\\*\\\\/* (pattern)");
  EXPECT_EQ(spelled("sensor.+.data", level_separator::dot, "mqtt"), "sensor/+/data");
  EXPECT_EQ(spelled("a[1]", level_separator::slash, "redis"), "a[1]");  // no pattern
}

TEST(channel_names, what_a_pattern_takes_too_much_is_told_apart) {
  EXPECT_TRUE(channel_matches("sensor/+/data", "sensor/7/data", level_separator::slash));
  EXPECT_FALSE(channel_matches("sensor/+/data", "sensor/7/8/data", level_separator::slash));
  EXPECT_TRUE(channel_matches("news.#", "news", level_separator::dot));
  EXPECT_FALSE(channel_matches("news.#", "newsletter", level_separator::dot));
}

TEST(channel_names, what_is_no_name_is_refused) {
  for (const char* bad : {"", "a+", "#/a", "a/#/b"}) {
    EXPECT_FALSE(check_channel(bad, level_separator::slash)) << bad;
  }
  for (const char* good : {"events", "a/b", "+", "#", "a/+/#"}) {
    EXPECT_TRUE(check_channel(good, level_separator::slash)) << good;
  }
}

TEST(message_tag, is_a_line_in_front) {
  std::string text;
  append_tag(text, {0xABC, 42});
  EXPECT_EQ(text, "parley-id 0000000000000abc 42\n");
  text += "payload\nof two lines";
  const auto read = read_tag(as_bytes(text));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, (message_id{0xABC, 42}));
  EXPECT_EQ(as_text(read->payload), "payload\nof two lines");
}

TEST(message_tag, extremes_go_there_and_back) {
  for (const message_id id : {message_id{0, 1}, message_id{UINT64_MAX, UINT64_MAX}}) {
    std::string text;
    append_tag(text, id);
    const auto read = read_tag(as_bytes(text));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id, id);
    EXPECT_TRUE(read->payload.empty());
  }
}

TEST(message_tag, what_is_written_otherwise_is_payload) {
  for (const char* text :
       {"", "parley-id ", "parley-id 0000000000000abc 42", "parley-id 0000000000000abc \n",
        "parley-id 0000000000000ABC 42\n", "parley-id 000000000000abc 42\n",
        "parley-id 0000000000000abc 042\n", "parley-id 0000000000000abc -2\n",
        "parley-id 0000000000000abc 99999999999999999999\n", "Parley-id 0000000000000abc 42\n",
        "parley-id 0000000000000abc 4 2\n", "{\"type\":\"update\"}"}) {
    EXPECT_FALSE(read_tag(as_bytes(text))) << text;
  }
}

TEST(dedup_window, tells_what_was_heard) {
  dedup_window heard(3, {});
  EXPECT_TRUE(heard.is_new({1, 1}));
  EXPECT_TRUE(heard.is_new({2, 1}));
  EXPECT_FALSE(heard.is_new({1, 1}));
  EXPECT_TRUE(heard.is_new({1, 2}));
  EXPECT_TRUE(heard.is_new({1, 3}));  // {1, 1} makes room
  EXPECT_EQ(heard.size(), 3U);
  EXPECT_TRUE(heard.is_new({1, 1}));
  EXPECT_FALSE(heard.is_new({1, 3}));
}

// Against a plain set, for sizes at which the table wraps and moves.
TEST(dedup_window, is_exact_within_its_size) {
  for (const std::size_t size : {1U, 2U, 7U, 64U}) {
    dedup_window heard(size, {7, 9});
    std::vector<message_id> last;
    std::uint64_t word = 1;
    for (int i = 0; i < 20'000; ++i) {
      word = word * 6364136223846793005U + 1442695040888963407U;
      const message_id id{(word >> 33) % 3, (word >> 40) % (size * 2)};
      const bool is_new = std::ranges::find(last, id) == last.end();
      ASSERT_EQ(heard.is_new(id), is_new) << i;
      if (!is_new) continue;
      last.push_back(id);
      if (last.size() > size) last.erase(last.begin());
    }
  }
}

}  // namespace
}  // namespace parley::test
