// MQTT over WebSocket (MQTT 5 section 6): our client's stack against the broker's, in memory.
#include <gtest/gtest.h>

#include <parley/codecs/mqtt/broker/broker.hpp>
#include <parley/codecs/mqtt/client.hpp>
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

}  // namespace
}  // namespace parley::test
