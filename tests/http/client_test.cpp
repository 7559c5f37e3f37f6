// Requests as http::client writes them, and responses as it tells of them.
#include <gtest/gtest.h>

#include <parley/core/machine/machine.hpp>

#include "client_script.hpp"

namespace parley::test {
namespace {

using http::header;
using http::request_options;

static_assert(machine<http::client>);

const std::string get = asked();

// --- what is written -------------------------------------------------------------------------

std::string wire(const http::request& head, std::string_view body = {},
                 const request_options& options = {}) {
  client_player p;
  p.open();
  const auto ok = p.client.send(head, as_bytes(body), 1, options, p.now);
  EXPECT_TRUE(ok) << ok.error().to_string();
  EXPECT_EQ(p.client.buffered(), ok.value_or(0));
  return p.take_output();
}

TEST(http_client_writes, the_head_of_a_request) {
  EXPECT_EQ(wire({}), get);
  const header fields[] = {{"Accept", "text/html"}, {"X-Empty", ""}};
  EXPECT_EQ(wire({.method = "DELETE", .target = "/a?b", .headers = fields}),
            "DELETE /a?b HTTP/1.1\r\nHost: example.com\r\nAccept: text/html\r\nX-Empty: \r\n\r\n");
  EXPECT_EQ(wire({}, {}, {.close = true}), asked("GET", "Connection: close\r\n"));
  EXPECT_EQ(wire({}, {}, {.upgrade = "websocket"}),
            asked("GET", "Connection: upgrade\r\nUpgrade: websocket\r\n"));
}

TEST(http_client_writes, host_once_and_of_whom_it_concerns) {
  const header own[] = {{"host", "other:81"}};
  EXPECT_EQ(wire({.headers = own}), "GET / HTTP/1.1\r\nhost: other:81\r\n\r\n");
  EXPECT_EQ(wire({.target = "http://there:8080/x"}),
            "GET http://there:8080/x HTTP/1.1\r\nHost: there:8080\r\n\r\n");
  EXPECT_EQ(wire({.method = "CONNECT", .target = "there:443"}),
            "CONNECT there:443 HTTP/1.1\r\nHost: there:443\r\n\r\n");
}

TEST(http_client_writes, how_the_body_is_framed) {
  EXPECT_EQ(wire({.method = "POST"}, "abc"), asked("POST", "Content-Length: 3\r\n") + "abc");
  EXPECT_EQ(wire({.method = "GET"}, "abc"), asked("GET", "Content-Length: 3\r\n") + "abc");
  // Who expects a body must be told that there is none.
  for (const char* method : {"POST", "PUT", "PATCH"}) {
    EXPECT_EQ(wire({.method = method}), asked(method, "Content-Length: 0\r\n"));
  }
  EXPECT_EQ(wire({.method = "DELETE"}), asked("DELETE"));
  const std::string large(100'000, 'L');
  EXPECT_EQ(wire({.method = "PUT"}, large), asked("PUT", "Content-Length: 100000\r\n") + large);
}

TEST(http_client_writes, bodies_in_pieces) {
  client_player p;
  p.open().begin(1, std::nullopt);
  p.write(1, "hello");
  p.write(1, "");
  const header sum[] = {{"X-Sum", "5"}};
  ASSERT_TRUE(p.client.finish(1, sum, p.now));
  EXPECT_EQ(p.take_output(), asked("POST", "Transfer-Encoding: chunked\r\n") +
                                 "5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n");
  p.receive(ok_empty);
  EXPECT_EQ(p.said(), "response 1 200; end 1");
  p.begin(2, 6);
  p.write(2, "abc");
  EXPECT_EQ(p.client.write(2, as_bytes("defg"), p.now).error(), errc::invalid_argument);
  EXPECT_EQ(p.client.finish(2, {}, p.now).error(), errc::invalid_argument);
  p.write(2, "def");
  p.finish(2);
  EXPECT_EQ(p.client.write(2, as_bytes("x"), p.now).error(), errc::misuse);
  EXPECT_EQ(p.take_output(), asked("POST", "Content-Length: 6\r\n") + "abcdef");
}

TEST(http_client_writes, shared_bytes_without_copying_them) {
  client_player p;
  p.open();
  const auto body = shared_bytes::copy(as_bytes(std::string(50'000, 's')));
  ASSERT_TRUE(p.client.send({.method = "PUT"}, body, 1, {}, p.now));
  const buffer_list list = p.client.output();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[1].data, body.data());
}

TEST(http_client_refuses, what_would_split_or_reframe_a_message) {
  client_player p;
  p.open();
  const auto refused = [&](const http::request& head, const request_options& options = {}) {
    const auto r = p.client.send(head, as_bytes("x"), 1, options, p.now);
    return !r && r.error() == errc::invalid_argument;
  };
  const header split[] = {{"A", "b\r\nC: d"}}, length[] = {{"content-length", "3"}},
               coding[] = {{"Transfer-Encoding", "gzip"}}, connection[] = {{"Connection", "x"}},
               upgrade[] = {{"Upgrade", "x"}}, hosts[] = {{"Host", "a"}, {"host", "a"}},
               no_host[] = {{"Host", "a b"}};
  for (const auto& fields : {std::span<const header>(split), std::span<const header>(length),
                             std::span<const header>(coding), std::span<const header>(connection),
                             std::span<const header>(upgrade), std::span<const header>(hosts),
                             std::span<const header>(no_host)}) {
    EXPECT_TRUE(refused({.headers = fields})) << fields.front().name;
  }
  EXPECT_TRUE(refused({.method = "GE T"}));
  EXPECT_TRUE(refused({.target = "no/slash"}));
  EXPECT_TRUE(refused({.target = "/a b"}));
  EXPECT_TRUE(refused({.method = "CONNECT", .target = "there:443"}));  // with a body
  EXPECT_TRUE(refused({}, {.upgrade = "a\nb"}));
  EXPECT_TRUE(refused({}, {.close = true, .upgrade = "x"}));
  EXPECT_EQ(p.client.send({}, byte_view(), 0, {}, p.now).error(), errc::invalid_argument);
  EXPECT_EQ(p.client.buffered(), 0u);
  EXPECT_EQ(p.client.in_flight(), 0u);
  EXPECT_TRUE(p.client.is_reusable());
}

TEST(http_client_refuses, requests_before_it_is_open) {
  http::client_limits limits;
  http::client c(limits, "a");
  EXPECT_EQ(c.send({}, byte_view(), 1, {}, {}).error(), errc::misuse);
  EXPECT_TRUE(c.output().empty());
  EXPECT_FALSE(c.next_deadline());
  EXPECT_TRUE(c.prepare(10).empty());
  c.start(time_point{} + 1h);
  EXPECT_EQ(c.send({}, byte_view(), 1, {}, {}).error(), errc::misuse);
  EXPECT_EQ(to_line(c.next_event()), "opened");
  EXPECT_EQ(to_line(c.next_event()), "need_data");
}

// --- conversations ---------------------------------------------------------------------------

void every_way(const client_script& s) {
  play_every_way(s);
  end_after_each_step(s);
}

TEST(http_client, requests_one_after_the_other) {
  every_way(client_script()
                .send(1)
                .sent(get)
                .receive(ok_hello)
                .events("response 1 200; body 1: hello; end 1")
                .send(2, "POST", "abc")
                .sent(asked("POST", "Content-Length: 3\r\n") + "abc")
                .receive("HTTP/1.1 204 No Content\r\n\r\n")
                .events("response 2 204; end 2")
                .send(3, "HEAD")
                .sent(asked("HEAD"))
                .receive("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                .events("response 3 200; end 3")
                .send(4)
                .written()
                .receive(ok_empty)
                .events("response 4 200; end 4"));
}

TEST(http_client, chunks_and_trailers) {
  every_way(client_script()
                .send(1)
                .written()
                .receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                         "5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\nX-Sum: 12\r\n\r\n")
                .events("response 1 200; body 1: hello, world; end 1 X-Sum=12")
                .send(2)
                .written()
                .receive(ok_empty)
                .events("response 2 200; end 2"));
}

TEST(http_client, a_body_until_the_connection_ends) {
  every_way(client_script()
                .send(1)
                .written()
                .receive("HTTP/1.1 200 OK\r\n\r\nall that")
                .events("response 1 200; body 1: all that")
                .receive(" comes")
                .events("body 1:  comes")
                .eof()
                .events("end 1; closed"));
}

TEST(http_client, interim_responses) {
  every_way(client_script()
                .send(1)
                .written()
                .receive("HTTP/1.1 100 Continue\r\n\r\n")
                .events("")  // unasked
                .receive("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 x\r\n\r\n")
                .events("interim 1 103; interim 1 102")
                .receive(ok_hello)
                .events("response 1 200; body 1: hello; end 1"));
}

TEST(http_client, an_interim_response_ends_no_connection) {
  for (const char* head :
       {"HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n", "HTTP/1.0 100 Continue\r\n\r\n"}) {
    play_every_way(
        client_script().send(1).written().receive(head + ok_empty).events("response 1 200; end 1"));
  }
}

TEST(http_client, not_more_interim_responses_than_anybody_needs) {
  client_script s;
  s.send(1).written();
  for (int i = 0; i < 16; ++i) s.receive("HTTP/1.1 102 x\r\n\r\n").events("interim 1 102");
  s.receive("HTTP/1.1 102 x\r\n\r\n")
      .events("unanswered 1 http.unexpected_response; failed http.unexpected_response; closed");
  play_every_way(s);
}

TEST(http_client, pipelined_requests) {
  http::client_limits limits;
  limits.max_pipelined = 3;
  every_way(client_script(limits)
                .send(1)
                .send(2, "HEAD")
                .send(3)
                .sent(get + asked("HEAD") + get)
                .receive(ok_hello + "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + ok_empty)
                .events("response 1 200; body 1: hello; end 1; response 2 200; end 2; "
                        "response 3 200; end 3"));
}

TEST(http_client, what_is_not_pipelined) {
  http::client_limits limits;
  limits.max_pipelined = 2;
  client_player p(limits);
  p.open();
  const auto more = [&](const http::request& head, const request_options& o = {}) {
    const auto r = p.client.send(head, as_bytes(""), 9, o, p.now);
    return r ? std::string("taken") : std::string(r.error().name());
  };
  p.send(1);
  EXPECT_TRUE(p.client.is_reusable());
  EXPECT_EQ(more({.method = "POST"}), "queue_full");
  EXPECT_EQ(more({.method = "CONNECT", .target = "a:1"}), "queue_full");
  EXPECT_EQ(more({}, {.upgrade = "x"}), "queue_full");
  p.send(2);
  EXPECT_FALSE(p.client.is_reusable());
  EXPECT_EQ(more({}), "queue_full");
  p.take_output();
  p.receive(ok_empty + ok_empty);
  p.send(3, "GET", {}, {.upgrade = "x"});
  EXPECT_EQ(more({}), "queue_full");
  p.take_output();
  p.receive(ok_empty);
  p.send(4, "POST");
  EXPECT_EQ(more({}), "queue_full");
  p.take_output();
  p.receive(ok_empty);
  EXPECT_EQ(more({}, {.close = true}), "taken");
  EXPECT_EQ(more({}), "misuse");
}

TEST(http_client, an_upgrade) {
  const std::string head = "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
  every_way(client_script()
                .send(1, "GET", {}, {.upgrade = "echo"})
                .written()
                .receive(head + "rest")
                .events("upgraded 1 101")
                .then([](client_player& p) {
                  EXPECT_TRUE(p.client.is_upgraded());
                  EXPECT_FALSE(p.client.wants_read());
                  EXPECT_FALSE(p.client.next_deadline());
                  const receive_buffer rest = p.client.take_rest();
                  EXPECT_TRUE(std::string("rest").starts_with(as_text(rest.data())));
                  if (p.chunk == 0 && p.cut == 0) {
                    EXPECT_EQ(as_text(rest.data()), "rest");
                  }
                }));
  every_way(client_script()
                .send(1, "GET", {}, {.upgrade = "echo"})
                .written()
                .receive(ok_empty)
                .events("response 1 200; end 1")
                .send(2)
                .written()
                .receive(head)
                .events("unanswered 2 http.unexpected_response; failed http.unexpected_response; "
                        "closed"));
}

TEST(http_client, a_tunnel) {
  const auto connect = [](client_player& p) {
    ASSERT_TRUE(p.client.send({.method = "CONNECT", .target = "a:1"}, byte_view(), 1, {}, p.now));
    p.ends[1] = false;
    p.take_output();
  };
  every_way(client_script()
                .then(connect)
                .receive("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")
                .events("upgraded 1 200"));
  every_way(client_script()
                .then(connect)
                .receive("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno")
                .events("response 1 403; body 1: no; end 1"));
}

}  // namespace
}  // namespace parley::test
