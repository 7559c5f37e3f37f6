// curl against our server, on every loop with real sockets.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "http_on/http_on.hpp"
#include "support/child.hpp"
#include "support/letters.hpp"

namespace parley::test {
namespace {

using ::testing::StartsWith;

template <class L>
class curl_on : public http_on<L> {
 protected:
  struct outcome {
    int code;
    std::string out, err;
  };
  // Runs to its end; our loop serves it meanwhile.
  outcome curl(std::vector<std::string> words, const std::string& input = {}) {
    words.insert(words.begin(), {"curl", "--silent", "--show-error", "--max-time", "20", "-q"});
    child c(std::move(words), input);
    EXPECT_TRUE(this->at.run_until([&] { return c.has_ended(); }, 30s));
    EXPECT_EQ(c.code(), 0) << c.err();
    return {c.code(), c.out(), c.err()};
  }
  std::string url(const std::string& path = "/") {
    return "http://127.0.0.1:" + std::to_string(this->port) + path;
  }

  http_echo echo;
  http_script greeting{[](http_peer& peer, http::request_id id, time_point now) {
    EXPECT_TRUE(peer.machine().respond(id, {.compress = true}, "hello", now));
  }};
  temporary_folder folder;
};
TYPED_TEST_SUITE(curl_on, real_loops, loop_names);

TYPED_TEST(curl_on, versions_and_head) {
  this->serve(this->greeting);
  const auto now = this->curl({"--http1.1", "-i", this->url()});
  EXPECT_THAT(now.out, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(now.out.ends_with("\r\n\r\nhello"));
  const auto old = this->curl({"--http1.0", "-i", this->url()});
  EXPECT_THAT(old.out, HasSubstr(" 200 OK\r\n"));
  EXPECT_THAT(old.out, HasSubstr("Connection: close"));
  EXPECT_TRUE(old.out.ends_with("\r\n\r\nhello"));
  const auto head = this->curl({"--head", this->url("/there")});
  EXPECT_THAT(head.out, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_TRUE(head.out.ends_with("\r\n\r\n")) << head.out;
  EXPECT_THAT(this->greeting.requests, ::testing::ElementsAre("GET /", "GET /", "HEAD /there"));
}

TYPED_TEST(curl_on, uploads) {
  this->serve(this->echo);
  const std::string body = letters(3'000'000);
  const std::string file = this->folder.write("body", body);
  // With a length, and what curl does of itself for a body of that size: Expect: 100-continue.
  const auto length = this->curl({"--data-binary", "@" + file, "-v", this->url()});
  EXPECT_TRUE(length.out == body) << length.out.size();
  EXPECT_THAT(length.err, HasSubstr("Expect: 100-continue"));
  EXPECT_THAT(length.err, HasSubstr("HTTP/1.1 100 Continue"));
  const auto chunks = this->curl({"--upload-file", "-", "-H", "Transfer-Encoding: chunked", "-H",
                                  "Expect: 100-continue", "-v", this->url()},
                                 body);
  EXPECT_TRUE(chunks.out == body) << chunks.out.size();
  EXPECT_THAT(chunks.err, HasSubstr("HTTP/1.1 100 Continue"));
  const auto old = this->curl({"--http1.0", "--data-binary", "@" + file, this->url()});
  EXPECT_TRUE(old.out == body) << old.out.size();
}

TYPED_TEST(curl_on, two_urls_on_one_connection) {
  this->serve(this->greeting);
  const auto both = this->curl({"-w", "%{num_connects}\\n", this->url("/one"), this->url("/two")});
  EXPECT_EQ(both.out, "hello1\nhello0\n") << both.err;
  EXPECT_THAT(this->greeting.requests, ::testing::ElementsAre("GET /one", "GET /two"));
}

TYPED_TEST(curl_on, compression_may_be_asked_for) {
  this->serve(this->greeting);
  EXPECT_EQ(this->curl({"--compressed", this->url()}).out, "hello");
  this->reset();
  this->serve(this->echo);
  EXPECT_EQ(this->curl({"--compressed", "-d", "body", this->url()}).out, "body");
}

TYPED_TEST(curl_on, over_tls_and_a_unix_socket) {
  this->serve(this->echo, wire::tls);
  const std::string secure = "https://localhost:" + std::to_string(this->port) + "/";
  EXPECT_EQ(this->curl({"--cacert", files().ca, "--ipv4", "-d", "over TLS", secure}).out,
            "over TLS");
  this->reset();
  this->serve(this->echo, wire::local);
  EXPECT_EQ(this->curl({"--unix-socket", this->at.socket_path("http"), "-d", "over a socket",
                        "http://localhost/"})
                .out,
            "over a socket");
  EXPECT_THAT(this->echo.faults, ::testing::IsEmpty());
}

}  // namespace
}  // namespace parley::test
#endif
