// Server and client of HTTP on every loop, over TCP, Unix sockets and TLS.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "http_on/http_on.hpp"

namespace parley::test {
namespace {

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 31 + i / 251) & 0xFF);
  return text;
}

template <class L>
class http_echo_on : public http_on<L> {};
TYPED_TEST_SUITE(http_echo_on, all_loops, loop_names);

TYPED_TEST(http_echo_on, bodies_of_every_size_on_one_connection) {
  for (const wire w : every_wire) {
    SCOPED_TRACE(name_of(w));
    auto& echo = this->keep(std::make_unique<http_echo>());
    this->serve(echo, w);
    http_client web(this->home, this->asked(w));
    for (const std::size_t size : {0u, 1u, 64u * 1024, 5u << 20}) {
      const std::string body = pattern(size);
      const http_reply r = this->got(web, http_request("POST", "/echo", body));
      EXPECT_EQ(r.status, 200) << r.reason;
      EXPECT_EQ(r.reason, "OK");
      EXPECT_TRUE(r.text() == body) << r.body.size();
      EXPECT_EQ(r.headers.find("content-length"), std::to_string(size));
    }
    EXPECT_EQ(web.connects(), 1u);
    EXPECT_EQ(echo.requests, 4u);
    EXPECT_THAT(echo.faults, ::testing::IsEmpty());
    this->reset();
  }
}

TYPED_TEST(http_echo_on, replies_in_chunks) {
  for (const wire w : every_wire) {
    SCOPED_TRACE(name_of(w));
    const std::string body = pattern(5u << 20);
    auto& chunks = this->script([&](http_peer& peer, http::request_id id, time_point now) {
      auto& machine = peer.machine();
      EXPECT_TRUE(machine.begin(id, {}, std::nullopt, now));
      const auto all = as_bytes(body);
      EXPECT_TRUE(machine.write(id, all.first(1), now));
      EXPECT_TRUE(machine.write(id, all.subspan(1), now));
      const http::header sum{"Sum", "7"};
      EXPECT_TRUE(machine.finish(id, {&sum, 1}, now));
    });
    this->serve(chunks, w);
    http_client web(this->home, this->asked(w));
    const http_reply r = this->got(web, http_request("GET", "/"));
    EXPECT_TRUE(r.text() == body) << r.body.size() << r.reason;
    EXPECT_EQ(r.headers.find("transfer-encoding"), "chunked");
    EXPECT_EQ(r.trailers.find("sum"), "7");
    this->reset();
  }
}

TYPED_TEST(http_echo_on, calls_queue_and_share_a_connection) {
  auto& echo = this->keep(std::make_unique<http_echo>());
  this->serve(echo);
  http_client web(this->home, this->asked());
  std::vector<std::string> order;
  for (int i = 0; i < 200; ++i) {
    web.call(http_request("PUT", "/", std::to_string(i))).then([&](result<http_reply> r) {
      order.push_back(r ? r->body : r.error().to_string());
    });
  }
  EXPECT_EQ(web.pending(), 200u);
  ASSERT_TRUE(this->at.run_until([&] { return order.size() == 200; }));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], std::to_string(i));
  EXPECT_EQ(web.connects(), 1u);
  EXPECT_EQ(web.pending(), 0u);
}

TYPED_TEST(http_echo_on, many_clients_at_once) {
  for (const wire w : every_wire) {
    SCOPED_TRACE(name_of(w));
    auto& echo = this->keep(std::make_unique<http_echo>());
    this->serve(echo, w);
    std::vector<std::unique_ptr<http_client>> clients;
    int right = 0, ended = 0;
    for (std::size_t i = 0; i < 50; ++i) {
      auto& web = clients.emplace_back(std::make_unique<http_client>(this->home, this->asked(w)));
      for (std::size_t k = 0; k < 3; ++k) {
        const std::string body = pattern(i * 100 + k);
        web->call(http_request("POST", "/", body)).then([&, body](result<http_reply> r) {
          ++ended;
          right += r && r->body == body;
          if (!r) ADD_FAILURE() << r.error().to_string();
        });
      }
    }
    ASSERT_TRUE(this->at.run_until([&] { return ended == 150; }));
    EXPECT_EQ(right, 150);
    EXPECT_EQ(this->server->connections(), 50u);
    clients.clear();
    EXPECT_TRUE(this->at.run_until([&] { return this->server->connections() == 0; }));
    this->reset();
  }
}

TYPED_TEST(http_echo_on, fields_and_targets_arrive) {
  std::vector<std::string> seen;
  struct listening final : http_handler {
    explicit listening(std::vector<std::string>& to) : seen(to) {}
    void on_event(http_peer& peer, http::server::event& event, time_point now) override {
      if (const auto* begin = std::get_if<http::request_event>(&event)) {
        seen.emplace_back(begin->head->target);
        seen.emplace_back(begin->head->headers.find("x-test").value_or("none"));
        seen.emplace_back(begin->head->authority);
      } else if (const auto* end = std::get_if<http::request_end>(&event)) {
        say(peer, end->id, "hello", now);
      }
    }
    std::vector<std::string>& seen;
  };
  this->serve(this->keep(std::make_unique<listening>(seen)));
  http_client web(this->home, this->asked());
  http_request r("GET", "/a%20b?c=d&e");
  r.headers.add("X-Test", "1, 2");
  EXPECT_EQ(this->got(web, std::move(r)).text(), "hello");
  const std::string host = "127.0.0.1:" + std::to_string(this->port);
  EXPECT_THAT(seen, ::testing::ElementsAre("/a%20b?c=d&e", "1, 2", host));
  // HEAD has the length and no body.
  const http_reply head = this->got(web, http_request("HEAD", "/"));
  EXPECT_EQ(head.headers.find("Content-Length"), "5") << head.reason;
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(web.connects(), 1u);
}

TYPED_TEST(http_echo_on, one_coroutine_after_another) {
  auto& echo = this->keep(std::make_unique<http_echo>());
  this->serve(echo);
  http_client web(this->home, this->asked());
  const auto talk = [&]() -> task<std::string> {
    auto first = co_await web.call(http_request("POST", "/", "one, "));
    if (!first) co_return first.error().to_string();
    auto second = co_await web.call(http_request("POST", "/", first->body + "two"));
    co_return second ? second->body : second.error().to_string();
  };
  EXPECT_EQ(this->at.wait(spawn(this->home, talk())), "one, two");
}

}  // namespace
}  // namespace parley::test
#endif
