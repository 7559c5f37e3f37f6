// `parley serve|sub|pub|call ws://...`, on every loop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <parley/adapters/blocking/loop.hpp>
#include <parley/codecs/websocket/websocket_server.hpp>

#include "program.hpp"
#include "support/tls_files.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;
using words = std::vector<std::string>;

class cli_websocket : public testing::TestWithParam<std::string> {
 protected:
  static words on_this_loop(words arguments) {
    arguments.insert(arguments.begin() + 1, {"--loop", GetParam()});
    return arguments;
  }
  // A server on a free port; the URL that it prints.
  std::string serve(const std::string& url = "ws://127.0.0.1:0", const words& more = {}) {
    words all = on_this_loop({"serve", url});
    all.insert(all.end(), more.begin(), more.end());
    server_.emplace(all);
    EXPECT_TRUE(server_->has_printed("\n"));
    const std::string& line = server_->printed();
    return line.substr(0, line.find('\n'));
  }

  std::optional<program> server_;
};

INSTANTIATE_TEST_SUITE_P(loops, cli_websocket, testing::Values("blocking", "uv", "asio"),
                         [](const auto& param) { return param.param; });

TEST_P(cli_websocket, messages_go_from_client_to_client) {
  const std::string url = serve();
  EXPECT_THAT(url, testing::StartsWith("ws://127.0.0.1:"));
  program sub(on_this_loop({"sub", url, "updates/+", "--count", "2", "--json", "-v"}));
  ASSERT_TRUE(sub.has_said("parley: subscribed to ")) << sub.wait().err;
  const auto pub = run_parley(on_this_loop({"pub", url, "updates/status", "online", "{\"a\": 1}"}));
  EXPECT_EQ(pub.code, 0) << pub.err;
  EXPECT_EQ(pub.out, "sent\nsent\n");
  const auto got = sub.wait();
  EXPECT_EQ(got.code, 0);
  EXPECT_EQ(got.out,
            "{\"topic\":\"updates/status\",\"pattern\":\"updates/+\",\"payload\":\"online\"}\n"
            "{\"topic\":\"updates/status\",\"pattern\":\"updates/+\",\"payload\":\"{\\\"a\\\": "
            "1}\"}\n");
  server_->signal(SIGTERM);
  const auto end = server_->wait();
  EXPECT_EQ(end.code, 143);
  EXPECT_EQ(end.err, "");
}

TEST_P(cli_websocket, calls_have_an_answer) {
  const std::string url = serve();
  EXPECT_EQ(run_parley(on_this_loop({"call", url, "echo", "{\"id\": 7}"})).out, "{\"id\":7}\n");
  EXPECT_EQ(run_parley(on_this_loop({"call", url, "echo", "\"text\""})).out, "text\n");
  EXPECT_EQ(run_parley(on_this_loop({"call", url, "echo"})).out, "null\n");
  const auto none = run_parley(on_this_loop({"call", url, "nothing"}));
  EXPECT_EQ(none.code, 4);
  EXPECT_THAT(none.err, HasSubstr("there is no such callable"));
  const auto bad = run_parley(on_this_loop({"call", url, "echo", "{bad"}));
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("not JSON"));
}

TEST_P(cli_websocket, by_tls) {
  const tls_files files;
  const std::string url = serve("wss://127.0.0.1:0", {"--cert", files.chain, "--key", files.key});
  EXPECT_THAT(url, testing::StartsWith("wss://127.0.0.1:"));
  const auto good = run_parley(on_this_loop({"call", "--ca-certs", files.ca, url, "echo", "1"}));
  EXPECT_EQ(good.out, "1\n") << good.err;
  const auto strange = run_parley(on_this_loop({"call", "--timeout", "2", url, "echo", "1"}));
  EXPECT_NE(strange.code, 0);
  EXPECT_THAT(strange.err, HasSubstr("certificate"));
}

// A page without envelopes: notes what it gets, and of which kind.
struct stranger final : websocket_handler {
  void on_event(websocket_peer&, websocket::event& event, time_point) override {
    const auto* const m = std::get_if<websocket::message_event>(&event);
    if (m == nullptr) return;
    const bool is_text = m->type == websocket::opcode::text;
    got.push_back((is_text ? "text " : "binary ") + std::string(as_text(m->data)));
  }
  words got;
};

TEST_P(cli_websocket, strangers_get_text_as_text) {
  blocking::loop loop;
  stranger hears;
  websocket_server server(loop, hears, {.host = "127.0.0.1", .port = 0});
  ASSERT_TRUE(server.listen());
  const std::string url = "ws://" + server.local_address()->to_string();
  program pub(on_this_loop({"pub", url, "x", "{\"a\": 1}", "gr\xc3\xbc\xc3\x9f", "\xff"}));
  for (int i = 0; i < 200 && !pub.has_ended(); ++i) loop.run_once(std::chrono::milliseconds(50));
  const auto end = pub.wait();
  EXPECT_EQ(end.code, 0) << end.err;
  EXPECT_EQ(hears.got, (words{"text {\"a\": 1}", "text gr\xc3\xbc\xc3\x9f", "binary \xff"}));
}

TEST_P(cli_websocket, errors_that_a_person_can_act_on) {
  const auto down = run_parley(on_this_loop({"sub", "ws://127.0.0.1:1", "x", "--timeout", "0.5"}));
  EXPECT_EQ(down.code, 3);
  EXPECT_THAT(down.err, HasSubstr("check that the service is running"));
  const auto word = run_parley(on_this_loop({"serve", "ws://127.0.0.1:0?max_connection=3"}));
  EXPECT_EQ(word.code, 4);
  EXPECT_THAT(word.err, HasSubstr("max_connection"));
}

}  // namespace
}  // namespace parley::test
