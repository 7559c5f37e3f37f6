// TLS on the command line: serving, calling, other people's client, and what a user reads when
// something is wrong (S157 to S159).
#include <gmock/gmock.h>

#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "files/file_fixtures.hpp"
#include "program.hpp"
#include "support/redis_server.hpp"

namespace parley::test {
namespace {

using ::testing::HasSubstr;

class cli_tls : public ::testing::Test {
 protected:
  std::string serve(const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"serve", "rediss://127.0.0.1:0", "--cert", chain, "--key", key};
    words.insert(words.end(), more.begin(), more.end());
    server_ = std::make_unique<program>(words);
    EXPECT_TRUE(server_->has_printed("\n"));
    const std::string line = server_->printed();
    return line.substr(0, line.find('\n'));
  }
  // The whole of what it says, and code 0, 3 or 4.
  static std::string failure(int code, std::vector<std::string> words) {
    const auto got = run_parley(std::move(words));
    EXPECT_EQ(got.code, code) << got.err;
    EXPECT_EQ(got.out, "");
    EXPECT_THAT(got.err, HasSubstr("hint: "));
    return got.err;
  }

  authority root{"CLI root"};
  identity server = root.issue({.name = "cache", .dns = {"cache.test"}, .ips = {"127.0.0.1"}});
  identity client = root.issue({.name = "ann", .use = purpose::client});
  temporary_folder folder;
  std::string ca = folder.write("ca.pem", root.pem());
  std::string chain = folder.write("chain.pem", server.chain);
  std::string key = folder.write("key.pem", server.key);

 private:
  std::unique_ptr<program> server_;
};

TEST_F(cli_tls, serves_and_calls) {
  const std::string url = serve();
  EXPECT_TRUE(url.starts_with("rediss://127.0.0.1:")) << url;
  const auto set = run_parley({"call", url, "--ca-certs", ca, "SET", "greeting", "hello"});
  EXPECT_EQ(set.code, 0) << set.err;
  const auto got = run_parley({"call", url, "--ca-certs", ca, "GET", "greeting"});
  EXPECT_EQ(got.out, "hello\n") << got.err;
  const auto unsafe = run_parley({"call", url, "--verify", "none", "GET", "greeting"});
  EXPECT_EQ(unsafe.out, "hello\n");
}

TEST_F(cli_tls, redis_cli_speaks_to_it) {
  const std::string url = serve();
  const std::string port = url.substr(url.rfind(':') + 1);
  const auto got =
      run_shell("redis-cli --tls --cacert " + ca + " -h 127.0.0.1 -p " + port + " PING");
  EXPECT_EQ(got.text, "PONG\n");
}

TEST_F(cli_tls, asks_clients_for_certificates) {
  const std::string url = serve({"--ca-certs", ca, "--clients", "required"});
  const std::string cert = folder.write("ann.pem", client.chain);
  const std::string own = folder.write("ann.key", client.key);
  const auto ok = run_parley({"call", url, "--ca-certs", ca, "--cert", cert, "--key", own, "PING"});
  EXPECT_EQ(ok.out, "PONG\n") << ok.err;
  EXPECT_THAT(failure(4, {"call", url, "--ca-certs", ca, "PING"}),
              HasSubstr("the peer did not accept our certificate"));
}

TEST_F(cli_tls, says_what_is_wrong) {
  const std::string url = serve();
  const std::string stranger = folder.write("other.pem", authority("Other").pem());
  const std::string unknown = failure(4, {"call", url, "--ca-certs", stranger, "PING"});
  EXPECT_THAT(unknown, HasSubstr("CN=cache"));
  EXPECT_THAT(unknown, HasSubstr("issued by CN=CLI root"));
  EXPECT_THAT(unknown, HasSubstr("ssl_ca_certs"));
  const std::string named = "rediss://localhost" + url.substr(url.rfind(':'));
  const std::string wrong = failure(4, {"call", named, "--ca-certs", ca, "PING"});
  EXPECT_THAT(wrong, HasSubstr("for another host"));
  EXPECT_THAT(wrong, HasSubstr("asked for localhost"));
  EXPECT_THAT(failure(4, {"call", url, "--ca-certs", folder / "none.pem", "PING"}),
              HasSubstr("none.pem"));
  EXPECT_THAT(failure(4, {"serve", "rediss://127.0.0.1:0", "--cert", chain, "--key", ca}),
              HasSubstr("ca.pem"));
}

TEST_F(cli_tls, an_expired_certificate_and_a_plain_port) {
  const identity old = root.issue({.name = "old",
                                   .ips = {"127.0.0.1"},
                                   .not_before = days_from_now(-30),
                                   .not_after = days_from_now(-2)});
  chain = folder.write("old.pem", old.chain);
  key = folder.write("old.key", old.key);
  const std::string expired = failure(4, {"call", serve(), "--ca-certs", ca, "PING"});
  EXPECT_THAT(expired, HasSubstr("has expired"));
  EXPECT_THAT(expired, HasSubstr("CN=old"));
  const test::redis_server plain;
  const std::string url = "rediss://127.0.0.1:" + std::to_string(plain.port());
  EXPECT_THAT(failure(3, {"call", url, "--ca-certs", ca, "--timeout", "1", "PING"}),
              HasSubstr("check that this port speaks TLS"));
}

}  // namespace
}  // namespace parley::test
#endif
