// One maintained connection of an MQTT client (kept_link), and the session that outlives its
// connections. What travels on it is its owner's business.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <parley/codecs/mqtt/client.hpp>
#include <parley/codecs/mqtt/mqtt_config.hpp>
#include <parley/core/api/kept_link.hpp>
#include <parley/core/machine/stack.hpp>
#include <parley/core/store/group_commit.hpp>

namespace parley::detail {

class mqtt_link;

// What a link tells its owner; from inside a drain, or from a timer while there is no connection.
// May call user code, and must bear that the link is stopped or destroyed during it.
class mqtt_link_owner {
 public:
  // The server has accepted. Without `how.session_present` it knows no subscription of ours.
  virtual void link_up(mqtt_link& link, const mqtt::opened& how) = 0;
  // Requests without an answer have ended with events before. Publishes stay in the session.
  // `final`: the link gave up, because another try would fail the same way.
  virtual void link_down(mqtt_link& link, const error& why, bool final) = 0;
  // All but need_data, paused, opened, failed and closed. Publishes end and become durable also
  // while there is no connection.
  virtual void link_event(mqtt_link& link, const mqtt::event& event) = 0;

 protected:
  ~mqtt_link_owner() = default;
};

// What a machine borrows, made before it.
struct mqtt_session_settings {
  mqtt::client_settings settings;
};

// The driver of one connection. Lives until the loop has released it, longer than its link if need
// be; the session then is its successor's.
class mqtt_session final : private mqtt_session_settings,
                           public machine_driver<stack<mqtt::client>, mqtt_session>,
                           private work {
 public:
  // The layers are null where there are none; `upper` alone, if there is one.
  mqtt_session(mqtt_link& link, loop& home, mqtt::client_settings how, mqtt::session& kept,
               layer_ptr upper, layer_ptr lower);

  mqtt::client& client() noexcept { return machine_.top(); }
  void attach(connection& c) noexcept { connection_ = &c; }
  void wake() { connection_->wake(); }
  // The link wants to hear no more; the connection ends, behind a farewell if one can be written at
  // once.
  void abandon(bool says_goodbye) noexcept;

  void on_event(mqtt::event& event, time_point now);
  buffer_list output() override;
  void released() override;

 private:
  void run() override;

  mqtt_link* link_;
  loop& loop_;
  connection* connection_ = nullptr;
  bool is_queued_ = false;
  bool is_released_ = false;
};

class mqtt_link final : public kept_link, private commit_waiter {
 public:
  // `component` is what the observer calls it; static. The configuration is valid, and borrowed.
  mqtt_link(loop& home, mqtt_link_owner& owner, const mqtt_config& config,
            std::string_view component);
  ~mqtt_link();

  // Takes over what an earlier process has left in the store; before start(), by publish() itself.
  // Has effect once. Errors: those of the store; mqtt::client_errc::record_damaged.
  result<void> load();

  // At any time: what cannot be sent now waits in the session. Not for a connection alone: errors
  // of the server's limits are known once there is one.
  result<mqtt::publish_receipt> publish(const mqtt::outgoing_message& m, shared_bytes payload = {});
  // The end in good order, while is_up(): DISCONNECT behind what was written. link_down() follows
  // with errc::closed and `final`, within limits.linger.
  void finish();
  // Forgets a publish that was not sent yet.
  bool cancel(std::uint64_t id);

  // The server has accepted the connection; TLS and CONNECT may still be under way.
  bool is_connected() const noexcept { return session_ != nullptr; }
  // The machine; only while is_connected(). After a command call wake().
  mqtt::client& client() noexcept { return session_->client(); }
  // After a command that was given to client().
  void wake() {
    if (session_) session_->wake();
  }

  // Delivers no message until go_on(), also those of later connections.
  void hold() noexcept;
  void go_on();

  mqtt::session& session() noexcept { return kept_; }
  const std::string& client_id() const noexcept { return client_id_; }
  // That of the last attempt.
  mqtt::version version() const noexcept { return version_; }
  // The broker of the next attempt, or of this connection.
  endpoint broker() const { return config_.where(which_); }

 private:
  friend mqtt_session;

  // While there is no machine that tells what becomes of publishes: asks the session itself.
  struct idle_timer final : ::parley::timer {
    explicit idle_timer(mqtt_link& of) noexcept : owner(of) {}
    void fired(time_point now) override { owner.tell_idle(now); }
    mqtt_link& owner;
  };

  link_settings settings() const override;
  result<void> prepare_attempt() override;
  void begin_session(connection& c, layer_ptr tls, time_point now) override;
  void drop_session() noexcept override;
  void link_up() override;
  void link_down(const error& why, bool final) override;
  void committed(const result<void>& outcome) override;

  void opened(const mqtt::opened& how, time_point now);
  void failed(mqtt::client& machine, const error& why, time_point now);
  void want_commit() noexcept;
  void tell_idle(time_point now);
  void arm_idle() noexcept;
  void choose(std::size_t broker);
  mqtt::client_settings machine_settings() const;

  mqtt_link_owner& owner_;
  const mqtt_config& config_;
  tls_settings tls_;
  std::string host_;       // of the broker, for TLS
  std::string authority_;  // and for Host, over WebSocket
  layer_ptr websocket_;    // of the connection that is being made
  std::string_view component_;
  std::string client_id_;
  mqtt::session kept_;
  std::optional<error> damaged_;  // what the store has cannot be read
  std::unique_ptr<group_commit> commits_;
  idle_timer idle_{*this};
  std::array<std::byte, 8> will_room_{};
  mqtt::properties will_properties_{};
  mqtt_session* session_ = nullptr;
  bool* gone_ = nullptr;                  // set when this is destroyed inside tell_idle()
  const mqtt::opened* opened_ = nullptr;  // inside link_up()
  std::size_t which_ = 0;                 // of the brokers
  mqtt::version version_;
  bool is_loaded_ = false;
  bool was_up_ = false;  // on this connection
  bool knows_3_1_1_only_ = false;
  bool is_held_ = false;
  bool is_finishing_ = false;
};

}  // namespace parley::detail
