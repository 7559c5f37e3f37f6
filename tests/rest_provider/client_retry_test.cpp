// What a REST client does again by itself, and what never (P52), on every loop.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "rest_provider/rest_on.hpp"

namespace parley::test {
namespace {

template <class L>
class rest_retry_on : public rest_on<L> {
 protected:
  // Answers the first request of each connection, and ends it at the second.
  std::string forgetful() {
    return this->serve_raw(on_each_head([this](raw_peer& p, const std::string& head) {
      heads.push_back(head.substr(0, head.find(" HTTP")));
      if (++counts[&p] > 1) return p.close();
      p.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
    }));
  }
  std::map<raw_peer*, int> counts;
  std::vector<std::string> heads;
};
TYPED_TEST_SUITE(rest_retry_on, all_loops, loop_names);

TYPED_TEST(rest_retry_on, a_stale_connection) {
  auto c = this->asking(this->forgetful());
  c.max_retries = 0;  // this is none
  auto client = this->up(c);
  EXPECT_EQ(this->got(*client, "/a"), value("1"));
  EXPECT_EQ(this->got(*client, "/b", fields("x", 1), this->by("PUT")), value("1"));
  EXPECT_THAT(this->heads, ElementsAre("GET /a", "PUT /b", "PUT /b"));
  EXPECT_EQ(client->status().connects, 2u);
}

TYPED_TEST(rest_retry_on, a_post_is_never_repeated) {
  auto client = this->up(this->asking(this->forgetful()));
  EXPECT_EQ(this->got(*client, "/a"), value("1"));
  const error why = this->refusal(*client, "/pay", 7);
  EXPECT_TRUE(why.is_transient());
  EXPECT_THAT(why.to_string(), HasSubstr("the server may have carried it out"));
  EXPECT_THAT(this->heads, ElementsAre("GET /a", "POST /pay"));
}

TYPED_TEST(rest_retry_on, failures_that_pass) {
  int left = 2;
  auto& origin =
      this->serve([&](const seen_request&) { return left-- > 0 ? hang_up() : json_reply("1"); });
  auto client = this->client_of(origin);
  EXPECT_EQ(this->got(*client, "/a"), value(1));
  EXPECT_EQ(origin.seen.size(), 3u);
  // The kept connection does not count: two tries more are max_retries.
  left = 4;
  EXPECT_TRUE(this->refusal(*client, "/a").is_transient());
  EXPECT_EQ(origin.seen.size(), 7u);
  left = 1;
  EXPECT_TRUE(this->refusal(*client, "/a", 1).is_transient());
  EXPECT_EQ(origin.seen.size(), 8u);
}

// Nobody has seen it, so that it may be a POST as well.
TYPED_TEST(rest_retry_on, a_server_that_starts) {
  auto& gone = this->serve([](const seen_request&) { return json_reply("1"); });
  const auto port = gone.server->local_address()->port();
  const std::string url = this->url_of(gone);
  gone.server.reset();
  auto c = this->asking(url);
  c.max_retries = 1000;
  auto client = this->up(c);
  auto op = this->named(*client, "/pay").call(7);
  this->at.run_for(50ms);
  http_server_config s;
  s.port = port;
  scripted_origin again(this->home, [](const seen_request&) { return json_reply("2"); }, s);
  EXPECT_EQ(*this->at.wait(std::move(op)), value(2));
  EXPECT_THAT(again.lines(), ElementsAre("POST /pay"));
}

TYPED_TEST(rest_retry_on, a_server_that_wants_a_pause) {
  int left = 1;
  std::string wait = "0";
  auto& origin = this->serve([&](const seen_request&) -> canned {
    if (left-- > 0) return {503, "later", {{"Retry-After", wait}}};
    return json_reply("1");
  });
  auto c = this->asking(this->url_of(origin));
  c.timeout = 5s;
  auto client = this->up(c);
  EXPECT_EQ(this->got(*client, "/a"), value(1));
  EXPECT_EQ(origin.seen.size(), 2u);
  // It is obeyed.
  left = 1;
  wait = "1";
  const time_point before = this->home.now();
  EXPECT_EQ(this->got(*client, "/a"), value(1));
  EXPECT_GE(this->home.now() - before, 1s);
  // A POST has been seen, and fetch() is given what came.
  left = 1;
  EXPECT_EQ(this->refusal(*client, "/a", 1), http::rest_errc::server_unavailable);
  left = 1;
  EXPECT_EQ(this->fetched(*client, http_request("GET", "/a")).status, 503);
  // Longer than the call has: that is said at once.
  left = 1;
  wait = "3600";
  const error why = this->refusal(*client, "/a");
  EXPECT_EQ(why, http::rest_errc::server_unavailable);
  EXPECT_EQ(why.retry_after(), 3'600'000ms);
  EXPECT_EQ(origin.seen.size(), 7u);
}

// A reply that breaks off is none.
TYPED_TEST(rest_retry_on, half_a_reply) {
  int count = 0;
  const std::string url = this->serve_raw(on_each_head([&](raw_peer& p, const std::string&) {
    p.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n12");
    if (++count < 3) return p.end_writing();
    p.send("34");
  }));
  auto client = this->up(this->asking(url));
  EXPECT_EQ(this->got(*client, "/a"), value("1234"));
  EXPECT_EQ(count, 3);
}

}  // namespace
}  // namespace parley::test
#endif
