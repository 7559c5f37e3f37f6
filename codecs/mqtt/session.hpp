// mqtt::session: what a client keeps from one connection to the next (section 4.1 of both
// specifications): publishes that wait or are in flight, and the identifiers of exactly-once
// messages that came in. The connections themselves are mqtt::client, one after the other.
//
//   mqtt::session s({}, store, "device-7");       // or without a store: in memory
//   s.load(now, wall);                            // what an earlier process has left
//   s.publish({.topic = "t", .payload = p, .qos = mqtt::qos::at_least_once}, now);   // at any time
//   mqtt::client c(settings, s);                  // sends it
//
// With a store a publish of QoS 1 or 2 is accepted for good once it is durable (next_stored() or
// stored_event), and is not sent before. The owner calls sync() of the store, and then asks the
// client for its output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/mqtt/client_limits.hpp>
#include <parley/codecs/mqtt/events.hpp>
#include <parley/codecs/mqtt/exchange.hpp>
#include <parley/codecs/mqtt/id_set.hpp>
#include <parley/core/buffer/shared_bytes.hpp>
#include <parley/core/intrusive.hpp>
#include <parley/core/store/store.hpp>
#include <string>

namespace parley::mqtt {

// What is published. All is copied, but for a payload in shared bytes.
struct outgoing_message {
  std::string_view topic{};
  byte_view payload{};
  mqtt::qos qos = qos::at_most_once;
  bool retain = false;
  // MQTT 5; left out where 3.1.1 is spoken. A message expiry interval counts from now on. Topic
  // aliases are the client's matter: one here is an invalid argument.
  properties props{};
};

// What became of a publish that was accepted.
struct publish_receipt {
  // Comes back in one publish_event. 0: nothing follows, a message of QoS 0 was written.
  std::uint64_t id = 0;
  // It is durable, or there is no store to make it so. Else stored_event follows.
  bool is_stored = true;
  // Bytes that wait, in the output and in the session.
  std::size_t buffered = 0;
};

class session {
 public:
  // In memory: survives connections.
  explicit session(const session_limits& bounds = {}) noexcept : limits_(bounds) {}
  // Survives the process. The store is borrowed and may be shared with other sessions; the name is
  // this one's alone (the client identifier, say).
  session(const session_limits& bounds, store& under, std::string name)
      : limits_(bounds), store_(&under), name_(std::move(name)) {}
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session();

  // Once, before all else: takes over what is stored. `wall` is the time of day: message expiry
  // goes on while no process runs. Errors: those of the store; client_errc::record_damaged.
  result<void> load(time_point now, wall_time wall);

  // Accepts a message, with or without a connection. Errors change nothing: invalid_argument,
  // queue_full by limits.overflow, those of the store.
  result<publish_receipt> publish(const outgoing_message& m, time_point now);
  // The payload is not copied; the message's own is not looked at.
  result<publish_receipt> publish(const outgoing_message& m, shared_bytes payload, time_point now);

  // Gives up a message that was not sent yet: its publish_event says `cancelled`. False if it was,
  // or is over. Looks through all that wait.
  bool cancel(std::uint64_t id);
  // Forgets everything, also in the store; each publish ends with `cancelled`.
  result<void> clear();

  // --- while there is no connection; else they come as events of the client ---------------------
  // Publishes that ended by themselves (dropped, expired, cancelled).
  std::optional<publish_event> next_completion();
  // Publishes that have become durable.
  std::optional<std::uint64_t> next_stored() noexcept;
  // When the next message expires, at the earliest; then call handle_timeout().
  std::optional<time_point> next_deadline() const noexcept;
  void handle_timeout(time_point now);

  // --- queries ---------------------------------------------------------------------------------
  std::size_t size() const noexcept { return count_; }               // publishes without an end
  std::size_t bytes() const noexcept { return bytes_; }              // as max_bytes counts them
  std::size_t in_flight() const noexcept { return in_flight_; }      // sent on this connection
  std::size_t received() const noexcept { return inbound_.size(); }  // exactly once, not released
  // The identifier that a server has assigned, for the next connection.
  const std::string& assigned_id() const noexcept { return assigned_id_; }
  // Frees memory that is not used.
  void release() noexcept;

 private:
  friend class client;
  using exchange = detail::exchange;
  using state = detail::exchange_state;

  // --- publishes -------------------------------------------------------------------------------
  result<void> check(const outgoing_message& m, std::size_t payload) const;
  // Makes room by the policy. False: the message itself is what is dropped.
  result<bool> make_room(std::size_t cost, mqtt::qos q);
  exchange* oldest_queued(bool of_qos_0) noexcept;
  result<exchange*> accept(const outgoing_message& m, shared_bytes payload, bool numbered,
                           time_point now);
  result<void> number(exchange& e);
  void finish(exchange& e, std::optional<error> why) noexcept;
  void unlink(exchange& e) noexcept;
  publish_receipt receipt(const exchange& e, std::size_t buffered) const noexcept;
  result<void> release_message(exchange& e);

  // --- connections -----------------------------------------------------------------------------
  result<void> begin_connection(bool present);
  void end_connection(const error& why) noexcept;
  result<void> lose();
  result<bool> lose_one(exchange& e);
  void requeue(exchange& e) noexcept;

  exchange* request(detail::exchange_kind kind, std::size_t filters);
  exchange* find(std::uint16_t packet_id) const noexcept;
  std::uint16_t free_packet_id() noexcept;
  void end_request(exchange& e) noexcept;

  result<void> receive(std::uint16_t packet_id);
  result<void> forget(std::uint16_t packet_id);

  // --- the store -------------------------------------------------------------------------------
  result<void> put_message(exchange& e);
  result<void> put_state(exchange& e, bool released);
  result<void> erase_records(exchange& e);
  result<void> erase_message(exchange& e);
  bool is_durable(std::uint64_t stage) const noexcept {
    return store_ == nullptr || store_->durable() >= stage;
  }
  // Nothing that was decided so far may be shown yet.
  bool must_wait() const noexcept { return store_ != nullptr && !is_durable(store_->staged()); }

  class loader;

  exchange* take_node();
  void free_node(exchange* e) noexcept;
  void mark_numbered(exchange& e) noexcept;

  session_limits limits_;
  store* store_ = nullptr;
  std::string name_;
  std::string assigned_id_;
  // In the order of acceptance; what comes before next_ was sent on this connection.
  detail::exchange* next_ = nullptr;
  parley::detail::intrusive_list<exchange> all_;
  parley::detail::intrusive_list<exchange> requests_;
  parley::detail::intrusive_list<exchange> done_;           // publishes
  parley::detail::intrusive_list<exchange> done_requests_;  // that got no answer
  parley::detail::chained_table<exchange> by_packet_;
  exchange* untold_ = nullptr;  // the first that is not known to be durable
  exchange* spare_ = nullptr;
  std::size_t spares_ = 0;
  std::size_t numbered_ = 0;
  std::size_t request_count_ = 0;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::size_t in_flight_ = 0;
  detail::id_set inbound_;
  std::uint64_t next_id_ = 1;
  std::uint64_t next_handle_ = 1;  // of messages that came in
  time_point next_check_ = time_point::max();
  duration to_wall_{};  // added to steady time
  std::uint16_t next_packet_id_ = 1;
};

}  // namespace parley::mqtt
