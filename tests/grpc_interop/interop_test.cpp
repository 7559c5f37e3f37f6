// The fourteen cases of the public interoperability description that need no cloud: our client and
// our server with each other, and each with gRPC's own synchronous API, plain and by TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>

#include "redis/loops.hpp"
#include "support/child.hpp"
#include "support/tls_files.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;
using words = std::vector<std::string>;

constexpr auto cases = std::to_array<const char*>({
    "empty_unary",
    "large_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_service",
    "unimplemented_method",
});

std::string program(const std::string& name) {
  return PARLEY_BINARY_DIR "/conformance/grpc_interop_" + name;
}

struct pairing {
  const char* name;
  const char* client;
  const char* server;
  bool tls;
};

class grpc_interop : public ::testing::Test {
 protected:
  void start(const std::string& name, bool tls) {
    words all{program(name), "--port=0"};
    if (tls) {
      all.insert(all.end(),
                 {"--use_tls=true", "--cert_file", files().chain, "--key_file", files().key});
    }
    server.emplace(std::move(all));
    const auto is_up = [&] { return server->out().ends_with('\n') || server->has_ended(); };
    ASSERT_TRUE(at.run_until(is_up, 60s));
    port = server->out().substr(0, server->out().find('\n'));
    ASSERT_NE(port, "") << server->err();
  }
  // To its end.
  std::unique_ptr<child> ask(const std::string& client, const words& more) {
    words all{program(client), "--server_host=127.0.0.1", "--server_port", port};
    all.insert(all.end(), more.begin(), more.end());
    auto c = std::make_unique<child>(std::move(all));
    EXPECT_TRUE(at.run_until([&] { return c->has_ended(); }, 90s));
    return c;
  }

  on_loop<blocking_world> at;
  std::optional<child> server;
  std::string port;
};

class grpc_interop_pairs : public grpc_interop, public ::testing::WithParamInterface<pairing> {};

INSTANTIATE_TEST_SUITE_P(
    all, grpc_interop_pairs,
    ::testing::Values(pairing{"ours_and_ours", "client", "server", false},
                      pairing{"ours_and_ours_tls", "client", "server", true},
                      pairing{"client_and_reference", "client", "reference_server", false},
                      pairing{"client_and_reference_tls", "client", "reference_server", true},
                      pairing{"reference_and_server", "reference_client", "server", false},
                      pairing{"reference_and_server_tls", "reference_client", "server", true}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_P(grpc_interop_pairs, every_case) {  // S33 to S38, S46, S47
  const pairing& p = GetParam();
  ASSERT_NO_FATAL_FAILURE(start(p.server, p.tls));
  words flags;
  if (p.tls)
    flags = {"--use_tls", "true", "--server_host_override=server", "--ca_file", files().ca};
  for (const std::string name : cases) {
    words all = flags;
    all.push_back("--test_case=" + name);
    const auto c = ask(p.client, all);
    EXPECT_EQ(c->code(), 0) << name << ": " << c->err();
    EXPECT_EQ(c->out(), name + ": ok\n");
  }
  EXPECT_FALSE(server->has_ended()) << server->err();
}

// --- what is wrong is found ---------------------------------------------------------------------

class grpc_interop_client : public grpc_interop,
                            public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(all, grpc_interop_client, ::testing::Values("client", "reference_client"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(grpc_interop_client, all_cases_by_one_process) {
  ASSERT_NO_FATAL_FAILURE(start("server", false));
  const auto c = ask(GetParam(), {});
  EXPECT_EQ(c->code(), 0) << c->err();
  std::string lines;
  for (const std::string name : cases) lines += name + ": ok\n";
  EXPECT_EQ(c->out(), lines);
}

TEST_P(grpc_interop_client, another_name_in_the_certificate) {  // S159
  ASSERT_NO_FATAL_FAILURE(start("server", true));
  const auto c = ask(GetParam(), {"--use_tls=true", "--server_host_override=elsewhere", "--ca_file",
                                  files().ca, "--test_case=empty_unary"});
  EXPECT_EQ(c->code(), 1) << c->out();
}

TEST_P(grpc_interop_client, flags_that_are_wrong) {
  port = "1";
  EXPECT_EQ(ask(GetParam(), {"--test_case=nonsense"})->code(), 1);
  for (const words& wrong :
       {words{"--nonsense=1"}, words{"--use_tls=maybe"}, words{"--server_port=x"},
        words{"empty_unary"}, words{"--test_case"}}) {
    const auto c = ask(GetParam(), wrong);
    EXPECT_EQ(c->code(), 2) << wrong[0];
    EXPECT_THAT(c->err(), HasSubstr("no such flag"));
  }
}

}  // namespace
}  // namespace parley::test
