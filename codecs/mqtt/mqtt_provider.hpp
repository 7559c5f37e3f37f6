// mqtt_provider: MQTT as a provider: publish and subscribe with wildcards, each channel with its
// own quality of service, and calls with an answer, on the loop of your choice (S5, S51 to S78).
//
//   parley::mqtt_provider mqtt{loop, {.broker = "hub", .qos = mqtt::qos::at_least_once}};
//   if (auto ok = co_await mqtt.initialize(); !ok) co_return report(ok.error());
//   auto heard = co_await mqtt.create_speaker("sensor/+/data", on_message);
//   auto speaker = co_await mqtt.create_speaker("sensor/temperature");
//   auto sent = co_await speaker->shout(parley::fields("value", 23.5, "unit", "C"));
//
// One thread: that of the loop. Any call is legal in any callback; the provider may be destroyed at
// any moment, which ends its operations with errc::cancelled. What is shouted without a connection
// waits in the session (mqtt_config::session); subscriptions are restored where the server has lost
// them, with their options.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/mqtt/events.hpp>
#include <parley/codecs/mqtt/mqtt_config.hpp>
#include <parley/core/api/inbox.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/api/remote.hpp>
#include <span>
#include <string_view>

namespace parley {

namespace detail {
class mqtt_core;
}

// What is MQTT's own about a speaker. Trivially copyable; what the views show is copied by
// create_speaker(). What is not set is the configuration's.
struct mqtt_speaker_options {
  mqtt_speaker_options() noexcept {}
  mqtt_speaker_options(mqtt::qos q) noexcept : qos(q) {}
  mqtt_speaker_options(mqtt::qos q, bool retained) noexcept : qos(q), retain(retained) {}

  // Of what is shouted, and the highest with which messages come.
  std::optional<mqtt::qos> qos{};
  // Shouts are kept by the server, for those that come later.
  std::optional<bool> retain{};
  // What message::value() makes of a payload.
  decode_policy decode = decode_policy::json_or_text;

  // MQTT 5, of shouts: seconds after which nobody is to get it any more (0: never), what it is, and
  // words of the application's own.
  std::uint32_t expiry = 0;
  std::string_view content_type{};
  std::span<const mqtt::user_property> user_properties{};

  // MQTT 5, of the subscription: not what this client shouts itself; keep the retain flag of what
  // is sent on; what of retained messages. Speakers with the same filter share one subscription,
  // with the most that one of them wants.
  bool no_local = false;
  bool retain_as_published = false;
  mqtt::retain_handling handling = mqtt::retain_handling::send;

  // The last handle ends the subscription. True: the server keeps it, for a later process with the
  // same client_id (clean_session = false).
  bool keep_subscription = false;
};

// What is bounded beside the session. An aggregate.
struct mqtt_provider_limits {
  // For the answer to a call. Zero: for ever.
  duration call_timeout = std::chrono::seconds(10);
  // A message of a session that an earlier process has left may come before there is a speaker for
  // it. It is not acknowledged until then, or until so long after it came: then it is given up, and
  // the observer told. Meanwhile the server's window is not opened again for messages behind it.
  duration unclaimed_time = std::chrono::seconds(10);
  // Bytes of such messages, each with its topic and 256 more. Beyond, the oldest are given up.
  std::size_t unclaimed_bytes = std::size_t{1} << 20;
  // Of what other threads have shouted and the loop has not taken.
  std::size_t remote_bytes = std::size_t{1} << 20;
  // Of an inbox.
  inbox_limits inbox{};
};

class mqtt_provider final : public provider {
 public:
  // Does nothing yet. Faults of the configuration are reported by initialize(). Messages are
  // acknowledged when all speakers have heard them, whatever manual_acknowledgement says.
  explicit mqtt_provider(loop& home, mqtt_config config = {}, mqtt_provider_limits limits = {});
  mqtt_provider(const mqtt_provider&) = delete;
  mqtt_provider& operator=(const mqtt_provider&) = delete;
  ~mqtt_provider() override;

  // --- provider (core/api/provider.hpp) ---------------------------------------
  std::string_view protocol() const override { return "mqtt"; }
  operation<void> initialize() override;
  // A name without wildcards is shouted to or listened to; a filter ('+' for one level, '#' for the
  // rest, "$share/GROUP/FILTER") only listened to. With a callback it ends with the server's grant;
  // its refusal is the error, by reason code.
  //
  // A shout ends with what its quality of service promises: 0 when it was written, 1 with PUBACK, 2
  // with PUBCOMP. `receivers` is 0 if the server says that nobody listens, else unknown. Errors:
  // reason codes, those of the session's limits (queue_full, dropped), expired, session_lost.
  // Cancelling takes back what was not sent yet.
  //
  // Each speaker hears a message once, also if several filters match it. Servers of MQTT 5 say with
  // subscription identifiers what a message was sent for; with 3.1.1, or without them, one that
  // sends a message once for each filter is believed: it is heard as often.
  operation<speaker> create_speaker(std::string_view name, speaker_options options = {}) override;
  operation<speaker> create_speaker(std::string_view name, message_callback on_message,
                                    speaker_options options = {}) override;
  operation<speaker> create_speaker(std::string_view name, mqtt_speaker_options options);
  operation<speaker> create_speaker(std::string_view name, message_callback on_message,
                                    mqtt_speaker_options options);
  // Messages in a queue instead of a callback (core/api/inbox.hpp). When it is full the server is
  // not read any more, so that answers to everything else wait as well. What is in the queue was
  // acknowledged.
  operation<inbox> create_inbox(std::string_view name, speaker_options options = {});
  operation<inbox> create_inbox(std::string_view name, mqtt_speaker_options options);

  // Calls go by way of the server, with QoS 1, so that a handler may rarely see one twice.
  //   MQTT 5   request to NAME with Response Topic and Correlation Data, and the caller's timeout
  //            as its expiry; the answer to that topic. An error has the user property
  //            "parley-error" with its name, and its text as payload.
  //   3.1.1    request to NAME/call/CLIENT/N; the answer to parley/reply/CLIENT/N, an error to
  //            parley/reply/CLIENT/N/error: its name, LF, its text.
  // A handler is reached both ways, one on a 3.1.1 connection only by callers that speak that.
  // Letters, digits, '-' and '_' of a client_id stand for themselves, other bytes are %XX.
  //
  // To call: ends when answers can come. A call ends with not_connected at once while there is no
  // connection, with the connection's error if it breaks (the handler may have run), timed_out, or
  // call_failed with name and text of the handler's error. no_callee: nobody serves the name, says
  // the server, which only some do.
  operation<callable> create_callable(std::string_view name) override;
  // To answer, until the provider ends: ends with the server's grant. The same name again replaces
  // the handler. "$share/GROUP/NAME" shares the requests with others
  // that serve as the same group; without it each one answers, and the first answer counts.
  operation<callable> create_callable(std::string_view name, call_handler handler) override;

  // Says goodbye, so that no will is published, and forgets speakers without ending their
  // subscriptions: a session that the server keeps has them still. Shouts that it has accepted stay
  // in the session too, and are sent after the next initialize(); their operations are cancelled.
  operation<void> close() override;
  provider_status status() const override;
  const mqtt_config& config() const noexcept;
  const mqtt_provider_limits& limits() const noexcept;

  // Inside a speaker's callback: the message with its quality of service, retain flag and
  // properties. Else null.
  const mqtt::message_event* delivering() const noexcept;
  // What is spoken on this connection, or was on the last.
  mqtt::version version() const noexcept;

  // A handle that other threads may use to shout; see core/api/remote.hpp. Call it in the loop's
  // thread.
  remote remote_handle();

 private:
  detail::mqtt_core* core_;
};

// The entry of a `protocols` table: `table.add("mqtt", mqtt_maker())`.
protocols::maker mqtt_maker(transports* with = nullptr);

}  // namespace parley
