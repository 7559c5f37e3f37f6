// `parley serve URL URL ...`: servers of several protocols in one process, spoken to by the
// program itself and by other people's clients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <optional>
#include <parley/build_config.hpp>
#include <sstream>

#include "program.hpp"
#include "support/redis_server.hpp"
#include "support/temporary_folder.hpp"
#include "support/tls_files.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using words = std::vector<std::string>;

std::string port_of(const std::string& url) {
  const std::size_t at = url.rfind(':') + 1;
  return url.substr(at, url.find('/', at) - at);
}

words joined(words all, const words& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

const words& certificate() {
  static const words all{"--cert", files().chain, "--key", files().key};
  return all;
}

class serve_many : public testing::TestWithParam<std::string> {
 protected:
  // One process for all of them; the URLs that it prints, which come together.
  words serve(const words& urls, const words& more = {}) {
    server_.emplace(joined(joined({"serve", "--loop", GetParam()}, urls), more));
    EXPECT_TRUE(server_->has_printed("\n")) << server_->wait().err;
    words lines;
    std::istringstream text(server_->printed());
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    EXPECT_EQ(lines.size(), urls.size()) << server_->printed();
    lines.resize(urls.size());
    return lines;
  }
  static std::string call(const std::string& url, const words& more, bool tls = false) {
    const auto got = run_parley(
        joined(tls ? words{"call", "--ca-certs", files().ca, url} : words{"call", url}, more));
    return got.code == 0 ? got.out : got.err;
  }
  // One publishes, the other hears it.
  static void converse(const std::string& to, const std::string& from) {
    program sub({"sub", to, "news/sport", "--count", "1", "-v"});
    ASSERT_TRUE(sub.has_said("parley: subscribed to ")) << sub.wait().err;
    const auto pub = run_parley({"pub", from, "news/sport", "goal"});
    EXPECT_EQ(pub.code, 0) << pub.err;
    EXPECT_EQ(sub.wait().out, "goal\n");
  }
  void expect_clean_end() {
    server_->signal(SIGTERM);
    const auto end = server_->wait();
    EXPECT_EQ(end.code, 128 + SIGTERM);
    EXPECT_EQ(end.err, "");
  }

  std::optional<program> server_;
};

INSTANTIATE_TEST_SUITE_P(loops, serve_many, testing::Values("blocking", "uv", "asio"),
                         [](const auto& param) { return param.param; });

TEST_P(serve_many, all_protocols_in_one_process) {
  const temporary_folder folder;
  const std::string socket = "redis+unix://" + folder / "redis.sock";
  const words urls =
      serve({"redis://:secret@127.0.0.1:0", "ws://127.0.0.1:0", "mqtt://127.0.0.1:0", socket,
             "http://localhost:0?timeout=20", "mqtt+ws://127.0.0.1:0", "redis://127.0.0.1:0"});
  EXPECT_THAT(urls,
              ElementsAre(StartsWith("redis://127.0.0.1:"), StartsWith("ws://127.0.0.1:"),
                          StartsWith("mqtt://127.0.0.1:"), socket, StartsWith("http://127.0.0.1:"),
                          StartsWith("mqtt+ws://127.0.0.1:"), StartsWith("redis://127.0.0.1:")));
  const std::string cache = "redis://:secret@127.0.0.1:" + port_of(urls[0]);
  EXPECT_EQ(call(cache, {"SET", "k", "v"}), "OK\n");
  EXPECT_EQ(call(socket, {"EXISTS", "k"}), "0\n");  // data of its own
  EXPECT_EQ(call(urls[1], {"echo", "{\"id\": 7}"}), "{\"id\":7}\n");
  EXPECT_EQ(call(urls[4] + "/echo", {"--data", "[1]"}), "[1]");
  converse(urls[1], urls[1]);
  converse(urls[2], urls[5]);  // one broker
  converse(urls[4], urls[4]);
  converse(urls[6], urls[6]);
  expect_clean_end();
  EXPECT_FALSE(std::filesystem::exists(folder / "redis.sock"));
}

// Options of TLS are for those that speak it.
TEST_P(serve_many, with_tls_beside_plain) {
  const words urls = serve({"mqtt://127.0.0.1:0", "rediss://127.0.0.1:0", "https://127.0.0.1:0",
                            "mqtts://127.0.0.1:0", "ws://127.0.0.1:0", "wss://127.0.0.1:0/feed"},
                           certificate());
  EXPECT_THAT(urls[1], StartsWith("rediss://127.0.0.1:"));
  EXPECT_EQ(urls[5], "wss" + urls[2].substr(5) + "/feed");  // shares the port
  EXPECT_THAT(urls[4], StartsWith("ws://127.0.0.1:"));
  EXPECT_NE(port_of(urls[4]), port_of(urls[5]));
  EXPECT_EQ(call(urls[1], {"PING"}, true), "PONG\n");
  EXPECT_EQ(call(urls[2] + "/echo", {"--data", "[1]"}, true), "[1]");
  EXPECT_EQ(call(urls[4], {"echo", "1"}), "1\n");
  EXPECT_EQ(call(urls[5], {"echo", "1"}, true), "1\n");
  EXPECT_EQ(run_parley({"pub", urls[0], "t", "x", "--qos", "1"}).code, 0);
  EXPECT_EQ(run_parley({"pub", urls[3], "t", "x", "--qos", "1", "--ca-certs", files().ca}).code, 0);
  expect_clean_end();
}

TEST_P(serve_many, other_peoples_clients) {
  const words urls = serve({"http://127.0.0.1:0", "redis://127.0.0.1:0", "mqtt://127.0.0.1:0"});
  EXPECT_EQ(run_shell("redis-cli -p " + port_of(urls[1]) + " SET k v").text, "OK\n");
  const std::string curl =
      "curl -q --silent --max-time 20 -H 'Content-Type: application/json' --data '[1]' ";
  EXPECT_EQ(run_shell(curl + urls[0] + "/echo").text, "[1]");
  const std::string broker = " -h 127.0.0.1 -p " + port_of(urls[2]) + " -q 1 -t news ";
  EXPECT_EQ(run_shell("mosquitto_pub" + broker + "-r -m goal").code, 0);
  EXPECT_EQ(run_shell("timeout 20 mosquitto_sub" + broker + "-C 1").text, "goal\n");
  expect_clean_end();
}

#if PARLEY_HAS_GRPC
TEST_P(serve_many, grpc_beside_others) {
  const temporary_folder folder;
  const std::string socket = "grpc+unix:" + folder / "grpc.sock";
  const words urls = serve({"grpc://127.0.0.1:0", "redis://127.0.0.1:0", socket});
  EXPECT_EQ(urls[2], socket);
  EXPECT_EQ(call(urls[0], {"echo", "1.5"}), "1.5\n");
  EXPECT_EQ(call(urls[1], {"PING"}), "PONG\n");
  EXPECT_EQ(call(socket, {"echo", "2"}), "2\n");
  converse(urls[0], urls[0]);
  expect_clean_end();
}
#endif

// Several paths of one port, wherever their URLs stand.
TEST_P(serve_many, websocket_at_two_paths_of_http) {
  const words urls = serve({"ws://127.0.0.1:0/a", "redis://127.0.0.1:0", "http://127.0.0.1:0",
                            "ws://localhost:0", "http://127.0.0.1:0"});
  const std::string at = "127.0.0.1:" + port_of(urls[2]);
  EXPECT_THAT(urls, ElementsAre("ws://" + at + "/a", StartsWith("redis://"), "http://" + at,
                                "ws://" + at, StartsWith("http://")));
  EXPECT_NE(urls[4], urls[2]);
  EXPECT_EQ(call(urls[0], {"echo", "1"}), "1\n");
  EXPECT_EQ(call("ws://" + at + "/elsewhere", {"echo", "2"}), "2\n");
  EXPECT_EQ(call(urls[2] + "/echo", {"--data", "[1]"}), "[1]");
  EXPECT_EQ(call(urls[4] + "/echo", {"--data", "[2]"}), "[2]");
  // Each path is a server of its own.
  converse(urls[3], urls[3]);
  expect_clean_end();
}

// ws:// is MQTT over WebSocket where MQTT comes first and nothing else is there.
TEST_P(serve_many, what_ws_means_beside_mqtt) {
  words urls = serve({"mqtt://127.0.0.1:0", "ws://127.0.0.1:0"});
  EXPECT_THAT(urls[1], StartsWith("mqtt+ws://"));
  for (const words& line :
       {words{"ws://127.0.0.1:0", "mqtt://127.0.0.1:0"},
        words{"redis://127.0.0.1:0", "mqtt://127.0.0.1:0", "ws://127.0.0.1:0"},
        words{"mqtt://127.0.0.1:0", "ws://127.0.0.1:0", "http://127.0.0.1:0"}}) {
    urls = serve(line);
    const auto ws = std::ranges::find_if(urls, [](const auto& u) { return u.starts_with("ws:"); });
    ASSERT_NE(ws, urls.end()) << server_->printed();
    EXPECT_EQ(call(*ws, {"echo", "1"}), "1\n");
  }
}

// All or none: what could listen is stopped, and nothing was promised.
TEST_P(serve_many, one_that_cannot_listen_is_named) {
  const redis_server taken;
  const temporary_folder folder;
  const std::string port = port_of(taken.uri());
  const words before{"redis+unix://" + folder / "redis.sock", "http://127.0.0.1:0"};
  for (const std::string scheme : {"redis", "mqtt", "ws", "http"}) {
    const std::string url = scheme + "://127.0.0.1:" + port;
    const auto got = run_parley(
        joined(joined({"serve", "--loop", GetParam()}, before), {url, "mqtt+ws://127.0.0.1:0"}));
    EXPECT_NE(got.code, 0) << url;
    EXPECT_EQ(got.out, "");
    EXPECT_THAT(got.err, StartsWith("parley: " + url + ": cannot listen: "));
    EXPECT_THAT(got.err, HasSubstr("another program listens there"));
    EXPECT_FALSE(std::filesystem::exists(folder / "redis.sock"));
  }
}

TEST_P(serve_many, a_second_signal_ends_it_at_once) {
  const words urls = serve(
      {"mqtt://127.0.0.1:0", "redis://127.0.0.1:0", "http://127.0.0.1:0", "ws://127.0.0.1:0/feed"},
      {"-v"});
  program frozen({"sub", urls[3], "news", "-v"});
  ASSERT_TRUE(frozen.has_said("subscribed to news"));
  frozen.signal(SIGSTOP);
  server_->signal(SIGTERM);
  // It waits for the farewell of that client.
  ASSERT_TRUE(server_->has_said("stopping http://127.0.0.1:"));
  server_->signal(SIGINT);
  EXPECT_EQ(server_->wait().code, 128 + SIGINT);
}

// Those who do not take their last bytes are waited for, and not for ever.
TEST(serve_many_rules, the_end_is_bounded) {
  program server({"serve", "redis://127.0.0.1:0", "mqtt://127.0.0.1:0", "ws://127.0.0.1:0"});
  ASSERT_TRUE(server.has_printed("\n"));
  std::vector<std::unique_ptr<program>> frozen;
  std::istringstream text(server.printed());
  for (std::string url; std::getline(text, url);) {
    frozen.push_back(std::make_unique<program>(words{"sub", url, "news", "-v"}));
    ASSERT_TRUE(frozen.back()->has_said("subscribed to news"));
    frozen.back()->signal(SIGSTOP);
  }
  EXPECT_EQ(frozen.size(), 3U);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait().code, 128 + SIGTERM);
}

// What is wrong is told before anything is opened.
TEST(serve_many_rules, two_that_want_one_port) {
  const auto refused = [](const words& urls, const words& more = {}) {
    const auto got = run_parley(joined(joined({"serve"}, urls), more));
    EXPECT_EQ(got.code, 2) << got.err;
    EXPECT_EQ(got.out, "");
    EXPECT_THAT(got.err, StartsWith("parley: the URLs: "));
    EXPECT_THAT(got.err, HasSubstr(" want the same place"));
    EXPECT_THAT(got.err, HasSubstr("\nhint: give each a port of its own"));
    return got.err;
  };
  const std::string err =
      refused({"mqtt://127.0.0.1:65001", "redis://:s3cr3t@localhost:65002", "http://[::]:65002"});
  EXPECT_THAT(err, HasSubstr("redis://***@localhost:65002 and http://[::]:65002"));
  refused({"redis://127.0.0.1:65001", "rediss://127.0.0.1:65001"}, certificate());
  refused({"mqtt://127.0.0.1:65001", "mqtt+ws://127.0.0.1:65001"});
  refused({"http://127.0.0.1:65001", "http://127.0.0.1:65001"});
  refused({"http://127.0.0.1:65001", "wss://127.0.0.1:65001"}, certificate());
  refused({"ws://127.0.0.1:65001/a", "ws://127.0.0.1:65001/b"});
  refused({"ws://0.0.0.0:65001", "redis://127.0.0.1:65001"});
  refused({"redis+unix:///tmp/parley.none", "mqtt+unix:///tmp/parley.none"});
  refused({"http+unix:///tmp/parley.none", "ws+unix:///tmp/parley.none"});
  EXPECT_FALSE(std::filesystem::exists("/tmp/parley.none"));
}

TEST(serve_many_rules, the_error_names_its_url) {
  const auto refused = [](const words& urls, int code) {
    const auto got = run_parley(joined({"serve", "redis://127.0.0.1:0"}, urls));
    EXPECT_EQ(got.code, code) << got.err;
    EXPECT_EQ(got.out, "");
    return got.err;
  };
  EXPECT_THAT(refused({"smtp://127.0.0.1:0"}, 4),
              StartsWith("parley: smtp://127.0.0.1:0: cannot use this URL: "));
  EXPECT_THAT(refused({"mqtt://ann:s3cr3t@host:port"}, 2),
              StartsWith("parley: mqtt://***@host:port: the URL: "));
  EXPECT_THAT(refused({"ws://127.0.0.1:0?max_connection=3"}, 4), HasSubstr("max_connection=3: "));
  EXPECT_THAT(refused({"mqtt://127.0.0.1:0", "mqtts://127.0.0.1:0"}, 4),
              StartsWith("parley: mqtts://127.0.0.1:0: cannot use this URL: "));
  EXPECT_THAT(refused({"http://127.0.0.1:0", "ws://127.0.0.1:0", "ws://127.0.0.1:0"}, 4),
              HasSubstr("another ws:// URL has this path"));
  EXPECT_THAT(refused({"word"}, 2), HasSubstr("each word is a URL"));
  EXPECT_THAT(refused({"http://127.0.0.1:0", "--cert", files().chain}, 2), HasSubstr("with TLS"));
  EXPECT_THAT(refused({"http://127.0.0.1:0", "--store", "/tmp/none"}, 2), HasSubstr("mqtt URLs"));
}

}  // namespace
}  // namespace parley::test
