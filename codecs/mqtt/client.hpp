// mqtt::client: the client's side of one MQTT connection, 3.1.1 or 5, without the connection.
// Satisfies `parley::machine`. What outlives it is in a mqtt::session.
//
//   mqtt::session kept;
//   mqtt::client c(settings, kept);               // both are borrowed
//   c.start(now);                                 // CONNECT is in output()
//   ...                                           // write output(), commit() what comes
//   event opened{session_present}                 // from here on commands are accepted
//   c.subscribe(filters, {}, now);                // event subscribe_event{id, reasons}
//   c.publish({.topic = "t", .payload = p, .qos = mqtt::qos::at_least_once}, now);
//   event publish_event{id, reason}
//   event message_event{topic, payload}           // acknowledged by itself, or by acknowledge()
//   c.disconnect({}, now);                        // event closed
//
// After `failed` or `closed` a new client goes on with the same session. If wants_3_1_1() says so,
// it should speak 3.1.1. In the state of the session a break of the connection changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/mqtt/ack_queue.hpp>
#include <parley/codecs/mqtt/client_settings.hpp>
#include <parley/codecs/mqtt/decoder.hpp>
#include <parley/codecs/mqtt/encoder.hpp>
#include <parley/codecs/mqtt/events.hpp>
#include <parley/codecs/mqtt/gated_output.hpp>
#include <parley/codecs/mqtt/session.hpp>
#include <parley/codecs/mqtt/topic_aliases.hpp>
#include <parley/core/buffer/receive_buffer.hpp>
#include <parley/core/machine/timer_table.hpp>
#include <span>
#include <vector>

namespace parley::mqtt {

class client {
 public:
  using event = mqtt::event;

  client(const client_settings& settings, session& kept);
  client(client&&) = default;  // before start() only

  // --- commands ------------------------------------------------------------------------------
  // Errors, which change nothing: misuse before `opened`; closed after the end; invalid_argument;
  // not_supported for what the server cannot do; too_large beyond its maximum packet size.

  // A message. Of QoS 0 it is written at once, unless others wait before it: order is kept whatever
  // the QoS. Of QoS 1 and 2 it is the session's until it was acknowledged. More errors: queue_full
  // and those of the store (mqtt::session).
  result<publish_receipt> publish(const outgoing_message& m, time_point now);
  // The payload is not copied; the message's own is not looked at.
  result<publish_receipt> publish(const outgoing_message& m, shared_bytes payload, time_point now);

  // The id of the subscribe_event or unsubscribe_event that answers. `props` are a subscription
  // identifier and user properties. queue_full above limits.max_requests.
  result<std::uint64_t> subscribe(const subscriptions& filters, const properties& props,
                                  time_point now);
  result<std::uint64_t> unsubscribe(const topic_filters& filters, const properties& props,
                                    time_point now);

  // With manual_acknowledgement: a message was dealt with. Acknowledgements leave in the order in
  // which the messages came, so that one waits for those before it. An error as reason (MQTT 5)
  // tells the server that the message is not wanted, and not to send it again. invalid_argument for
  // a handle that is not waiting: the message may be of an earlier connection, and comes again.
  result<void> acknowledge(std::uint64_t handle, time_point now,
                           reason_code reason = reason_code::success);

  // Enhanced authentication: the answer to an auth_event.
  result<void> authenticate(byte_view data, time_point now);
  // Begins a new one on an open connection that began with one (section 4.12.1).
  result<void> reauthenticate(byte_view data, time_point now);

  // A PINGREQ of our own; pong_event tells of the answer.
  result<void> ping(time_point now);

  // Says goodbye, with all that was written before it; `closed` is next. Allowed before `opened`.
  // MQTT 5: a reason (disconnect_with_will, say), and as properties a session expiry interval,
  // reason string and user properties. Requests without an answer end with `closed`; publishes
  // stay in the session.
  result<void> disconnect(const mqtt::disconnect& how, time_point now);
  // Fails the connection for a reason of the application: `failed` with this error, and its reason
  // code to the server.
  void fail(const error& why, time_point now);
  // Ends now, without a word: the server publishes the will.
  void end_now() noexcept;
  // Behind `failed`, or disconnect(): touches neither session nor settings any more, so that the
  // next client may begin. What is in output() may still leave; the only event is `closed`. Else it
  // is end_now().
  void let_go() noexcept;

  // Delivers no message until go_on(): back-pressure to the server. Its silence does not count
  // meanwhile.
  void hold() noexcept { held_ = true; }
  void go_on() noexcept { held_ = false; }

  // --- queries -------------------------------------------------------------------------------
  bool is_open() const noexcept { return phase_ == phase::open; }
  mqtt::version version() const noexcept { return version_; }
  // From `opened` on.
  const server_capabilities& server() const noexcept { return server_; }
  // After `failed`: the server seems not to know MQTT 5. It has refused the version (0x84, or 1 in
  // a CONNACK of 3.1.1), answered as 3.1.1 does, or ended the connection without a byte.
  bool wants_3_1_1() const noexcept { return wants_3_1_1_; }
  std::size_t buffered() const noexcept { return out_.size(); }
  // Messages that came and are not acknowledged.
  std::size_t unacknowledged() const noexcept { return acks_.size(); }
  // Bytes of buffers held now.
  std::size_t held_memory() const noexcept;

  // --- the machine contract (core/machine/machine.hpp) -----------------------------------------
  void start(time_point now);
  std::span<std::byte> prepare(std::size_t hint);
  void commit(std::size_t n, time_point now);
  void commit_eof(time_point now);
  void commit_error(const error& why, time_point now);
  event next_event();
  buffer_list output();
  void consume_output(std::size_t n) noexcept {
    out_.ready().consume(n);
    replies_ = replies_ < out_.size() ? replies_ : out_.size();
  }
  void release() noexcept;
  bool ends_output() const noexcept { return phase_ == phase::lingering && out_.held_size() == 0; }
  std::optional<time_point> next_deadline() const noexcept;
  void handle_timeout(time_point now);
  bool wants_read() const noexcept;
  bool is_done() const noexcept { return phase_ == phase::over; }
  output_chain release_output() { return out_.ready().release_output(); }

 private:
  // failing: `failed` is due. lingering: DISCONNECT was written; what still comes is thrown away,
  // so that no reset destroys it.
  enum class phase : std::uint8_t { idle, connecting, open, failing, lingering, over };
  enum class timer : std::uint8_t { connack, alive, pong, linger, count_ };
  using exchange = detail::exchange;
  using state = detail::exchange_state;

  void hear(time_point now) noexcept { now_ = now_ < now ? now : now_; }
  std::unexpected<error> not_open() const;

  // Output.
  template <class Packet>
  void put(const Packet& p);
  result<void> check_server(mqtt::qos q, bool retain) const;
  result<void> check_size(const outgoing_message& m, std::size_t payload) const;
  result<publish_receipt> publish_now(const outgoing_message& m, const shared_bytes& payload);
  result<void> put_publish(mqtt::publish p, const shared_bytes& payload, time_point expires);
  result<void> append(const mqtt::publish& p, const shared_bytes& payload);
  result<properties> with_alias(const mqtt::publish& p, std::uint16_t alias, time_point expires);
  bool has_window() const noexcept;
  void pump();
  bool pump_one(exchange& e);
  bool send_queued(exchange& e);
  void give_up(exchange& e, error why);
  result<std::uint64_t> requested(exchange& e, result<void> written);
  result<void> check_request(bool is_empty) const;
  result<void> check_filter(std::string_view filter) const;
  void flush_acks();
  bool send_ack(const detail::ack_queue::entry& e);
  result<void> put_auth(reason_code reason, byte_view data);

  // Input.
  void forget_delivered() noexcept { input_.discard_consumed(); }
  std::optional<event> told();
  bool has_news() const noexcept;
  std::optional<event> take_packet();
  std::optional<event> take(const packet& p);
  std::optional<event> wait();
  std::optional<event> take_connack(const connack& p);
  event open(const connack& p);
  std::optional<event> refused(const connack& p);
  std::optional<event> take_publish(const mqtt::publish& p);
  bool is_duplicate(const mqtt::publish& p);
  std::optional<event> take_puback(const puback& p);
  std::optional<event> take_pubrec(const pubrec& p);
  void take_pubrel(const pubrel& p);
  std::optional<event> take_pubcomp(const pubcomp& p);
  std::optional<event> complete(exchange& e, reason_code reason, const properties& props);
  exchange* answered(std::uint16_t id, detail::exchange_kind kind, std::size_t reasons);
  std::optional<event> take_suback(const suback& p);
  std::optional<event> take_unsuback(const unsuback& p);
  std::optional<event> take_pingresp();
  std::optional<event> take_disconnect(const mqtt::disconnect& p);
  std::optional<event> take_auth(const auth& p);

  // Beginning and end.
  result<void> put_connect();
  std::uint32_t packet_limit() const noexcept;
  void fault(errc code);
  void unexpected(std::string_view what);
  void fail_with(error why, bool says_goodbye = true);
  void fail_store(const result<void>& outcome);
  void ask_for_life();

  const client_settings* settings_;
  session* session_;
  decoder decoder_;
  encoder encoder_;
  receive_buffer input_;
  detail::gated_output out_;
  detail::ack_queue acks_;
  detail::given_aliases given_;
  detail::taken_aliases taken_;
  std::vector<std::byte> scratch_;  // properties of the packet that is being written
  timer_table<timer> timers_;
  server_capabilities server_;
  std::optional<error> why_;  // to be told by `failed`
  time_point now_{};
  time_point sent_at_{};   // when a packet was written last
  time_point heard_at_{};  // when bytes came last
  time_point ping_at_{};
  std::uint64_t first_handle_ = 0;  // of the front of acks_
  std::size_t counted_ = 0;         // messages in the server's window
  std::size_t replies_ = 0;         // bytes of small packets that wait to be written, at most
  mqtt::version version_;
  phase phase_ = phase::idle;
  bool held_ = false;
  bool ended_ = false;  // the server has ended its stream
  bool heard_any_ = false;
  bool was_high_ = false;        // `writable` is due when output has fallen
  bool authenticating_ = false;  // an exchange of AUTH is going on
  bool wants_3_1_1_ = false;
  bool said_closed_ = false;
};

static_assert(machine<client>);

}  // namespace parley::mqtt
