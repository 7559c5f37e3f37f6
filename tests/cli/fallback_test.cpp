// `parley pub|sub --fallback URL,URL,...`, with the program's own servers, which are taken away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "program.hpp"
#include "support/tls_files.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;
using words = std::vector<std::string>;

// One server of the program, on a free port.
class serving {
 public:
  explicit serving(const std::string& url, const words& more = {}) : program_(command(url, more)) {
    EXPECT_TRUE(program_.has_printed("\n")) << program_.wait().err;
    url_ = program_.printed().substr(0, program_.printed().find('\n'));
  }
  const std::string& url() const { return url_; }
  void freeze() { program_.signal(SIGSTOP); }
  void end() {
    program_.signal(SIGTERM);
    (void)program_.wait();
  }

 private:
  static words command(const std::string& url, const words& more) {
    words all{"serve", url};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  program program_;
  std::string url_;
};

class cli_fallback : public testing::TestWithParam<std::string> {
 protected:
  static words on_this_loop(words arguments) {
    arguments.insert(arguments.begin() + 1, {"--loop", GetParam()});
    return arguments;
  }
};

INSTANTIATE_TEST_SUITE_P(loops, cli_fallback, testing::Values("blocking", "uv", "asio"),
                         [](const auto& param) { return param.param; });

TEST_P(cli_fallback, the_next_one_carries_when_a_server_goes) {  // S119, S160
  serving redis("redis://127.0.0.1:0");
  serving mqtt("mqtt://127.0.0.1:0");
  const serving gateway("ws://127.0.0.1:0");
  const std::string list = redis.url() + "," + mqtt.url() + "," + gateway.url();
  program sub(on_this_loop({"sub", "--fallback", list, "news/+", "--count", "3", "-v"}));
  ASSERT_TRUE(sub.has_said("subscribed to news/+")) << sub.wait().err;
  ASSERT_TRUE(sub.has_said("carried by redis"));
  const auto say = [&](const char* text) {
    return run_parley(on_this_loop({"pub", "--fallback", list, "news/sport", text}));
  };
  const auto first = say("over redis");
  EXPECT_EQ(first.code, 0) << first.err;
  ASSERT_TRUE(sub.has_printed("over redis\n"));
  redis.end();
  ASSERT_TRUE(sub.has_said("carried by mqtt: redis was lost"));
  const auto second = say("over mqtt");
  EXPECT_EQ(second.code, 0) << second.err;
  ASSERT_TRUE(sub.has_printed("over mqtt\n"));
  mqtt.end();
  ASSERT_TRUE(sub.has_said("carried by websocket: mqtt was lost"));
  EXPECT_EQ(say("over websocket").code, 0);
  const auto got = sub.wait();
  EXPECT_EQ(got.code, 0) << got.err;
  EXPECT_EQ(got.out, "over redis\nover mqtt\nover websocket\n");
}

// One error tells of each what was tried, and why it failed.
TEST_P(cli_fallback, none_of_them_works) {  // S160
  const auto got = run_parley(on_this_loop(
      {"pub", "--timeout", "1", "--fallback",
       "redis://ann:s3cr3t@127.0.0.1:1,mqtt://127.0.0.1:1?qos=1,ws://127.0.0.1:1", "news", "x"}));
  EXPECT_EQ(got.code, 3) << got.err;
  EXPECT_EQ(got.out, "");
  EXPECT_THAT(got.err, HasSubstr("cannot connect"));
  EXPECT_THAT(got.err, HasSubstr("redis://ann:***@127.0.0.1:1"));
  EXPECT_THAT(got.err, HasSubstr("mqtt://127.0.0.1:1"));
  EXPECT_THAT(got.err, HasSubstr("ws://127.0.0.1:1"));
  EXPECT_EQ(got.err.find("s3cr3t"), std::string::npos) << got.err;
}

// --timeout is that of the whole search: one that is silent has its share of it.
TEST_P(cli_fallback, a_short_timeout_reaches_the_last) {
  serving silent("ws://127.0.0.1:0");
  silent.freeze();
  const serving cache("redis://127.0.0.1:0");
  const std::string list = silent.url() + ",mqtt://127.0.0.1:1," + cache.url();
  const words all{"--timeout", "3", "--fallback", list, "news"};
  words listens = on_this_loop({"sub", "-v", "--count", "1"});
  listens.insert(listens.end(), all.begin(), all.end());
  program sub(listens);
  ASSERT_TRUE(sub.has_said("subscribed to news")) << sub.wait().err;
  words speaks = on_this_loop({"pub"});
  speaks.insert(speaks.end(), all.begin(), all.end());
  speaks.emplace_back("hello");
  const auto pub = run_parley(speaks);
  EXPECT_EQ(pub.code, 0) << pub.err;
  EXPECT_EQ(sub.wait().out, "hello\n");
  const auto none = run_parley(on_this_loop(
      {"sub", "--timeout", "0.3", "--fallback", silent.url() + ",mqtt://127.0.0.1:1", "news"}));
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("connection refused"));
}

// Who listens hears each message once, although it comes by whatever carries.
TEST_P(cli_fallback, identifiers_are_taken_off_again) {
  const serving gateway("ws://127.0.0.1:0");
  const std::string list = "redis://127.0.0.1:1," + gateway.url();
  program sub(on_this_loop({"sub", "--dedupe", "--fallback", list, "news", "--count", "1", "-v"}));
  ASSERT_TRUE(sub.has_said("subscribed to news")) << sub.wait().err;
  const auto pub = run_parley(on_this_loop({"pub", "--dedupe", "--fallback", list, "news", "[1]"}));
  EXPECT_EQ(pub.code, 0) << pub.err;
  EXPECT_EQ(sub.wait().out, "[1]\n");
}

// Options of TLS are for those URLs that speak it.
TEST_P(cli_fallback, with_tls_beside_plain) {
  const tls_files files;
  const words key{"--cert", files.chain, "--key", files.key};
  const serving secure("wss://127.0.0.1:0", key);
  const std::string list = "redis://127.0.0.1:1,ws://127.0.0.1:1," + secure.url();
  const auto pub =
      run_parley(on_this_loop({"pub", "--ca-certs", files.ca, "--fallback", list, "news", "x"}));
  EXPECT_EQ(pub.code, 0) << pub.err;
}

TEST(command_line, what_fallback_is_not_for) {
  const auto refused = [](words all, const char* text) {
    const auto got = run_parley(std::move(all));
    EXPECT_EQ(got.code, 2) << got.err;
    EXPECT_THAT(got.err, HasSubstr(text));
  };
  const std::string list = "redis://127.0.0.1:1,mqtt://127.0.0.1:1";
  refused({"pub", "--fallback", list, "redis://127.0.0.1:1", "topic", "x"}, "first word is TOPIC");
  refused({"sub", "--fallback", list, "news*", "--pattern"}, "'+' is one level");
  refused({"sub", "--fallback", list, "news", "more"}, "more");
  refused({"sub", "--fallback", list, "news", "--qos", "1"}, "mqtt://host?qos=1");
  refused({"sub", "--fallback", list}, "TOPIC is required");
  refused({"pub", "--fallback", list, "news"}, "wants either messages or --stdin");
  refused({"pub", "redis://127.0.0.1:1", "news", "x", "--dedupe"}, "goes with --fallback");
  refused({"pub", "--fallback", "", "news", "x"}, "names no URL");
  refused({"pub"}, "URL is required");
  refused({"pub", "redis://127.0.0.1:1"}, "TOPIC is required");
}

}  // namespace
}  // namespace parley::test
