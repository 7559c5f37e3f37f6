// How connections end, and what is said of the requests that were under way.
#include <gtest/gtest.h>

#include "client_script.hpp"

namespace parley::test {
namespace {

const std::string unexpected = "failed http.unexpected_response; closed";

// A player whose connection has served a request.
void serve(client_player& p) {
  p.open().send(99);
  p.take_output();
  p.receive(ok_empty);
  p.said();
}

// --- the end of an unused connection -------------------------------------------------------------

TEST(http_client_end, of_an_unused_connection_is_no_failure) {
  play_every_way(client_script().eof().events("closed"));
  play_every_way(client_script()
                     .send(1)
                     .written()
                     .receive(ok_empty)
                     .events("response 1 200; end 1")
                     .eof()
                     .events("closed"));
  client_player p;
  serve(p);
  p.broken(error(errc::truncated));  // no close_notify
  EXPECT_EQ(p.said(), "closed");
}

TEST(http_client_end, before_the_start) {
  client_player p;
  p.broken(error(errc::refused));
  EXPECT_EQ(p.said(), "failed core.refused; closed");
  client_player q;
  q.broken(error(errc::truncated));  // inside the handshake of TLS
  EXPECT_EQ(q.said(), "failed core.truncated; closed");
}

TEST(http_client_end, close_waits_for_what_is_under_way) {
  const auto close = [](client_player& p) {
    p.client.close(p.now);
    p.drain();
    EXPECT_FALSE(p.client.is_reusable());
    EXPECT_EQ(p.client.send({}, byte_view(), 9, {}, p.now).error(), errc::misuse);
  };
  play_every_way(client_script().send(1).written().then(close).events("").receive(ok_hello).events(
      "response 1 200; body 1: hello; end 1; closed"));
  client_player idle;
  idle.open().client.close(idle.now);
  idle.drain();
  EXPECT_EQ(idle.said(), "closed");
}

TEST(http_client_end, said_by_either_side) {
  for (const char* head :
       {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=0\r\nContent-Length: 0\r\n\r\n"}) {
    play_every_way(
        client_script().send(1).written().receive(head).events("response 1 200; end 1; closed"));
  }
  play_every_way(client_script()
                     .send(1, "GET", {}, {.close = true})
                     .written()
                     .receive(ok_empty)
                     .events("response 1 200; end 1; closed"));
  play_every_way(
      client_script()
          .send(1)
          .written()
          .receive("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
          .events("response 1 200; end 1")
          .send(2));
}

// --- responses that nobody asked for ------------------------------------------------------------

TEST(http_client_unasked, responses_are_failures) {
  play_every_way(client_script().receive(ok_empty).events(unexpected));
  play_every_way(client_script()
                     .send(1)
                     .written()
                     .receive(ok_empty + ok_empty)
                     .events("response 1 200; end 1; " + unexpected));
  // Before a byte of the request has left.
  play_every_way(client_script()
                     .send(1, "POST", "x")
                     .receive(ok_empty)
                     .events("unanswered 1 retry http.unexpected_response; " + unexpected));
}

TEST(http_client_unasked, a_farewell_is_none) {
  const std::string late =
      "HTTP/1.1 408 Too Slow\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  play_every_way(client_script().receive(late).events("closed"));
  play_every_way(client_script()
                     .send(1, "POST", "x")
                     .receive(late)
                     .events("unanswered 1 retry core.closed; closed"));
}

TEST(http_client_unasked, bytes_before_a_request_are_not_its_answer) {
  client_player p;
  serve(p);
  p.receive("HTTP/1.1 200 OK\r\nContent-");
  EXPECT_FALSE(p.client.is_reusable());
  EXPECT_EQ(p.client.send({}, byte_view(), 1, {}, p.now).error(), errc::misuse);
}

// --- may it be sent again?
// ------------------------------------------------------------------------

// What is said of a request when the server ends the stream behind `bytes`.
std::string verdict(bool used, std::string_view method, std::string_view bytes, bool written = true,
                    std::string_view body = {}) {
  client_player p;
  if (used) {
    serve(p);
  } else {
    p.open();
  }
  p.send(1, method, body);
  if (written) p.take_output();
  p.receive(bytes);
  p.eof();
  std::string said = p.said();
  return said.substr(0, said.find(';'));
}

TEST(http_client_retry, by_method_and_past) {
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"}) {
    EXPECT_EQ(verdict(true, method, ""), "unanswered 1 retry core.closed") << method;
    EXPECT_EQ(verdict(false, method, ""), "unanswered 1 core.closed") << method;
  }
  for (const char* method : {"POST", "PATCH", "LOCK"}) {
    EXPECT_EQ(verdict(true, method, ""), "unanswered 1 core.closed") << method;
    EXPECT_EQ(verdict(false, method, "", false), "unanswered 1 retry core.closed") << method;
  }
  EXPECT_EQ(verdict(true, "PUT", "", true, "whole"), "unanswered 1 retry core.closed");
  EXPECT_EQ(verdict(true, "GET", "H"), "unanswered 1 core.truncated");
  EXPECT_EQ(verdict(true, "GET", "HTTP/1.1 103 x\r\n\r\n"), "interim 1 103");
}

TEST(http_client_retry, shown_output_may_have_left) {
  client_player p;
  p.open().send(1, "POST");
  ASSERT_FALSE(p.client.output().empty());
  p.broken();
  EXPECT_EQ(p.said(), "unanswered 1 core.reset; failed core.reset; closed");
}

TEST(http_client_retry, a_stream_is_gone_once_it_was_fed) {
  for (const bool fed : {false, true}) {
    client_player p;
    serve(p);
    p.begin(1, std::nullopt, {}, "PUT");
    if (fed) p.write(1, "x");
    p.take_output();
    p.broken();
    EXPECT_EQ(p.said(), std::string("unanswered 1 ") + (fed ? "" : "retry ") +
                            "core.reset; failed core.reset; closed");
  }
}

TEST(http_client_retry, those_behind_the_one_that_broke) {
  http::client_limits limits;
  limits.max_pipelined = 3;
  play_every_way(client_script(limits)
                     .send(1)
                     .written()
                     .receive(ok_empty)
                     .events("response 1 200; end 1")
                     .send(2)
                     .send(3)
                     .send(4)
                     .written()
                     .receive("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
                     .events("response 2 200; body 2: half")
                     .eof()
                     .events("unanswered 2 core.truncated; unanswered 3 retry core.truncated; "
                             "unanswered 4 retry core.truncated; failed core.truncated; closed"));
}

TEST(http_client_retry, those_behind_a_close) {
  http::client_limits limits;
  limits.max_pipelined = 3;
  const std::string last = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n";
  play_every_way(
      client_script(limits)
          .send(1)
          .send(2)
          .send(3)
          .written()
          .receive(last + "hello")
          .events("response 1 200; body 1: hello; end 1; unanswered 2 retry core.closed; "
                  "unanswered 3 retry core.closed; closed"));
  // The one that said so was not refused.
  play_every_way(client_script(limits)
                     .send(1)
                     .send(2)
                     .written()
                     .receive(last + "hel")
                     .events("response 1 200; body 1: hel")
                     .eof()
                     .events("unanswered 1 core.truncated; unanswered 2 retry core.truncated; "
                             "failed core.truncated; closed"));
}

// --- faults
// ---------------------------------------------------------------------------------------

TEST(http_client_fault, in_a_response) {
  const auto fault = [](const std::string& bytes, const std::string& name) {
    play_every_way(client_script().send(1).written().receive(bytes).events(
        "unanswered 1 " + name + "; failed " + name + "; closed"));
  };
  fault("HTTP/1.1 20 OK\r\n\r\n", "http.bad_status_line");
  fault("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "http.bad_content_length");
  fault("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "http.unknown_coding");
  fault("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "http.unknown_coding");
  fault("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        "http.unexpected_response");
}

TEST(http_client_fault, inside_a_body) {
  play_every_way(
      client_script()
          .send(1)
          .written()
          .receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n")
          .events("response 1 200; body 1: ab; unanswered 1 http.bad_chunk_size; failed "
                  "http.bad_chunk_size; closed"));
}

TEST(http_client_fault, a_body_that_tls_has_cut) {
  client_player p;
  p.open().send(1);
  p.take_output();
  p.receive("HTTP/1.1 200 OK\r\n\r\nhalf");
  p.broken(error(errc::truncated));
  EXPECT_EQ(p.said(),
            "response 1 200; body 1: half; unanswered 1 core.truncated; failed core.truncated; "
            "closed");
}

TEST(http_client_fault, a_limit_of_one_body) {
  client_player p;
  p.held_at = 1;
  p.open().send(1);
  p.take_output();
  p.receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  p.client.set_body_limit(3);
  p.client.go_on();
  p.receive("4\r\nabcd\r\n");
  EXPECT_EQ(p.said(),
            "response 1 200; unanswered 1 http.body_too_large; failed http.body_too_large; closed");
}

TEST(http_client_fault, another_protocol) {
  const auto told = [](const std::string& bytes) {
    client_player p;
    p.open().send(1);
    p.take_output();
    p.receive(bytes);
    EXPECT_EQ(p.said(), "unanswered 1 http.not_http; failed http.not_http; closed");
    return p.why.value_or(error(errc::misuse)).to_string();
  };
  EXPECT_NE(told(std::string("\x15\x03\x03\0\x02\x02\x28", 7)).find("use https://"),
            std::string::npos);
  EXPECT_NE(told("SSH-2.0-OpenSSH\r\n").find("SSH-2.0-OpenSSH."), std::string::npos);
  EXPECT_NE(told("\x1b[2J").find("\".[2J\""), std::string::npos);
  play_every_way(client_script()
                     .send(1)
                     .written()
                     .receive("-ERR unknown\r\n")
                     .events("unanswered 1 http.not_http; failed http.not_http; closed"));
}

TEST(http_client_fault, silence_on_a_fresh_connection) {
  client_player p;
  p.open().send(1);
  p.take_output();
  p.eof();
  EXPECT_EQ(p.said(), "unanswered 1 core.closed; failed core.closed; closed");
  EXPECT_NE(p.why->hint().find("TLS"), std::string_view::npos);
}

}  // namespace
}  // namespace parley::test
