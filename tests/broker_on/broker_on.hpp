// The broker on loop L with a place for each way to it (section 6 and what lies below), and our
// clients: the fixture of the tests on every loop.
#pragma once

#include <memory>
#include <parley/codecs/mqtt/broker/mqtt_broker.hpp>
#include <parley/codecs/websocket/layer_maker.hpp>
#include <string>
#include <vector>

#include "mqtt_on/mqtt_on.hpp"

namespace parley::test {

enum class way { tcp, tls, mutual, local, websocket, secure_websocket, local_websocket };

inline constexpr way every_way[] = {way::tcp,
                                    way::tls,
                                    way::mutual,
                                    way::local,
                                    way::websocket,
                                    way::secure_websocket,
                                    way::local_websocket};

constexpr bool is_websocket(way w) { return w >= way::websocket; }
constexpr bool is_tls(way w) {
  return w == way::tls || w == way::mutual || w == way::secure_websocket;
}
constexpr bool is_local(way w) { return w == way::local || w == way::local_websocket; }

template <class L>
class broker_on : public mqtt_on<L> {
 protected:
  broker_on() {
    this->lower.add("tls_server", parley::files::tls_server_maker());
    this->lower.add("websocket/mqtt", websocket::client_layer_maker("mqtt"));
    this->lower.add("websocket_server/mqtt", websocket::server_layer_maker("mqtt"));
    config.port = 0;
    config.with = &this->lower;
    config.watch = &this->watch;
    for (const way w : every_way) {
      if (w != way::tcp) config.also.push_back(place_of(w));
    }
  }

  void serve() {
    broker.reset();
    broker = std::make_unique<mqtt_broker>(this->home, config);
    const auto ok = broker->listen();
    ASSERT_TRUE(ok) << ok.error().to_string();
  }
  mqtt_config config_of(way w) const {
    mqtt_config c;
    c.broker = "127.0.0.1";
    c.with = const_cast<transports*>(&this->lower);
    c.connect_timeout = 5s;
    c.reconnect.base = 5ms;
    c.reconnect.cap = 50ms;
    const auto where = broker->local_address(static_cast<std::size_t>(w));
    if (!where) return c;
    if (is_local(w)) {
      c.unix_socket = where->path();
    } else {
      c.port = where->port();
    }
    c.websocket = is_websocket(w);
    c.tls_enable = is_tls(w);
    if (is_tls(w)) c.tls_ca_certs = files().ca;
    if (w == way::mutual) {
      c.tls_certfile = files().client_chain;
      c.tls_keyfile = files().client_key;
    }
    return c;
  }
  bool hears(const talker& t, std::size_t n) {
    return this->at.run_until([&] { return t.got.size() >= n; });
  }

  mqtt_broker_config config;
  std::unique_ptr<mqtt_broker> broker;

 private:
  mqtt_listener place_of(way w) {
    mqtt_listener place;
    place.websocket = is_websocket(w);
    if (is_local(w)) place.unix_socket = this->at.socket_path(place.websocket ? "web" : "mqtt");
    place.ssl = is_tls(w);
    if (place.ssl) {
      place.tls.certfile = files().chain;
      place.tls.keyfile = files().key;
    }
    if (w == way::mutual) {
      place.tls.ca_certs = files().ca;
      place.tls.clients = client_certificates::required;
    }
    return place;
  }
};

}  // namespace parley::test
