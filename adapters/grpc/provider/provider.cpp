#include <parley/adapters/grpc/grpc_provider.hpp>
#include <parley/adapters/grpc/grpc_typed.hpp>
#include <parley/adapters/grpc/provider/core.hpp>
#include <parley/adapters/grpc/provider/status.hpp>
#include <utility>

namespace parley {

grpc_provider::grpc_provider(loop& home, grpc_config config)
    : core_(detail::grpc_core::make(home, std::move(config))) {
  home.attach();
}

grpc_provider::~grpc_provider() {
  // Ends everything now; the core itself lives on while speakers and tasks hold it.
  core_->shut();
  core_->home().detach();
  core_->release();
}

const grpc_config& grpc_provider::config() const noexcept { return core_->config(); }
provider_status grpc_provider::status() const { return core_->status(); }
std::optional<address> grpc_provider::local_address() const { return core_->local_address(); }
operation<void> grpc_provider::initialize() { return core_->initialize(); }
operation<void> grpc_provider::close() { return core_->close(); }
void grpc_provider::set_healthy(bool serving) { core_->set_healthy(serving); }

operation<speaker> grpc_provider::create_speaker(std::string_view name, speaker_options options) {
  return core_->open_speaker(name, {}, options);
}
operation<speaker> grpc_provider::create_speaker(std::string_view name, message_callback on_message,
                                                 speaker_options options) {
  return core_->open_speaker(name, std::move(on_message), options);
}
operation<callable> grpc_provider::create_callable(std::string_view name) {
  return core_->make_callable(name);
}
operation<callable> grpc_provider::create_callable(std::string_view name, call_handler handler) {
  return core_->serve(name, std::move(handler));
}
result<void> grpc_provider::serve(std::string_view name, grpc_handler handler) {
  return core_->serve(name, std::move(handler));
}
result<void> grpc_provider::serve_stream(std::string_view name, grpc_stream_handler handler) {
  return core_->serve_stream(name, std::move(handler));
}
operation<grpc_reply> grpc_provider::call(std::string_view name, grpc_message request,
                                          grpc_call_options options) {
  return core_->call(name, std::move(request), options);
}
result<grpc_stream> grpc_provider::open(std::string_view name, grpc_kind kind, grpc_message first,
                                        grpc_call_options options) {
  return core_->open(name, kind, std::move(first), options);
}

protocols::maker grpc_maker() {
  return [](loop& home, const uri& where, observer* watch) -> result<std::unique_ptr<provider>> {
    auto config = grpc_config::from_uri(where);
    if (!config) return std::unexpected(std::move(config.error()));
    config->watch = watch;
    return std::make_unique<grpc_provider>(home, *std::move(config));
  };
}

// --- grpc_typed -------------------------------------------------------------------------------

result<void> grpc_typed::add_service(grpc_provider& server, ::grpc::Service& service) {
  return server.core_->add_service(service);
}
result<std::shared_ptr<::grpc::Channel>> grpc_typed::channel(grpc_provider& client) {
  return client.core_->channel();
}
error grpc_typed::error_of(const ::grpc::Status& status) { return detail::error_of(status); }

result<std::shared_ptr<grpc_port>> grpc_typed::port_of(grpc_provider& client,
                                                       const grpc_call_options& options) {
  if (auto channel = client.core_->channel(); !channel) return std::unexpected(channel.error());
  if (auto ok = check_metadata(options); !ok) return std::unexpected(std::move(ok).error());
  return client.core_->port();
}
loop& grpc_typed::home_of(grpc_provider& client) { return client.core_->home(); }
std::size_t grpc_typed::write_limit_of(grpc_provider& client) {
  return client.core_->config().write_limit;
}
void grpc_typed::prepare(grpc_provider& client, ::grpc::ClientContext& context,
                         const grpc_call_options& options, bool has_deadline) {
  client.core_->prepare(context, options, has_deadline);
}

namespace detail {

grpc_metadata metadata_of(const std::multimap<::grpc::string_ref, ::grpc::string_ref>& from) {
  grpc_metadata to;
  to.reserve(from.size());
  for (const auto& [name, text] : from) {
    to.emplace_back(std::string(name.data(), name.size()), std::string(text.data(), text.size()));
  }
  return to;
}

}  // namespace detail
}  // namespace parley
