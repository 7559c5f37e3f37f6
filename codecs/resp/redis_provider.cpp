#include <parley/codecs/resp/detail/redis_core.hpp>
#include <parley/codecs/resp/detail/redis_speaker.hpp>
#include <parley/codecs/resp/redis_provider.hpp>

namespace parley {

redis_provider::redis_provider(loop& home, redis_config config)
    : core_(new detail::redis_core(home, std::move(config))) {
  core_->retain();
  home.attach();
}

redis_provider::~redis_provider() {
  // Ends everything now; the core itself lives on while speakers and tasks hold it.
  core_->shut();
  core_->home().detach();
  core_->release();
}

loop& redis_provider::home() noexcept { return core_->home(); }
const redis_config& redis_provider::config() const noexcept { return core_->config(); }
provider_status redis_provider::status() const { return core_->status(); }

operation<void> redis_provider::initialize() { return core_->initialize(); }

operation<void> redis_provider::close() { return core_->close(); }

operation<speaker> redis_provider::create_speaker(std::string_view name, speaker_options options) {
  if (!core_->is_ready()) {
    return detail::ended<speaker>(*core_, std::unexpected(core_->not_ready()));
  }
  return detail::ended<speaker>(*core_, speaker(new detail::redis_speaker(*core_, name, options)));
}

operation<speaker> redis_provider::create_speaker(std::string_view name,
                                                  message_callback on_message,
                                                  speaker_options options) {
  if (!core_->is_ready()) {
    return detail::ended<speaker>(*core_, std::unexpected(core_->not_ready()));
  }
  auto* made = new detail::redis_speaker(*core_, name, options);
  // Held until the operation has a handle of its own: a failure at once must not
  // leak it.
  const speaker held(made);
  return made->listen_first(std::move(on_message));
}

operation<callable> redis_provider::create_callable(std::string_view name) {
  return core_->calls().make(name);
}

operation<callable> redis_provider::create_callable(std::string_view name, call_handler handler) {
  return core_->calls().serve(name, std::move(handler));
}

void redis_provider::give(operation_base& op, detail::redis_waiter& waiter,
                          std::span<const std::string_view> arguments) {
  core_->give(op, waiter, arguments, config().command_timeout);
}

operation<redis_connection> redis_provider::acquire() { return core_->acquire(); }
redis_pool_status redis_provider::pool_status() const { return core_->pool().status(); }
remote redis_provider::remote_handle() { return core_->remote_handle(); }

result<resp::reply> detail::to_reply(resp::element reply) {
  resp::reply_builder builder;
  for (const resp::node& n : reply.nodes()) builder.add(n);
  return builder.take();
}

protocols::maker redis_maker(transports* with) {
  return
      [with](loop& home, const uri& where, observer* watch) -> result<std::unique_ptr<provider>> {
        auto config = redis_config::from_uri(where);
        if (!config) return std::unexpected(std::move(config.error()));
        config->with = with;
        config->watch = watch;
        return std::make_unique<redis_provider>(home, *std::move(config));
      };
}

}  // namespace parley
