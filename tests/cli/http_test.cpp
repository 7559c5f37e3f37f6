// `parley call` over HTTP, on every loop, against our server in this process.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES && PARLEY_HAS_HTTP
#include "http_on/http_on.hpp"
#include "program.hpp"
#include "support/child.hpp"
#include "support/redis_server.hpp"

namespace parley::test {
namespace {

// Says what was asked, with the status that the path names: "/404/any".
struct reporting final : http_handler {
  void on_event(http_peer& peer, http::server::event& event, time_point now) override {
    if (const auto* begin = std::get_if<http::request_event>(&event)) {
      line = std::string(begin->head->method_name) + " " + std::string(begin->head->target) + " [" +
             std::string(begin->head->headers.find("x-test").value_or("")) + "] ";
      const std::string path(begin->head->path());
      status = path.size() > 3 ? static_cast<std::uint16_t>(std::atoi(path.c_str() + 1)) : 0;
    } else if (const auto* body = std::get_if<http::body_event>(&event)) {
      line += as_text(body->data);
    } else if (const auto* end = std::get_if<http::request_end>(&event)) {
      const http::header fields[] = {{"X-One", "1"}, {"Set-Cookie", "a=b"}, {"set-cookie", "c=d"}};
      const http::response head{.status = status >= 200 ? status : std::uint16_t{200},
                                .headers = fields};
      if (hangs) return;
      EXPECT_TRUE(peer.machine().respond(end->id, head, line, now));
    }
  }
  std::string line;
  std::uint16_t status = 0;
  bool hangs = false;
};

class cli_http : public ::testing::TestWithParam<std::string> {
 protected:
  cli_http() {
    lower.add("tls_server", parley::files::tls_server_maker());
    serve({});
  }

  void serve(tls_settings tls) {
    http_server_config c{.port = 0, .limits = {}};
    c.ssl = !tls.certfile.empty();
    c.tls = std::move(tls);
    c.with = &lower;
    server = std::make_unique<http_server>(at.home(), handler, std::move(c));
    ASSERT_TRUE(server->listen());
    port = std::to_string(server->local_address()->port());
  }
  program::outcome call(std::vector<std::string> words, const std::string& input = {}) {
    words.insert(words.begin(), {PARLEY_BINARY_DIR "/parley", "call", "--loop", GetParam()});
    child c(std::move(words), input);
    EXPECT_TRUE(at.run_until([&] { return c.has_ended(); }, 30s));
    return {c.code(), c.out(), c.err()};
  }
  void expect_failure(int code, std::vector<std::string> words, std::string_view what,
                      std::string_view hint) {
    const auto got = call(std::move(words));
    EXPECT_EQ(got.code, code) << got.err;
    EXPECT_EQ(got.out, "");
    EXPECT_THAT(got.err, ::testing::StartsWith("parley: the call failed: "));
    EXPECT_THAT(got.err, HasSubstr(std::string(what)));
    EXPECT_THAT(got.err, HasSubstr("\nhint: "));
    EXPECT_THAT(got.err, HasSubstr(std::string(hint)));
  }
  std::string url(const std::string& path, const std::string& scheme = "http") {
    return scheme + "://127.0.0.1:" + port + path;
  }

  on_loop<blocking_world> at;
  transports lower;
  reporting handler;
  std::unique_ptr<http_server> server;
  std::string port;
};

INSTANTIATE_TEST_SUITE_P(loops, cli_http, ::testing::Values("blocking", "uv", "asio"),
                         [](const auto& param) { return param.param; });

TEST_P(cli_http, methods_data_and_fields) {
  EXPECT_EQ(call({url("/a%20b?c=d&e")}).out, "GET /a%20b?c=d&e [] ");
  EXPECT_EQ(call({url("")}).out, "GET / [] ");
  EXPECT_EQ(call({url("/#part"), "--method", "DELETE"}).out, "DELETE / [] ");
  const auto post = call({url("/"), "--data", "{\"a\": [1]}", "--header", "X-Test:  1, 2 "});
  EXPECT_EQ(post.out, "POST / [1, 2] {\"a\": [1]}") << post.err;
  EXPECT_EQ(post.err, "");
  EXPECT_EQ(post.code, 0);
  EXPECT_EQ(call({url("/"), "--data", ""}).out, "POST / [] ");
  EXPECT_EQ(call({url("/"), "--data", "@-", "--method", "PUT"}, "from\ninput").out,
            "PUT / [] from\ninput");
  const temporary_folder folder;
  const std::string bytes("\0\xFF\n", 3);
  EXPECT_EQ(call({url("/"), "--data", "@" + folder.write("file", bytes)}).out,
            "POST / [] " + bytes);
  EXPECT_EQ(call({url("/"), "--header", "X-Test: one", "--header", "Other: two"}).out,
            "GET / [one] ");
}

TEST_P(cli_http, status_and_headers) {
  const auto shown = call({url("/"), "--include"});
  EXPECT_THAT(shown.out, ::testing::StartsWith("HTTP/1.1 200 OK\nX-One: 1\nSet-Cookie: a=b\n"));
  EXPECT_TRUE(shown.out.ends_with("\n\nGET / [] ")) << shown.out;
  const auto json = call({url("/"), "--json"});
  EXPECT_THAT(json.out, ::testing::StartsWith("{\"status\":200,\"headers\":{\"X-One\":\"1\",\"Set-"
                                              "Cookie\":[\"a=b\",\"c=d\"],"));
  EXPECT_TRUE(json.out.ends_with("},\"body\":\"GET / [] \"}\n")) << json.out;
  const auto bytes = call({url("/"), "--json", "--data", "@-"}, "\xFF");
  EXPECT_TRUE(bytes.out.ends_with("},\"body_base64\":\"UE9TVCAvIFtdIP8=\"}\n")) << bytes.out;
}

TEST_P(cli_http, a_status_that_says_no) {
  const auto got = call({url("/404/x")});
  EXPECT_EQ(got.code, 1);
  EXPECT_EQ(got.out, "GET /404/x [] ");
  EXPECT_EQ(got.err, "parley: the server answered 404 Not Found\n");
  EXPECT_EQ(call({url("/503/")}).code, 1);
  const auto moved = call({url("/301/")});  // not followed
  EXPECT_EQ(moved.code, 0);
  EXPECT_EQ(moved.out, "GET /301/ [] ");
}

TEST_P(cli_http, a_unix_socket) {
  const temporary_folder folder;
  http_server local(at.home(), handler, {.unix_socket = folder / "http"});
  ASSERT_TRUE(local.listen());
  const auto got = call({"http://localhost/x", "--unix-socket", folder / "http"});
  EXPECT_EQ(got.out, "GET /x [] ") << got.err;
  expect_failure(3, {"http://localhost/x", "--unix-socket", folder / "none"},
                 "connection refused: GET http://localhost/x over unix:" + (folder / "none"),
                 "no such socket");
}

TEST_P(cli_http, tls) {
  serve({.certfile = files().chain, .keyfile = files().key});
  const auto got = call({url("/", "https"), "--ca-certs", files().ca});
  EXPECT_EQ(got.out, "GET / [] ") << got.err;
  const auto unsafe = call({url("/", "https"), "--verify", "none"});
  EXPECT_EQ(unsafe.out, "GET / [] ") << unsafe.err;
  expect_failure(4, {url("/", "https"), "--ca-certs", files().stranger}, "CN=here", "ssl_ca_certs");
  const temporary_folder folder;
  http_server_config named_path{.unix_socket = folder / "tls", .limits = {}};
  named_path.ssl = true;
  named_path.tls = {.certfile = files().chain, .keyfile = files().key};
  named_path.with = &lower;
  http_server local(at.home(), handler, std::move(named_path));
  ASSERT_TRUE(local.listen());
  expect_failure(
      4, {"https://other.test/", "--unix-socket", folder / "tls", "--ca-certs", files().ca},
      "for another host: GET https://other.test/", "connect by a name in the certificate");
  // Plain words on this port.
  expect_failure(3, {url("/")}, "GET " + url("/"), "https://");
  serve({.certfile = files().expired_chain, .keyfile = files().expired_key});
  expect_failure(4, {url("/", "https"), "--ca-certs", files().ca},
                 "the peer's certificate has expired: GET " + url("/", "https"),
                 "renew the certificate of the peer");
  serve({.ca_certs = files().ca,
         .certfile = files().chain,
         .keyfile = files().key,
         .clients = client_certificates::required});
  expect_failure(4, {url("/", "https"), "--ca-certs", files().ca},
                 "the peer did not accept our certificate", "ssl_certfile");
  const auto named = call({url("/", "https"), "--ca-certs", files().ca, "--cert",
                           files().client_chain, "--key", files().client_key});
  EXPECT_EQ(named.out, "GET / [] ") << named.err;
}

TEST_P(cli_http, no_server_or_another) {
  expect_failure(4, {url("/", "https"), "--ca-certs", files().ca, "--timeout", "5"},
                 "the peer answered without TLS", "this one speaks in the clear");
  handler.hangs = true;
  expect_failure(3, {url("/"), "--timeout", "0.3"},
                 "the deadline passed: GET " + url("/") + ": there is no reply after 0.3 s",
                 "raise the timeout");
  server.reset();
  expect_failure(3, {url("/x?token=secret")}, "connection refused: GET " + url("/x"),
                 "check that the service is running");
  EXPECT_FALSE(call({url("/x?token=secret")}).err.contains("secret"));
  expect_failure(3, {"http://no-such-host.invalid/"}, "no-such-host.invalid", "check the spelling");
  const redis_server other;
  expect_failure(3, {"http://127.0.0.1:" + std::to_string(other.port()) + "/"},
                 "closed: GET http://127.0.0.1:" + std::to_string(other.port()), "HTTP server");
}

TEST_P(cli_http, an_interrupted_call) {
  handler.hangs = true;
  program waiting({"call", url("/"), "--loop", GetParam()});
  ASSERT_TRUE(at.run_until([&] { return !handler.line.empty(); }));
  waiting.signal(SIGINT);
  ASSERT_TRUE(at.run_until([&] { return waiting.has_ended(); }));
  const auto got = waiting.wait();
  EXPECT_EQ(got.code, 130);
  EXPECT_EQ(got.err, "");
}

// --- without a server -------------------------------------------------------------------

TEST(cli_http_words, that_do_not_go_together) {
  const std::vector<std::vector<std::string>> wrong{
      {"call", "http://host", "PING"},
      {"call", "redis://host", "--method", "PUT", "PING"},
      {"call", "redis://host", "--data", "x", "PING"},
      {"call", "redis://host"},
      {"call", "http://host", "--header", "nonsense"},
      {"call", "http://host", "--json", "--include"},
      {"call", "http://host/a b"},
      {"call", "http:///path"},
      {"call", "http://127.0.0.1:1/", "--method", "A B"},
      {"call", "http://127.0.0.1:1/", "--header", "a b: c"},
  };
  for (const auto& words : wrong) {
    const auto got = run_parley(words);
    EXPECT_EQ(got.code, 2) << ::testing::PrintToString(words) << got.err;
    EXPECT_THAT(got.err, ::testing::StartsWith("parley: "));
  }
}

TEST(cli_http_words, what_http_does_not_have) {
  const auto local = run_parley({"call", "http+unix:///run/x.sock"});
  EXPECT_EQ(local.code, 4);
  EXPECT_THAT(local.err, HasSubstr("--unix-socket"));
  const auto user = run_parley({"call", "http://ann:s3cr3t@host/"});
  EXPECT_EQ(user.code, 4);
  EXPECT_THAT(user.err, HasSubstr("Authorization"));
  EXPECT_FALSE(user.err.contains("s3cr3t"));
  EXPECT_EQ(run_parley({"call", "http://127.0.0.1:1/", "--data", "@/no/such"}).code, 1);
}

}  // namespace
}  // namespace parley::test
#endif
