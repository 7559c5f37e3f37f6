#include <parley/codecs/json/payload.hpp>
#include <parley/codecs/websocket/provider/client_core.hpp>
#include <parley/codecs/websocket/provider/core.hpp>
#include <parley/codecs/websocket/provider/server_core.hpp>
#include <parley/codecs/websocket/provider/speaker.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::detail {

websocket_core* websocket_core::make(loop& home, websocket_config config) {
  if (config.is_server) return new websocket_server_core(home, std::move(config));
  return new websocket_client_core(home, std::move(config));
}

websocket_core::websocket_core(loop& home, websocket_config config)
    : asked_listeners(home), loop_(home), config_(std::move(config)) {}

error websocket_core::not_ready() const {
  return error(errc::not_connected, "initialize() was not called");
}

void websocket_core::shut() noexcept {
  remote_.close();
  initialized_ = false;
  waiting_.clear();
  listeners_.forget_all();
  // The core may outlive the provider (speakers hold it), the observer need not.
  config_.watch = nullptr;
}

void websocket_core::callback_failed(const error& why) {
  if (config_.watch) config_.watch->callback_failed("websocket", why);
}

// --- publishing -------------------------------------------------------------------------------

operation<delivery> websocket_core::publish(std::string_view name, const value& v) {
  auto payload = json::payload::of(v);
  if (!payload) return ended<delivery>(*this, std::unexpected(std::move(payload).error()));
  const auto type = payload->is_text() ? websocket::opcode::text : websocket::opcode::binary;
  return publish(name, type, payload->bytes());
}

operation<delivery> websocket_core::publish(std::string_view name, websocket::opcode type,
                                            byte_view payload) {
  if (!initialized_) return ended<delivery>(*this, std::unexpected(not_ready()));
  if (payload.size() > config_.max_size) {
    return ended<delivery>(
        *this, fail(errc::too_large, std::to_string(payload.size()) + " bytes, and max_size is " +
                                         std::to_string(config_.max_size)));
  }
  result<delivery> sent;
  const auto fits = guarded([&] { sent = send(name, type, payload); });
  if (!fits) sent = std::unexpected(fits.error());
  if (config_.watch) {
    config_.watch->record({.name = "calls_total",
                           .protocol = "websocket",
                           .operation = "shout",
                           .status = sent ? "ok" : sent.error().name()});
  }
  return ended<delivery>(*this, std::move(sent));
}

remote websocket_core::remote_handle() { return remote_.open(loop_, *this, config_.offline_bytes); }

operation<delivery> websocket_core::shout_for_remote(std::string_view name, const value& v) {
  if (!is_topic_name(name) || !websocket::is_envelope_name(name)) {
    return ended<delivery>(*this, fail(errc::invalid_argument, "this is no name of a channel"));
  }
  return publish(name, v);
}

// --- listening --------------------------------------------------------------------------------

// Without a callback it only speaks, until it is told to listen.
operation<speaker> websocket_core::open_speaker(std::string_view name, message_callback on_message,
                                                speaker_options options) {
  if (!initialized_) return ended<speaker>(*this, std::unexpected(not_ready()));
  if (!is_topic_filter(name) || !websocket::is_envelope_name(name)) {
    return ended<speaker>(
        *this, fail(errc::invalid_argument, "this is neither a name nor a sound filter"));
  }
  auto* const made = new websocket_speaker(*this, name, options);
  // Held until the operation has a handle of its own.
  speaker held(made);
  if (!on_message) return ended<speaker>(*this, std::move(held));
  return made->listen_first(std::move(on_message));
}

operation<inbox> websocket_core::open_inbox(std::string_view name, speaker_options options) {
  // One that is as large as the largest message has room for it.
  const inbox_limits limits{config_.max_queue, config_.max_size};
  return inbox_core::open(loop_, *this, limits, [&](message_callback hears) {
    return open_speaker(name, std::move(hears), options);
  });
}

void websocket_core::deliver(std::optional<std::string_view> name, byte_view payload) {
  if (config_.watch) {
    config_.watch->record({.name = "message_size_bytes",
                           .value = static_cast<double>(payload.size()),
                           .protocol = "websocket",
                           .operation = {},
                           .status = "in"});
  }
  if (name) {
    return listeners_.tell(*name, [&](websocket_speaker& s) { s.deliver(*name, payload); });
  }
  listeners_.tell_all([&](websocket_speaker& s) { s.deliver(s.name(), payload); });
}

}  // namespace parley::detail
