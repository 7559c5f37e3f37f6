#include <parley/codecs/http/provider/client_core.hpp>
#include <parley/codecs/http/provider/core.hpp>
#include <parley/codecs/http/provider/server_core.hpp>
#include <utility>

namespace parley::detail {
namespace {

constexpr std::string_view servers_only = "a REST client serves nothing: set is_server";
constexpr std::string_view clients_only = "a REST server calls nobody: clear is_server";

}  // namespace

rest_core* rest_core::make(loop& home, rest_config config) {
  if (config.is_server) return new rest_server_core(home, std::move(config));
  return new rest_client_core(home, std::move(config));
}

rest_core::rest_core(loop& home, rest_config config) : loop_(home), config_(std::move(config)) {}

error rest_core::not_ready() const {
  return error(errc::not_connected, "initialize() was not called");
}

void rest_core::shut() noexcept {
  initialized_ = false;
  // The core may outlive the provider, the observer need not.
  config_.watch = nullptr;
}

void rest_core::callback_failed(const error& why) {
  if (config_.watch) config_.watch->callback_failed("rest", why);
}

void rest_core::record(std::string_view name, double value, std::string_view operation,
                       std::string_view status) {
  if (!config_.watch) return;
  config_.watch->record(
      {.name = name, .value = value, .protocol = "rest", .operation = operation, .status = status});
}

operation<callable> rest_core::make_callable(std::string_view) {
  return ended<callable>(*this, fail(errc::not_supported, std::string(clients_only)));
}

operation<http_reply> rest_core::fetch(http_request) {
  return ended<http_reply>(*this, fail(errc::not_supported, std::string(clients_only)));
}

operation<rest_download> rest_core::download(http_request, std::uint64_t) {
  return ended<rest_download>(*this, fail(errc::not_supported, std::string(clients_only)));
}

result<rest_route> rest_core::route(std::string_view, std::string_view, rest_any_handler) {
  return fail(errc::not_supported, std::string(servers_only));
}

result<void> rest_core::upgrade(std::string_view, std::shared_ptr<upgrade_target>) {
  return fail(errc::not_supported, std::string(servers_only));
}

operation<callable> rest_core::serve(std::string_view, rest_any_handler) {
  return ended<callable>(*this, fail(errc::not_supported, std::string(servers_only)));
}

}  // namespace parley::detail
