// MQTT over WebSocket (MQTT 5 section 6): our client's stack against the broker's, in memory.
#include <gtest/gtest.h>

#include <parley/codecs/mqtt/broker/broker.hpp>
#include <parley/codecs/mqtt/client.hpp>
#include <parley/codecs/mqtt/decoder.hpp>
#include <parley/codecs/websocket/layer.hpp>
#include <parley/codecs/websocket/layer_maker.hpp>
#include <parley/core/machine/stack.hpp>

#include "support/broker_world.hpp"

namespace parley::test {
namespace {

// Made before the peer that refers to it.
struct served_stack {
  stack<mqtt::server> stacked;
};

struct served final : served_stack, mqtt::peer {
  served(const mqtt::server_limits& l, layer_ptr under)
      : served_stack{stack<mqtt::server>(mqtt::server(l), std::move(under))},
        mqtt::peer(stacked.top()) {}
  void stirred() override {}
};

template <class From, class To>
bool carry(From& from, To& to, time_point now) {
  std::string bytes;
  for (const const_buffer& piece : from.output()) {
    bytes.append(static_cast<const char*>(piece.data), piece.size);
  }
  if (bytes.empty()) return false;
  const std::span<std::byte> into = to.prepare(bytes.size());
  const std::size_t n = std::min(into.size(), bytes.size());
  std::ranges::copy(as_bytes(bytes).first(n), into.begin());
  from.consume_output(n);
  to.commit(n, now);
  return n > 0;
}

TEST(broker_websocket, a_client_is_served) {
  broker_world world;
  world.start();
  transports table;
  table.add("websocket_server/mqtt", websocket::server_layer_maker("mqtt"));
  auto layer = table.make("websocket_server/mqtt", {});
  ASSERT_TRUE(layer);
  served there(world.settings.connection, *std::move(layer));
  ASSERT_TRUE(world.broker->enter(there, world.now));

  constexpr std::array<std::string_view, 1> mqtt_name{"mqtt"};
  websocket::client_settings web;
  web.connection.pieces = true;
  web.handshake.subprotocols = mqtt_name;
  mqtt::client_settings settings;
  settings.client_id = "a";
  mqtt::session kept;
  stack<mqtt::client> here(
      mqtt::client(settings, kept),
      std::make_unique<websocket::client_layer>(websocket::client(web, "here", "/mqtt", world)));
  here.start(world.now);
  there.stacked.start(world.now);
  bool is_open = false, is_subscribed = false;
  std::string heard;
  for (bool any = true; any;) {
    for (;;) {
      auto e = here.next_event();
      if (std::holds_alternative<mqtt::opened>(e)) {
        is_open = true;
        const std::vector<mqtt::subscription> filters{{.filter = "t"}};
        EXPECT_TRUE(here.top().subscribe(filters, {}, world.now));
        EXPECT_TRUE(here.top().publish({.topic = "t", .payload = as_bytes(std::string_view("x"))},
                                       world.now));
      }
      is_subscribed |= std::holds_alternative<mqtt::subscribe_event>(e);
      if (const auto* m = std::get_if<mqtt::message_event>(&e)) heard += m->text();
      if (is_drained(e) || std::holds_alternative<closed>(e)) break;
    }
    any = carry(here, there.stacked, world.now);
    for (;;) {
      auto e = there.stacked.next_event();
      world.broker->handle(there, e, world.now);
      if (is_drained(e) || std::holds_alternative<closed>(e)) break;
    }
    any |= carry(there.stacked, here, world.now);
  }
  EXPECT_TRUE(is_open);
  EXPECT_TRUE(is_subscribed);
  EXPECT_EQ(heard, "x");
  world.broker->leave(there, world.now);
}

// A browser's side, as bytes.
constexpr std::string_view upgrade =
    "GET /mqtt HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
constexpr std::string_view our_name = "Sec-WebSocket-Protocol: mqtt\r\n";
constexpr std::string_view hello("\x10\x0e\0\4MQTT\5\2\0\0\0\0\1c", 16);

// With a mask of zeros.
std::string frame(char first, std::string_view payload) {
  return first + std::string(1, static_cast<char>(0x80 | payload.size())) + std::string(4, '\0') +
         std::string(payload);
}

// What the broker answers to all of these bytes.
std::string answer_to(std::string_view bytes) {
  broker_world world;
  world.start();
  transports table;
  table.add("websocket_server/mqtt", websocket::server_layer_maker("mqtt"));
  served there(world.settings.connection,
               *table.make("websocket_server/mqtt", {.measure = &mqtt::packet_size}));
  EXPECT_TRUE(world.broker->enter(there, world.now));
  there.stacked.start(world.now);
  std::string answer;
  for (bool any = true; any;) {
    for (;;) {
      auto e = there.stacked.next_event();
      world.broker->handle(there, e, world.now);
      if (is_drained(e) || std::holds_alternative<closed>(e)) break;
    }
    std::string some;
    for (const const_buffer& piece : there.stacked.output()) {
      some.append(static_cast<const char*>(piece.data), piece.size);
    }
    there.stacked.consume_output(some.size());
    answer += some;
    any = !some.empty();
    const auto into =
        there.stacked.wants_read() ? there.stacked.prepare(bytes.size()) : std::span<std::byte>();
    const std::size_t n = std::min(into.size(), bytes.size());
    if (n == 0) continue;
    std::ranges::copy(as_bytes(bytes).first(n), into.begin());
    there.stacked.commit(n, world.now);
    bytes.remove_prefix(n);
    any = true;
  }
  world.broker->leave(there, world.now);
  return answer;
}

// MQTT-6.0.0-2: packets begin and end wherever they like.
TEST(broker_websocket, frames_are_no_packets) {
  const std::string pieces = frame('\x82', hello.substr(0, 3)) +
                             frame('\x82', std::string(hello.substr(3)) + std::string("\xc0", 1)) +
                             frame('\x82', std::string("\0\xc0\0", 3));
  const std::string answer =
      answer_to(std::string(upgrade) + std::string(our_name) + "\r\n" + pieces);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 ")) << answer;
  EXPECT_NE(answer.find(our_name), std::string::npos) << "MQTT-6.0.0-4";
  EXPECT_NE(answer.find(std::string("\x20\x0e\0\0\x0b", 5)), std::string::npos) << "CONNACK";
  EXPECT_TRUE(answer.ends_with(std::string("\xd0\0", 2)));
}

// The payloads of the frames in an answer, without its head.
std::vector<std::string> frames_of(std::string_view answer) {
  std::vector<std::string> all;
  const std::size_t head = answer.find("\r\n\r\n");
  if (head == std::string_view::npos) return all;
  for (answer.remove_prefix(head + 4); answer.size() >= 2;) {
    const auto size = static_cast<unsigned char>(answer[1]);
    EXPECT_LT(size, 126);
    all.emplace_back(answer.substr(2, size));
    answer.remove_prefix(std::min<std::size_t>(answer.size(), 2U + size));
  }
  return all;
}

// MQTT does not ask for it, but Paho's C client does: a packet that follows another one in its
// frame is read when more bytes come, which may be never (1.3.12 and later, WebSocket.c).
TEST(broker_websocket, no_frame_has_two_packets) {
  const std::string_view publish("\x31\x05\0\1r\0x", 7);  // retained
  const std::string_view subscribe("\x82\x07\0\1\0\0\1r\0", 9);
  const std::string_view ping("\xc0\0", 2);
  std::string all(hello);
  all.append(publish).append(subscribe).append(ping).append(ping);
  const std::string answer =
      answer_to(std::string(upgrade) + std::string(our_name) + "\r\n" + frame('\x82', all));
  const auto frames = frames_of(answer);
  ASSERT_EQ(frames.size(), 5U);
  EXPECT_EQ(frames[0].front(), '\x20');
  EXPECT_EQ(frames[1], std::string("\x90\x04\0\1\0\0", 6));
  EXPECT_EQ(frames[2], std::string(publish));
  EXPECT_EQ(frames[3], std::string("\xd0\0", 2));
  EXPECT_EQ(frames[4], std::string("\xd0\0", 2));
}

// MQTT-6.0.0-1: only in binary messages.
TEST(broker_websocket, text_ends_the_connection) {
  const std::string answer =
      answer_to(std::string(upgrade) + std::string(our_name) + "\r\n" + frame('\x81', hello));
  const std::size_t end = answer.find("\r\n\r\n");
  ASSERT_NE(end, std::string::npos);
  // A close frame with 1003, and no CONNACK.
  EXPECT_EQ(answer[end + 4], '\x88');
  EXPECT_EQ(answer.substr(end + 6, 2), "\x03\xeb");
}

// MQTT-6.0.0-3: who does not offer "mqtt" means something else.
TEST(broker_websocket, the_subprotocol_has_to_be_offered) {
  for (const char* field : {"", "Sec-WebSocket-Protocol: chat\r\n"}) {
    EXPECT_TRUE(answer_to(std::string(upgrade) + field + "\r\n").starts_with("HTTP/1.1 400 "));
  }
}

}  // namespace
}  // namespace parley::test
