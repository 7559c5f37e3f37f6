// Requests that meet the end of a kept connection, on every loop (P52).
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include <map>

#include "http_on/http_on.hpp"

namespace parley::test {
namespace {

// Answers the first request of each connection, and ends it at the second.
template <class L>
struct forgetful {
  explicit forgetful(L& at, int answers_of_the_second = 1) {
    server.emplace(on_each_head([this, answers_of_the_second](raw_peer& p, const std::string&) {
      ++requests;
      const bool is_first = &p == server->peers.front().get();
      const auto answered = ++counts[&p];
      if (answered > (is_first ? 1 : answers_of_the_second)) return p.close();
      p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    }));
    port = server->listen(at.home(), at.bind_address()).port();
  }
  std::optional<raw_server> server;
  std::map<raw_peer*, int> counts;
  int requests = 0;
  std::uint16_t port = 0;
};

template <class L>
class http_kept_on : public http_on<L> {};
TYPED_TEST_SUITE(http_kept_on, all_loops, loop_names);

TYPED_TEST(http_kept_on, a_stale_connection_and_a_request_that_may_be_repeated) {
  forgetful web_server(this->at);
  this->port = web_server.port;
  auto c = this->asked();
  c.watch = &this->watch;
  http_client web(this->home, c);
  EXPECT_EQ(this->got(web, http_request()).text(), "hello");
  EXPECT_EQ(this->got(web, http_request("GET", "/again?token=secret")).text(), "hello");
  EXPECT_EQ(web_server.requests, 3);
  EXPECT_EQ(web.connects(), 2u);
  ASSERT_EQ(this->watch.lines.size(), 1u);
  EXPECT_THAT(this->watch.lines.front(), HasSubstr("sent again"));
  EXPECT_THAT(this->watch.lines.front(), HasSubstr("/again"));
}

TYPED_TEST(http_kept_on, a_stale_connection_and_a_request_that_may_not) {
  forgetful web_server(this->at);
  this->port = web_server.port;
  http_client web(this->home, this->asked());
  EXPECT_EQ(this->got(web, http_request()).text(), "hello");
  const error why = this->refusal(web.call(http_request("POST", "/pay", "7")));
  EXPECT_EQ(why.kind(), error_class::transient);
  EXPECT_THAT(why.to_string(),
              HasSubstr("POST http://127.0.0.1:" + std::to_string(this->port) + "/pay"));
  EXPECT_THAT(why.to_string(), HasSubstr("the server may have carried it out"));
  EXPECT_EQ(web_server.requests, 2);
  // And the next call is served again.
  EXPECT_EQ(this->got(web, http_request()).text(), "hello");
}

TYPED_TEST(http_kept_on, repeated_once_and_no_more) {
  forgetful web_server(this->at, 0);
  this->port = web_server.port;
  http_client web(this->home, this->asked());
  EXPECT_EQ(this->got(web, http_request()).text(), "hello");
  const error why = this->refusal(web.call(http_request("PUT", "/", "x")));
  EXPECT_EQ(why.kind(), error_class::transient);
  EXPECT_EQ(web_server.requests, 3);
  EXPECT_EQ(web.connects(), 2u);
}

}  // namespace
}  // namespace parley::test
#endif
