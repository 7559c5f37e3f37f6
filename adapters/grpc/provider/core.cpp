#include <parley/adapters/grpc/provider/client_core.hpp>
#include <parley/adapters/grpc/provider/core.hpp>
#include <parley/adapters/grpc/provider/server_core.hpp>
#include <utility>

namespace parley::detail {
namespace {

constexpr const char* of_a_server = "a server answers, and a client calls";

}  // namespace

grpc_core* grpc_core::make(loop& home, grpc_config config) {
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
