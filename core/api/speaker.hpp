// speaker: one named channel of a provider, for publishing and subscribing.
//
//   auto speaker = co_await redis.create_speaker("events", on_message);
//   auto sent = co_await speaker->shout(parley::fields("type", "update"));
#pragma once

#include <cstdint>
#include <parley/core/async/callback.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/value/message.hpp>
#include <parley/core/value/value.hpp>
#include <string_view>
#include <utility>

namespace parley {

// Called with each message. The message is a view: copy what you keep. May call
// anything, and may destroy the speaker or the provider.
using message_callback = callback<void(const message&)>;

// How a speaker listens. Trivially copyable, so that it may stand inside a
// co_await expression (g++ 12).
struct speaker_options {
  speaker_options() noexcept {}
  // The name is a pattern of the protocol (Redis: * ? [a-z]; MQTT: + #). S14.
  bool pattern = false;
  // What message::value() makes of the payload. S30.
  decode_policy decode = decode_policy::json_or_text;
  // decode was set by the caller; otherwise the provider's default holds.
  bool decode_set = false;
};

// `create_speaker("news.*", on_message, parley::pattern())`
inline speaker_options pattern() noexcept {
  speaker_options o;
  o.pattern = true;
  return o;
}

// What is known when a shout has ended well.
struct delivery {
  delivery() noexcept {}
  explicit delivery(std::int64_t n) noexcept : receivers(n) {}
  // How many receivers the peer reports; negative if the protocol has no such
  // figure. Redis counts the subscribers of this server only.
  std::int64_t receivers = -1;
};

// What a provider implements for each speaker. Reference counted, one thread.
class speaker_core {
 public:
  virtual std::string_view name() const = 0;
  virtual operation<delivery> shout(const value& v) = 0;
  virtual operation<delivery> shout_bytes(byte_view payload) = 0;
  virtual operation<void> listen(message_callback on_message) = 0;
  virtual operation<void> stop_listening() = 0;

  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) dispose();
  }
  // Somebody holds it beside the caller, who has retained it.
  bool is_shared() const noexcept { return references_ > 1; }

 protected:
  virtual ~speaker_core() = default;
  // The last handle is gone: stop listening, then destroy.
  virtual void dispose() noexcept = 0;

 private:
  std::uint32_t references_ = 0;
};

// A handle; copies share the speaker. When the last one is destroyed the
// subscription ends, and its callback is not called any more.
class speaker {
 public:
  explicit speaker(speaker_core* core) noexcept : core_(core) { core_->retain(); }
  speaker(const speaker& other) noexcept : core_(other.core_) {
    if (core_) core_->retain();
  }
  speaker(speaker&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  speaker& operator=(speaker other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~speaker() {
    if (core_) core_->release();
  }

  std::string_view name() const { return core_->name(); }

  // Publishes a value: text as it is, everything else as JSON. Ends when the
  // peer has answered, not when the bytes were queued. Errors: bad_value,
  // too_large, queue_full, the connection's, the peer's.
  operation<delivery> shout(const value& v) { return core_->shout(v); }
  // Publishes bytes unchanged.
  operation<delivery> shout_bytes(byte_view payload) { return core_->shout_bytes(payload); }

  // Starts to listen, or replaces the callback. Ends when the peer has confirmed.
  // After a break the subscription is restored without a further call.
  operation<void> listen(message_callback on_message) {
    return core_->listen(std::move(on_message));
  }
  // Ends when the peer has confirmed; the callback is not called after this call.
  operation<void> stop_listening() { return core_->stop_listening(); }

 private:
  speaker_core* core_;
};

}  // namespace parley
