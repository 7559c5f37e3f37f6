// websocket::client and websocket::server, joined by a link in memory.
#include "support/pair.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <parley/codecs/websocket/client.hpp>
#include <parley/codecs/websocket/errc.hpp>
#include <parley/codecs/websocket/server.hpp>
#include <string>
#include <vector>

#include "support/letters.hpp"

namespace parley::test {
namespace {

using websocket::close_code;
using websocket::opcode;

// The same numbers for each test.
struct counting_source final : random_source {
  void random(std::span<std::byte> out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(next_++ * 167);
  }
  unsigned next_ = 1;
};

// A server that echoes, and a client that notes what comes.
struct conversation {
  explicit conversation(sim::split how, bool deflate = true, bool pieces = false) {
    server_settings.handshake.deflate.enabled = deflate;
    server_settings.connection.pieces = pieces;
    client_settings.connection.pieces = pieces;
    link.emplace(
        client, [this](auto& e) { heard(e); }, server, [this](auto& e) { serve(e); },
        pair_options{.seed = 3, .splitting = how});
    link->start();
    drive();
  }

  void serve(websocket::event& e) {
    if (const auto* m = std::get_if<websocket::message_event>(&e)) {
      EXPECT_TRUE(server.send(m->type, m->data, link->now()));
    }
    if (const auto* p = std::get_if<websocket::piece_event>(&e)) {
      EXPECT_TRUE(server.send_piece(p->type, p->data, p->last, link->now()));
    }
    if (const auto* f = std::get_if<failed>(&e)) server_fault = f->why;
    if (const auto* c = std::get_if<websocket::close_event>(&e)) {
      server_closed = static_cast<int>(c->code);
    }
  }
  void heard(websocket::event& e) {
    if (std::holds_alternative<websocket::opened>(e)) ++opened;
    if (const auto* m = std::get_if<websocket::message_event>(&e)) got.emplace_back(m->text());
    if (const auto* p = std::get_if<websocket::piece_event>(&e)) {
      if (p->first) got.emplace_back();
      got.back() += as_text(p->data);
    }
    if (std::holds_alternative<websocket::pong_event>(e)) ++pongs;
    if (const auto* f = std::get_if<failed>(&e)) fault = f->why;
    if (const auto* c = std::get_if<websocket::close_event>(&e)) {
      closed_with = static_cast<int>(c->code);
    }
    if (std::holds_alternative<closed>(e)) is_closed = true;
  }
  void drive() {
    // A loop asks again when it has written, which the link does not.
    for (int i = 0; i < 10; ++i) {
      link->first.drain();
      link->drive();
    }
  }

  websocket::server_settings server_settings;
  websocket::client_settings client_settings;
  counting_source random;
  websocket::server server{server_settings};
  websocket::client client{client_settings, "example.com", "/feed", random};
  std::vector<std::string> got;
  std::optional<error> fault, server_fault;
  int opened = 0, pongs = 0, closed_with = 0, server_closed = 0;
  bool is_closed = false;
  std::optional<pair<websocket::client, websocket::server>> link;
};

class websocket_pair : public ::testing::TestWithParam<sim::split> {};

TEST_P(websocket_pair, messages_of_every_size) {
  for (const bool deflate : {false, true}) {
    for (const bool pieces : {false, true}) {
      conversation c(GetParam(), deflate, pieces);
      ASSERT_EQ(c.opened, 1);
      EXPECT_EQ(c.client.is_compressed(), deflate);
      std::vector<std::string> sent;
      for (const std::size_t size : {0U, 1U, 125U, 126U, 1000U, 5000U, 65535U, 65536U, 200'000U}) {
        sent.push_back(letters(size));
        ASSERT_TRUE(c.client.send_text(sent.back(), c.link->now()));
        c.drive();
      }
      EXPECT_TRUE(c.got == sent) << deflate << pieces;
      EXPECT_FALSE(c.fault) << c.fault->to_string();
      EXPECT_FALSE(c.server_fault) << c.server_fault->to_string();
      ASSERT_TRUE(c.client.close(close_code::normal, "bye", c.link->now()));
      c.drive();
      EXPECT_EQ(c.closed_with, 1000);
      EXPECT_EQ(c.server_closed, 1000);
      EXPECT_TRUE(c.is_closed);
    }
  }
}

TEST_P(websocket_pair, pieces_pings_and_a_servers_close) {
  conversation c(GetParam());
  const auto now = c.link->now();
  ASSERT_TRUE(c.client.send_piece(opcode::binary, as_bytes("abc"), false, now));
  EXPECT_EQ(c.client.send_text("x", now).error(), errc::misuse);
  ASSERT_TRUE(c.client.ping(as_bytes("?"), now));
  ASSERT_TRUE(c.client.send_piece(opcode::binary, {}, false, now));
  ASSERT_TRUE(c.client.send_piece(opcode::binary, as_bytes("def"), true, now));
  c.drive();
  EXPECT_EQ(c.got, (std::vector<std::string>{"abcdef"}));
  EXPECT_EQ(c.pongs, 1);
  ASSERT_TRUE(c.server.close(close_code::going_away, "", now));
  c.link->second.drain();
  c.drive();
  EXPECT_EQ(c.closed_with, 1001);
  EXPECT_EQ(c.server_closed, 1001);
  EXPECT_TRUE(c.is_closed);
}

INSTANTIATE_TEST_SUITE_P(cuts, websocket_pair,
                         ::testing::Values(sim::split::never, sim::split::random,
                                           sim::split::every_byte));

}  // namespace
}  // namespace parley::test
