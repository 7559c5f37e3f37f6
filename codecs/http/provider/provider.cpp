#include <parley/codecs/http/provider/core.hpp>
#include <parley/codecs/http/rest_provider.hpp>
#include <utility>

namespace parley {

rest_provider::rest_provider(loop& home, rest_config config)
    : core_(detail::rest_core::make(home, std::move(config))) {
  home.attach();
}

rest_provider::~rest_provider() {
  // Ends everything now; the core itself lives on while handles and tasks hold it.
  core_->shut();
  core_->home().detach();
  core_->release();
}

const rest_config& rest_provider::config() const noexcept { return core_->config(); }
provider_status rest_provider::status() const { return core_->status(); }
std::optional<address> rest_provider::local_address() const { return core_->local_address(); }
std::size_t rest_provider::connections() const noexcept { return core_->connections(); }
operation<void> rest_provider::initialize() { return core_->initialize(); }
operation<void> rest_provider::close() { return core_->close(); }

// --- speakers ---------------------------------------------------------------------------------

operation<speaker> rest_provider::create_speaker(std::string_view name, speaker_options options) {
  return core_->open_speaker(name, {}, options);
}

operation<speaker> rest_provider::create_speaker(std::string_view name, message_callback on_message,
                                                 speaker_options options) {
  return core_->open_speaker(name, std::move(on_message), options);
}

// --- callables --------------------------------------------------------------------------------

operation<callable> rest_provider::create_callable(std::string_view name) {
  return core_->make_callable(name);
}

operation<callable> rest_provider::create_callable(std::string_view name, call_handler handler) {
  rest_handler with_body = [answer = std::move(handler)](rest_request& request) mutable {
    return result<rest_reply>(answer(request.body()));
  };
  return core_->serve(name, std::move(with_body));
}

operation<callable> rest_provider::create_callable(std::string_view name, rest_handler handler) {
  return core_->serve(name, std::move(handler));
}

operation<callable> rest_provider::create_callable(std::string_view name,
                                                   rest_task_handler handler) {
  return core_->serve(name, std::move(handler));
}

operation<callable> rest_provider::create_callable(std::string_view name,
                                                   rest_async_handler handler) {
  return core_->serve(name, std::move(handler));
}

// --- a server ---------------------------------------------------------------------------------

result<rest_route> rest_provider::route(std::string_view method, std::string_view pattern,
                                        rest_handler handler) {
  return core_->route(method, pattern, std::move(handler));
}

result<rest_route> rest_provider::route(std::string_view method, std::string_view pattern,
                                        rest_task_handler handler) {
  return core_->route(method, pattern, std::move(handler));
}

result<rest_route> rest_provider::route(std::string_view method, std::string_view pattern,
                                        rest_async_handler handler) {
  return core_->route(method, pattern, std::move(handler));
}

void rest_provider::use(rest_before look) { core_->use(std::move(look)); }
void rest_provider::use(rest_before_async look) { core_->use(std::move(look)); }
void rest_provider::use_after(rest_after look) { core_->use_after(std::move(look)); }
result<void> rest_provider::upgrade(std::string_view pattern, std::shared_ptr<upgrade_target> to) {
  return core_->upgrade(pattern, std::move(to));
}
void rest_provider::log_access_with(rest_access_log log) { core_->log_access_with(std::move(log)); }

// --- a client ---------------------------------------------------------------------------------

operation<http_reply> rest_provider::fetch(http_request request) {
  return core_->fetch(std::move(request));
}

operation<rest_download> rest_provider::download(http_request request, std::uint64_t max_body) {
  return core_->download(std::move(request), max_body);
}

void rest_provider::authorize_with(rest_token_source token) {
  core_->authorize_with(std::move(token));
}

protocols::maker rest_maker(transports* with) {
  return
      [with](loop& home, const uri& where, observer* watch) -> result<std::unique_ptr<provider>> {
        auto config = rest_config::from_uri(where);
        if (!config) return std::unexpected(std::move(config.error()));
        config->with = with;
        config->watch = watch;
        return std::make_unique<rest_provider>(home, *std::move(config));
      };
}

}  // namespace parley
