// Where a provider reports what it does: a log line, a metric, a change of
// state. Nothing is formatted or counted when no observer is set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/core/error.hpp>
#include <parley/core/time.hpp>
#include <string_view>

namespace parley {

enum class log_level : std::uint8_t { debug, info, warning, error };

std::string_view to_string(log_level) noexcept;

// What a provider is doing now.
enum class provider_state : std::uint8_t {
  idle,        // initialize() was not called
  connecting,  // the first connection, or a new one after a break
  up,          // the protocol's handshake is done: operations are carried out
  waiting,     // backing off before another try
  failed,      // gave up: configuration or authentication; initialize() again
  closed,      // close() was called
};

std::string_view to_string(provider_state) noexcept;

// One sample of a metric. Names follow the conventions of OpenTelemetry:
// calls_total, call_duration_seconds, active_connections, errors_total,
// message_size_bytes, reconnects_total.
struct metric {
  std::string_view name;
  double value = 1;
  std::string_view protocol;   // "redis"
  std::string_view operation;  // "shout", "get", "PUBLISH"; may be empty
  std::string_view status;     // "ok", an error's name, "in", "out"; may be empty
};

// Derive from it and override what you want. Called by the loop's thread; must
// not throw, and must not destroy the provider.
class observer {
 public:
  virtual void log(log_level, std::string_view component, std::string_view text);
  virtual void record(const metric&);
  // `why` is null unless the state follows from an error.
  virtual void state_changed(std::string_view component, provider_state, const error* why);
  // Subscriptions were restored after a break: messages that were published
  // during `gap` may be missing (P4).
  virtual void resubscribed(std::string_view component, std::size_t subscriptions, duration gap);
  // With several protocols (core/fallback): another one carries what is said on `channel` from now
  // on. Empty words stand for none. `why` is what befell the one before, null at a fail-back.
  virtual void carrier_changed(std::string_view channel, std::string_view from, std::string_view to,
                               const error* why);
  // A callback of the user threw; nothing else was affected.
  virtual void callback_failed(std::string_view component, const error& why);

 protected:
  ~observer() = default;
};

}  // namespace parley
