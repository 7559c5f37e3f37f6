// Bodies of requests: 100-continue, responses that come early, back-pressure, cancelling.
#include <gtest/gtest.h>

#include "client_script.hpp"

namespace parley::test {
namespace {

const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
const std::string refusal = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n";
const std::string ok_close = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

std::string expecting(std::string_view length) {
  return asked("PUT", "Content-Length: " + std::string(length) + "\r\nExpect: 100-continue\r\n");
}

// --- 100-continue ----------------------------------------------------------------------------

TEST(http_client_continue, the_body_waits_for_leave) {
  play_every_way(client_script()
                     .send(1, "PUT", "hello", {.expect_continue = true})
                     .sent(expecting("5"))
                     .receive(go_on)
                     .sent("hello")
                     .receive(ok_empty)
                     .events("response 1 200; end 1")
                     .send(2)
                     .sent(asked()));
}

TEST(http_client_continue, a_stream_waits_as_well) {
  play_every_way(client_script()
                     .then([](client_player& p) {
                       p.begin(1, std::nullopt, {.expect_continue = true});
                       p.write(1, "hello");
                     })
                     .sent(asked("POST", "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"))
                     .receive(go_on)
                     .events("writable 1")
                     .sent("5\r\nhello\r\n")
                     .then([](client_player& p) {
                       p.write(1, "more");
                       p.finish(1);
                     })
                     .sent("4\r\nmore\r\n0\r\n\r\n")
                     .receive(ok_empty)
                     .events("response 1 200; end 1"));
}

TEST(http_client_continue, nobody_asks_for_leave_to_send_nothing) {
  play_every_way(client_script()
                     .send(1, "PUT", "", {.expect_continue = true})
                     .sent(asked("PUT", "Content-Length: 0\r\n")));
}

TEST(http_client_continue, an_old_server_gets_the_body_after_a_while) {
  client_player p;
  p.open().send(1, "PUT", "hello", {.expect_continue = true});
  p.take_output();
  p.advance(900ms);
  EXPECT_EQ(p.take_output(), "");
  p.advance(300ms);
  EXPECT_EQ(p.take_output(), "hello");
  // A late leave changes nothing.
  p.receive(go_on + ok_empty);
  EXPECT_EQ(p.said(), "response 1 200; end 1");
  EXPECT_TRUE(p.client.is_reusable());
}

TEST(http_client_continue, leave_that_comes_before_the_head_has_gone) {
  client_player p;
  p.open().send(1, "PUT", "hello", {.expect_continue = true});
  ASSERT_FALSE(p.client.output().empty());
  p.client.consume_output(10);
  p.receive(go_on);
  EXPECT_EQ(p.take_output(), expecting("5").substr(10) + "hello");
  p.receive(ok_empty);
  EXPECT_EQ(p.said(), "response 1 200; end 1");
}

TEST(http_client_continue, a_refusal_spares_the_body) {
  for (const std::string& answer : {refusal, ok_empty}) {
    play_every_way(client_script()
                       .send(1, "PUT", "hello", {.expect_continue = true})
                       .written()
                       .receive(answer)
                       .events(answer == refusal ? "response 1 413; end 1; closed"
                                                 : "response 1 200; end 1; closed")
                       .sent(""));
  }
}

TEST(http_client_continue, a_large_body_is_not_copied) {
  client_player p;
  p.open();
  const auto body = shared_bytes::copy(as_bytes(std::string(50'000, 's')));
  ASSERT_TRUE(p.client.send({.method = "PUT"}, body, 1, {.expect_continue = true}, p.now));
  p.ends[1] = false;
  EXPECT_EQ(p.take_output(), expecting("50000"));
  p.receive(go_on);
  const buffer_list list = p.client.output();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].data, body.data());
}

// --- responses before the end of the request -----------------------------------------------------

TEST(http_client_early, an_error_ends_the_body) {
  play_every_way(client_script()
                     .then([](client_player& p) {
                       p.begin(1, 1000);
                       p.write(1, "some");
                     })
                     .written()
                     .receive(refusal)
                     .events("response 1 413; end 1; closed")
                     .then([](client_player& p) {
                       EXPECT_EQ(p.client.write(1, as_bytes("x"), p.now).error(), errc::misuse);
                     }));
}

TEST(http_client_early, a_success_does_not) {
  play_every_way(client_script()
                     .then([](client_player& p) {
                       p.begin(1, 8);
                       p.write(1, "some");
                     })
                     .written()
                     .receive(ok_empty)
                     .events("response 1 200; end 1")
                     .then([](client_player& p) {
                       EXPECT_FALSE(p.client.is_reusable());
                       EXPECT_EQ(p.client.send({}, byte_view(), 2, {}, p.now).error(),
                                 errc::queue_full);
                       p.write(1, "more");
                       p.finish(1);
                       EXPECT_TRUE(p.client.is_reusable());
                     })
                     .sent("more")
                     .send(2)
                     .written()
                     .receive(ok_empty)
                     .events("response 2 200; end 2"));
}

TEST(http_client_early, the_last_request_is_written_to_its_end) {
  play_every_way(client_script()
                     .then([](client_player& p) { p.begin(1, 4, {.close = true}); })
                     .written()
                     .receive(ok_empty)
                     .events("response 1 200; end 1")
                     .then([](client_player& p) {
                       p.write(1, "more");
                       p.finish(1);
                     })
                     .events("closed")
                     .sent("more"));
}

TEST(http_client_early, the_end_of_the_connection_ends_the_body) {
  play_every_way(client_script()
                     .then([](client_player& p) { p.begin(1, 8); })
                     .written()
                     .receive(ok_close)
                     .events("response 1 200; end 1; closed"));
}

TEST(http_client_early, what_is_left_of_a_large_body_is_dropped) {
  client_player p;
  p.open().send(1, "PUT", std::string(500'000, 'b'));
  ASSERT_FALSE(p.client.output().empty());
  p.client.consume_output(1000);
  const std::size_t shown = total_size(p.client.output());
  p.receive(refusal);
  EXPECT_EQ(p.said(), "response 1 413; end 1; closed");
  EXPECT_EQ(p.client.buffered(), shown);  // a write may be under way
}

TEST(http_client_early, what_is_left_of_a_small_body_is_sent) {
  client_player p;
  p.open().send(1, "PUT", "hello");
  ASSERT_FALSE(p.client.output().empty());
  p.client.consume_output(10);
  p.receive(refusal);
  EXPECT_EQ(p.said(), "response 1 413; end 1");
  EXPECT_TRUE(p.client.is_reusable());
  p.take_output();
}

TEST(http_client_early, what_nobody_has_written_is_sent_if_it_is_small) {
  for (const std::size_t size : {10u, 100'000u}) {
    client_player p;
    p.open().begin(1, size);
    p.take_output();
    p.write(1, std::string(size, 'x'));
    p.finish(1);
    p.receive(refusal);
    EXPECT_EQ(p.said(), size == 10 ? "response 1 413; end 1" : "response 1 413; end 1; closed");
    EXPECT_EQ(p.take_output().size(), size == 10 ? 10u : 0u);
  }
}

// --- back-pressure -------------------------------------------------------------------------------

TEST(http_client_pressure, the_application_holds_the_response) {
  client_player p;
  p.held_at = 1;
  p.open().send(1);
  p.take_output();
  p.receive(ok_hello);
  EXPECT_EQ(p.said(), "response 1 200");
  EXPECT_TRUE(p.is_paused);
  EXPECT_FALSE(p.client.wants_read());
  p.advance(1h);  // the application's time
  EXPECT_EQ(p.said(), "");
  p.client.go_on();
  p.drain();
  EXPECT_EQ(p.said(), "body 1: hello; end 1");
}

TEST(http_client_pressure, writing_waits_for_the_server) {
  http::client_limits limits;
  limits.high_water = 1000;
  limits.max_output = 3000;
  client_player p(limits);
  p.open().begin(1, std::nullopt);
  p.write(1, std::string(900, 'a'));
  EXPECT_FALSE(p.is_paused);
  p.write(1, std::string(900, 'b'));
  EXPECT_TRUE(p.is_paused);  // so that the loop asks again after writing
  p.drain();
  EXPECT_FALSE(p.is_paused);  // and reads in the meantime
  const std::size_t before = p.client.buffered();
  EXPECT_EQ(p.client.write(1, as_bytes(std::string(3000, 'c')), p.now).error(), errc::queue_full);
  EXPECT_EQ(p.client.buffered(), before);
  ASSERT_FALSE(p.client.output().empty());
  p.client.consume_output(before - 600);
  p.drain();
  EXPECT_EQ(p.said(), "");
  p.client.consume_output(200);
  p.drain();
  EXPECT_EQ(p.said(), "writable 1");
  p.take_output();
  p.write(1, std::string(5000, 'd'));  // one alone may be larger
}

// --- cancelling ----------------------------------------------------------------------------------

TEST(http_client_cancel, takes_back_what_has_not_left) {
  http::client_limits limits;
  limits.max_pipelined = 3;
  play_every_way(client_script(limits)
                     .send(1)
                     .send(2)
                     .send(3)
                     .cancel(3)
                     .cancel(2)
                     .sent(asked())
                     .receive(ok_empty)
                     .events("response 1 200; end 1")
                     .send(4)
                     .cancel(4)
                     .sent("")
                     .send(5)
                     .sent(asked()));
}

TEST(http_client_cancel, a_response_is_read_and_dropped) {
  http::client_limits limits;
  limits.max_pipelined = 3;
  play_every_way(client_script(limits)
                     .send(1)
                     .send(2)
                     .written()
                     .cancel(1)
                     .receive("HTTP/1.1 103 x\r\n\r\n" + ok_hello + ok_hello)
                     .events("response 2 200; body 2: hello; end 2"));
}

TEST(http_client_cancel, a_response_that_is_too_long_ends_the_connection) {
  http::client_limits limits;
  limits.max_discarded = 10;
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  play_every_way(client_script(limits)
                     .send(1)
                     .written()
                     .cancel(1)
                     .receive("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n")
                     .events("closed"));
  play_every_way(client_script(limits)
                     .send(1)
                     .written()
                     .cancel(1)
                     .receive("HTTP/1.1 200 OK\r\n\r\n")
                     .events("closed"));
  play_every_way(client_script(limits)
                     .send(1)
                     .written()
                     .receive(head + "4\r\nabcd\r\n")
                     .events("response 1 200; body 1: abcd")
                     .cancel(1)
                     .receive("8\r\nabcdefgh\r\n")
                     .events("")
                     .receive("8\r\nabcdefgh\r\n")
                     .events("closed"));
}

TEST(http_client_cancel, half_a_body_ends_the_connection) {
  play_every_way(client_script()
                     .then([](client_player& p) { p.begin(1, 8); })
                     .written()
                     .cancel(1)
                     .events("closed"));
  play_every_way(client_script()
                     .send(1, "PUT", "hello", {.expect_continue = true})
                     .written()
                     .cancel(1)
                     .events("closed"));
}

}  // namespace
}  // namespace parley::test
