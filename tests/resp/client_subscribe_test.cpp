// Subscriptions of resp::client, in both versions of the protocol.
#include <gtest/gtest.h>

#include <array>

#include "client_script.hpp"

namespace parley::test {
namespace {

using resp::subscription;

void holds(const script& s) {
  play_every_way(s);
  fail_each_step(s);
}

// A push as it travels: '>' in RESP3, '*' in RESP2.
std::string push(char type, std::vector<std::string_view> words, int count = -1) {
  std::string bytes(1, type);
  bytes += std::to_string(words.size() + (count >= 0 ? 1 : 0)) + "\r\n";
  for (const auto w : words) {
    bytes += "$" + std::to_string(w.size()) + "\r\n" + std::string(w) + "\r\n";
  }
  if (count >= 0) bytes += ":" + std::to_string(count) + "\r\n";
  return bytes;
}

struct client_subscribe : ::testing::TestWithParam<char> {
  static script opened() { return GetParam() == '>' ? script().opened3() : script().opened2(); }
  static std::string push(std::vector<std::string_view> words, int count = -1) {
    return test::push(GetParam(), std::move(words), count);
  }
};
INSTANTIATE_TEST_SUITE_P(versions, client_subscribe, ::testing::Values('>', '*'),
                         [](const auto& p) { return p.param == '>' ? "resp3" : "resp2"; });

TEST_P(client_subscribe, a_name_is_confirmed_and_messages_come) {  // S8
  script s = opened();
  s.subscribe(1, {"news"}).sent(cmd("SUBSCRIBE", "news"));
  s.receive(push({"subscribe", "news"}, 1)).event("on news tag 1 last");
  s.receive(push({"message", "news", "hello"})).event("message news: hello");
  s.receive(push({"message", "news", ""})).event("message news: ");
  holds(s);
}

TEST_P(client_subscribe, each_name_is_confirmed_and_the_last_one_ends_it) {
  script s = opened();
  s.subscribe(4, {"a", "b", "c"}).sent(cmd("SUBSCRIBE", "a", "b", "c"));
  s.receive(push({"subscribe", "a"}, 1)).event("on a tag 4");
  s.receive(push({"message", "a", "early"})).event("message a: early");
  s.receive(push({"subscribe", "b"}, 2) + push({"subscribe", "c"}, 3));
  s.event("on b tag 4").event("on c tag 4 last");
  holds(s);
}

TEST_P(client_subscribe, patterns_tell_which_matched) {  // S14
  script s = opened();
  s.subscribe(1, {"n*"}, subscription::pattern).sent(cmd("PSUBSCRIBE", "n*"));
  s.receive(push({"psubscribe", "n*"}, 1)).event("on pattern n* tag 1 last");
  s.receive(push({"pmessage", "n*", "news", "x"})).event("message n*/news: x");
  s.unsubscribe(2, {"n*"}, subscription::pattern).sent(cmd("PUNSUBSCRIBE", "n*"));
  s.receive(push({"punsubscribe", "n*"}, 0)).event("off pattern n* tag 2 last");
  holds(s);
}

TEST_P(client_subscribe, shards_have_words_of_their_own) {
  script s = opened();
  s.subscribe(1, {"s"}, subscription::shard).sent(cmd("SSUBSCRIBE", "s"));
  s.receive(push({"ssubscribe", "s"}, 1)).event("on shard s tag 1 last");
  s.receive(push({"smessage", "s", "x"})).event("message s: x");
  s.unsubscribe(2, {"s"}, subscription::shard).sent(cmd("SUNSUBSCRIBE", "s"));
  s.receive(push({"sunsubscribe", "s"}, 0)).event("off shard s tag 2 last");
  holds(s);
}

// The server counts shards apart: their end must not end the others.
TEST_P(client_subscribe, the_end_of_shards_leaves_channels_subscribed) {
  script s = opened();
  s.subscribe(1, {"c"}).receive(push({"subscribe", "c"}, 1)).event("on c tag 1 last");
  s.subscribe(2, {"s"}, subscription::shard);
  s.receive(push({"ssubscribe", "s"}, 1)).event("on shard s tag 2 last");
  s.unsubscribe(3, {"s"}, subscription::shard);
  s.receive(push({"sunsubscribe", "s"}, 0)).event("off shard s tag 3 last");
  s.receive(push({"message", "c", "x"})).event("message c: x");
  holds(s);
}

TEST_P(client_subscribe, an_error_is_one_reply) {
  script s = opened();
  s.subscribe(1, {"a", "b"});
  s.receive("-NOPERM this user has no permissions to access one of the channels\r\n");
  s.event("reply 1 -NOPERM this user has no permissions to access one of the channels");
  s.send(2, {"GET", "k"}, 1s).receive("+v\r\n").event("reply 2 +v");
  play_every_way(s);
}

TEST_P(client_subscribe, commands_work_again_after_the_last_one_has_ended) {
  script s = opened();
  s.subscribe(1, {"a"}).receive(push({"subscribe", "a"}, 1)).event("on a tag 1 last");
  s.unsubscribe(2, {"a"}).receive(push({"unsubscribe", "a"}, 0)).event("off a tag 2 last");
  s.send(3, {"LRANGE", "l", "0", "-1"}, 1s);
  s.receive("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n");
  s.event("reply 3 *[\"message\" \"a\" \"b\"]");
  holds(s);
}

TEST_P(client_subscribe, a_cancelled_subscription_is_confirmed_without_its_tag) {
  script s = opened();
  s.subscribe(1, {"a"}).cancel(1);
  s.receive(push({"subscribe", "a"}, 1)).event("on a tag 0 last");
  holds(s);
}

TEST_P(client_subscribe, pipelined_changes_keep_their_tags) {
  script s = opened();
  s.subscribe(1, {"a"}).subscribe(2, {"b"}).unsubscribe(3, {"a"});
  s.receive(push({"subscribe", "a"}, 1) + push({"subscribe", "b"}, 2));
  s.event("on a tag 1 last").event("on b tag 2 last");
  s.receive(push({"unsubscribe", "a"}, 1)).event("off a tag 3 last");
  holds(s);
}

// A slot that moves, an ACL that changes: the server ends subscriptions itself.
TEST_P(client_subscribe, the_servers_own_doing_counts_for_no_command) {
  script s = opened();
  s.subscribe(1, {"a"}).receive(push({"subscribe", "a"}, 1)).event("on a tag 1 last");
  s.subscribe(2, {"b"}).receive(push({"unsubscribe", "a"}, 0) + push({"subscribe", "b"}, 1));
  s.event("off a tag 0").event("on b tag 2 last");
  holds(s);
}

TEST_P(client_subscribe, an_idle_subscriber_is_asked_for_a_sign_of_life) {
  script s = opened();
  s.subscribe(1, {"a"}).sent(cmd("SUBSCRIBE", "a"));
  s.receive(push({"subscribe", "a"}, 1)).event("on a tag 1 last");
  s.advance(2s).sent(cmd("PING")).receive(push({"message", "a", "x"})).event("message a: x");
  // RESP2 answers an array in this mode.
  s.receive(GetParam() == '>' ? "+PONG\r\n" : "*2\r\n$4\r\npong\r\n$0\r\n\r\n").sent("");
  s.advance(2s).sent(cmd("PING"));
  holds(s);
}

TEST_P(client_subscribe, a_timeout_leaves_the_confirmation_in_step) {
  script s = opened();
  s.subscribe(1, {"a"});
  s.steps.back().time = 100ms;
  s.advance(100ms).event("expired 1");
  s.receive(push({"subscribe", "a"}, 1)).event("on a tag 0 last");
  s.receive(push({"message", "a", "x"})).event("message a: x");
  play_every_way(s);
}

TEST(client_subscribe_resp2, takes_no_commands_meanwhile) {
  script s;
  s.opened2().subscribe(1, {"a"}).receive(push('*', {"subscribe", "a"}, 1));
  s.event("on a tag 1 last");
  player p(s.config);
  p.play(s);
  const std::array<std::string_view, 2> get{"GET", "k"};
  EXPECT_EQ(p.client.send(get, 2, {}, p.now).error(), errc::misuse);
  EXPECT_EQ(p.client.send(get, shared_bytes(), 2, {}, p.now).error(), errc::misuse);
  EXPECT_TRUE(p.client.unsubscribe(subscription::channel, std::span(get).last(1), 3, {}, p.now));
}

TEST(client_subscribe_resp3, replies_and_messages_mix) {
  script s;
  s.opened3().subscribe(1, {"a"}).send(2, {"GET", "k"}, 1s).send(3, {"GET", "l"}, 1s);
  s.receive(push('>', {"subscribe", "a"}, 1) + "+k\r\n" + push('>', {"message", "a", "x"}) +
            "+l\r\n");
  s.event("on a tag 1 last").event("reply 2 +k").event("message a: x").event("reply 3 +l");
  holds(s);
}

TEST(client_subscribe_resp3, other_pushes_are_passed_on) {
  script s;
  s.opened3().send(1, {"GET", "k"}, 1s);
  s.receive(">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n+v\r\n");
  s.event("push >[\"invalidate\" *[\"k\"]]").event("reply 1 +v");
  s.receive(">1\r\n+x\r\n>0\r\n>2\r\n+message\r\n+a\r\n");  // too short for what they say
  s.event("push >[+x]").event("push >[]").event("push >[+message +a]");
  holds(s);
}

// Pushes of hostile shapes must not be read beyond their end.
TEST(client_subscribe_resp3, malformed_messages_are_harmless) {
  for (const std::string_view bytes :
       {">3\r\n+message\r\n*0\r\n_\r\n", ">3\r\n:1\r\n:2\r\n:3\r\n",
        ">4\r\n+pmessage\r\n_\r\n_\r\n_\r\n", ">3\r\n+subscribe\r\n_\r\n_\r\n",
        ">2\r\n+unsubscribe\r\n*0\r\n", ">1\r\n*1\r\n+message\r\n"}) {
    player p({});
    p.play(script().opened3());
    p.receive(bytes);
    EXPECT_EQ(p.failures, 0u) << bytes;
    EXPECT_EQ(p.events.size(), 1u) << bytes;
  }
}

TEST(client_subscribe_resp3, nothing_to_subscribe_to_is_refused) {
  player p({});
  p.play(script().opened3());
  EXPECT_EQ(p.client.subscribe(subscription::channel, {}, 1, {}, p.now).error(),
            errc::invalid_argument);
  EXPECT_EQ(p.client.unsubscribe(subscription::pattern, {}, 1, {}, p.now).error(),
            errc::invalid_argument);
  EXPECT_EQ(p.client.in_flight_count(), 0u);
}

}  // namespace
}  // namespace parley::test
