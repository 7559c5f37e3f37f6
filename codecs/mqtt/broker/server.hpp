// mqtt::server: the server's side of one MQTT connection, 3.1.1 or 5, without the connection.
// Satisfies `parley::machine`. It knows no other client and keeps no session: that is mqtt::broker.
//
//   mqtt::server s(limits, store);                // both are borrowed; the store may be null
//   s.start(now);
//   event connect                                 // held until accept(), ask() or refuse()
//   s.accept({.session_present = true}, now);     // CONNACK
//   event publish, subscribe, puback ...          // the packets themselves; topics are whole
//   s.send(suback{...});  s.send(message, how);   // inside the drain or at any time
//   event disconnect, closed | failed
//
// What it sees to itself: keep-alive, PINGREQ, topic aliases, receive maximum, packet sizes, what
// may come when, and that nothing is shown before the store has made it durable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/mqtt/broker/broker_errc.hpp>
#include <parley/codecs/mqtt/broker/message.hpp>
#include <parley/codecs/mqtt/broker/server_limits.hpp>
#include <parley/codecs/mqtt/decoder.hpp>
#include <parley/codecs/mqtt/encoder.hpp>
#include <parley/codecs/mqtt/gated_output.hpp>
#include <parley/codecs/mqtt/id_set.hpp>
#include <parley/codecs/mqtt/packets.hpp>
#include <parley/codecs/mqtt/topic_aliases.hpp>
#include <parley/core/buffer/receive_buffer.hpp>
#include <parley/core/machine/machine.hpp>
#include <parley/core/time.hpp>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace parley::mqtt {

// Output that stood above high_water has fallen below half of it: what waits may go on.
struct sendable {};

// What a server tells. Views live until the next next_event(). After `connect` nothing follows
// until the decision; `auth` follows ask(), or begins a new authentication.
using server_event =
    std::variant<need_data, paused, connect, publish, puback, pubrec, pubrel, pubcomp, subscribe,
                 unsubscribe, auth, disconnect, sendable, failed, closed>;

// What CONNACK says beside the limits. In 3.1.1 session_present alone.
struct acceptance {
  bool session_present = false;
  std::string_view assigned_id{};                 // empty: the client's own
  std::optional<std::uint32_t> session_expiry{};  // if it is not what the client asked for
  std::string_view response_information{};        // if the client asked for it; empty: none
  byte_view authentication_data{};                // beside the client's method
};

// How a message is sent to this client.
struct delivery_options {
  mqtt::qos qos = mqtt::qos::at_most_once;
  std::uint16_t packet_id = 0;
  bool retain = false;
  bool dup = false;
  std::span<const std::uint32_t> identifiers{};  // of the subscriptions
};

class server {
 public:
  using event = server_event;

  explicit server(const server_limits& bounds, store* under = nullptr);

  // --- the decision about CONNECT
  // CONNACK: the connection is open. Misuse unless a decision is due. A CONNECT that is refused for
  // its bytes comes to no decision: its answer is in its version, and there is none where 3.1.1 has
  // no return code for it, or where no version was reached.
  result<void> accept(const acceptance& how, time_point now);
  // CONNACK with a reason, if the version has a word for it, and the end: `failed`.
  void refuse(reason_code why, time_point now);
  // Enhanced authentication goes on (section 4.12): AUTH, and an `auth` event answers. Of an open
  // connection: `success` ends a new authentication.
  result<void> ask(byte_view data, bool is_last, time_point now);

  // --- commands
  // -----------------------------------------------------------------------------------
  // Acknowledgements, in the order of what they acknowledge. No-op once the end has begun.
  void send(const puback& p, time_point now);
  void send(const pubrec& p, time_point now);
  void send(const pubrel& p, time_point now);
  void send(const pubcomp& p, time_point now);
  void send(const suback& p, time_point now);
  void send(const unsuback& p, time_point now);
  // A message. False: it is larger than the client takes, and counts as sent [MQTT-3.1.2-25].
  bool send(const message& m, const delivery_options& how, time_point now);

  // Ends the connection from this side: DISCONNECT with the reason (MQTT 5), and `failed`.
  void end(const error& why, reason_code reason, time_point now);
  // Ends now, without a word and without an event but `closed`.
  void break_off() noexcept;

  // Delivers no packet until go_on().
  void hold() noexcept { held_ = true; }
  void go_on() noexcept { held_ = false; }

  // --- queries
  // ------------------------------------------------------------------------------------
  bool is_open() const noexcept { return phase_ == phase::open; }
  mqtt::version version() const noexcept { return version_; }
  // Of the client, from CONNECT on: how many messages of QoS 1 and 2 it takes at once.
  std::uint16_t client_receive_maximum() const noexcept { return client_window_; }
  // Of the enhanced authentication that CONNECT began; empty: none.
  std::string_view authentication_method() const noexcept {
    return extras_ ? std::string_view(extras_->method) : std::string_view();
  }
  bool is_high() const noexcept { return buffered() > limits_->high_water; }
  // A `sendable` follows when output has fallen.
  void tell_when_low() noexcept { was_high_ = true; }
  std::size_t buffered() const noexcept { return work_ ? work_->out.size() : 0; }
  // Output waits for the store.
  bool waits_for_store() const noexcept { return work_ && work_->out.held_size() > 0; }
  // Bytes of buffers held now.
  std::size_t held_memory() const noexcept;

  // --- the machine contract (core/machine/machine.hpp)
  // --------------------------------------------
  void start(time_point now);
  std::span<std::byte> prepare(std::size_t hint);
  void commit(std::size_t n, time_point now);
  void commit_eof(time_point now);
  void commit_error(const error& why, time_point now);
  event next_event();
  buffer_list output() {
    if (!work_) return {};
    show_durable();
    return work_->out.ready().output();
  }
  void consume_output(std::size_t n) noexcept;
  void release() noexcept;
  bool ends_output() const noexcept { return phase_ == phase::lingering && !waits_for_store(); }
  std::optional<time_point> next_deadline() const noexcept;
  void handle_timeout(time_point now);
  bool wants_read() const noexcept;
  bool is_done() const noexcept { return phase_ == phase::over; }
  output_chain release_output() {
    return work_ ? work_->out.ready().release_output() : output_chain();
  }

 private:
  // deciding: CONNECT was told. asking: AUTH of the client is due instead of CONNACK. failing:
  // `failed` is due. lingering: what still comes is thrown away, so that no reset destroys what
  // was written.
  enum class phase : std::uint8_t {
    idle,
    connecting,
    deciding,
    asking,
    open,
    failing,
    lingering,
    over
  };

  // What few connections have.
  struct extras {
    detail::given_aliases given;
    detail::taken_aliases taken;
    std::string method;  // of authentication
  };

  // What a connection has while bytes are under way, so that an idle one is small.
  struct working_set {
    working_set(const receive_limits& bounds, store* under) : input(bounds), out(under) {}

    receive_buffer input;
    detail::gated_output out;
  };
  working_set& work() { return work_ ? *work_ : make_work(); }
  working_set& make_work();

  void hear(time_point now) noexcept { now_ = now_ < now ? now : now_; }
  extras& extra();
  template <class Packet>
  void put(const Packet& p);
  void count_reply() noexcept;

  // Input.
  std::optional<event> take_packet();
  std::optional<event> take(const packet& p);
  std::optional<event> wait();
  std::optional<event> take_connect(const connect& p);
  std::optional<event> take_publish(publish p);
  std::optional<event> take_auth(const auth& p);
  std::optional<event> take_disconnect(const disconnect& p);
  bool counts(const publish& p);

  // The end.
  void check_alive();
  void fault(errc code);
  void refuse_version();
  void fail_with(broker_errc why) { fail_with(error(why), reason_code_of(why)); }
  void fail_with(error why, reason_code reason);
  void drop_output() noexcept;
  void drop_held() noexcept {
    if (work_) work_->out.drop_held();
  }
  void show_durable() {
    if (!work_) return;
    work_->out.advance();
    greeted_ |= work_->out.ready().size() > 0;
  }
  byte_view received() const noexcept { return work_ ? work_->input.data() : byte_view(); }
  void forget_received() noexcept {
    if (work_) work_->input.consume(work_->input.size());
  }
  void discard_consumed() noexcept {
    if (work_) work_->input.discard_consumed();
  }

  const server_limits* limits_;
  store* store_;
  decoder decoder_;
  std::unique_ptr<working_set> work_;
  detail::id_set window_;  // QoS 2 that came on this connection and is not over
  std::unique_ptr<extras> extras_;
  std::unique_ptr<error> why_;  // to be told by `failed`
  // One at a time, by the phase: CONNECT's decision, keep-alive, the end of lingering.
  static constexpr time_point never = time_point::max();
  time_point due_ = never;
  time_point now_{};
  time_point heard_at_{};
  std::size_t replies_ = 0;  // bytes of small packets that wait to be written, at most
  encoder encoder_;
  std::uint32_t client_maximum_ = largest_packet;
  std::uint32_t unsent_acks_ = 0;  // written since output last went
  std::uint16_t client_window_ = 65'535;
  std::uint16_t client_aliases_ = 0;
  std::uint16_t keep_alive_ = 0;
  mqtt::version version_ = mqtt::version::v5;
  phase phase_ = phase::idle;
  bool keeps_session_ = false;  // CONNECT has a session expiry
  bool held_ = false;
  bool ended_ = false;
  bool was_high_ = false;
  bool authenticating_ = false;
  bool said_goodbye_ = false;  // the client has
  bool greeted_ = false;       // CONNACK, the first of all, waits for the store no more
  bool said_closed_ = false;
};

static_assert(machine<server>);

}  // namespace parley::mqtt
