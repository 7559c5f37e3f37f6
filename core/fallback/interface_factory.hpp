// interface_factory: speakers and callables that one of several protocols carries, and the next one
// when that is lost, while the program runs (S119 to S121).
//
//   protocols table; transports lower; add_built_in(table, lower);
//   interface_configs configs;
//   configs.add("redis://cache").add("mqtt://hub").add("ws://gateway:8765");
//   interface_factory factory{loop, table, std::move(configs)};
//   auto speaker = co_await factory.create_speaker(
//       "events", prefer(protocol_type::redis, protocol_type::mqtt, protocol_type::websocket));
//   auto sent = co_await speaker->shout(fields("type", "update"));
//
// Each speaker has a supervisor of its own (supervisor.hpp): the protocols are tried in order, and
// one works when its server has been reached and, for who listens, has confirmed. Providers are
// made when they are needed and shared by all speakers and callables. What one error tells of all
// of them: the protocol, what was tried (no passwords), and why it failed; one that was not built
// in names the CMake option and the package (S160, S161).
//
// A factory is a provider itself, so that code written against a provider falls back as well.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/core/api/overflow.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/fallback/channel_names.hpp>
#include <parley/core/fallback/preference.hpp>
#include <parley/core/fallback/supervisor.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

namespace detail {
class factory_core;
}

// What becomes of messages and calls while no protocol carries.
enum class switch_policy : std::uint8_t {
  keep,    // they wait for the next carrier, within keep_bytes and keep_time
  drop,    // they end with errc::dropped: only the present counts
  refuse,  // they end with errc::not_connected at once: the caller decides
};

// Where a speaker that listens does so.
enum class listen_on : std::uint8_t {
  every,    // on each protocol that can be reached
  carrier,  // on the one that carries; while it changes, on both
};

// How a speaker or callable behaves. Trivially copyable, with the reason of each default.
struct fallback_options {
  fallback_options() noexcept {}

  // keep: who shouts has no better idea than to try again, and that is what keep does.
  switch_policy during_switch = switch_policy::keep;
  // Bytes of messages that wait for a carrier or for the answer of one. 4 MiB: seconds of messages
  // of usual size; a long outage does not fill the memory. One alone always fits.
  std::size_t keep_bytes = std::size_t{4} << 20;
  // What no longer fits: `reject` tells the caller, who can slow down; `drop_oldest` ends the
  // oldest that waits with errc::dropped, for states of which the latest counts. Others act as
  // reject.
  overflow keep_overflow = overflow::reject;
  // How long one is kept. 60 s: longer than all protocols need to be tried with pauses; what is
  // older has mostly lost its sense.
  duration keep_time = std::chrono::seconds(60);
  // What was given to a carrier that was lost before it answered is given to the next: nothing is
  // lost, and it may arrive twice. False: it ends with the carrier's error.
  bool resend = true;
  // Each message has an identifier (message_tag.hpp), and who listens hears each one once. Off: it
  // is a line before the payload, which other programs would see. Both sides need it.
  bool dedupe = false;
  // How many identifiers are remembered. 1024: more than what is under way at a switch; 24 KiB.
  std::size_t dedupe_window = 1024;
  // every: who shouts may switch earlier than who listens, or alone, so that a listener on one
  // protocol would miss it. Costs a connection for each.
  listen_on listening = listen_on::every;
  // What divides the levels of names.
  level_separator names = level_separator::slash;
  // A call that is under way when its carrier is lost is given to the next, as with
  // call_options::repeatable. Off: it may have been carried out, and is never repeated silently.
  bool repeat_calls = false;
  // How long a call waits for a carrier, unless it has a timeout itself. 5 s, as calls do.
  duration call_timeout = std::chrono::seconds(5);
  // What message::value() makes of a payload.
  decode_policy decode = decode_policy::json_or_text;
  bool decode_set = false;
};

// Where each protocol is. Move-only.
class interface_configs {
 public:
  // One place, as add() has read it.
  struct entry {
    std::string protocol{};           // empty if the URI says nothing that is known
    std::string where{};              // for people, without passwords
    std::optional<uri> place{};       // of which the table makes a provider
    std::optional<error> fault{};     // of the URI
    std::unique_ptr<provider> own{};  // instead of a URI
  };

  // The scheme says which protocol. One that is not valid is told when it is tried, beside the
  // others. Several of one protocol are tried one after the other.
  interface_configs& add(std::string_view uri_text);
  // The same; a URI of another protocol is a fault.
  interface_configs& add(protocol_type type, std::string_view uri_text);
  // Of a URI that is valid.
  interface_configs& add(uri place);
  // One of your own; initialize() is called when it is needed, close() by the factory's. `where` is
  // what errors call its place.
  interface_configs& add(std::unique_ptr<provider> own,
                         std::string where = "a provider of the program");

  std::vector<entry> take() && { return std::move(entries_); }

 private:
  std::vector<entry> entries_;
};

// Of the whole factory. An aggregate.
struct interface_factory_config {
  supervisor_config supervision{};
  fallback_options options{};  // of those that are created without any
  // How often providers are asked how they are, besides what they tell by themselves. 500 ms: for
  // providers of your own, which tell nothing; costs no system call.
  duration watch_interval = std::chrono::milliseconds(500);
  // Told of switches (carrier_changed), and all that the providers of the table tell. May be null;
  // must outlive the factory.
  observer* watch = nullptr;

  result<void> validate() const;
};

// One protocol of a speaker or callable: whether it carries, or why not.
struct carrier_status {
  std::string protocol{};
  std::string where{};
  bool carries = false;
  carrier_report report{};
};

// How a speaker or callable is doing.
struct channel_status {
  std::string name{};
  std::optional<std::size_t> carrier{};    // of `carriers`
  bool is_carrying = false;                // it is up at this moment
  std::vector<carrier_status> carriers{};  // in the order of preference
  std::uint64_t switches = 0;              // after the first choice
  std::uint64_t fail_backs = 0;            // those of them that went back
  std::uint64_t sent = 0;                  // shouts or calls that ended well
  std::uint64_t failed = 0;                // that did not
  std::uint64_t repeated = 0;              // given to another carrier
  std::uint64_t heard = 0;                 // messages that a callback was given
  std::uint64_t duplicates = 0;            // that were kept back by their identifier
  std::size_t waiting = 0;                 // shouts or calls that wait for a carrier or its answer
  std::size_t waiting_bytes = 0;

  // "events: over redis (redis://cache); mqtt (mqtt://hub): waiting: connection refused"
  std::string to_string() const;
};

class interface_factory final : public provider {
 public:
  // Connects nothing yet. Faults of the configuration are told by the calls below. `table` must
  // outlive the factory, the loop as well.
  interface_factory(loop& home, protocols& table, interface_configs where,
                    interface_factory_config config = {});
  interface_factory(const interface_factory&) = delete;
  interface_factory& operator=(const interface_factory&) = delete;
  ~interface_factory() override;

  // A speaker, once the first protocol in order works for it. Errors: fallback_errc::no_carrier or
  // none_usable, which tell of each what was tried; invalid_argument. A shout ends when the peer of
  // the protocol that carried it has answered, and has that protocol's errors; for a protocol that
  // is lost meanwhile see fallback_options. Its listen() takes effect on the other carriers too.
  // When the last handle is gone, listening ends; shouts that are kept go on.
  operation<speaker> create_speaker(std::string_view name, preference order);
  operation<speaker> create_speaker(std::string_view name, preference order, fallback_options how);
  operation<speaker> create_speaker(std::string_view name, message_callback on_message,
                                    preference order);
  operation<speaker> create_speaker(std::string_view name, message_callback on_message,
                                    preference order, fallback_options how);

  // To call: over the first protocol that works; HTTP and gRPC without a server at the other end
  // fail with the first call, and then fall back.
  operation<callable> create_callable(std::string_view name, preference order);
  operation<callable> create_callable(std::string_view name, preference order,
                                      fallback_options how);
  // To answer: on every protocol that can be reached, as callers may come by any. The handles hold
  // it: calls that come afterwards are answered with an error.
  operation<callable> create_callable(std::string_view name, call_handler handler,
                                      preference order);

  // --- provider: with the order of the configuration, and config.options
  std::string_view protocol() const override { return "fallback"; }
  // Ends when one protocol was reached; others may follow.
  operation<void> initialize() override;
  operation<speaker> create_speaker(std::string_view name, speaker_options options = {}) override;
  operation<speaker> create_speaker(std::string_view name, message_callback on_message,
                                    speaker_options options = {}) override;
  operation<callable> create_callable(std::string_view name) override;
  operation<callable> create_callable(std::string_view name, call_handler handler) override;
  // Closes all providers. Speakers and callables end for good: what waits is cancelled.
  operation<void> close() override;
  // Up if one of the providers is.
  provider_status status() const override;

  // --- inspection
  // All speakers and callables there are, in the order of their making.
  std::vector<channel_status> channels() const;
  // The first of this name.
  std::optional<channel_status> channel(std::string_view name) const;
  // Whatever waits for its time, or was given up for a password or a setting, is tried again now.
  void retry();

 private:
  std::shared_ptr<detail::factory_core> core_;
};

}  // namespace parley
