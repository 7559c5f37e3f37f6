// `parley pub` and `parley sub` against a real server, on every loop.
#include <gtest/gtest.h>
#include <signal.h>

#include <parley/codecs/json/json.hpp>

#include "program.hpp"
#include "support/redis_server.hpp"

namespace parley::test {
namespace {

using words = std::vector<std::string>;

// One server for all tests of this file; each test has its own channel.
class pub_sub : public testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() { server_ = new redis_server({"--databases", "4"}); }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  static redis_server& server() { return *server_; }
  static std::string uri() { return server_->uri(); }
  static std::string channel() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    return std::string("cli.") + test->name();
  }

  static words on_this_loop(words arguments) {
    arguments.insert(arguments.end(), {"--loop", GetParam()});
    return arguments;
  }
  // A subscriber that is subscribed.
  static void expect_subscribed(program& sub) {
    ASSERT_TRUE(sub.has_said("parley: subscribed to ")) << sub.wait().err;
  }

 private:
  inline static redis_server* server_ = nullptr;  // NOLINT(readability-identifier-naming): a member
};

INSTANTIATE_TEST_SUITE_P(loops, pub_sub, testing::Values("blocking", "uv", "asio"),
                         [](const auto& param) { return param.param; });

TEST_P(pub_sub, prints_each_payload_on_a_line) {  // S8
  program sub(on_this_loop({"sub", uri(), channel(), "--count", "3", "-v"}));
  expect_subscribed(sub);
  const auto pub = run_parley(on_this_loop({"pub", uri(), channel(), "one", "two words", ""}));
  EXPECT_EQ(pub.code, 0);
  EXPECT_EQ(pub.out, "1\n1\n1\n");  // receivers
  EXPECT_EQ(pub.err, "");
  const auto got = sub.wait();
  EXPECT_EQ(got.code, 0);
  EXPECT_EQ(got.out, "one\ntwo words\n\n");
}

TEST_P(pub_sub, counts_no_receivers_where_nobody_listens) {
  const auto pub = run_parley(on_this_loop({"pub", uri(), channel(), "x"}));
  EXPECT_EQ(pub.out, "0\n");
  const auto quiet = run_parley(on_this_loop({"pub", uri(), channel(), "x", "--quiet"}));
  EXPECT_EQ(quiet.out, "");
  const auto json = run_parley(on_this_loop({"pub", uri(), channel(), "four", "--json"}));
  EXPECT_EQ(json.out, "{\"bytes\":4,\"receivers\":0}\n");
}

// Words that a parser of command lines would take for lists or options.
TEST_P(pub_sub, publishes_words_as_they_are) {
  const words messages{"[1,2]", "{}", "{\"a\": [1]}", "%%", "--json", "-5"};
  program sub(on_this_loop({"sub", uri(), channel(), "--count", "6", "-v"}));
  expect_subscribed(sub);
  words arguments{"pub", "--loop", GetParam(), uri(), channel(), "--"};
  arguments.insert(arguments.end(), messages.begin(), messages.end());
  EXPECT_EQ(run_parley(arguments).out, "1\n1\n1\n1\n1\n1\n");
  EXPECT_EQ(sub.wait().out, "[1,2]\n{}\n{\"a\": [1]}\n%%\n--json\n-5\n");
}

TEST_P(pub_sub, json_names_topic_and_payload) {
  program sub(on_this_loop({"sub", uri(), channel(), "--count", "2", "--json", "-v"}));
  expect_subscribed(sub);
  run_parley({"pub", uri(), channel(), "say \"hi\"", "{\"n\": 1}"});
  EXPECT_EQ(sub.wait().out, "{\"topic\":\"" + channel() + "\",\"payload\":\"say \\\"hi\\\"\"}\n" +
                                "{\"topic\":\"" + channel() +
                                "\",\"payload\":\"{\\\"n\\\": 1}\"}\n");
}

TEST_P(pub_sub, pattern_receives_all_topics_that_match) {  // S14
  const std::string name = channel();
  program sub(
      on_this_loop({"sub", uri(), name + ".*", "--pattern", "--count", "2", "--json", "-v"}));
  expect_subscribed(sub);
  run_parley({"pub", uri(), name + ".a", "1"});
  run_parley({"pub", uri(), name, "not this"});
  run_parley({"pub", uri(), name + ".b", "2"});
  const std::string pattern = "\"pattern\":\"" + name + ".*\"";
  EXPECT_EQ(sub.wait().out, "{\"topic\":\"" + name + ".a\"," + pattern + ",\"payload\":\"1\"}\n" +
                                "{\"topic\":\"" + name + ".b\"," + pattern +
                                ",\"payload\":\"2\"}\n");
}

TEST_P(pub_sub, a_star_without_pattern_is_a_plain_name) {
  program sub(on_this_loop({"sub", uri(), channel() + "*", "--count", "1", "-v"}));
  expect_subscribed(sub);
  EXPECT_EQ(run_parley({"pub", uri(), channel() + "1", "no"}).out, "0\n");
  EXPECT_EQ(run_parley({"pub", uri(), channel() + "*", "yes"}).out, "1\n");
  EXPECT_EQ(sub.wait().out, "yes\n");
}

TEST_P(pub_sub, binary_input_survives) {
  const std::string bytes("\x00\xFF\r\n\x80*1\r\n", 9);
  program plain(on_this_loop({"sub", uri(), channel(), "--count", "1", "-v"}));
  program json(on_this_loop({"sub", uri(), channel(), "--count", "1", "--json", "-v"}));
  expect_subscribed(plain);
  expect_subscribed(json);
  const auto pub = run_parley(on_this_loop({"pub", uri(), channel(), "--stdin"}), bytes);
  EXPECT_EQ(pub.out, "2\n");
  EXPECT_EQ(plain.wait().out, "00ff0d0a802a310d0a\n");
  EXPECT_EQ(json.wait().out,
            "{\"topic\":\"" + channel() + "\",\"payload_base64\":\"AP8NCoAqMQ0K\"}\n");
}

TEST_P(pub_sub, large_input_survives) {
  std::string text;
  for (int i = 0; text.size() < 3'000'000; ++i) text += std::to_string(i) + ' ';
  program sub(on_this_loop({"sub", uri(), channel(), "--count", "1", "-v"}));
  expect_subscribed(sub);
  EXPECT_EQ(run_parley(on_this_loop({"pub", uri(), channel(), "--stdin"}), text).out, "1\n");
  EXPECT_TRUE(sub.wait().out == text + '\n');
}

TEST_P(pub_sub, works_over_a_unix_socket) {
  program sub(on_this_loop({"sub", server().unix_uri(), channel(), "--count", "1", "-v"}));
  expect_subscribed(sub);
  EXPECT_EQ(run_parley(on_this_loop({"pub", server().unix_uri(), channel(), "x"})).out, "1\n");
  EXPECT_EQ(sub.wait().out, "x\n");
}

// A message is printed when it comes, not when a buffer is full.
TEST_P(pub_sub, interrupt_ends_it_cleanly_with_130) {
  program sub(on_this_loop({"sub", uri(), channel(), "-v"}));
  expect_subscribed(sub);
  run_parley({"pub", uri(), channel(), "first"});
  EXPECT_TRUE(sub.has_printed("first\n"));
  sub.signal(SIGINT);
  const auto got = sub.wait();
  EXPECT_EQ(got.code, 130);
  EXPECT_EQ(got.out, "first\n");
  EXPECT_TRUE(got.err.ends_with("parley: redis: closed\n")) << got.err;
  EXPECT_EQ(run_parley({"pub", uri(), channel(), "x"}).out, "0\n");  // unsubscribed
}

TEST_P(pub_sub, terminate_ends_it_cleanly_with_143) {
  program sub(on_this_loop({"sub", uri(), channel(), "-v"}));
  expect_subscribed(sub);
  sub.signal(SIGTERM);
  const auto got = sub.wait();
  EXPECT_EQ(got.code, 143);
  EXPECT_TRUE(got.err.ends_with("parley: redis: closed\n")) << got.err;
}

TEST_P(pub_sub, timeout_ends_waiting_for_messages) {
  const auto none = run_parley(on_this_loop({"sub", uri(), channel(), "--timeout", "0.2"}));
  EXPECT_EQ(none.code, 0);
  EXPECT_EQ(none.err, "");
  const auto few =
      run_parley(on_this_loop({"sub", uri(), channel(), "--timeout", "0.2", "--count", "2"}));
  EXPECT_EQ(few.code, 1);
  EXPECT_TRUE(few.err.contains("0 of 2 messages received")) << few.err;
  EXPECT_TRUE(few.err.contains("hint: ")) << few.err;
}

TEST_P(pub_sub, a_reader_that_leaves_ends_it_with_141) {
  program sub(on_this_loop({"sub", uri(), channel(), "-v"}));
  expect_subscribed(sub);
  sub.close_output();
  run_parley({"pub", uri(), channel(), "nobody reads this"});
  EXPECT_EQ(sub.wait().code, 141);
}

// Killed in the middle: the subscription comes back, and the gap is told (P4).
TEST_P(pub_sub, subscription_survives_a_restart_of_the_server) {
  redis_server mortal;
  program sub(on_this_loop({"sub", mortal.uri(), channel(), "--count", "2", "-v"}));
  expect_subscribed(sub);
  run_parley({"pub", mortal.uri(), channel(), "before"});
  EXPECT_TRUE(sub.has_printed("before\n"));
  mortal.kill9();
  EXPECT_TRUE(sub.has_said("parley: redis: waiting: "));
  mortal.restart();
  EXPECT_TRUE(sub.has_said("resubscribed 1 after a gap of "));
  run_parley({"pub", mortal.uri(), channel(), "after"});
  const auto got = sub.wait();
  EXPECT_EQ(got.code, 0);
  EXPECT_EQ(got.out, "before\nafter\n");
}

// An interrupt while the server is away or hangs.
TEST_P(pub_sub, interrupt_ends_connecting) {
  redis_server frozen;
  frozen.freeze();
  program sub(on_this_loop({"sub", frozen.uri(), channel(), "-v", "--timeout", "300"}));
  EXPECT_TRUE(sub.has_said("parley: redis: connecting"));
  sub.signal(SIGINT);
  const auto got = sub.wait();
  EXPECT_EQ(got.code, 130);
  EXPECT_FALSE(got.err.contains("cannot connect")) << got.err;
}

}  // namespace
}  // namespace parley::test
