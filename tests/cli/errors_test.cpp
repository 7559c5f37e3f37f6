// What a user sees when it does not work: what, why, a hint, and the exit code.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <parley/core/version.hpp>
#include <thread>

#include "program.hpp"
#include "support/redis_server.hpp"

namespace parley::test {
namespace {

// The start of what is printed, something of the hint, and the exit code.
void expect_failure(const program::outcome& got, int code, std::string_view what,
                    std::string_view hint) {
  EXPECT_EQ(got.code, code) << got.err;
  EXPECT_EQ(got.out, "");
  EXPECT_TRUE(got.err.starts_with("parley: ")) << got.err;
  EXPECT_TRUE(got.err.contains(what)) << got.err;
  const std::size_t at = got.err.find("\nhint: ");
  ASSERT_NE(at, std::string::npos) << got.err;
  EXPECT_TRUE(std::string_view(got.err).substr(at).contains(hint)) << got.err;
}

// Answers whatever is sent as a web server answers a bad request.
class http_server {
 public:
  http_server() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(at);
    auto* general = reinterpret_cast<sockaddr*>(&at);
    EXPECT_EQ(::bind(listener_, general, size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, general, &size), 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  ~http_server() {
    ::shutdown(listener_, SHUT_RDWR);  // ends accept
    thread_.join();
    ::close(listener_);
  }

  std::string redis_uri() const { return "redis://127.0.0.1:" + std::to_string(port_); }

 private:
  void serve() {
    for (int peer; (peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      std::array<char, 1024> request;
      constexpr std::string_view answer =
          "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      if (::recv(peer, request.data(), request.size(), 0) > 0) {
        (void)::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      ::close(peer);
    }
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

class errors : public testing::TestWithParam<std::string> {
 protected:
  static program::outcome pub(const std::string& uri) {
    return run_parley({"pub", uri, "topic", "x", "--timeout", "0.5", "--loop", GetParam()});
  }
};

INSTANTIATE_TEST_SUITE_P(loops, errors, testing::Values("blocking", "uv", "asio"),
                         [](const auto& param) { return param.param; });

TEST_P(errors, refused) {  // S157
  const std::string port = std::to_string(free_port());
  const auto got = pub("redis://127.0.0.1:" + port);
  expect_failure(got, 3, "cannot connect: connection refused: 127.0.0.1:" + port,
                 "check that the service is running, the host and port, and the firewall");
}

TEST_P(errors, unresolvable) {
  expect_failure(pub("redis://no-such-host.invalid"), 3, "no-such-host.invalid",
                 "check the spelling of the host name");
}

TEST_P(errors, no_such_unix_socket) {
  expect_failure(pub("redis+unix:///tmp/parley-no-such.sock"), 3, "/tmp/parley-no-such.sock",
                 "check");
}

TEST_P(errors, not_a_redis_server) {
  const http_server web;
  expect_failure(pub(web.redis_uri()), 4, "not a Redis server", "HTTP server");
}

TEST_P(errors, password_missing_or_wrong) {
  const redis_server server(
      {"--requirepass", "right", "--user", "ann", "on", ">ann-secret", "~*", "&allowed", "+@all"});
  const std::string at = server.uri().substr(8);
  expect_failure(pub(server.uri()), 4, "NOAUTH", "set `password`");
  const auto wrong = pub("redis://:not-this-one@" + at);
  expect_failure(wrong, 4, "WRONGPASS", "check `username` and `password`");
  EXPECT_FALSE(wrong.err.contains("not-this-one")) << wrong.err;
  const auto user = pub("redis://ann:not-this-one@" + at);
  expect_failure(user, 4, "WRONGPASS", "check `username` and `password`");
  EXPECT_EQ(pub("redis://:right@" + at).code, 0);
  // The login is right; the channel is not allowed.
  expect_failure(pub("redis://ann:ann-secret@" + at), 4, "cannot publish", "ACL SETUSER");
  const auto sub = run_parley(
      {"sub", "redis://ann:ann-secret@" + at, "denied", "--count", "1", "--loop", GetParam()});
  expect_failure(sub, 4, "cannot subscribe", "ACL SETUSER");
}

TEST_P(errors, database_out_of_range) {
  const redis_server server({"--databases", "2"});
  expect_failure(pub(server.uri() + "/7"), 4, "the database does not exist", "setting `databases`");
  EXPECT_EQ(pub(server.uri() + "/1").code, 0);  // S146
}

TEST_P(errors, server_that_hangs) {
  redis_server server;
  server.freeze();
  expect_failure(pub(server.uri()), 3, "cannot connect", "check");
}

// The password is changed and the connection cut while we listen: trying again
// would not mend that, so it ends.
TEST_P(errors, login_refused_after_a_break) {
  const redis_server server({"--requirepass", "old"});
  const std::string uri = "redis://:old@" + server.uri().substr(8);
  program sub({"sub", uri, "topic", "-v", "--loop", GetParam()});
  ASSERT_TRUE(sub.has_said("subscribed to topic"));
  const std::string change =
      "printf 'config set requirepass new\\nclient kill type pubsub\\n' | redis-cli -s " +
      server.socket_path() + " --no-auth-warning -a old >/dev/null";
  ASSERT_EQ(std::system(change.c_str()), 0);
  const auto got = sub.wait();
  expect_failure(got, 4, "cannot go on: wrong user name or password", "check `username`");
}

// --- without a server -------------------------------------------------------------

// A protocol that is there is tried; one that is not is named, with what would bring it.
TEST(command_line, protocol_that_may_not_be_built_in) {  // S160, S161
  const auto got = run_parley({"pub", "grpc://127.0.0.1:1", "topic", "x", "--timeout", "0.5"});
  if (find_build_part("grpc")->built) {
    expect_failure(got, 3, "cannot connect: ", "check that the service is running");
  } else {
    expect_failure(got, 4, "protocol not available: grpc: built without it",
                   "-DPARLEY_GRPC=ON -DPARLEY_FILES=ON -DPARLEY_TLS=ON -DPARLEY_JSON=ON; "
                   "package libgrpc++-dev");
  }
}

TEST(command_line, unknown_scheme) {
  expect_failure(run_parley({"sub", "gopher://host", "topic"}), 4,
                 "no protocol has the scheme \"gopher\"", "");
}

TEST(command_line, tls_without_its_files_or_not_built_in) {
  const bool built = find_build_part("files")->built;
  const auto got = run_parley({"pub", "rediss://127.0.0.1:1?ca_certs=/no/ca.pem", "t", "x"});
  expect_failure(got, 4,
                 built ? "there is no such file: /no/ca.pem" : "protocol not available: tls",
                 built ? "check the path" : "");
}

TEST(command_line, url_that_is_none) {
  expect_failure(run_parley({"pub", "redis://host:port", "topic", "x"}), 2, "the URL: ", "");
  const auto secret = run_parley({"pub", "redis://ann:s3cr3t@ho st", "topic", "x"});
  EXPECT_EQ(secret.code, 2);
  EXPECT_FALSE(secret.err.contains("s3cr3t")) << secret.err;
}

TEST(command_line, unknown_parameter_of_the_url) {
  expect_failure(run_parley({"pub", "redis://host?colour=red", "topic", "x"}), 4,
                 "unknown parameter \"colour\"", "correct every fault");
}

TEST(command_line, usage_errors_end_with_2) {
  const std::vector<std::vector<std::string>> wrong{
      {},
      {"nonsense"},
      {"pub"},
      {"pub", "redis://host"},
      {"pub", "redis://host", "topic"},                  // no message
      {"pub", "redis://host", "topic", "x", "--stdin"},  // two sources
      {"pub", "redis://host", "topic", "x", "--nonsense"},
      {"pub", "redis://host", "topic", "x", "--loop", "epoll"},
      {"pub", "redis://host", "topic", "x", "--timeout", "0"},
      {"sub", "redis://host", "topic", "--count", "0"},
      {"sub", "redis://host", "topic", "--count", "many"},
      {"sub", "redis://host", "topic", "second"},
      {"call", "redis://host"},
      {"serve"},
      {"serve", "redis://host", "word"},
  };
  for (const auto& arguments : wrong) {
    const auto got = run_parley(arguments);
    expect_failure(got, 2, "parley: ", "--help");
  }
}

TEST(command_line, a_count_of_none_says_what_is_wanted) {
  const auto got = run_parley({"sub", "redis://host", "topic", "--count", "0"});
  EXPECT_EQ(got.err, "parley: --count: 0 is no number from 1 on\nhint: parley sub --help\n");
}

TEST(command_line, usage_errors_show_no_password) {
  const auto got = run_parley({"sub", "redis://host", "topic", "redis://ann:s3cr3t@host"});
  EXPECT_EQ(got.code, 2);
  EXPECT_TRUE(got.err.contains("redis://***@host")) << got.err;
  EXPECT_FALSE(got.err.contains("s3cr3t")) << got.err;
}

TEST(command_line, help_has_examples_and_exit_codes) {
  const auto got = run_parley({"--help"});
  EXPECT_EQ(got.code, 0);
  EXPECT_EQ(got.err, "");
  for (const std::string_view part :
       {"parley pub redis://localhost", "exit codes:", "130", "sub"}) {
    EXPECT_TRUE(got.out.contains(part)) << part << '\n' << got.out;
  }
  const auto sub = run_parley({"sub", "--help"});
  EXPECT_EQ(sub.code, 0);
  for (const std::string_view part : {"--pattern", "--count", "--json", "--loop", "--timeout"}) {
    EXPECT_TRUE(sub.out.contains(part)) << part << '\n' << sub.out;
  }
}

TEST(command_line, version_says_what_is_built_in) {
  const auto got = run_parley({"--version"});
  EXPECT_EQ(got.code, 0);
  EXPECT_TRUE(got.out.starts_with("parley 0.")) << got.out;
  for (const std::string_view part : {"redis", "json", "uv", "blocking", "built in"}) {
    EXPECT_TRUE(got.out.contains(part)) << part << '\n' << got.out;
  }
}

}  // namespace
}  // namespace parley::test
