// `parley serve|sub|pub|call grpc://...`, on every loop.
#include <parley/build_config.hpp>

#if PARLEY_HAS_GRPC
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <optional>

#include "program.hpp"
#include "support/temporary_folder.hpp"
#include "support/tls_files.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using words = std::vector<std::string>;

class cli_grpc : public testing::TestWithParam<std::string> {
 protected:
  static words on_this_loop(words arguments) {
    arguments.insert(arguments.begin() + 1, {"--loop", GetParam()});
    return arguments;
  }
  // A server; the URL that it prints.
  std::string serve(const std::string& url, const words& more = {}) {
    words all = on_this_loop({"serve", url});
    all.insert(all.end(), more.begin(), more.end());
    server_.emplace(all);
    EXPECT_TRUE(server_->has_printed("\n")) << server_->wait().err;
    const std::string& line = server_->printed();
    return line.substr(0, line.find('\n'));
  }
  static program::outcome call(const std::string& url, const words& more) {
    words all = on_this_loop({"call", url});
    all.insert(all.end(), more.begin(), more.end());
    return run_parley(all);
  }

  temporary_folder folder_;
  std::optional<program> server_;
};

INSTANTIATE_TEST_SUITE_P(loops, cli_grpc, testing::Values("blocking", "uv", "asio"),
                         [](const auto& param) { return param.param; });

TEST_P(cli_grpc, calls_by_unix_socket) {  // S4, S32
  const std::string path = folder_ / "service.sock";
  EXPECT_EQ(serve("grpc+unix:" + path), "grpc+unix:" + path);
  const std::string url = "grpc+unix:" + path;
  EXPECT_EQ(call(url, {"echo", "{\"id\": 7}"}).out, "{\"id\":7}\n");
  EXPECT_EQ(call(url, {"echo", "\"text\""}).out, "text\n");
  EXPECT_EQ(call(url, {"echo"}).out, "null\n");
  const auto late = call(url, {"echo", "1", "--timeout", "1"});
  EXPECT_EQ(late.code, 2);
  EXPECT_THAT(late.err, HasSubstr("options come before its name"));
  // No digit of a long integer is lost.
  EXPECT_EQ(call(url, {"echo", "[-9223372036854775807, 18446744073709551615]"}).out,
            "[-9223372036854775807,18446744073709551615]\n");
  server_->signal(SIGTERM);
  const auto end = server_->wait();
  EXPECT_EQ(end.code, 143);
  EXPECT_EQ(end.err, "");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_P(cli_grpc, calls_by_tcp) {
  const std::string url = serve("grpc://127.0.0.1:0");
  EXPECT_THAT(url, StartsWith("grpc://127.0.0.1:"));
  EXPECT_EQ(call(url, {"echo", "1.5"}).out, "1.5\n");
  const auto none = call(url, {"nothing"});
  EXPECT_EQ(none.code, 4) << none.err;
  EXPECT_THAT(none.err, HasSubstr("parley: the call failed: "));
  EXPECT_THAT(none.err, HasSubstr("nothing"));
  const auto bad = call(url, {"echo", "{bad"});
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("not JSON"));
}

TEST_P(cli_grpc, messages_go_from_client_to_client) {
  const std::string url = serve("grpc://127.0.0.1:0");
  program sub(on_this_loop({"sub", url, "updates/+", "--count", "2", "--json", "-v"}));
  ASSERT_TRUE(sub.has_said("parley: subscribed to ")) << sub.wait().err;
  const auto pub = run_parley(on_this_loop({"pub", url, "updates/status", "online", "{\"a\": 1}"}));
  EXPECT_EQ(pub.code, 0) << pub.err;
  const auto got = sub.wait();
  EXPECT_EQ(got.code, 0) << got.err;
  EXPECT_EQ(got.out,
            "{\"topic\":\"updates/status\",\"pattern\":\"updates/+\",\"payload\":\"online\"}\n"
            "{\"topic\":\"updates/status\",\"pattern\":\"updates/+\",\"payload\":\"{\\\"a\\\": "
            "1}\"}\n");
}

TEST_P(cli_grpc, messages_stay_with_the_server_if_its_url_says_so) {
  const std::string url = serve("grpc://127.0.0.1:0?relay=false");
  program sub(on_this_loop({"sub", url, "news", "-v", "--timeout", "2"}));
  ASSERT_TRUE(sub.has_said("subscribed to news")) << sub.wait().err;
  EXPECT_EQ(run_parley(on_this_loop({"pub", url, "news", "x"})).out, "0\n");
  EXPECT_EQ(sub.wait().out, "");
}

TEST_P(cli_grpc, by_tls) {  // S38
  const tls_files files;
  const std::string url = serve("grpcs://127.0.0.1:0", {"--cert", files.chain, "--key", files.key});
  EXPECT_THAT(url, StartsWith("grpcs://127.0.0.1:"));
  const auto good = call(url, {"--ca-certs", files.ca, "echo", "1"});
  EXPECT_EQ(good.out, "1\n") << good.err;
  const auto strange = call(url, {"--timeout", "2", "echo", "1"});
  EXPECT_NE(strange.code, 0);
  EXPECT_THAT(strange.err, HasSubstr("certificate"));
  EXPECT_THAT(strange.err, HasSubstr("\nhint: "));
}

TEST_P(cli_grpc, errors_that_a_person_can_act_on) {  // S157
  const auto down = call("grpc://127.0.0.1:1", {"--timeout", "0.5", "echo"});
  EXPECT_EQ(down.code, 3) << down.err;
  EXPECT_EQ(down.out, "");
  EXPECT_THAT(down.err, StartsWith("parley: cannot connect: "));
  EXPECT_THAT(down.err, HasSubstr("\nhint: check that the service is running"));
  const auto socket = call("grpc+unix:" + (folder_ / "none.sock"), {"--timeout", "0.5", "echo"});
  EXPECT_EQ(socket.code, 3) << socket.err;
  EXPECT_THAT(socket.err, HasSubstr("none.sock"));
  const auto word = run_parley(on_this_loop({"serve", "grpc://127.0.0.1:0?max_connection=3"}));
  EXPECT_EQ(word.code, 4);
  EXPECT_THAT(word.err, HasSubstr("max_connection"));
  const std::string url = serve("grpc://127.0.0.1:0");
  const auto taken = run_parley(on_this_loop({"serve", url}));
  EXPECT_NE(taken.code, 0);
  EXPECT_THAT(taken.err, StartsWith("parley: cannot listen: "));
  EXPECT_THAT(taken.err, HasSubstr("\nhint: check that the address is this machine's"));
}

}  // namespace
}  // namespace parley::test
#endif
