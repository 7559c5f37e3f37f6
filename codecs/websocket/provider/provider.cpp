#include <parley/codecs/http/upgrade_target.hpp>
#include <parley/codecs/websocket/provider/core.hpp>
#include <parley/codecs/websocket/websocket_provider.hpp>
#include <utility>

namespace parley {

websocket_provider::websocket_provider(loop& home, websocket_config config)
    : core_(detail::websocket_core::make(home, std::move(config))) {
  home.attach();
}

websocket_provider::~websocket_provider() {
  // Ends everything now; the core itself lives on while speakers and tasks hold it.
  core_->shut();
  core_->home().detach();
  core_->release();
}

const websocket_config& websocket_provider::config() const noexcept { return core_->config(); }
provider_status websocket_provider::status() const { return core_->status(); }
websocket_counts websocket_provider::counts() const { return core_->counts(); }
std::optional<address> websocket_provider::local_address() const { return core_->local_address(); }
operation<void> websocket_provider::initialize() { return core_->initialize(); }
operation<void> websocket_provider::close() { return core_->close(); }
void websocket_provider::admit_with(websocket_admission decide) {
  core_->admit_with(std::move(decide));
}
std::shared_ptr<upgrade_target> websocket_provider::upgrades() { return core_->upgrades(); }
remote websocket_provider::remote_handle() { return core_->remote_handle(); }

operation<speaker> websocket_provider::create_speaker(std::string_view name,
                                                      speaker_options options) {
  return core_->open_speaker(name, {}, options);
}

operation<speaker> websocket_provider::create_speaker(std::string_view name,
                                                      message_callback on_message,
                                                      speaker_options options) {
  return core_->open_speaker(name, std::move(on_message), options);
}

operation<inbox> websocket_provider::create_inbox(std::string_view name, speaker_options options) {
  return core_->open_inbox(name, options);
}

operation<callable> websocket_provider::create_callable(std::string_view name) {
  return core_->make_callable(name);
}

operation<callable> websocket_provider::create_callable(std::string_view name,
                                                        call_handler handler) {
  return core_->serve(name, std::move(handler));
}

protocols::maker websocket_maker(transports* with) {
  return
      [with](loop& home, const uri& where, observer* watch) -> result<std::unique_ptr<provider>> {
        auto config = websocket_config::from_uri(where);
        if (!config) return std::unexpected(std::move(config.error()));
        config->with = with;
        config->watch = watch;
        return std::make_unique<websocket_provider>(home, *std::move(config));
      };
}

}  // namespace parley
