#include <algorithm>
#include <parley/adapters/grpc/provider/client_core.hpp>
#include <parley/adapters/grpc/provider/core.hpp>
#include <parley/adapters/grpc/provider/server_core.hpp>
#include <parley/adapters/grpc/provider/speaker.hpp>
#include <parley/codecs/json/payload.hpp>
#include <parley/core/api/topics.hpp>
#include <parley/core/text/utf8.hpp>
#include <utility>

namespace parley::detail {
namespace {

constexpr const char* of_a_server = "a server answers, and a client calls";

}  // namespace

result<void> check_name(std::string_view name) {
  if (name.empty()) return fail(errc::invalid_argument, "a name is empty");
  if (text::valid_utf8(name)) return {};
  return fail(errc::invalid_argument, "a name is not UTF-8");
}

grpc_core* grpc_core::make(loop& home, grpc_config config) {
  for (duration* const d : {&config.connect_timeout, &config.call_timeout, &config.stop_timeout}) {
    *d = std::min(*d, grpc_longest);
  }
  if (config.is_server) return new grpc_server_core(home, std::move(config));
  return new grpc_client_core(home, std::move(config));
}

error grpc_core::not_ready() const {
  if (state_ == provider_state::idle || state_ == provider_state::closed) {
    return error(errc::not_connected, "initialize() was not called");
  }
  return last_error_ ? error(errc::not_connected).with_cause(*last_error_)
                     : error(errc::not_connected);
}

void grpc_core::shut() noexcept {
  is_up_ = false;
  waiting_.clear();
  listeners_.forget_all();
  // The core may outlive the provider (speakers hold it), the observer need not.
  config_.watch = nullptr;
}

provider_status grpc_core::status() const {
  provider_status s;
  s.state = state_;
  s.last_error = last_error_;
  s.connects = connects_;
  s.pending = port_ ? port_->busy() : 0;
  return s;
}

// --- channels ---------------------------------------------------------------------------------

operation<delivery> grpc_core::publish(std::string_view name, const value& v) {
  auto payload = json::payload::of(v);
  if (!payload) return ended<delivery>(*this, std::unexpected(std::move(payload).error()));
  return publish(name, payload->bytes());
}

// What protobuf adds is less than this.
result<void> grpc_core::check(std::string_view topic, byte_view payload) const {
  if (!is_topic_name(topic) || !text::valid_utf8(topic)) {
    return fail(errc::invalid_argument, "this is no name of a channel");
  }
  if (payload.size() + topic.size() + 64 <= config_.max_send_message_length) return {};
  return fail(errc::too_large, std::to_string(payload.size()) +
                                   " bytes, and max_send_message_length is " +
                                   std::to_string(config_.max_send_message_length));
}

// Without a callback it only speaks, until it is told to listen.
operation<speaker> grpc_core::open_speaker(std::string_view name, message_callback on_message,
                                           speaker_options options) {
  if (!port_) return ended<speaker>(*this, std::unexpected(not_ready()));
  if (!is_topic_filter(name) || !text::valid_utf8(name)) {
    return ended<speaker>(
        *this, fail(errc::invalid_argument, "this is neither a name nor a sound filter"));
  }
  auto* const made = new grpc_speaker(*this, name, options);
  // Held until the operation has a handle of its own.
  speaker held(made);
  if (!on_message) return ended<speaker>(*this, std::move(held));
  return made->listen_first(std::move(on_message));
}

void grpc_core::deliver(std::string_view topic, byte_view payload) {
  const grpc_core_ref held(*this);
  listeners_.tell(topic, [&](grpc_speaker& s) { s.deliver(topic, payload); });
}

// --- what only one of the two ends has --------------------------------------------------------

result<void> grpc_core::serve(std::string_view, grpc_handler) {
  return fail(errc::not_supported, of_a_server);
}
operation<callable> grpc_core::serve(std::string_view, call_handler) {
  return ended<callable>(*this, fail(errc::not_supported, of_a_server));
}
result<void> grpc_core::serve_stream(std::string_view, grpc_stream_handler) {
  return fail(errc::not_supported, of_a_server);
}
result<void> grpc_core::add_service(::grpc::Service&) {
  return fail(errc::not_supported, of_a_server);
}

operation<callable> grpc_core::make_callable(std::string_view) {
  return ended<callable>(*this, fail(errc::not_supported, of_a_server));
}
operation<grpc_reply> grpc_core::call(std::string_view, grpc_message, const grpc_call_options&) {
  return ended<grpc_reply>(*this, fail(errc::not_supported, of_a_server));
}
void grpc_core::call_value(std::string_view, const value&, const grpc_call_options&,
                           completer<value> done) {
  done.complete(fail(errc::not_supported, of_a_server));
}
result<grpc_stream> grpc_core::open(std::string_view, grpc_kind, grpc_message,
                                    const grpc_call_options&) {
  return fail(errc::not_supported, of_a_server);
}
result<std::shared_ptr<::grpc::Channel>> grpc_core::channel() const {
  return fail(errc::not_supported, of_a_server);
}

void grpc_core::callback_failed(const error& why) {
  if (config_.watch) config_.watch->callback_failed("grpc", why);
}

void grpc_core::record(std::string_view operation, const error* why) const {
  if (!config_.watch) return;
  config_.watch->record({.name = "calls_total",
                         .protocol = "grpc",
                         .operation = operation,
                         .status = why ? why->name() : "ok"});
}

void grpc_core::enter(provider_state next, const error* why) {
  if (why) last_error_ = *why;
  if (state_ == next && !why) return;
  state_ = next;
  if (config_.watch) config_.watch->state_changed("grpc", next, why);
}

}  // namespace parley::detail
