// `parley serve mqtt://...`, the embedded broker, with `parley pub|sub|call` as its clients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <sstream>

#include "program.hpp"
#include "support/temporary_folder.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;
using words = std::vector<std::string>;

// A running broker on a free port.
class embedded_broker {
 public:
  explicit embedded_broker(const std::string& loop, const words& more = {},
                           const std::string& login = "")
      : program_(command(loop, more, login)) {
    EXPECT_TRUE(program_.has_printed("\n")) << program_.wait().err;
    const std::string& line = program_.printed();
    const auto colon = line.rfind(':');
    port_ = line.substr(colon + 1, line.find('\n', colon) - colon - 1);
  }
  std::string url(const std::string& login = "") {
    return "mqtt://" + login + "127.0.0.1:" + port_;
  }
  program& running() { return program_; }

 private:
  static words command(const std::string& loop, const words& more, const std::string& login) {
    words all{"serve", "mqtt://" + login + "127.0.0.1:0", "--loop", loop};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  program program_;
  std::string port_;
};

class serve_mqtt : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(loops, serve_mqtt, testing::Values("blocking", "uv", "asio"),
                         [](const auto& param) { return param.param; });

TEST_P(serve_mqtt, carries_messages_and_ends) {
  embedded_broker broker(GetParam());
  for (const char* version : {"3.1.1", "5"}) {
    program sub({"sub", broker.url(), "sensor/+", "--qos", "2", "--count", "1", "-v", "--version",
                 version});
    ASSERT_TRUE(sub.has_said("subscribed to sensor/+"));
    const auto pub = run_parley({"pub", broker.url(), "sensor/7", "21.5", "--qos", "2"});
    EXPECT_EQ(pub.code, 0) << pub.err;
    EXPECT_EQ(sub.wait().out, "21.5\n");
  }
  broker.running().signal(SIGTERM);
  EXPECT_EQ(broker.running().wait().code, 143);
}

TEST_P(serve_mqtt, keeps_what_it_has_in_a_store) {
  const temporary_folder folder;
  const words store{"--store", folder / "broker.log"};
  {
    embedded_broker broker(GetParam(), store);
    EXPECT_EQ(run_parley({"pub", broker.url(), "kept", "last", "--retain", "--qos", "1"}).code, 0);
    broker.running().signal(SIGKILL);
    (void)broker.running().wait();
  }
  embedded_broker broker(GetParam(), store);
  EXPECT_EQ(run_parley({"sub", broker.url(), "kept", "--count", "1", "--timeout", "10"}).out,
            "last\n");
}

// Several places of one broker: what comes in by one goes out by the others.
TEST_P(serve_mqtt, serves_websocket_beside_tcp) {
  const temporary_folder folder;
  program broker({"serve", "mqtt://127.0.0.1:0", "mqtt+ws://127.0.0.1:0", "ws://127.0.0.1:0",
                  "mqtt+unix://" + folder / "mqtt.sock", "--loop", GetParam()});
  ASSERT_TRUE(broker.has_printed("mqtt.sock\n")) << broker.wait().err;
  words urls;
  std::istringstream lines(broker.printed());
  for (std::string line; std::getline(lines, line);) urls.push_back(line);
  ASSERT_EQ(urls.size(), 4U);
  EXPECT_THAT(urls[1], testing::StartsWith("mqtt+ws://127.0.0.1:"));
  EXPECT_THAT(urls[2], testing::StartsWith("mqtt+ws://127.0.0.1:"));
  for (const std::string& to : urls) {
    program sub({"sub", to, "t", "--count", "4", "-v", "--loop", GetParam()});
    ASSERT_TRUE(sub.has_said("subscribed to t"));
    for (const std::string& from : urls) {
      const auto pub = run_parley({"pub", from, "t", "x", "--qos", "1", "--loop", GetParam()});
      EXPECT_EQ(pub.code, 0) << pub.err;
    }
    EXPECT_EQ(sub.wait().out, "x\nx\nx\nx\n");
  }
}

TEST(serve_mqtt_rules, places_are_told_apart) {
  const auto bad = [](const words& w) {
    words all{"serve", "mqtt://127.0.0.1:0"};
    all.insert(all.end(), w.begin(), w.end());
    return run_parley(all);
  };
  EXPECT_NE(bad({"mqtt://user@127.0.0.1:0"}).code, 0);
  EXPECT_NE(bad({"mqtts://127.0.0.1:0"}).code, 0);  // without a certificate
  EXPECT_THAT(bad({"mqtt+ws://127.0.0.1:0?max_clients=1"}).err, HasSubstr("max_clients"));
}

TEST(serve_mqtt_rules, who_may_do_what) {  // S147
  const temporary_folder folder;
  const std::string rules = folder.write("acl", "user device\ntopic readwrite open/#\n");
  embedded_broker broker("blocking", {"--acl", rules}, "device:secret@");
  const std::string url = broker.url("device:secret@");
  EXPECT_EQ(run_parley({"pub", url, "open/a", "x", "--qos", "1"}).code, 0);
  const auto refused = run_parley({"pub", url, "closed", "x", "--qos", "1"});
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.err, HasSubstr("does not permit it"));
  const auto wrong = run_parley({"pub", broker.url("device:wrong@"), "open/a", "x"});
  EXPECT_NE(wrong.code, 0);
  EXPECT_THAT(wrong.err, HasSubstr("hint"));
}

TEST(serve_mqtt_rules, a_store_that_cannot_be_opened) {
  const auto got = run_parley({"serve", "mqtt://127.0.0.1:0", "--store", "/nowhere/at/all"});
  EXPECT_NE(got.code, 0);
  EXPECT_THAT(got.err, HasSubstr("/nowhere/at/all"));
}

TEST(call_mqtt, nobody_answers_and_says_so_at_once) {
  embedded_broker broker("blocking");
  const auto got = run_parley({"call", broker.url(), "calculate", "{\"x\": 10}"});
  EXPECT_NE(got.code, 0);
  EXPECT_THAT(got.err, HasSubstr("calculate"));
}

// A program that hears the call, and does not answer it.
TEST(call_mqtt, an_answer_is_waited_for_as_long_as_the_option_says) {
  embedded_broker broker("blocking");
  program deaf({"sub", broker.url(), "calculate", "-v"});
  ASSERT_TRUE(deaf.has_said("subscribed to"));
  const auto begin = std::chrono::steady_clock::now();
  const auto got = run_parley({"call", "--timeout", "0.5", broker.url(), "calculate", "1"});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
  EXPECT_EQ(got.code, 3);
  EXPECT_THAT(got.err, HasSubstr("the deadline passed"));
}

// The broker cuts off who sends so much; MQTT 3.1.1 has no word for it, and it would be sent again.
TEST_P(serve_mqtt, a_message_that_is_never_taken_ends_with_the_timeout) {
  embedded_broker broker(GetParam());
  const auto got = run_parley({"pub", broker.url(), "x", "--stdin", "--qos", "1", "--version",
                               "3.1.1", "--timeout", "0.5", "--loop", GetParam()},
                              std::string(2 << 20, 'x'));
  EXPECT_EQ(got.code, 3);
  EXPECT_EQ(got.out, "");
  EXPECT_THAT(got.err, HasSubstr("cannot publish: the deadline passed: no answer of the server"));
}

}  // namespace
}  // namespace parley::test
