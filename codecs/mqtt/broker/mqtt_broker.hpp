// parley::mqtt_broker: an MQTT broker, 3.1.1 and 5, inside your program, on your loop. For tests
// and first runs without an external one, and for what one process can serve.
//
//   parley::mqtt_broker broker(loop, {.port = 0});
//   if (auto ok = broker.listen(); !ok) ...
//   auto port = broker.local_address()->port();
//   ... the loop runs ...
//
// It speaks to mosquitto_pub and every client library. With a store, sessions and retained messages
// survive the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/mqtt/broker/broker.hpp>
#include <parley/core/api/serving.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/net/uri.hpp>
#include <parley/core/store/group_commit.hpp>
#include <parley/core/time.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

// One more place where a broker listens, with the same sessions and rules. An aggregate.
struct mqtt_listener {
  // As in mqtt_broker_config.
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string unix_socket{};
  bool ssl = false;
  tls_settings tls{};
  bool websocket = false;
  std::vector<std::string> origins{};

  // As mqtt_broker_config::from_uri(), without a user and the limits.
  static result<mqtt_listener> from_uri(const uri& where);
  result<address> where() const;
};

// An aggregate: `mqtt_broker broker{loop, {.port = 0}};`
struct mqtt_broker_config {
  // A numeric address. Other machines reach it only if you say so here, and then validate() asks
  // for users, a policy, or settings.allow_anonymous to be false.
  std::string host = "127.0.0.1";
  std::uint16_t port = 1883;  // 0: one that is free, see local_address()
  // A path, instead of host and port.
  std::string unix_socket{};

  // Users, topic ACLs, a policy of your own, limits.
  mqtt::broker_settings settings{};
  // Where sessions, their messages and retained messages live; must outlive the broker, and be its
  // alone. Null: in memory, they end with it.
  store* kept = nullptr;

  // TLS, if `with` has an entry "tls_server": mqtts://. As for every server of parley.
  bool ssl = false;
  tls_settings tls{};
  // MQTT over WebSocket (section 6) at every path, with ssl wss://; if `with` has an entry
  // "websocket_server/mqtt".
  bool websocket = false;
  // The pages that may connect by it, besides those of the same origin: "https://app.example",
  // with the port if it is not the usual one; "*" is all of them. What is no browser may always.
  std::vector<std::string> origins{};
  // Further places: TLS beside TCP, WebSocket beside both.
  std::vector<mqtt_listener> also{};
  transports* with = nullptr;  // must outlive the broker
  observer* watch = nullptr;   // of TLS and the store; must outlive the broker

  // How long stop() waits for clients to take their last bytes.
  duration stop_timeout = std::chrono::seconds(5);

  // Every fault at once, in the message of one errc::bad_configuration.
  result<void> validate() const;
  // mqtt://user:password@127.0.0.1:1883 or mqtt+unix:///path; what clients must say to come in;
  // mqtts:// for TLS; mqtt+ws://127.0.0.1:80, mqtt+wss:// (443) and mqtt+ws+unix:// for WebSocket,
  // which ws://, wss:// and ws+unix:// mean here too. Port 0: one that is free. Parameters:
  // max_clients, max_queue (bytes); with TLS certfile, keyfile, ca_certs, crlfile, clients (none,
  // optional, required); of WebSocket origin (may be repeated); unknown ones are an error.
  static result<mqtt_broker_config> from_uri(const uri& where);
  // What to listen on. Errors: errc::invalid_argument if the host is no number.
  result<address> where() const;
};

namespace detail {
class mqtt_broker_session;
}

// One thread, that of the loop, which must outlive it. May be destroyed at any time.
class mqtt_broker final : private acceptor, private commit_waiter {
 public:
  explicit mqtt_broker(loop& home, mqtt_broker_config config = {});
  ~mqtt_broker();
  mqtt_broker(const mqtt_broker&) = delete;
  mqtt_broker& operator=(const mqtt_broker&) = delete;

  // Takes over what is stored, and opens the sockets, all of them or none. Errors:
  // bad_configuration, those of the store, and what loop::listen() says; errc::misuse if it listens
  // already.
  result<void> listen();
  bool is_listening() const noexcept { return serving_.is_listening(); }
  // With the port that was chosen for port 0; from 1 on those of config.also. Nothing before
  // listen().
  std::optional<address> local_address(std::size_t which = 0) const;

  // Accepts nobody, tells each client that the server shuts down, and lets them take what is
  // written, for config.stop_timeout. Sessions are kept: listen() may follow.
  operation<void> stop();

  // Publishes as the program's own, past all rules. As mqtt::broker::publish().
  result<void> publish(const mqtt::publish& p);
  // The answer of a broker_policy that had none at once.
  void decide(std::uint64_t ticket, mqtt::reason_code reason);
  // Ends a client's connection. False: there is none with this identifier.
  bool end(std::string_view client_id, mqtt::reason_code reason);

  // Connections that are open.
  std::size_t clients() const noexcept { return serving_.size(); }
  mqtt::broker_stats stats() const noexcept { return broker_.stats(); }
  const mqtt_broker_config& config() const noexcept { return config_; }

 private:
  friend detail::mqtt_broker_session;

  // When a session expires or a will is due.
  class deadline final : public timer {
   public:
    explicit deadline(mqtt_broker& home) noexcept : home_(home) {}
    void fired(time_point now) override { home_.on_deadline(now); }

   private:
    mqtt_broker& home_;
  };

  // A further listener.
  struct door final : acceptor {
    door(mqtt_broker& of, const mqtt_listener& at) noexcept : home(of), place(at) {}
    driver* accept(connection& c, const address&) override { return home.admit(c, place); }
    mqtt_broker& home;
    const mqtt_listener& place;
    std::unique_ptr<listener> open{};
  };

  driver* accept(connection& c, const address& peer) override;
  template <class Place>
  driver* admit(connection& c, const Place& at);
  template <class Place>
  result<layer_ptr> make_websocket(const Place& at);
  result<void> open_doors();
  void committed(const result<void>& outcome) override;
  void settle();
  void on_deadline(time_point now);
  void note_held(detail::mqtt_broker_session& s);
  void forget(detail::mqtt_broker_session& s) noexcept;

  loop& loop_;
  mqtt_broker_config config_;
  mqtt::broker broker_;
  std::optional<group_commit> commits_;
  std::vector<detail::mqtt_broker_session*> held_;  // their output waits for the store
  deadline deadline_{*this};
  std::optional<time_point> armed_;  // deadline_ is
  bool loaded_ = false;
  serving<detail::mqtt_broker_session> serving_;
  std::vector<std::unique_ptr<door>> doors_;
};

}  // namespace parley
