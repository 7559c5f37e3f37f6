// Time, memory and what a user reads when it goes wrong, on every loop.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "http_on/http_on.hpp"

namespace parley::test {
namespace {

template <class L>
class http_limits_on : public http_on<L> {
 protected:
  http_script greeting{
      [](http_peer& peer, http::request_id id, time_point now) { say(peer, id, "hello", now); }};
  http_script silent{[](http_peer&, http::request_id, time_point) {}};

  // A server of the test's own making, in `own`.
  void serve_raw(std::function<void(raw_peer&)> on_data) {
    own.emplace(std::move(on_data));
    this->port = own->listen(this->home, this->at.bind_address()).port();
  }
  std::string failure(http_client_config c, http_request r = http_request()) {
    http_client web(this->home, std::move(c));
    return this->refusal(web.call(std::move(r))).to_string();
  }
  std::string url(const std::string& scheme = "http") {
    return scheme + "://127.0.0.1:" + std::to_string(this->port) + "/";
  }

  std::optional<raw_server> own;
};
TYPED_TEST_SUITE(http_limits_on, all_loops, loop_names);

// --- time -------------------------------------------------------------------------------

TYPED_TEST(http_limits_on, no_reply_in_time) {
  this->serve(this->silent);
  auto c = this->asked();
  c.timeout = 50ms;
  http_client web(this->home, c);
  auto first = web.call(http_request());
  http_request hasty("GET", "/hasty");
  hasty.timeout = 20ms;
  const error second = this->refusal(web.call(std::move(hasty)));
  EXPECT_EQ(second, errc::timed_out);
  EXPECT_THAT(second.to_string(), HasSubstr("earlier calls are not answered"));
  const error why = this->refusal(std::move(first));
  EXPECT_EQ(why, errc::timed_out);
  EXPECT_THAT(why.to_string(), HasSubstr("GET " + this->url() + ": there is no reply"));
  // The next call does not wait for the reply that is owed.
  this->server.reset();
  this->serve(this->greeting);
  EXPECT_EQ(this->got(web, http_request()).text(), "hello");
}

TYPED_TEST(http_limits_on, a_reply_that_stops) {
  this->serve_raw(on_each_head([](raw_peer& p, const std::string&) {
    p.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
  }));
  auto c = this->asked();
  c.timeout = 400ms;
  EXPECT_THAT(this->failure(c), HasSubstr("the reply is not complete"));
  EXPECT_THAT(this->failure(c), HasSubstr("5 bytes of its body have come"));
}

TYPED_TEST(http_limits_on, a_handshake_that_stops) {
  this->serve_raw([](raw_peer&) {});
  auto c = this->asked(wire::tls);
  c.connect_timeout = 50ms;
  const std::string why = this->failure(c);
  EXPECT_THAT(why, HasSubstr("the TLS handshake is not complete"));
  EXPECT_THAT(why, HasSubstr("GET " + this->url("https")));
}

TYPED_TEST(http_limits_on, a_server_that_does_not_read) {
  this->serve_raw([](raw_peer& p) { p.read(false); });
  auto c = this->asked();
  c.timeout = 200ms;
  const std::string body(20u << 20, 'x');
  EXPECT_THAT(this->failure(c, http_request("POST", "/", body)),
              HasSubstr("the request is not sent"));
}

// --- memory -----------------------------------------------------------------------------

TYPED_TEST(http_limits_on, a_body_above_max_body) {
  this->serve_raw(on_each_head([](raw_peer& p, const std::string& head) {
    const bool has_length = head.contains("/length");
    p.send(has_length ? "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
                      : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 10 && !has_length; ++i) p.send("20\r\n" + std::string(32, 'x') + "\r\n");
  }));
  auto c = this->asked();
  c.max_body = 100;
  const std::string length = this->failure(c, http_request("GET", "/length"));
  EXPECT_THAT(length, HasSubstr("message exceeds maximum size"));
  EXPECT_THAT(length, HasSubstr("a body of 1000 bytes: max_body is 100 bytes"));
  const std::string chunks = this->failure(c, http_request("GET", "/chunks"));
  EXPECT_THAT(chunks, HasSubstr("max_body is 100 bytes"));
}

TYPED_TEST(http_limits_on, a_body_of_exactly_max_body) {
  this->serve(this->greeting);
  auto c = this->asked();
  c.max_body = 5;
  http_client web(this->home, c);
  EXPECT_EQ(this->got(web, http_request()).text(), "hello");
}

// Echoes, and remembers how much the server has held at most.
struct measured_echo final : http_handler {
  void on_event(http_peer& peer, http::server::event& event, time_point now) override {
    echo.on_event(peer, event, now);
    if (std::holds_alternative<closed>(event)) return;
    most = std::max(most, peer.machine().held_memory());
    received += std::holds_alternative<http::body_event>(event)
                    ? std::get<http::body_event>(event).data.size()
                    : 0;
  }
  http_echo echo;
  std::size_t most = 0;
  std::size_t received = 0;
};

TYPED_TEST(http_limits_on, a_client_that_does_not_read) {
  constexpr std::size_t size = 5u << 20;
  auto& echo = this->keep(std::make_unique<measured_echo>());
  auto config = this->served();
  const std::size_t bound = config.limits.high_water + 256 * 1024;
  this->serve(echo, std::move(config));
  raw_peer client(this->home, this->at.bind_address().with_port(this->port));
  client.read(false);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
  client.send(std::string(size, 'x'));
  // Until nothing goes any more: what the system buffers between the two is full.
  std::size_t before = size;
  while (before != echo.received) {
    before = echo.received;
    (void)this->at.run_until([] { return false; }, 50ms);
  }
  EXPECT_LT(echo.most, bound);
  client.read(true);
  ASSERT_TRUE(this->at.run_until([&] { return client.received.size() > size; }));
  EXPECT_EQ(echo.received, size);
  EXPECT_LT(echo.most, bound);
}

TYPED_TEST(http_limits_on, a_queue_that_is_full) {
  this->serve(this->silent);
  auto c = this->asked();
  c.max_queue = 2;
  http_client web(this->home, c);
  auto first = web.call(http_request());
  auto second = web.call(http_request());
  const error why = this->refusal(web.call(http_request()));
  EXPECT_EQ(why, errc::queue_full);
  EXPECT_THAT(why.to_string(), HasSubstr("max_queue calls wait: 2"));
}

// --- what a user reads --------------------------------------------------------------------

TYPED_TEST(http_limits_on, nobody_there) {
  this->serve(this->greeting);
  this->server.reset();
  const std::string why = this->failure(this->asked());
  EXPECT_THAT(why, HasSubstr("connection refused: GET " + this->url()));
  EXPECT_THAT(why, HasSubstr("check that the service is running"));
  auto c = this->asked();
  c.host = "no-such-host.invalid";
  EXPECT_THAT(this->failure(c), HasSubstr("the host name has no address: GET http://no-such-host"));
  c = this->asked();
  c.unix_socket = this->at.socket_path("nobody");
  EXPECT_THAT(this->failure(c), HasSubstr(" over unix:"));
}

// All that wait are told at once, and the next call tries again.
TYPED_TEST(http_limits_on, nobody_there_for_many_calls) {
  this->serve(this->greeting);
  this->server.reset();
  http_client web(this->home, this->asked());
  int refused = 0;
  for (int i = 0; i < 10; ++i) {
    web.call(http_request()).then([&](result<http_reply> r) {
      refused += !r && r.error() == errc::refused;
    });
  }
  ASSERT_TRUE(this->at.run_until([&] { return refused == 10; }));
  this->serve(this->greeting);
  EXPECT_EQ(this->got(web, http_request()).text(), "hello");
}

TYPED_TEST(http_limits_on, the_wrong_kind_of_port) {
  this->serve(this->greeting, wire::tls);
  const std::string plain = this->failure(this->asked());
  EXPECT_THAT(plain, HasSubstr("https://"));
  this->reset();
  this->serve(this->greeting);
  EXPECT_THAT(this->failure(this->asked(wire::tls)), HasSubstr("the peer answered without TLS"));
  this->serve_raw([](raw_peer& p) { p.send("SSH-2.0-OpenSSH_9.2\r\n"); });
  const std::string foreign = this->failure(this->asked());
  EXPECT_THAT(foreign, HasSubstr("the peer does not speak HTTP: GET " + this->url()));
  EXPECT_THAT(foreign, HasSubstr("SSH-2.0"));
}

TYPED_TEST(http_limits_on, certificates) {
  this->serve(this->greeting, wire::tls);
  auto c = this->asked(wire::tls);
  c.tls.ca_certs = files().stranger;
  const std::string stranger = this->failure(c);
  EXPECT_THAT(stranger, HasSubstr("certificate is missing: GET " + this->url("https")));
  EXPECT_THAT(stranger, HasSubstr("CN=here"));
  c.tls.ca_certs = files().folder / "none.pem";
  EXPECT_THAT(this->failure(c), HasSubstr("none.pem"));
  c.with = nullptr;
  EXPECT_THAT(this->failure(c), HasSubstr("protocol not available"));

  this->reset();
  auto old = this->served(wire::tls);
  old.tls.certfile = files().expired_chain;
  old.tls.keyfile = files().expired_key;
  this->serve(this->greeting, std::move(old));
  EXPECT_THAT(this->failure(this->asked(wire::tls)), HasSubstr("has expired"));

  this->reset();
  auto strict = this->served(wire::tls);
  strict.tls.ca_certs = files().ca;
  strict.tls.clients = client_certificates::required;
  this->serve(this->greeting, std::move(strict));
  EXPECT_THAT(this->failure(this->asked(wire::tls)),
              HasSubstr("the peer did not accept our certificate"));
  auto named = this->asked(wire::tls);
  named.tls.certfile = files().client_chain;
  named.tls.keyfile = files().client_key;
  http_client web(this->home, named);
  EXPECT_EQ(this->got(web, http_request()).text(), "hello");
}

TYPED_TEST(http_limits_on, requests_that_are_none) {
  this->serve(this->greeting);
  http_client web(this->home, this->asked());
  for (const char* target : {"", "a b", "/\r\nX: y", "http//x"}) {
    const error why = this->refusal(web.call(http_request("GET", target)));
    EXPECT_EQ(why, errc::invalid_argument) << target << ": " << why.to_string();
  }
  EXPECT_EQ(this->refusal(web.call(http_request("CONNECT", "a:1"))), errc::invalid_argument);
  EXPECT_EQ(this->refusal(web.call(http_request("G T", "/"))), errc::invalid_argument);
  http_request split("GET", "/");
  split.headers.add("X", "a\r\nB: c");
  EXPECT_EQ(this->refusal(web.call(std::move(split))), errc::invalid_argument);
  EXPECT_EQ(web.connects(), 0u);
  EXPECT_EQ(this->got(web, http_request()).text(), "hello");
  auto c = this->asked();
  c.max_queue = 0;
  c.timeout = duration::zero();
  const std::string why = this->failure(c);
  EXPECT_THAT(why, HasSubstr("timeout is not positive; max_queue is 0"));
}

}  // namespace
}  // namespace parley::test
#endif
