// http::client and http::server, joined by a link in memory.
#include <gtest/gtest.h>

#include <parley/codecs/http/server.hpp>
#include <string>

#include "client_script.hpp"
#include "support/pair.hpp"

namespace parley::test {
namespace {

// A server that answers with method and body, and a client that notes what comes.
struct conversation {
  explicit conversation(sim::split how)
      : link(
            client, [this](auto& e) { heard(e); }, server, [this](auto& e) { serve(e); },
            {.seed = 3, .splitting = how}) {
    link.start();
  }

  void serve(http::server::event& e) {
    if (const auto* r = std::get_if<http::request_event>(&e)) {
      said = std::string(r->head->method_name) + ":";
      if (r->head->target == "/refused") answer(r->id, 413, "no");
    }
    if (const auto* b = std::get_if<http::body_event>(&e)) said += as_text(b->data);
    if (const auto* end = std::get_if<http::request_end>(&e)) answer(end->id, 200, said);
  }
  void answer(http::request_id id, std::uint16_t code, std::string_view text) {
    if (text.size() % 2 == 0) {
      ASSERT_TRUE(server.respond(id, {.status = code}, text, link.now()));
      return;
    }
    ASSERT_TRUE(server.begin(id, {.status = code}, std::nullopt, link.now()));
    ASSERT_TRUE(server.write(id, as_bytes(text), link.now()));
    ASSERT_TRUE(server.finish(id, {}, link.now()));
  }

  void heard(http::client::event& e) {
    if (const auto* r = std::get_if<http::response_event>(&e)) status = r->head->status;
    if (const auto* b = std::get_if<http::response_body>(&e)) got += as_text(b->data);
    if (std::holds_alternative<http::response_end>(e)) ++ends;
    if (std::holds_alternative<failed>(e)) ADD_FAILURE() << to_line(e);
    if (std::holds_alternative<closed>(e)) is_closed = true;
    if (const auto* w = std::get_if<http::client_writable>(&e)) feed(w->tag);
  }
  // Goes on with the body in pieces.
  void feed(std::uint64_t tag) {
    while (pieces > 0) {
      const auto waits = client.write(tag, as_bytes(std::string(10'000, 'p')), link.now());
      ASSERT_TRUE(waits);
      --pieces;
      if (*waits > limits.high_water) return;
    }
    if (pieces == 0) {
      ASSERT_TRUE(client.finish(tag, {}, link.now()));
    }
    pieces = -1;
  }
  // Drives, and returns what was answered since the last time.
  std::string answered() {
    // A loop asks again when it has written, which the link does not.
    for (int i = 0; i < 40; ++i) {
      link.first.drain();
      link.drive();
    }
    return std::to_string(status) + " " + std::exchange(got, {});
  }

  http::client_limits limits;
  http::server_limits server_limits;
  http::client client{limits, "example.com"};
  http::server server{server_limits};
  std::string said, got;
  int status = 0, ends = 0, pieces = -1;
  bool is_closed = false;
  pair<http::client, http::server> link;
};

class http_pair : public ::testing::TestWithParam<sim::split> {};

TEST_P(http_pair, requests_of_every_kind) {
  conversation c(GetParam());
  const auto now = c.link.now();
  ASSERT_TRUE(c.client.send({}, byte_view(), 1, {}, now));
  EXPECT_EQ(c.answered(), "200 GET:");
  ASSERT_TRUE(c.client.send({.method = "POST"}, as_bytes("abc"), 2, {}, now));
  EXPECT_EQ(c.answered(), "200 POST:abc");
  ASSERT_TRUE(c.client.send({.method = "HEAD"}, byte_view(), 3, {}, now));
  EXPECT_EQ(c.answered(), "200 ");
  const auto large = shared_bytes::copy(as_bytes(std::string(200'000, 'L')));
  ASSERT_TRUE(c.client.send({.method = "PUT"}, large, 4, {.expect_continue = true}, now));
  EXPECT_EQ(c.answered(), "200 PUT:" + std::string(large.text()));
  ASSERT_TRUE(c.client.send({}, byte_view(), 5, {.close = true}, now));
  EXPECT_EQ(c.answered(), "200 GET:");
  EXPECT_EQ(c.ends, 5);
  EXPECT_TRUE(c.is_closed);
}

TEST_P(http_pair, a_body_in_pieces) {
  conversation c(GetParam());
  for (const bool expects : {false, true}) {
    c.pieces = 30;
    ASSERT_TRUE(c.client.begin({.method = "POST"}, std::nullopt, 1, {.expect_continue = expects},
                               c.link.now()));
    if (!expects) c.feed(1);
    EXPECT_EQ(c.answered(), "200 POST:" + std::string(300'000, 'p'));
  }
  EXPECT_EQ(c.ends, 2);
}

TEST_P(http_pair, a_refusal_before_the_body) {
  conversation c(GetParam());
  ASSERT_TRUE(c.client.send({.method = "PUT", .target = "/refused"},
                            as_bytes(std::string(1'000'000, 'L')), 1, {.expect_continue = true},
                            c.link.now()));
  EXPECT_EQ(c.answered(), "413 no");
  EXPECT_EQ(c.ends, 1);
  EXPECT_TRUE(c.is_closed);
}

INSTANTIATE_TEST_SUITE_P(cuts, http_pair,
                         ::testing::Values(sim::split::never, sim::split::random,
                                           sim::split::every_byte));

}  // namespace
}  // namespace parley::test
