// Messages: bytes first, decoded by policy, views that a copy makes its own.
#include <gtest/gtest.h>
#include <parley/core/value/message.hpp>

#include <memory>
#include <string>
#include <vector>

namespace parley {
namespace {

// A decoder of its own, so that core's tests need no codec: reads "true" only.
int calls = 0;
result<value> read_true(byte_view payload) {
  ++calls;
  if (as_text(payload) == "true") return value(true);
  return fail(errc::bad_value, "not true");
}

message with(std::string_view payload, decode_policy policy, json_decoder decoder = read_true) {
  return message("topic", as_bytes(payload), {}, policy, decoder);
}

TEST(message, policy_json_decodes_or_fails) {  // S19
  EXPECT_EQ(with("true", decode_policy::json).value(), true);
  const message bad = with("else", decode_policy::json);
  ASSERT_FALSE(bad.decoded());
  EXPECT_EQ(bad.decoded().error(), errc::bad_value);
  EXPECT_TRUE(bad.value().is_null());
  EXPECT_EQ(bad.text(), "else");  // the payload is there all the same
  EXPECT_EQ(bad.to<bool>().error(), errc::bad_value);
}

TEST(message, policy_json_or_text_takes_json_then_text_then_bytes) {  // S30
  EXPECT_EQ(with("true", decode_policy::json_or_text).value(), true);
  EXPECT_EQ(with("else", decode_policy::json_or_text).value(), "else");
  EXPECT_TRUE(with("\xFF", decode_policy::json_or_text).value().is_bytes());
}

TEST(message, policy_text_takes_text_then_bytes) {
  EXPECT_EQ(with("true", decode_policy::text).value(), "true");
  EXPECT_EQ(with("\xC2\xB0", decode_policy::text).value(), "\xC2\xB0");  // S60
  for (const std::string_view bad : {"\xC2", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80"}) {
    EXPECT_TRUE(with(bad, decode_policy::text).value().is_bytes());
  }
}

TEST(message, policy_bytes_leaves_bytes) {
  const message m = with("true", decode_policy::bytes);
  EXPECT_TRUE(m.value().is_bytes());
  EXPECT_EQ(as_text(m.value().bytes()), "true");
}

TEST(message, without_a_decoder_json_is_not_supported) {
  EXPECT_EQ(with("true", decode_policy::json, nullptr).decoded().error(), errc::not_supported);
  EXPECT_EQ(with("true", decode_policy::json_or_text, nullptr).value(), "true");
}

TEST(message, decodes_once_and_on_request_only) {
  calls = 0;
  const message m = with("true", decode_policy::json);
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(m.to<bool>(), true);
  EXPECT_EQ(m.value(), true);
  EXPECT_EQ(calls, 1);
}

TEST(message, a_copy_owns_its_bytes) {
  std::vector<message> kept;
  {
    auto payload = std::make_unique<std::string>("a payload long enough to be on the heap");
    auto topic = std::make_unique<std::string>("sensor/1");
    auto pattern = std::make_unique<std::string>("sensor/*");
    const message view(*topic, as_bytes(*payload), *pattern);
    EXPECT_FALSE(view.is_owned());
    kept.push_back(view);
    kept.push_back(view.copy());
    kept.push_back(kept.front());
    payload->assign(payload->size(), 'x');
  }
  for (const message& m : kept) {
    EXPECT_TRUE(m.is_owned());
    EXPECT_EQ(m.topic(), "sensor/1");
    EXPECT_EQ(m.pattern(), "sensor/*");
    EXPECT_EQ(m.text(), "a payload long enough to be on the heap");
  }
  // A copy of a copy shares the bytes.
  EXPECT_EQ(kept[2].payload().data(), kept[0].payload().data());
  kept.resize(1);
  const message moved = std::move(kept.front());
  EXPECT_EQ(moved.topic(), "sensor/1");
}

TEST(message, assignment_copies_too) {
  message kept;
  EXPECT_EQ(kept.text(), "");
  {
    const std::string payload = "short";
    const message view("t", as_bytes(payload));
    kept = view;
  }
  EXPECT_EQ(kept.text(), "short");
  EXPECT_EQ(message(message()).copy().topic(), "");
}

}  // namespace
}  // namespace parley
