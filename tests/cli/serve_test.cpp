// `parley serve` and `parley call`, and other people's clients against `parley serve`.
#include <gtest/gtest.h>
#include <hiredis.h>
#include <signal.h>

#include <memory>

#include "program.hpp"
#include "support/redis_server.hpp"
#include "support/temporary_folder.hpp"

namespace parley::test {
namespace {

using words = std::vector<std::string>;

// A running `parley serve` on a free port, with a password.
class embedded {
 public:
  explicit embedded(const std::string& loop = "blocking")
      : program_({"serve", "redis://:secret@127.0.0.1:0", "--loop", loop}) {
    EXPECT_TRUE(program_.has_printed("\n"));
  }

  std::string port() {
    const std::string& line = program_.printed();
    const auto colon = line.rfind(':');
    return line.substr(colon + 1, line.find('\n', colon) - colon - 1);
  }
  std::string url() { return "redis://:secret@127.0.0.1:" + port(); }
  program& running() { return program_; }

 private:
  program program_;
};

class serve : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(loops, serve, testing::Values("blocking", "uv", "asio"),
                         [](const auto& param) { return param.param; });

TEST_P(serve, prints_its_url_answers_and_ends) {
  embedded server(GetParam());
  EXPECT_EQ(server.running().printed(), "redis://127.0.0.1:" + server.port() + "\n");
  const words set{"call", "--loop", GetParam(), server.url(), "SET", "k", "v"};
  EXPECT_EQ(run_parley(set).out, "OK\n");
  EXPECT_EQ(run_parley({"call", server.url(), "GET", "k"}).out, "v\n");
  server.running().signal(SIGTERM);
  const auto end = server.running().wait();
  EXPECT_EQ(end.code, 143);
  EXPECT_EQ(end.err, "");
  EXPECT_EQ(run_parley({"call", "--timeout", "0.2", server.url(), "GET", "k"}).code, 3);
}

TEST(parley_serve, says_what_is_wrong) {
  const redis_server taken;
  const auto used = run_parley({"serve", taken.uri()});
  EXPECT_NE(used.code, 0);
  EXPECT_NE(used.err.find("another program listens there"), std::string::npos) << used.err;
  const auto open = run_parley({"serve", "redis://0.0.0.0:0"});  // for all to write to
  EXPECT_EQ(open.code, 4) << open.err;
  EXPECT_NE(open.err.find("password"), std::string::npos) << open.err;
  const auto odd = run_parley({"serve", "smtp://127.0.0.1:0"});
  EXPECT_EQ(odd.code, 4) << odd.err;
  EXPECT_NE(odd.err.find("scheme"), std::string::npos) << odd.err;
}

TEST(parley_serve, says_what_is_wrong_with_a_path) {
  const temporary_folder folder;
  const auto nowhere = run_parley({"serve", "redis+unix://" + folder / "no/r.sock"});
  EXPECT_NE(nowhere.code, 0);
  EXPECT_NE(nowhere.err.find("there is no such folder"), std::string::npos) << nowhere.err;
  EXPECT_EQ(nowhere.err.find("refused"), std::string::npos) << nowhere.err;
  const auto file = run_parley({"serve", "redis+unix://" + folder.write("notes", "text")});
  EXPECT_NE(file.code, 0);
  EXPECT_NE(file.err.find("a file that is no socket"), std::string::npos) << file.err;
}

TEST(parley_call, prints_replies_for_scripts_and_for_programs) {
  embedded server;
  const auto call = [&](words command) {
    words all{"call", server.url()};
    all.insert(all.end(), command.begin(), command.end());
    return run_parley(all);
  };
  EXPECT_EQ(call({"RPUSH", "l", "a", "-x", "[1,2]"}).out, "3\n");
  EXPECT_EQ(call({"LRANGE", "l", "0", "-1"}).out, "a\n-x\n[1,2]\n");
  EXPECT_EQ(call({"GET", "none"}).out, "\n");
  EXPECT_EQ(call({"HSET", "h", "f", "1"}).out, "1\n");
  EXPECT_EQ(call({"HGETALL", "h"}).out, "f\n1\n");
  EXPECT_EQ(run_parley({"call", "--json", server.url(), "LRANGE", "l", "0", "1"}).out,
            "[\"a\",\"-x\"]\n");
  EXPECT_EQ(run_parley({"call", "--json", server.url(), "HGETALL", "h"}).out, "{\"f\":\"1\"}\n");
  EXPECT_EQ(run_parley({"call", "--json", server.url(), "GET", "none"}).out, "null\n");
  const auto wrong = call({"LPUSH", "h", "x"});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("WRONGTYPE"), std::string::npos) << wrong.err;
  // P38: what waits at the server ends with what it waited for.
  program waiting({"call", server.url(), "BLPOP", "jobs", "0"});
  while (call({"RPUSH", "jobs", "one"}).code == 0 && !waiting.has_ended()) {
  }
  EXPECT_EQ(waiting.wait().out, "jobs\none\n");
}

TEST(parley_call, a_wrong_password_says_so) {
  embedded server;
  const auto end = run_parley({"call", "redis://:wrong@127.0.0.1:" + server.port(), "PING"});
  EXPECT_EQ(end.code, 4);
  EXPECT_EQ(end.err.find("wrong@"), std::string::npos);
}

// --- other people's clients -----------------------------------------------------------

TEST(foreign_clients, redis_cli) {
  embedded server;
  const std::string cli = "redis-cli -p " + server.port() + " --no-auth-warning -a secret ";
  EXPECT_EQ(run_shell(cli + "SET k v EX 100").text, "OK\n");
  EXPECT_EQ(run_shell(cli + "GET k").text, "v\n");
  EXPECT_EQ(run_shell(cli + "-3 HELLO 3 | head -1").text, "server redis\n");
  EXPECT_EQ(run_shell(cli + "NOSUCH a b").text,
            "ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' \n\n");
  EXPECT_EQ(run_shell(cli + "--scan --pattern 'k*'").text, "k\n");
  EXPECT_EQ(run_shell(cli + "--bigkeys").code, 0);
  EXPECT_NE(run_shell(cli + "INFO server").text.find("redis_version:"), std::string::npos);
  EXPECT_NE(run_shell("printf 'PING\\r\\n' | timeout 5 redis-cli -p " + server.port())
                .text.find("NOAUTH"),
            std::string::npos);
  // A pipe of raw commands: --pipe counts replies and errors.
  const auto mass = run_shell("for i in $(seq 5000); do printf 'SET m%d %d\\r\\n' $i $i; done | " +
                              cli + "--pipe");
  EXPECT_NE(mass.text.find("errors: 0, replies: 5000"), std::string::npos) << mass.text;
}

// The whole default run: every row, and no error among them.
TEST(foreign_clients, redis_benchmark) {
  embedded server;
  for (const char* how : {"-P 1", "-P 16", "-P 1 -3"}) {
    const auto run =
        run_shell("redis-benchmark -p " + server.port() + " -a secret -q -n 2000 -c 20 " + how);
    EXPECT_EQ(run.code, 0);
    EXPECT_EQ(run.text.find("rror"), std::string::npos) << run.text;
    EXPECT_EQ(run.text.find("WARN"), std::string::npos) << run.text;
    for (const char* row :
         {"PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP",
          "SADD", "HSET", "SPOP", "ZADD", "ZPOPMIN", "LRANGE_600", "MSET"}) {
      EXPECT_NE(run.text.find(row), std::string::npos) << row << " in " << run.text;
    }
  }
}

TEST(foreign_clients, hiredis) {
  embedded server;
  const std::unique_ptr<redisContext, void (*)(redisContext*)> c(
      redisConnect("127.0.0.1", std::stoi(server.port())), redisFree);
  ASSERT_TRUE(c && c->err == 0);
  const auto ask = [&](const char* command) {
    auto* r = static_cast<redisReply*>(redisCommand(c.get(), command));
    std::string text = r && r->str ? std::string(r->str, r->len) : std::string("?");
    if (r && r->type == REDIS_REPLY_INTEGER) text = std::to_string(r->integer);
    freeReplyObject(r);
    return text;
  };
  EXPECT_EQ(ask("GET k"), "NOAUTH Authentication required.");
  EXPECT_EQ(ask("AUTH secret"), "OK");
  EXPECT_EQ(ask("SET k value"), "OK");
  EXPECT_EQ(ask("GET k"), "value");
  for (int i = 0; i < 10'000; ++i) redisAppendCommand(c.get(), "INCR n");
  for (int i = 1; i <= 10'000; ++i) {
    void* reply = nullptr;
    ASSERT_EQ(redisGetReply(c.get(), &reply), REDIS_OK);
    EXPECT_EQ(static_cast<redisReply*>(reply)->integer, i);
    freeReplyObject(reply);
  }
}

TEST(foreign_clients, python) {
  embedded server;
  const auto end =
      run_shell("/usr/bin/python3 " PARLEY_SOURCE_DIR "/tests/cli/clients/redis_client.py " +
                server.port() + " secret");
  EXPECT_EQ(end.text, "python: ok\n");
  EXPECT_EQ(end.code, 0);
}

TEST(foreign_clients, node) {
  embedded server;
  const auto end = run_shell("NODE_PATH=/usr/share/nodejs node " PARLEY_SOURCE_DIR
                             "/tests/cli/clients/redis_client.js " +
                             server.port() + " secret");
  EXPECT_EQ(end.text, "node: ok\n");
  EXPECT_EQ(end.code, 0);
}

}  // namespace
}  // namespace parley::test
