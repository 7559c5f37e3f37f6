#include <parley/codecs/mqtt/mqtt_provider.hpp>
#include <parley/codecs/mqtt/provider/core.hpp>
#include <utility>

namespace parley {
namespace {

mqtt_speaker_options of(speaker_options options) noexcept {
  mqtt_speaker_options o;
  o.decode = options.decode;
  return o;
}

}  // namespace

mqtt_provider::mqtt_provider(loop& home, mqtt_config config, mqtt_provider_limits limits)
    : core_(new detail::mqtt_core(home, std::move(config), limits)) {
  home.attach();
}

mqtt_provider::~mqtt_provider() {
  // Ends everything now; the core itself lives on while speakers and operations hold it.
  core_->shut();
  core_->home().detach();
  core_->release();
}

const mqtt_config& mqtt_provider::config() const noexcept { return core_->config(); }
const mqtt_provider_limits& mqtt_provider::limits() const noexcept { return core_->limits(); }
provider_status mqtt_provider::status() const { return core_->status(); }
operation<void> mqtt_provider::initialize() { return core_->initialize(); }
operation<void> mqtt_provider::close() { return core_->close(); }
remote mqtt_provider::remote_handle() { return core_->remote_handle(); }
mqtt::version mqtt_provider::version() const noexcept { return core_->link().version(); }
const mqtt::message_event* mqtt_provider::delivering() const noexcept {
  return core_->delivering();
}

operation<speaker> mqtt_provider::create_speaker(std::string_view name, speaker_options options) {
  return core_->open_speaker(name, {}, of(options));
}

operation<speaker> mqtt_provider::create_speaker(std::string_view name, message_callback on_message,
                                                 speaker_options options) {
  return core_->open_speaker(name, std::move(on_message), of(options));
}

operation<speaker> mqtt_provider::create_speaker(std::string_view name,
                                                 mqtt_speaker_options options) {
  return core_->open_speaker(name, {}, options);
}

operation<speaker> mqtt_provider::create_speaker(std::string_view name, message_callback on_message,
                                                 mqtt_speaker_options options) {
  return core_->open_speaker(name, std::move(on_message), options);
}

operation<inbox> mqtt_provider::create_inbox(std::string_view name, speaker_options options) {
  return core_->open_inbox(name, of(options));
}

operation<inbox> mqtt_provider::create_inbox(std::string_view name, mqtt_speaker_options options) {
  return core_->open_inbox(name, options);
}

operation<callable> mqtt_provider::create_callable(std::string_view name) {
  return core_->calls().make(name);
}

operation<callable> mqtt_provider::create_callable(std::string_view name, call_handler handler) {
  return core_->serve(name, std::move(handler));
}

protocols::maker mqtt_maker(transports* with) {
  return
      [with](loop& home, const uri& where, observer* watch) -> result<std::unique_ptr<provider>> {
        auto config = mqtt_config::from_uri(where);
        if (!config) return std::unexpected(std::move(config.error()));
        config->with = with;
        config->watch = watch;
        return std::make_unique<mqtt_provider>(home, *std::move(config));
      };
}

}  // namespace parley
