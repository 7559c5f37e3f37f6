// `parley pub|sub mqtt://...` against mosquitto, on every loop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "program.hpp"
#include "support/mosquitto.hpp"
#include "support/tls_files.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;
using words = std::vector<std::string>;

class cli_mqtt : public testing::TestWithParam<std::string> {
 protected:
  static words on_this_loop(words arguments) {
    arguments.insert(arguments.begin() + 1, {"--loop", GetParam()});
    return arguments;
  }
};

INSTANTIATE_TEST_SUITE_P(loops, cli_mqtt, testing::Values("blocking", "uv", "asio"),
                         [](const auto& param) { return param.param; });

TEST_P(cli_mqtt, messages_go_from_one_to_the_other) {
  const mosquitto server;
  for (const char* version : {"3.1.1", "5"}) {
    program sub(on_this_loop({"sub", server.uri(), "sensor/+/data", "--qos", "2", "--count", "2",
                              "--json", "-v", "--version", version}));
    ASSERT_TRUE(sub.has_said("parley: subscribed to sensor/+/data with QoS 2")) << sub.wait().err;
    const auto pub = run_parley(on_this_loop({"pub", server.uri(), "sensor/7/data", "21.5",
                                              "{\"a\": 1}", "--qos", "1", "--version", version}));
    EXPECT_EQ(pub.code, 0) << pub.err;
    EXPECT_EQ(pub.out, "sent\nsent\n");
    const auto got = sub.wait();
    EXPECT_EQ(got.code, 0) << got.err;
    EXPECT_EQ(
        got.out,
        "{\"topic\":\"sensor/7/data\",\"pattern\":\"sensor/+/data\",\"payload\":\"21.5\"}\n"
        "{\"topic\":\"sensor/7/data\",\"pattern\":\"sensor/+/data\",\"payload\":\"{\\\"a\\\": "
        "1}\"}\n");
  }
}

TEST_P(cli_mqtt, nobody_is_told_as_none) {
  const mosquitto server;
  const auto pub = run_parley(on_this_loop({"pub", server.uri(), "x", "y", "--qos", "2"}));
  EXPECT_EQ(pub.code, 0) << pub.err;
  EXPECT_EQ(run_parley(on_this_loop({"pub", server.uri(), "x", "y"})).out, "sent\n");
}

TEST_P(cli_mqtt, retained_and_will) {
  const mosquitto server;
  EXPECT_EQ(run_parley(on_this_loop({"pub", server.uri(), "kept", "last", "--retain"})).code, 0);
  const words read = {"sub", server.uri(), "kept", "--count", "1", "--timeout", "10"};
  EXPECT_EQ(run_parley(on_this_loop(read)).out, "last\n");
  program sub(on_this_loop({"sub", server.uri(), "x", "-v", "--will-topic", "gone",
                            "--will-payload", "lost", "--will-qos", "1", "--will-retain"}));
  ASSERT_TRUE(sub.has_said("subscribed to"));
  sub.signal(SIGKILL);
  (void)sub.wait();
  const words will = {"sub", server.uri(), "gone", "--count", "1", "--timeout", "10"};
  EXPECT_EQ(run_parley(on_this_loop(will)).out, "lost\n");
}

// CLI11 takes such words for lists, and what keeps it from that must not be sent.
TEST_P(cli_mqtt, words_of_options_stay_as_they_are) {
  const mosquitto server;
  program sub(on_this_loop({"sub", server.uri(), "x", "-v", "--will-topic", "gone",
                            "--will-payload", "{\"a&b\": 1}", "--will-retain", "--client-id", ""}));
  ASSERT_TRUE(sub.has_said("subscribed to")) << sub.wait().err;
  sub.signal(SIGKILL);
  (void)sub.wait();
  const words will = {"sub", server.uri(), "gone", "--count", "1", "--timeout", "10"};
  EXPECT_EQ(run_parley(on_this_loop(will)).out, "{\"a&b\": 1}\n");
}

// What the URL lacks may be said by an option, and an option wins.
TEST_P(cli_mqtt, options_go_together_with_the_url) {
  const mosquitto server;
  const auto at = [&](const char* more) { return server.uri() + more; };
  const words kept = {
      "sub", at("?clean_session=false&keepalive=9"), "x", "--client-id", "c", "--timeout", "0.3"};
  const auto session = run_parley(on_this_loop(kept));
  EXPECT_EQ(session.code, 0) << session.err;
  const words will = {"sub", at("?will_payload=lost"), "x", "--will-topic", "gone", "--timeout",
                      "0.3"};
  const auto lost = run_parley(on_this_loop(will));
  EXPECT_EQ(lost.code, 0) << lost.err;
  const auto old = run_parley(
      on_this_loop({"pub", at("?version=3.1.1&qos=0"), "z", "y", "--version", "5", "--qos", "1"}));
  EXPECT_EQ(old.out, "0\n") << old.err;  // MQTT 5 tells that nobody has it
}

TEST_P(cli_mqtt, a_persistent_session_loses_nothing) {
  const mosquitto server;
  const words sub = {"sub",     server.uri(), "box",         "--qos",   "1", "--persistent",
                     "--count", "1",          "--client-id", "postbox", "-v"};
  program first(on_this_loop(sub));
  ASSERT_TRUE(first.has_said("subscribed to"));
  EXPECT_EQ(run_parley(on_this_loop({"pub", server.uri(), "box", "a", "b", "--qos", "1"})).code, 0);
  EXPECT_EQ(first.wait().out, "a\n");
  EXPECT_EQ(run_parley(on_this_loop({"pub", server.uri(), "box", "c", "--qos", "1"})).code, 0);
  // Also what had come, and was not printed.
  EXPECT_EQ(run_parley(on_this_loop(sub)).out, "b\n");
  EXPECT_EQ(run_parley(on_this_loop(sub)).out, "c\n");
}

TEST_P(cli_mqtt, by_tls_with_a_password) {
  const mosquitto server({.tls = true, .users = {"ann:secret"}});
  std::string url = server.uri();
  url.insert(url.find("//") + 2, "ann:secret@");
  const auto good = run_parley(on_this_loop({"pub", url, "x", "y", "--ca-certs", files().ca}));
  EXPECT_EQ(good.code, 0) << good.err;
  const auto strange = run_parley(on_this_loop({"pub", url, "x", "y", "--timeout", "2"}));
  EXPECT_EQ(strange.code, 4) << strange.err;
  EXPECT_THAT(strange.err, HasSubstr("certificate"));
  url.replace(url.find("secret"), 6, "wrong");
  const auto wrong = run_parley(on_this_loop({"pub", url, "x", "y", "--ca-certs", files().ca}));
  EXPECT_EQ(wrong.code, 4) << wrong.err;
  EXPECT_THAT(wrong.err, HasSubstr("hint: check"));
  EXPECT_THAT(wrong.err, testing::Not(HasSubstr("wrong@")));
}

TEST_P(cli_mqtt, errors_that_a_person_can_act_on) {
  const auto down =
      run_parley(on_this_loop({"sub", "mqtt://127.0.0.1:1", "x", "--timeout", "0.5"}));
  EXPECT_EQ(down.code, 3);
  EXPECT_THAT(down.err, HasSubstr("check that the service is running"));
  const auto word = run_parley(on_this_loop({"sub", "mqtt://127.0.0.1:1?clientid=3", "x"}));
  EXPECT_EQ(word.code, 4);
  EXPECT_THAT(word.err, HasSubstr("clientid"));
  const auto name = run_parley(on_this_loop({"sub", "mqtt://127.0.0.1:1", "x", "--persistent"}));
  EXPECT_EQ(name.code, 4);
  EXPECT_THAT(name.err, HasSubstr("needs a client_id"));
  const auto other =
      run_parley(on_this_loop({"pub", "redis://127.0.0.1:1", "x", "y", "--qos", "1"}));
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("mqtt URLs"));
  const auto glob = run_parley(on_this_loop({"sub", "mqtt://127.0.0.1:1", "x.*", "--pattern"}));
  EXPECT_EQ(glob.code, 2);
  EXPECT_THAT(glob.err, HasSubstr("--pattern: is for redis URLs"));
}

}  // namespace
}  // namespace parley::test
