// `parley serve|sub|pub|call http://...`, on every loop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "program.hpp"
#include "support/temporary_folder.hpp"
#include "support/tls_files.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;
using words = std::vector<std::string>;

class cli_rest : public testing::TestWithParam<std::string> {
 protected:
  static words on_this_loop(words arguments) {
    arguments.insert(arguments.begin() + 1, {"--loop", GetParam()});
    return arguments;
  }
  // A server on a free port; the URL that it prints.
  std::string serve(const std::string& url = "http://127.0.0.1:0", const words& more = {}) {
    words all = on_this_loop({"serve", url});
    all.insert(all.end(), more.begin(), more.end());
    server_.emplace(all);
    EXPECT_TRUE(server_->has_printed("\n"));
    const std::string& line = server_->printed();
    return line.substr(0, line.find('\n'));
  }
  // One publishes, the other hears it.
  void converse(const std::string& url, const words& more = {}) {
    words hears = on_this_loop({"sub", url, "updates/+", "--count", "2", "--json", "-v"});
    hears.insert(hears.end(), more.begin(), more.end());
    program sub(hears);
    ASSERT_TRUE(sub.has_said("parley: subscribed to ")) << sub.wait().err;
    words speaks = on_this_loop({"pub", url, "updates/status", "online", "{\"a\": 1}"});
    speaks.insert(speaks.begin() + 1, more.begin(), more.end());
    const auto pub = run_parley(speaks);
    EXPECT_EQ(pub.code, 0) << pub.err;
    const auto got = sub.wait();
    EXPECT_EQ(got.code, 0) << got.err;
    EXPECT_EQ(got.out,
              "{\"topic\":\"updates/status\",\"pattern\":\"updates/+\",\"payload\":\"online\"}\n"
              "{\"topic\":\"updates/status\",\"pattern\":\"updates/+\",\"payload\":\"{\\\"a\\\": "
              "1}\"}\n");
  }

  std::optional<program> server_;
};

INSTANTIATE_TEST_SUITE_P(loops, cli_rest, testing::Values("blocking", "uv", "asio"),
                         [](const auto& param) { return param.param; });

// Both protocols on one port: at every path, or at one.
TEST_P(cli_rest, websocket_shares_the_port) {
  const std::string url = serve("http://127.0.0.1:0", {"ws://127.0.0.1:0"});
  const std::string ws = "ws" + url.substr(4);
  ASSERT_TRUE(server_->has_printed("\n" + ws + "\n"));
  converse(url);
  converse(ws);
  const auto echo = run_parley(on_this_loop({"call", ws, "echo", "{\"id\": 7}"}));
  EXPECT_EQ(echo.out, "{\"id\":7}\n") << echo.err;
  server_->signal(SIGTERM);
  const auto end = server_->wait();
  EXPECT_EQ(end.code, 128 + SIGTERM) << end.err;
}

TEST_P(cli_rest, websocket_has_a_path_of_that_port) {
  const std::string url = serve("https://127.0.0.1:0", {"wss://127.0.0.1:0/feed", "--cert",
                                                        files().chain, "--key", files().key});
  const std::string ws = "wss" + url.substr(5) + "/feed";
  ASSERT_TRUE(server_->has_printed("\n" + ws + "\n"));
  converse(ws, {"--ca-certs", files().ca});
  const auto plain =
      run_parley(on_this_loop({"call", url + "/feed", "--include", "--ca-certs", files().ca}));
  EXPECT_THAT(plain.out, HasSubstr("426"));
}

TEST_P(cli_rest, messages_go_from_client_to_client) {
  const std::string url = serve();
  EXPECT_THAT(url, testing::StartsWith("http://127.0.0.1:"));
  converse(url + "/events");
  converse(url);
  server_->signal(SIGTERM);
  const auto end = server_->wait();
  EXPECT_EQ(end.code, 143);
  EXPECT_EQ(end.err, "");
}

TEST_P(cli_rest, calls_have_an_answer) {
  const std::string url = serve();
  const auto good = run_parley(on_this_loop({"call", url + "/echo", "--data", "{\"id\": 7}"}));
  EXPECT_EQ(good.out, "{\"id\":7}") << good.err;
  const auto bad = run_parley(on_this_loop({"call", url + "/echo", "--data", "{bad"}));
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.err + bad.out, HasSubstr("line 1"));
  EXPECT_EQ(run_parley(on_this_loop({"call", url + "/none"})).code, 1);
}

TEST_P(cli_rest, by_tls_and_by_a_local_socket) {
  const tls_files files;
  std::string url = serve("https://127.0.0.1:0", {"--cert", files.chain, "--key", files.key});
  EXPECT_THAT(url, testing::StartsWith("https://127.0.0.1:"));
  converse(url + "/events", {"--ca-certs", files.ca});
  const auto strange = run_parley(on_this_loop({"pub", "--timeout", "2", url, "x", "1"}));
  EXPECT_NE(strange.code, 0);
  EXPECT_THAT(strange.err, HasSubstr("certificate"));
  const temporary_folder folder;
  url = serve("http+unix://" + (folder / "web.sock"));
  converse(url);
}

TEST_P(cli_rest, nobody_serves_there) {
  const auto none = run_parley(on_this_loop({"pub", "http://127.0.0.1:1", "x", "1"}));
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("refused"));
}

// The path of the URL is where channels are looked for, its parameters are for the client.
TEST_P(cli_rest, a_path_without_channels) {
  const std::string url = serve();
  const auto lost = run_parley(on_this_loop({"pub", url + "/nowhere", "x", "1"}));
  EXPECT_EQ(lost.code, 4);
  EXPECT_THAT(lost.err, HasSubstr("/nowhere/x: 404"));
  const auto deaf = run_parley(on_this_loop({"sub", url + "/no%20where", "x/+"}));
  EXPECT_EQ(deaf.code, 4);
  EXPECT_THAT(deaf.err, HasSubstr("/no%20where?channel="));
  const auto word = run_parley(on_this_loop({"pub", url + "/events?token=1", "x", "1"}));
  EXPECT_EQ(word.code, 4);
  EXPECT_THAT(word.err, HasSubstr("unknown parameter \"token\""));
  const auto good = run_parley(on_this_loop({"pub", url + "/events/?timeout=9", "x", "1"}));
  EXPECT_EQ(good.out, "sent\n") << good.err;
}

// Without --timeout as with the other protocols: 5 seconds, and not those of a call.
TEST_P(cli_rest, nobody_waits_for_long_for_a_server) {
  const auto begun = std::chrono::steady_clock::now();
  const auto none = run_parley(on_this_loop({"sub", "http://127.0.0.1:1", "x"}));
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("refused"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(15));
}

}  // namespace
}  // namespace parley::test
