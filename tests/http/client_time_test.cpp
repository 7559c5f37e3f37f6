// The timeouts of http::client, in simulated time. What begins with the end of a write is awaited
// up to an eighth longer, since consume_output() does not know the time.
#include <gtest/gtest.h>

#include "client_script.hpp"

namespace parley::test {
namespace {

http::client_limits short_times() {
  http::client_limits l;
  l.response_timeout = 8s;
  l.body_timeout = 4s;
  l.write_timeout = 2s;
  l.idle_timeout = 50s;
  return l;
}

const std::string slow = "failed http.slow_response; closed";

TEST(http_client_time, no_response) {
  client_player p(short_times());
  p.open().send(1);
  p.take_output();
  p.advance(7900ms);
  EXPECT_EQ(p.said(), "");
  p.advance(1200ms);
  EXPECT_EQ(p.said(), "unanswered 1 http.slow_response; " + slow);
}

TEST(http_client_time, no_response_may_be_one_to_repeat) {
  client_player p(short_times());
  p.open().send(1);
  p.take_output();
  p.receive(ok_empty);
  p.said();
  p.send(2);
  p.take_output();
  p.advance(10s);
  EXPECT_EQ(p.said(), "unanswered 2 retry http.slow_response; " + slow);
}

TEST(http_client_time, interim_responses_prolong_the_wait_and_half_a_head_does_not) {
  client_player p(short_times());
  p.open().send(1);
  p.take_output();
  for (int i = 0; i < 5; ++i) {
    p.advance(7s);
    p.receive("HTTP/1.1 102 Processing\r\n\r\n");
    EXPECT_EQ(p.said(), "interim 1 102");
  }
  p.advance(3900ms);
  p.receive("H");
  p.receive("TTP/1.1 ");
  p.advance(3900ms);
  EXPECT_EQ(p.said(), "");
  p.receive("200 ");
  p.advance(300ms);
  EXPECT_EQ(p.said(), "unanswered 1 http.slow_response; " + slow);
}

TEST(http_client_time, a_long_request_is_not_yet_awaited) {
  client_player p(short_times());
  p.open().begin(1, std::nullopt);
  for (int i = 0; i < 10; ++i) {
    p.write(1, "piece");
    p.take_output();
    p.advance(60s);  // the application's time
  }
  EXPECT_EQ(p.said(), "");
  p.finish(1);
  p.take_output();
  p.advance(7900ms);
  EXPECT_EQ(p.said(), "");
  p.advance(1200ms);
  EXPECT_EQ(p.said(), "unanswered 1 http.slow_response; " + slow);
}

TEST(http_client_time, the_body_after_leave_belongs_to_the_request) {
  http::client_limits limits = short_times();
  limits.write_timeout = {};
  client_player p(limits);
  p.open().send(1, "PUT", "hello", {.expect_continue = true});
  p.take_output();
  p.receive("HTTP/1.1 100 Continue\r\n\r\n");
  p.advance(1h);  // nobody writes it
  EXPECT_EQ(p.said(), "");
  EXPECT_EQ(p.take_output(), "hello");
  p.advance(10s);
  EXPECT_EQ(p.said(), "unanswered 1 http.slow_response; " + slow);
}

TEST(http_client_time, a_body_that_stops) {
  client_player p(short_times());
  p.open().send(1);
  p.take_output();
  p.receive("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
  for (int i = 0; i < 5; ++i) {
    p.advance(3900ms);
    p.receive("x");
  }
  EXPECT_EQ(p.said(), "response 1 200; body 1: xxxxx");
  p.client.hold();
  p.drain();
  p.advance(1h);
  EXPECT_EQ(p.said(), "");
  p.client.go_on();
  p.drain();
  p.advance(3900ms);
  EXPECT_EQ(p.said(), "");
  p.advance(700ms);
  EXPECT_EQ(p.said(), "unanswered 1 http.slow_response; " + slow);
}

TEST(http_client_time, output_that_nobody_takes) {
  client_player p(short_times());
  p.open().send(1, "PUT", std::string(10'000, 'x'));
  for (int i = 0; i < 5; ++i) {
    p.advance(1900ms);
    ASSERT_FALSE(p.client.output().empty());
    p.client.consume_output(1000);
  }
  EXPECT_EQ(p.said(), "");
  p.advance(1900ms);
  EXPECT_EQ(p.said(), "");
  p.advance(400ms);
  EXPECT_EQ(p.said(), "unanswered 1 http.slow_reader; failed http.slow_reader; closed");
}

TEST(http_client_time, of_one_request) {
  http::client_limits limits = short_times();
  limits.max_pipelined = 3;
  client_player p(limits);
  p.open().send(1, "GET", {}, {.timeout = 3s});
  p.send(2);
  p.take_output();
  p.receive("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
  p.advance(2s);
  p.receive("x");
  p.advance(999ms);
  EXPECT_EQ(p.said(), "response 1 200; body 1: x");
  p.advance(1ms);
  // A late answer would be taken for another's.
  EXPECT_EQ(p.said(),
            "unanswered 1 core.timed_out; unanswered 2 core.timed_out; failed core.timed_out; "
            "closed");
}

TEST(http_client_time, of_a_request_that_is_cancelled_is_none) {
  http::client_limits limits = short_times();
  limits.response_timeout = {};
  client_player p(limits);
  p.open().send(1, "GET", {}, {.timeout = 3s});
  p.take_output();
  p.cancel(1);
  EXPECT_FALSE(p.client.next_deadline());
}

TEST(http_client_time, of_rest) {
  client_player p(short_times());
  p.open().advance(49s);
  EXPECT_TRUE(p.client.is_reusable());
  p.send(1);
  p.take_output();
  p.receive(ok_empty);
  p.said();
  p.advance(49s);
  EXPECT_EQ(p.said(), "");
  p.advance(1s);
  EXPECT_EQ(p.said(), "closed");
}

TEST(http_client_time, of_rest_as_the_server_has_said) {
  client_player p(short_times());
  p.open().send(1);
  p.take_output();
  p.receive("HTTP/1.1 200 OK\r\nKeep-Alive: max=3, Timeout=5\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(p.said(), "response 1 200; end 1");
  p.client.release();
  p.advance(3900ms);
  EXPECT_TRUE(p.client.is_reusable());
  p.advance(100ms);
  EXPECT_EQ(p.said(), "closed");
}

TEST(http_client_time, without_any_timeout) {
  http::client_limits l;
  l.response_timeout = l.body_timeout = l.write_timeout = l.idle_timeout = duration{};
  client_player p(l);
  p.open();
  EXPECT_FALSE(p.client.next_deadline());
  p.send(1);
  EXPECT_FALSE(p.client.next_deadline());
  p.take_output();
  EXPECT_FALSE(p.client.next_deadline());
  p.receive("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
  EXPECT_FALSE(p.client.next_deadline());
}

}  // namespace
}  // namespace parley::test
