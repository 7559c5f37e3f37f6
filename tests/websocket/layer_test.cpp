// WebSocket as a transport: lines over WebSocket, and over WebSocket over TLS, joined in memory.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <parley/build_config.hpp>
#include <parley/codecs/websocket/errc.hpp>
#include <parley/codecs/websocket/layer.hpp>
#include <parley/core/machine/stack.hpp>
#include <string>
#include <vector>

#include "support/line_machine.hpp"
#include "support/pair.hpp"
#if PARLEY_HAS_TLS
#include "tls/tls_pair.hpp"
#endif

namespace parley::test {
namespace {

using websocket::close_code;
using lines = stack<line_machine>;

struct counting_source final : random_source {
  void random(std::span<std::byte> out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(next++ * 167);
  }
  unsigned next = 1;
};

// One end: lines on top of a layer.
struct end {
  end(layer_ptr upper, layer_ptr lower)
      : machine(line_machine(), std::move(upper), std::move(lower)) {}

  void on_event(lines::event& e) {
    if (const auto* l = std::get_if<line>(&e)) got.emplace_back(l->text);
    if (const auto* f = std::get_if<failed>(&e)) fault = f->why;
    if (std::holds_alternative<opened>(e)) is_open = true;
    if (std::holds_alternative<closed>(e)) is_closed = true;
    if (!std::holds_alternative<peer_ended>(e)) return;
    has_ended = true;
    machine.top().finish();
  }

  lines machine;
  std::vector<std::string> got;
  std::optional<error> fault;
  bool is_open = false, is_closed = false, has_ended = false;
};

constexpr std::string_view protocols[] = {"lines"};

// Both ends, and the link.
struct joined {
  explicit joined(sim::split how, bool pieces = true, bool with_tls = false) {
    for (auto* handshake :
         {&client_settings.handshake.subprotocols, &server_settings.handshake.subprotocols}) {
      *handshake = protocols;
    }
    client_settings.connection.pieces = server_settings.connection.pieces = pieces;
    auto above = std::make_unique<websocket::client_layer>(
        websocket::client(client_settings, "server.test", "/lines", random));
    auto served = std::make_unique<websocket::server_layer>(websocket::server(server_settings));
    client_layer = above.get();
    server_layer = served.get();
    layer_ptr client_tls, server_tls;
#if PARLEY_HAS_TLS
    if (with_tls) {
      world.emplace(good_setup());
      client_tls = std::make_unique<tls::client>(world->client_context, world->host, world->wall);
      server_tls = std::make_unique<tls::server>(world->server_context, world->wall);
    }
#endif
    client.emplace(std::move(above), std::move(client_tls));
    server.emplace(std::move(served), std::move(server_tls));
    link.emplace(
        client->machine, [this](lines::event& e) { client->on_event(e); }, server->machine,
        [this](lines::event& e) { server->on_event(e); },
        pair_options{.seed = 5, .splitting = how});
    link->start();
    drive();
  }
  void drive() {
    // A loop asks again when it has written, which the link does not.
    for (int i = 0; i < 10; ++i) {
      link->first.drain();
      link->second.drain();
      link->drive();
    }
  }

  counting_source random;
  websocket::client_settings client_settings;
  websocket::server_settings server_settings;
  websocket::client_layer* client_layer = nullptr;
  websocket::server_layer* server_layer = nullptr;
#if PARLEY_HAS_TLS
  std::optional<tls_world> world;
#endif
  std::optional<end> client, server;
  std::optional<pair<lines, lines>> link;
};

// Cut everywhere, each with messages whole and in pieces, without and with TLS.
class websocket_layer : public ::testing::TestWithParam<sim::split> {
 protected:
  template <class F>
  void for_all(F what) {
    for (const bool pieces : {false, true}) {
      for (const bool with_tls : {false, true}) {
        SCOPED_TRACE(std::string(pieces ? "pieces" : "whole") + (with_tls ? ", TLS" : ""));
        joined j(GetParam(), pieces, with_tls);
        ASSERT_TRUE(j.client->is_open && j.server->is_open);
        what(j);
      }
    }
  }
};

TEST_P(websocket_layer, lines_of_every_size_both_ways) {
  for_all([](joined& j) {
    EXPECT_EQ(j.client_layer->subprotocol(), "lines");
    EXPECT_TRUE(j.client_layer->is_compressed());
    std::vector<std::string> sent;
    for (const std::size_t size : {0u, 1u, 5000u, 100'000u, 3u, 300'000u, 70'000u}) {
      sent.emplace_back(size, static_cast<char>('a' + sent.size()));
      j.client->machine.top().send(sent.back());
      j.server->machine.top().send(sent.back());
    }
    for (int i = 0; i < 20; ++i) j.drive();
    EXPECT_TRUE(j.client->got == sent) << j.client->got.size();
    EXPECT_TRUE(j.server->got == sent) << j.server->got.size();
    EXPECT_FALSE(j.client->fault || j.server->fault);
  });
}

TEST_P(websocket_layer, an_end_in_good_order) {
  for_all([](joined& j) {
    j.client->machine.top().send(std::string(200'000, 'x'));
    j.client->machine.top().finish();
    for (int i = 0; i < 10; ++i) j.drive();
    EXPECT_EQ(j.server->got.size(), 1u);
    EXPECT_TRUE(j.server->has_ended);
    EXPECT_TRUE(j.client->has_ended);
    EXPECT_FALSE(j.client->fault || j.server->fault);
    EXPECT_TRUE(j.client->is_closed && j.server->is_closed);
    EXPECT_TRUE(j.link->first.is_over() && j.link->second.is_over());
  });
}

// A machine that has more to say when the peer has closed comes to its end as well.
TEST_P(websocket_layer, what_is_said_behind_the_end_is_lost) {
  for_all([](joined& j) {
    j.client->machine.top().finish();
    j.link->first.drain();
    j.server->machine.top().send(std::string(500'000, 'x'));
    for (int i = 0; i < 10; ++i) j.drive();
    EXPECT_TRUE(j.server->has_ended && j.server->is_closed);
    EXPECT_FALSE(j.server->fault);
    EXPECT_TRUE(j.link->second.is_over());
  });
}

TEST_P(websocket_layer, back_pressure_reaches_the_peer) {
  for_all([](joined& j) {
    j.server->machine.top().pause(true);
    const std::string large(256 * 1024, 'x');
    for (int i = 0; i < 10; ++i) j.client->machine.top().send(large);
    for (int i = 0; i < 10; ++i) j.drive();
    EXPECT_TRUE(j.server->got.empty());
    j.server->machine.top().pause(false);
    for (int i = 0; i < 200; ++i) j.drive();
    EXPECT_EQ(j.server->got.size(), 10u);
    EXPECT_FALSE(j.client->fault || j.server->fault);
  });
}

INSTANTIATE_TEST_SUITE_P(cuts, websocket_layer,
                         ::testing::Values(sim::split::never, sim::split::random,
                                           sim::split::every_byte));

// A server layer alone, and a websocket::client as its peer.
struct against_client {
  explicit against_client(bool deflate = true, message_measure measure = nullptr)
      : layer(websocket::server(server_settings), nullptr, measure) {
    client_settings.handshake.deflate.enabled = deflate;
    peer.start(now);
    layer.start(now);
    move();
  }
  // Until nothing goes any more; what the layer read is in `plain`.
  void move() {
    for (int i = 0; i < 100; ++i) {
      for (auto e = peer.next_event(); !is_drained(e); e = peer.next_event()) {
        if (const auto* c = std::get_if<websocket::close_event>(&e)) code = c->code;
        if (std::holds_alternative<websocket::opened>(e)) is_open = true;
        if (std::holds_alternative<closed>(e)) break;
      }
      carry(peer, layer);
      read();
      carry(layer, peer);
    }
  }
  template <class From, class To>
  void carry(From& from, To& to) {
    for (auto list = from.output(); !list.empty() && to.wants_read(); list = from.output()) {
      const auto into = to.prepare(list.front().size);
      if (into.empty()) return;
      const std::size_t n = std::min(into.size(), list.front().size);
      std::memcpy(into.data(), list.front().data, n);
      to.commit(n, now);
      from.consume_output(n);
    }
  }
  void read() {
    std::byte room[10];
    for (;;) {
      last = layer.read(layer.open() ? std::span<std::byte>(room) : std::span<std::byte>(), now);
      if (last.what != read_result::status::ok) return;
      plain.append(as_text(byte_view(room).first(last.n)));
    }
  }

  const time_point now = time_point(std::chrono::hours(1));
  counting_source random;
  websocket::client_settings client_settings;
  websocket::server_settings server_settings;
  websocket::client peer{client_settings, "a", "/", random};
  websocket::server_layer layer;
  read_result last;
  std::string plain;
  std::optional<close_code> code;
  bool is_open = false;
};

TEST(websocket_layer_alone, text_is_refused_with_1003) {
  against_client c;
  ASSERT_TRUE(c.is_open && c.layer.open());
  ASSERT_TRUE(c.peer.send_binary(as_bytes("bytes, bytes, bytes"), c.now));
  ASSERT_TRUE(c.peer.send_text("text", c.now));
  c.move();
  EXPECT_EQ(c.plain, "bytes, bytes, bytes");
  EXPECT_EQ(c.last.what, read_result::status::failed);
  EXPECT_EQ(c.layer.why(), errc::not_supported) << c.layer.why().to_string();
  EXPECT_EQ(c.code, close_code::unsupported_data);
}

TEST(websocket_layer_alone, codes_of_its_end) {
  for (const auto code : {close_code::normal, close_code::going_away, close_code::internal_error,
                          close_code::try_again_later}) {
    against_client c;
    ASSERT_TRUE(c.peer.send_binary(as_bytes("bytes"), c.now));
    ASSERT_TRUE(c.peer.close(code, "why", c.now));
    c.move();
    EXPECT_EQ(c.plain, "bytes");
    const bool is_orderly = code == close_code::normal || code == close_code::going_away;
    EXPECT_EQ(c.last.what, is_orderly ? read_result::status::eof : read_result::status::failed);
    if (is_orderly) continue;
    const bool may_pass = code == close_code::try_again_later;
    EXPECT_EQ(c.layer.why(), may_pass ? error(websocket::errc::peer_unavailable)
                                      : error(websocket::errc::closed_by_peer));
    EXPECT_NE(c.layer.why().message().find("why"), std::string_view::npos);
  }
}

TEST(websocket_layer_alone, an_end_without_a_close_frame_is_truncated) {
  against_client c;
  ASSERT_TRUE(c.peer.send_binary(as_bytes("bytes"), c.now));
  c.move();
  c.layer.commit_eof(c.now);
  c.read();
  EXPECT_EQ(c.plain, "bytes");
  EXPECT_EQ(c.last.what, read_result::status::failed);
  EXPECT_EQ(c.layer.why(), errc::truncated) << c.layer.why().to_string();
}

// A deadline must not pull away what is being read.
TEST(websocket_layer_alone, a_deadline_in_the_middle_of_a_message) {
  against_client c;
  ASSERT_TRUE(c.peer.send_binary(as_bytes("bytes, bytes, bytes"), c.now));
  c.carry(c.peer, c.layer);
  std::byte room[5];
  const auto got = c.layer.read(room, c.now);
  EXPECT_EQ(as_text(byte_view(room).first(got.n)), "bytes");
  EXPECT_FALSE(c.layer.wants_read());
  c.layer.handle_timeout(*c.layer.next_deadline());
  c.read();
  EXPECT_EQ(c.plain, ", bytes, bytes");
}

TEST(websocket_layer_alone, output_is_bounded) {
  against_client c(false);
  const std::string large(1 << 20, 'x');
  const const_buffer list[] = {{large.data(), 10}, {large.data(), large.size()}};
  const std::size_t taken = c.layer.write(list, c.now);
  EXPECT_LT(taken, 200'000u);
  EXPECT_GT(taken, 10u);
  EXPECT_EQ(c.layer.write(list, c.now), 0u);
}

// Messages of two digits for their length, and as many bytes.
std::size_t measure_digits(byte_view begin) noexcept {
  if (begin.size() < 2) return 0;
  const auto digit = [&](std::size_t i) { return std::to_integer<std::size_t>(begin[i]) - '0'; };
  return 2 + digit(0) * 10 + digit(1);
}

// What a layer sends of `text`, which it is shown in pieces of `cut` bytes, up to `most` of them at
// a time; each frame in brackets.
std::string framed(std::string_view text, std::size_t cut, std::size_t most,
                   message_measure measure) {
  against_client c(false, measure);
  while (!text.empty()) {
    std::vector<const_buffer> pieces;
    for (std::size_t at = 0; at < text.size() && pieces.size() < most; at += cut) {
      pieces.push_back({text.data() + at, std::min(cut, text.size() - at)});
    }
    const std::size_t taken = c.layer.write(pieces, c.now);
    EXPECT_GT(taken, 0u);
    if (taken == 0) break;
    text.remove_prefix(taken);
  }
  std::string all;
  for (const const_buffer& piece : c.layer.output()) {
    all.append(static_cast<const char*>(piece.data), piece.size);
  }
  std::string shape;
  for (std::string_view rest = all; rest.size() >= 2;) {
    const auto size = static_cast<unsigned char>(rest[1]);
    shape.append("[").append(rest.substr(2, size)).append("]");
    rest.remove_prefix(std::min<std::size_t>(rest.size(), 2U + size));
  }
  return shape;
}

TEST(websocket_layer_alone, measured_messages_are_apart) {
  const std::string_view text = "03abc0005defgh12twelve bytes";
  const std::string_view apart = "[03abc][00][05defgh][12twelve bytes]";
  for (std::size_t cut = 1; cut <= text.size(); ++cut) {
    EXPECT_EQ(framed(text, cut, 100, &measure_digits), apart) << cut;
    EXPECT_EQ(framed(text, cut, 100, nullptr), "[" + std::string(text) + "]") << cut;
  }
}

// A message that is shown in parts is sent in parts; none has the next one's bytes.
TEST(websocket_layer_alone, measured_messages_may_come_in_parts) {
  const std::string_view text = "03abc0005defgh";
  EXPECT_EQ(framed(text, 3, 1, &measure_digits), "[03a][bc][00][05d][efg][h]");
  EXPECT_EQ(framed(text, 2, 2, &measure_digits), "[03ab][c][00][05de][fgh]");
  // One that cannot be measured is sent all the same.
  EXPECT_EQ(framed(text, 1, 1, &measure_digits).size(), 3 * text.size());
}

TEST(websocket_layer_alone, closed_before_it_is_open) {
  websocket::server_settings settings;
  websocket::server_layer layer{websocket::server(settings)};
  layer.start(time_point(std::chrono::hours(1)));
  layer.close(time_point(std::chrono::hours(1)));
  EXPECT_TRUE(layer.is_done());
  EXPECT_FALSE(layer.open());
}

}  // namespace
}  // namespace parley::test
