// The provider against real servers, over TCP and a Unix socket, in both versions of the
// protocol, on every loop: redis-server, and the embedded one on the same loop.
#include <gtest/gtest.h>

#include <algorithm>
#include <parley/codecs/resp/redis_provider.hpp>

#include "redis/servers.hpp"

namespace parley::test {
namespace {

using std::chrono::milliseconds;

TYPED_TEST_SUITE(redis_with, loops_and_servers, pair_names);

// S3
TYPED_TEST(redis_with, keys_and_values) {
  std::unique_ptr<redis_provider> redis = this->up();
  auto& on = this->at;
  EXPECT_TRUE(*on.wait(redis->set("k", "text")));
  EXPECT_EQ(*on.wait(redis->get("k")), value("text"));
  EXPECT_TRUE(on.wait(redis->get("none"))->is_null());
  EXPECT_TRUE(*on.wait(redis->set("o", {{"a", 1}, {"b", true}})));
  EXPECT_EQ(*on.wait(redis->get("o")), value(R"({"a":1,"b":true})"));
  EXPECT_TRUE(*on.wait(redis->exists("k")));
  EXPECT_FALSE(*on.wait(redis->exists("none")));
  EXPECT_EQ(*on.wait(redis->type("k")), "string");
  EXPECT_EQ(*on.wait(redis->type("none")), "none");
  EXPECT_EQ(*on.wait(redis->length("k")), 4);
  EXPECT_EQ(*on.wait(redis->length("none")), 0);
  EXPECT_EQ(*on.wait(redis->del("k")), 1);
  EXPECT_EQ(*on.wait(redis->del("k")), 0);
}

// S123, S125: caching and sessions need conditions and lives.
TYPED_TEST(redis_with, set_has_options) {
  std::unique_ptr<redis_provider> redis = this->up();
  auto& on = this->at;
  set_options absent(milliseconds(60'000));
  absent.condition = set_options::when::absent;
  EXPECT_TRUE(*on.wait(redis->set("k", "1", absent)));
  EXPECT_FALSE(*on.wait(redis->set("k", "2", absent)));
  auto left = on.wait(redis->ttl("k"));
  ASSERT_TRUE(left && *left);
  EXPECT_GT((*left)->count(), 30'000);
  set_options keep;
  keep.keep_ttl = true;
  keep.condition = set_options::when::present;
  EXPECT_TRUE(*on.wait(redis->set("k", "3", keep)));
  EXPECT_TRUE(on.wait(redis->ttl("k"))->has_value());
  // A life that is over already makes no key that stays for ever.
  const auto over = on.wait(redis->set("late", "1", set_options(milliseconds(-1))));
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error(), errc::invalid_argument);
  EXPECT_FALSE(*on.wait(redis->exists("late")));
  EXPECT_TRUE(*on.wait(redis->expire("k", milliseconds(1))));
  EXPECT_FALSE(*on.wait(redis->expire("none", milliseconds(1))));
  ASSERT_TRUE(on.run_until([&] { return !*on.wait(redis->exists("k")); }));
}

// "get by type", as the original has it.
TYPED_TEST(redis_with, get_any_follows_the_type) {
  for (const auto version : {resp::version_choice::resp2, resp::version_choice::resp3}) {
    auto c = this->config();
    c.protocol = version;
    std::unique_ptr<redis_provider> redis = this->up(c);
    auto& on = this->at;
    ASSERT_TRUE(on.wait(redis->command("RPUSH", "l", "a", "b")));
    ASSERT_TRUE(on.wait(redis->command("SADD", "s", "x")));
    ASSERT_TRUE(on.wait(redis->command("HSET", "h", "f", "v", "n", 7)));
    ASSERT_TRUE(on.wait(redis->command("ZADD", "z", 1.5, "m", 2, "n")));
    EXPECT_EQ(*on.wait(redis->get_any("l")), array("a", "b"));
    EXPECT_EQ(*on.wait(redis->get_any("s")), array("x"));
    EXPECT_EQ(*on.wait(redis->get_any("h")), (value{{"f", "v"}, {"n", "7"}}));
    EXPECT_EQ(*on.wait(redis->get_any("z")), array(array("m", 1.5), array("n", 2.0)));
    EXPECT_TRUE(on.wait(redis->get_any("none"))->is_null());
    EXPECT_EQ(*on.wait(redis->length("l")), 2);
    EXPECT_EQ(*on.wait(redis->length("z")), 2);
  }
}

TYPED_TEST(redis_with, keys_by_pattern_come_once) {
  std::unique_ptr<redis_provider> redis = this->up();
  auto& on = this->at;
  for (int i = 0; i < 2500; ++i) {
    ASSERT_TRUE(i % 500 != 0 || on.wait(redis->set("k:" + std::to_string(i), "x")));
    if (i % 500 != 0) auto detached = redis->set("k:" + std::to_string(i), "x");
  }
  ASSERT_TRUE(on.wait(redis->set("other", "x")));
  auto keys = on.wait(redis->keys("k:*"));
  ASSERT_TRUE(keys) << keys.error().to_string();
  std::ranges::sort(*keys);
  EXPECT_EQ(keys->size(), 2500u);
  EXPECT_EQ(std::ranges::adjacent_find(*keys), keys->end());
  auto few = on.wait(redis->keys("k:*", 100));
  ASSERT_FALSE(few);
  EXPECT_EQ(few.error(), errc::too_large);
}

TYPED_TEST(redis_with, commands_have_typed_replies) {
  std::unique_ptr<redis_provider> redis = this->up();
  auto& on = this->at;
  EXPECT_EQ(*on.wait(redis->template command_as<std::int64_t>("INCRBY", "n", 5)), 5);
  EXPECT_EQ(*on.wait(redis->template command_as<double>("INCRBYFLOAT", "d", 1.5)), 1.5);
  EXPECT_EQ(*on.wait(redis->template command_as<std::optional<std::string>>("GET", "none")),
            std::nullopt);
  ASSERT_TRUE(on.wait(redis->command("HSET", "h", "a", "1")));
  auto pairs = on.wait(
      redis->template command_as<std::vector<std::pair<std::string, std::string>>>("HGETALL", "h"));
  ASSERT_TRUE(pairs);
  EXPECT_EQ(*pairs, (std::vector<std::pair<std::string, std::string>>{{"a", "1"}}));
  auto wrong = on.wait(redis->template command_as<std::int64_t>("LPUSH", "n", "x"));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error(), resp::errc::wrong_type);
}

TYPED_TEST(redis_with, health_check_gives_the_round_trip) {
  std::unique_ptr<redis_provider> redis = this->up();
  auto took = this->at.wait(redis->health_check());
  ASSERT_TRUE(took);
  EXPECT_GE(took->count(), 0);
}

// S23, S146: one database per application.
TYPED_TEST(redis_with, databases_are_apart) {
  auto c = this->config();
  c.db = 3;
  std::unique_ptr<redis_provider> three = this->up(c);
  std::unique_ptr<redis_provider> zero = this->up();
  ASSERT_TRUE(this->at.wait(three->set("k", "three")));
  EXPECT_TRUE(this->at.wait(zero->get("k"))->is_null());
  c.db = 999;
  redis_provider none(this->home, c);
  auto ok = this->at.wait(none.initialize());
  ASSERT_FALSE(ok);
  EXPECT_NE(ok.error().to_string().find("db"), std::string::npos) << ok.error().to_string();
}

// S11, S12, S24, S25, S144
TYPED_TEST(redis_with, acl_users_log_in) {
  for (const auto version : {resp::version_choice::resp2, resp::version_choice::resp3}) {
    auto c = this->config();
    c.protocol = version;
    c.username = "ann";
    c.password = "right";
    std::unique_ptr<redis_provider> ann = this->up(c);
    auto info = this->at.wait(ann->template command_as<std::string>("CLIENT", "INFO"));
    ASSERT_TRUE(info) << info.error().to_string();
    EXPECT_NE(info->find("user=ann"), std::string::npos) << *info;
    c.password = "wrong";
    redis_provider wrong(this->home, c);
    auto ok = this->at.wait(wrong.initialize());
    ASSERT_FALSE(ok);
    EXPECT_EQ(ok.error(), resp::errc::wrong_password);
  }
}

TYPED_TEST(redis_with, an_acl_limits_keys_and_channels) {
  auto c = this->config();
  c.username = "bob";
  c.password = "poor";
  redis_provider bob(this->home, c);
  ASSERT_TRUE(this->at.wait(bob.initialize()));
  EXPECT_TRUE(this->at.wait(bob.set("bob:k", "1")));
  auto no = this->at.wait(bob.set("k", "1"));
  ASSERT_FALSE(no);
  EXPECT_EQ(no.error(), resp::errc::no_permission);
  auto ignore = [](const message&) {};
  auto denied = this->at.wait(bob.create_speaker("others", ignore));
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error(), resp::errc::no_permission);
  EXPECT_TRUE(this->at.wait(bob.create_speaker("bob:mine", ignore)));
}

// S8, S14, S18, S19, S122, S124 over TCP and Unix sockets, in RESP2 and RESP3.
TYPED_TEST(redis_with, pub_sub_on_every_transport_and_version) {
  for (const bool local : {false, true}) {
    for (const auto version : {resp::version_choice::resp2, resp::version_choice::resp3}) {
      auto c = this->config();
      c.protocol = version;
      if (local) c.unix_socket = this->server.socket_path();
      std::unique_ptr<redis_provider> redis = this->up(c);
      std::vector<std::string> got;
      auto on_message = [&](const message& m) {
        got.push_back(std::string(m.pattern()) + "|" + std::string(m.topic()) + "|" +
                      std::string(m.text()));
      };
      auto exact = this->at.wait(redis->create_speaker("news.uk", on_message));
      auto wide = this->at.wait(redis->create_speaker("news.*", on_message, pattern()));
      ASSERT_TRUE(exact && wide);
      auto sent = this->at.wait(exact->shout("hello"));
      ASSERT_TRUE(sent);
      EXPECT_EQ(sent->receivers, 2);
      ASSERT_TRUE(this->at.run_until([&] { return got.size() == 2; }));
      std::ranges::sort(got);
      EXPECT_EQ(got[0], "news.*|news.uk|hello");
      EXPECT_EQ(got[1], "|news.uk|hello");
    }
  }
}

TYPED_TEST(redis_with, a_large_payload_survives) {
  std::unique_ptr<redis_provider> redis = this->up();
  std::string large(8 << 20, 'x');
  for (std::size_t i = 0; i < large.size(); i += 4096) large[i] = static_cast<char>(i >> 12);
  ASSERT_TRUE(this->at.wait(redis->set("large", large)));
  auto back = this->at.wait(redis->template command_as<std::string>("GET", "large"));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_TRUE(*back == large);
}

// S162: the reply is larger than what was allowed.
TYPED_TEST(redis_with, a_reply_above_the_limit_says_which) {
  auto c = this->config();
  c.reply.reply_budget = 64 * 1024;
  std::unique_ptr<redis_provider> redis = this->up(c);
  ASSERT_TRUE(this->at.wait(redis->set("k", std::string(100'000, 'x'))));
  auto got = this->at.wait(redis->get("k"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind(), error_class::limit) << got.error().to_string();
  EXPECT_FALSE(got.error().hint().empty());
  // The stream is given up, the provider is not.
  ASSERT_TRUE(this->at.run_until([&] { return redis->status().state == provider_state::up; }));
  EXPECT_TRUE(*this->at.wait(redis->exists("k")));
}

TYPED_TEST(redis_with, many_commands_are_pipelined_in_order) {
  std::unique_ptr<redis_provider> redis = this->up();
  std::vector<std::int64_t> got;
  for (int i = 0; i < 10'000; ++i) {
    redis->template command_as<std::int64_t>("INCR", "n").then([&](result<std::int64_t> r) {
      got.push_back(r.value_or(-1));
    });
  }
  ASSERT_TRUE(this->at.run_until([&] { return got.size() == 10'000; }));
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], static_cast<std::int64_t>(i) + 1);
}

}  // namespace
}  // namespace parley::test
