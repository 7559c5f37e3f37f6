#include <grpcpp/health_check_service_interface.h>

#include <parley/adapters/grpc/provider/callable.hpp>
#include <parley/adapters/grpc/provider/server_core.hpp>
#include <parley/adapters/grpc/provider/service.hpp>
#include <parley/adapters/grpc/provider/settings.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::detail {

grpc_server_core::grpc_server_core(loop& home, grpc_config config)
    : grpc_core(home, std::move(config)) {}

grpc_server_core::~grpc_server_core() = default;

// --- its life ---------------------------------------------------------------------------------

operation<void> grpc_server_core::initialize() {
  if (is_up_) return ended<void>(*this, {});
  result<void> ok = config_.validate();
  if (ok) ok = start();
  if (!ok) {
    enter(provider_state::failed, &ok.error());
    return ended<void>(*this, std::move(ok));
  }
  is_up_ = true;
  ++connects_;
  enter(provider_state::up);
  return ended<void>(*this, {});
}

result<void> grpc_server_core::start() {
  auto credentials = server_credentials(config_);
  if (!credentials) return std::unexpected(std::move(credentials).error());
  ::grpc::EnableDefaultHealthCheckService(true);
  ::grpc::ServerBuilder builder;
  if (auto ok = set_options(builder, config_); !ok) return ok;
  int chosen = 0;
  builder.AddListeningPort(listening_of(config_), *credentials, &chosen);
  port_ = std::make_shared<grpc_port>(loop_);
  service_ = std::make_unique<grpc_service>(port_, *this);
  builder.RegisterService(service_.get());
  for (::grpc::Service* s : services_) builder.RegisterService(s);
  server_ = builder.BuildAndStart();
  if (!server_) {
    service_.reset();
    port_.reset();
    return fail(errc::io, "cannot listen on " + listening_of(config_));
  }
  port_number_ = static_cast<std::uint16_t>(chosen);
  return {};
}

// What runs is finished here; then gRPC's threads let go of it.
void grpc_server_core::stop(std::chrono::system_clock::time_point at_most) noexcept {
  if (!server_) return;
  port_->close();
  server_->Shutdown(at_most);
  server_.reset();
  port_->wait_until_idle();
  service_.reset();
  port_.reset();
}

operation<void> grpc_server_core::close() {
  is_up_ = false;
  stop(std::chrono::system_clock::now());
  enter(provider_state::closed);
  return ended<void>(*this, {});
}

void grpc_server_core::shut() noexcept {
  grpc_core::shut();
  stop(std::chrono::system_clock::now());
  handlers_.clear();
}

result<void> grpc_server_core::add_service(::grpc::Service& service) {
  if (is_up_) return fail(errc::misuse, "services are added before initialize()");
  services_.push_back(&service);
  return {};
}

std::optional<address> grpc_server_core::local_address() const {
  if (!server_) return std::nullopt;
  if (const std::string path = socket_of(config_); !path.empty()) return address::local(path);
  const auto at = endpoint(config_.host, port_number_).numeric();
  return at;
}

void grpc_server_core::set_healthy(bool serving) {
  if (!server_) return;
  if (auto* const health = server_->GetHealthCheckService()) health->SetServingStatus(serving);
}

// --- calls ------------------------------------------------------------------------------------

result<void> grpc_server_core::serve(std::string_view name, grpc_handler handler) {
  if (name.empty()) return fail(errc::invalid_argument, "a name is empty");
  handlers_[std::string(name)] = std::make_shared<entry>(entry{{}, std::move(handler)});
  return {};
}

operation<callable> grpc_server_core::serve(std::string_view name, call_handler handler) {
  if (name.empty()) return ended<callable>(*this, fail(errc::invalid_argument, "a name is empty"));
  handlers_[std::string(name)] = std::make_shared<entry>(entry{std::move(handler), {}});
  return ended<callable>(*this, callable(new grpc_served_callable(*this, name)));
}

void grpc_server_core::answer(grpc_served_call& c) {
  const auto found = handlers_.find(c.request().name());
  if (found == handlers_.end()) {
    return c.reply(result<value>(
        fail(errc::not_supported, "no callable is named \"" + c.request().name() + "\"")));
  }
  const grpc_core_ref held(*this);
  const std::shared_ptr<entry> kept = found->second;
  run(*kept, c);
}

void grpc_server_core::run(entry& e, grpc_served_call& c) {
  result<value> made = value();
  const auto ok = guarded([&] {
    if (e.whole) return e.whole(c.handle());
    made = e.values(c.message().content());
  });
  if (!ok) {
    callback_failed(ok.error());
    return c.reply(result<value>(std::unexpected(ok.error())));
  }
  if (!e.whole) c.reply(std::move(made));
}

}  // namespace parley::detail
