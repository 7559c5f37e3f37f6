// provider: one external protocol behind the one interface (S1). Code written
// against it moves between protocols without a change.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/core/api/callable.hpp>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/speaker.hpp>
#include <parley/core/async/operation.hpp>
#include <string_view>

namespace parley {

// How a provider is doing: for people and for fall-back.
struct provider_status {
  provider_state state = provider_state::idle;
  std::optional<error> last_error;
  std::uint64_t connects = 0;    // handshakes completed
  std::size_t pending = 0;       // operations accepted and not ended
  std::size_t queued_bytes = 0;  // accepted and not written
};

class provider {
 public:
  virtual ~provider() = default;

  // "redis", "mqtt", "rest", "websocket", "grpc"
  virtual std::string_view protocol() const = 0;

  // Connects, and ends when the protocol's own handshake is done. A transient
  // failure is retried by the reconnect policy until the connect timeout of the
  // configuration has passed; configuration and authentication errors end it at
  // once.
  virtual operation<void> initialize() = 0;

  // A speaker that publishes; it can listen() later.
  virtual operation<speaker> create_speaker(std::string_view name, speaker_options options) = 0;
  // A speaker that listens as well; ends when the peer has confirmed (S20).
  virtual operation<speaker> create_speaker(std::string_view name, message_callback on_message,
                                            speaker_options options) = 0;
  // The client's side of a callable. errc::not_supported where there is none.
  virtual operation<callable> create_callable(std::string_view name) = 0;
  // The server's side.
  virtual operation<callable> create_callable(std::string_view name, call_handler handler) = 0;

  // Ends what is pending with errc::cancelled and closes the connections.
  virtual operation<void> close() = 0;

  virtual provider_status status() const = 0;
};

}  // namespace parley
