// parley::mqtt_client: an MQTT client on your loop, with a connection that is kept up: it connects
// anew after a break, goes on with its session and restores its subscriptions. What speaks in
// channels, beside other protocols, is the provider.
//
//   struct printing final : parley::mqtt_client_handler {
//     void on_message(parley::mqtt_client&, const parley::mqtt::message_event& m) override {
//       print(m.topic, m.text());
//     }
//   } handler;
//   parley::mqtt_client mqtt(loop, handler, {.broker = "hub"});
//   if (auto up = co_await mqtt.connect(); !up) co_return report(up.error());
//   auto granted = co_await mqtt.subscribe("sensor/+/data", parley::mqtt::qos::at_least_once);
//   auto sent = co_await mqtt.publish("sensor/7/data", "21.5", parley::mqtt::qos::at_least_once);
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/mqtt/mqtt_config.hpp>
#include <parley/codecs/mqtt/mqtt_link.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/intrusive.hpp>
#include <parley/core/loop/loop.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

class mqtt_client;

// What a program does with what comes. Called inside the drain: views of a message live until the
// call returns; answering here is what makes answers leave together. The client may be destroyed
// inside. What is thrown goes to the observer of the configuration.
class mqtt_client_handler {
 public:
  virtual void on_message(mqtt_client& from, const mqtt::message_event& message) = 0;
  // The server has accepted. Subscriptions are restored by the client itself, if need be.
  virtual void on_up(mqtt_client& from, const mqtt::opened& how);
  // The connection, or an attempt, has failed. `final`: there is no other try before connect().
  virtual void on_down(mqtt_client& from, const error& why, bool final);
  // Everything else: refused_event, disconnect_event, auth_event, stored_event, writable,
  // pong_event, and publish_event of messages that an earlier process has published.
  virtual void on_event(mqtt_client& from, const mqtt::event& event);

 protected:
  ~mqtt_client_handler() = default;
};

// When the operation of a publish ends.
enum class mqtt_until : std::uint8_t {
  acknowledged,  // by the server; of QoS 0 when it was written
  stored,        // when it is durable in the store: it will be sent, whatever happens to us
};

// How a message is published. What is not set here is the configuration's.
struct mqtt_publish_options {
  mqtt_publish_options() noexcept {}
  mqtt_publish_options(mqtt::qos q) noexcept : qos(q) {}
  mqtt_publish_options(mqtt::qos q, bool retained,
                       mqtt_until end = mqtt_until::acknowledged) noexcept
      : qos(q), retain(retained), until(end) {}

  std::optional<mqtt::qos> qos{};
  std::optional<bool> retain{};
  mqtt_until until = mqtt_until::acknowledged;
  mqtt::properties props{};  // MQTT 5; a view, copied by the call
};

// How a filter is subscribed.
struct mqtt_subscribe_options {
  mqtt_subscribe_options() noexcept {}
  mqtt_subscribe_options(mqtt::qos q) noexcept : qos(q) {}

  mqtt::qos qos = mqtt::qos::at_most_once;  // the highest that messages come with
  // MQTT 5: not what this client publishes; keep the retain flag; what of retained messages.
  bool no_local = false;
  bool retain_as_published = false;
  mqtt::retain_handling handling = mqtt::retain_handling::send;
};

// One thread, that of the loop. May be destroyed at any time: operations that have not ended are
// cancelled, and told so by the loop, never from inside the destructor; the server is told if that
// can be written without waiting. For an end in good order, await close(). Loop, handler, store,
// `with` and `watch` must outlive it.
class mqtt_client final : private detail::mqtt_link_owner, private canceller {
 public:
  mqtt_client(loop& home, mqtt_client_handler& handler, mqtt_config config = {});
  // One that only publishes: messages that come are acknowledged and lost.
  explicit mqtt_client(loop& home, mqtt_config config = {});
  ~mqtt_client();
  mqtt_client(const mqtt_client&) = delete;
  mqtt_client& operator=(const mqtt_client&) = delete;

  // Connects, and keeps it so from then on. Ends with the first connection; after connect_timeout
  // with the last error, while it goes on trying; or at once with an error that no other try will
  // heal: bad_configuration, unavailable, those of the store, of certificates (tls::errc), and
  // reason codes such as bad_user_name_or_password and not_authorized.
  operation<> connect();
  // Says goodbye behind what was written, so that no will is published. Publishes that were not
  // acknowledged stay in the session, and are sent after the next connect().
  operation<> close();

  // Publishes, in the order of the calls. At any time: without a connection it waits in the session
  // (session limits). Ends as options.until says. Errors:
  //   reason codes of 0x80 and above                  the server does not want it
  //   not_supported, too_large                        the server cannot do that
  //   invalid_argument                                it would be no message of MQTT
  //   queue_full, dropped                             the session's limits
  //   expired, session_lost (mqtt::client_errc)       see there
  //   not_connected, with the cause                   the client gave up, or does so now. What was
  //                                                   accepted before stays in the session
  // Cancelling takes back what was not sent yet.
  operation<mqtt::reason_code> publish(std::string_view topic, std::string_view payload,
                                       mqtt_publish_options how = {});
  // The payload is not copied.
  operation<mqtt::reason_code> publish(std::string_view topic, shared_bytes payload,
                                       mqtt_publish_options how = {});

  // Subscribes, now and after each connection that has lost it, until unsubscribe(). Ends with the
  // QoS that the server grants; without a connection it waits for one. The same filter again
  // replaces the options. An error of the server (a reason code) ends the subscription; cancelling
  // does not.
  operation<mqtt::qos> subscribe(std::string_view filter, mqtt_subscribe_options how = {});
  // Also what an earlier process has subscribed in a session that is kept.
  operation<> unsubscribe(std::string_view filter);

  // With manual_acknowledgement: the message of this handle was dealt with (mqtt::client).
  result<void> acknowledge(std::uint64_t handle,
                           mqtt::reason_code reason = mqtt::reason_code::success);
  // Takes no message until go_on(): back-pressure to the server.
  void hold() noexcept { link_.hold(); }
  void go_on() { link_.go_on(); }

  bool is_up() const noexcept { return link_.is_up(); }
  provider_state state() const noexcept { return link_.state(); }
  const std::optional<error>& last_error() const noexcept { return link_.last_error(); }
  // Handshakes completed.
  std::uint64_t connects() const noexcept { return link_.connects(); }
  // Publishes whose operation has not ended.
  std::size_t pending() const noexcept { return pending_; }
  // What is kept from one connection to the next.
  const mqtt::session& session() noexcept { return link_.session(); }
  mqtt::version version() const noexcept { return link_.version(); }
  const std::string& client_id() const noexcept { return link_.client_id(); }
  const mqtt_config& config() const noexcept { return config_; }

  // What is not above (ping, authenticate, several filters at once); from on_up() to on_down().
  // After commands outside of a handler call wake(). Answers to them come as on_event().
  mqtt::client& machine() noexcept { return link_.client(); }
  void wake() { link_.wake(); }

 private:
  // A publish whose operation has not ended.
  struct waiter {
    std::string key{};  // unused; what spare nodes have
    completer<mqtt::reason_code> done{};
    std::uint64_t hash = 0;  // the id
    waiter* chain = nullptr;
    waiter* before = nullptr;
    waiter* after = nullptr;
    bool until_stored = false;
  };
  enum class standing : std::uint8_t { wanted, asked, granted, leaving, asked_to_leave };
  struct entry {
    std::string filter{};
    mqtt_subscribe_options how{};
    standing at = standing::wanted;
    std::uint64_t request = 0;
    completer<mqtt::qos> granted{};
    completer<> left{};
  };
  struct patience final : timer {
    explicit patience(mqtt_client& of) noexcept : owner(of) {}
    void fired(time_point now) override;
    mqtt_client& owner;
  };

  mqtt_client(loop& home, mqtt_client_handler* handler, mqtt_config config);

  void link_up(detail::mqtt_link& link, const mqtt::opened& how) override;
  void link_down(detail::mqtt_link& link, const error& why, bool final) override;
  void link_event(detail::mqtt_link& link, const mqtt::event& event) override;
  void cancel(operation_base& op) override;

  operation<mqtt::reason_code> send(std::string_view topic, byte_view small, shared_bytes payload,
                                    const mqtt_publish_options& how);
  bool take(const mqtt::publish_event& end);
  bool take_stored(std::uint64_t id);
  void end(waiter& w, result<mqtt::reason_code> outcome);
  bool take(const mqtt::subscribe_event& answer);
  bool take(const mqtt::unsubscribe_event& answer);
  entry* find(std::string_view filter) noexcept;
  entry* find(std::uint64_t request) noexcept;
  void erase(const entry& e);
  void ask_for_all();
  bool ask_for(entry& e);
  void give_up(const error& why);
  void end_connecting(const result<void>& outcome);
  template <class Call>
  void tell(Call call);

  loop& loop_;
  mqtt_client_handler* handler_;
  mqtt_config config_;
  detail::mqtt_link link_;
  patience patience_{*this};
  parley::detail::chained_table<waiter> by_id_;
  parley::detail::intrusive_list<waiter> waiters_;
  parley::detail::spare_nodes<waiter> spare_;
  std::size_t pending_ = 0;
  std::vector<std::unique_ptr<entry>> subscriptions_;
  std::vector<completer<>> connecting_;
  std::vector<completer<>> closing_;
};

}  // namespace parley
