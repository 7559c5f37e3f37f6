// How a broker and its clients are told to speak MQTT over WebSocket, and where a broker listens.
#include <gmock/gmock.h>

#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#include <parley/codecs/mqtt/mqtt_config.hpp>

#include "broker_on/broker_on.hpp"

namespace parley::test {
namespace {

TEST(mqtt_over_websocket, a_client_is_told_by_its_uri) {
  struct row {
    const char* uri;
    bool tls;
    std::uint16_t port;
    const char* target;
    const char* text;
  };
  for (const row& r : std::to_array<row>({
           {"ws://hub", false, 80, "/mqtt", "mqtt+ws://hub:80/mqtt"},
           {"wss://hub", true, 443, "/mqtt", "mqtt+wss://hub:443/mqtt"},
           {"mqtt+ws://hub:8083", false, 8083, "/mqtt", "mqtt+ws://hub:8083/mqtt"},
           {"mqtt+wss://u:p@hub/", true, 443, "/", "mqtt+wss://u:***@hub:443/"},
           {"ws://hub/a%20b?qos=1", false, 80, "/a%20b", "mqtt+ws://hub:80/a%20b"},
           {"ws://hub?target=%2Fa%3Fkey=1", false, 80, "/a?key=1", "mqtt+ws://hub:80/a"},
       })) {
    const auto c = mqtt_config::from_uri(std::string_view(r.uri));
    ASSERT_TRUE(c) << r.uri << c.error().to_string();
    EXPECT_TRUE(c->websocket);
    EXPECT_EQ(c->tls_enable, r.tls) << r.uri;
    EXPECT_EQ(c->port, r.port) << r.uri;
    EXPECT_EQ(c->websocket_target, r.target);
    EXPECT_EQ(c->to_string(), r.text);
  }
  const auto local = mqtt_config::from_uri("ws+unix:///run/web.sock?target=/m");
  ASSERT_TRUE(local);
  EXPECT_TRUE(local->websocket);
  EXPECT_EQ(local->unix_socket, "/run/web.sock");
  EXPECT_EQ(local->websocket_target, "/m");
  EXPECT_FALSE(mqtt_config::from_uri("mqtt://hub?target=/m"));
  EXPECT_FALSE(mqtt_config::from_uri("mqtt://hub/mqtt"));
  EXPECT_FALSE(mqtt_config::from_uri("mqtt+http://hub"));
  mqtt_config c{.websocket = true, .websocket_target = "no path"};
  EXPECT_THAT(c.validate().error().to_string(), HasSubstr("websocket_target"));
  c = {.websocket_fields = {{"Authorization", "x"}}};
  EXPECT_THAT(c.validate().error().to_string(), HasSubstr("websocket_fields"));
}

TEST(mqtt_over_websocket, a_broker_is_told_by_its_uri) {
  const auto of = [](std::string_view text) {
    return mqtt_broker_config::from_uri(*uri::parse(text));
  };
  for (const char* text : {"ws://127.0.0.1:8083", "mqtt+ws://127.0.0.1:8083/mqtt"}) {
    const auto c = of(text);
    ASSERT_TRUE(c) << c.error().to_string();
    EXPECT_TRUE(c->websocket);
    EXPECT_FALSE(c->ssl);
    EXPECT_EQ(c->port, 8083);
  }
  const auto secure = of("mqtt+wss://localhost?certfile=c&keyfile=k&origin=https://a&origin=*");
  ASSERT_TRUE(secure) << secure.error().to_string();
  EXPECT_TRUE(secure->ssl && secure->websocket);
  EXPECT_EQ(secure->port, 443);
  EXPECT_THAT(secure->origins, ElementsAre("https://a", "*"));
  EXPECT_EQ(of("mqtt+ws+unix:///run/web.sock")->unix_socket, "/run/web.sock");
  EXPECT_FALSE(of("mqtt://127.0.0.1/path"));
  EXPECT_FALSE(of("mqtt://127.0.0.1?origin=https://a"));
  EXPECT_FALSE(of("http://127.0.0.1"));
  EXPECT_FALSE(of("mqtts://127.0.0.1"));  // without a certificate
  const auto nobodys = of("mqtt://:secret@127.0.0.1");
  ASSERT_FALSE(nobodys);  // or everybody may come in
  EXPECT_THAT(nobodys.error().to_string(), HasSubstr("a password without a user"));

  const auto place = mqtt_listener::from_uri(*uri::parse("mqtt+ws://127.0.0.1:8083?origin=*"));
  ASSERT_TRUE(place);
  EXPECT_TRUE(place->websocket);
  EXPECT_FALSE(mqtt_listener::from_uri(*uri::parse("mqtt://user@127.0.0.1")));
  EXPECT_FALSE(mqtt_listener::from_uri(*uri::parse("mqtt://127.0.0.1?max_clients=1")));
  // A further place is as open as the first: everybody may come.
  mqtt_broker_config open;
  open.also.push_back({.host = "0.0.0.0"});
  EXPECT_THAT(open.validate().error().to_string(), HasSubstr("everybody may come"));
}

template <class L>
class broker_places_on : public broker_on<L> {};
TYPED_TEST_SUITE(broker_places_on, all_loops, loop_names);

// S160, S161: what the build lacks is said by listen() and connect(), and never spoken in the
// clear.
TYPED_TEST(broker_places_on, a_missing_part_is_an_error_value) {
  transports none;
  this->config.also.clear();
  this->config.websocket = true;
  for (transports* with : {&none, static_cast<transports*>(nullptr)}) {
    this->config.with = with;
    mqtt_broker lacking(this->home, this->config);
    const auto ok = lacking.listen();
    ASSERT_FALSE(ok);
    EXPECT_EQ(ok.error(), errc::unavailable);
    EXPECT_FALSE(lacking.is_listening());
    mqtt_config c{.broker = "127.0.0.1", .port = 1, .websocket = true, .with = with};
    talker one(this->home, c);
    const auto up = this->at.wait(one.client->connect());
    ASSERT_FALSE(up);
    EXPECT_EQ(up.error(), errc::unavailable);
    EXPECT_THAT(std::string(up.error().hint()), HasSubstr("WEBSOCKET"));
  }
}

// All places or none.
TYPED_TEST(broker_places_on, one_bad_place_opens_none) {
  this->serve();
  const auto taken = this->broker->local_address();
  mqtt_broker_config c;
  c.port = 0;
  c.also.push_back({.port = taken->port()});
  mqtt_broker other(this->home, c);
  EXPECT_FALSE(other.listen());
  EXPECT_FALSE(other.is_listening());
  EXPECT_FALSE(other.local_address());
  EXPECT_FALSE(other.local_address(1));
  EXPECT_FALSE(this->broker->listen());  // twice
  EXPECT_TRUE(this->broker->is_listening());
}

// A page of a browser comes in if its origin is named, and fields of HTTP reach the server.
TYPED_TEST(broker_places_on, pages_come_from_origins_that_are_named) {
  this->config.also[static_cast<std::size_t>(way::websocket) - 1].origins = {"https://app.example"};
  this->serve();
  auto c = this->config_of(way::websocket);
  c.connect_timeout = 2s;
  c.websocket_fields = {{"Origin", "https://evil.example"}};
  talker evil(this->home, c);
  const auto refused = this->at.wait(evil.client->connect());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), error_class::authentication) << refused.error().to_string();
  c.websocket_fields = {{"Origin", "https://app.example"}};
  (void)this->connect(c);
}

}  // namespace
}  // namespace parley::test
