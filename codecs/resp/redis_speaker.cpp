#include <parley/codecs/json/json.hpp>
#include <parley/codecs/resp/detail/redis_speaker.hpp>
#include <parley/core/async/guard.hpp>

namespace parley::detail {
namespace {

// What the caller chose counts more than the provider's default (S30).
decode_policy policy_of(const redis_config& config, speaker_options options) {
  if (options.decode_set) return options.decode;
  return config.decode_responses ? options.decode : decode_policy::bytes;
}

}  // namespace

redis_speaker::redis_speaker(redis_core& core, std::string_view name, speaker_options options)
    : core_(core), name_(name), options_(options) {
  options_.decode = policy_of(core.config(), options);
  // The speaker may outlive the provider. Given back in the destructor.
  core_.retain();
}

redis_speaker::~redis_speaker() {
  // Nobody waits for the answer: a handle that goes away cannot be told anything. Without memory
  // for the request the server goes on sending, to nobody, until the connection ends.
  (void)guarded([&] { core_.subscriptions().remove(*this, {}); });
  core_.release();
}

// PUBLISH would take it for the name of a channel, and reach nobody.
error redis_speaker::is_a_pattern() const {
  return error(errc::invalid_argument, "a pattern cannot be published to");
}

operation<delivery> redis_speaker::shout(const value& v) {
  if (options_.pattern) return ended<delivery>(core_, std::unexpected(is_a_pattern()));
  return core_.publish(name_, v);
}

operation<delivery> redis_speaker::shout_bytes(byte_view payload) {
  if (options_.pattern) return ended<delivery>(core_, std::unexpected(is_a_pattern()));
  return core_.publish_bytes(name_, payload);
}

void redis_speaker::begin(message_callback on_message, operation_base& op,
                          redis_subscriptions::outcome tell) {
  const speaker self(this);  // the old callback may hold the last handle
  op.set_fault_sink(&core_);
  const bool is_first = ear_.listen(std::move(on_message));
  const auto kind = options_.pattern ? resp::subscription::pattern : resp::subscription::channel;
  if (!is_first) return core_.subscriptions().join(*this, kind, op, std::move(tell));
  core_.subscriptions().add(*this, kind, op, std::move(tell));
}

operation<void> redis_speaker::listen(message_callback on_message) {
  if (!core_.is_ready()) {
    return ended<void>(core_, std::unexpected(core_.not_ready()));
  }
  completer<void> done(core_.home());
  auto op = done.op();
  begin(std::move(on_message), *op.state(),
        [done = std::move(done)](result<void> r) mutable { done.complete(std::move(r)); });
  return op;
}

// The handle comes with the confirmation, so that whoever has it knows that
// messages published from now on arrive.
operation<speaker> redis_speaker::listen_first(message_callback on_message) {
  completer<speaker> done(core_.home());
  auto op = done.op();
  begin(std::move(on_message), *op.state(),
        // `self` keeps the speaker alive: there is no other handle yet.
        [done = std::move(done), self = speaker(this)](result<void> r) mutable {
          if (!r) return done.complete(std::unexpected(std::move(r.error())));
          done.complete(std::move(self));
        });
  return op;
}

operation<void> redis_speaker::stop_listening() {
  const speaker self(this);  // the callback may hold the last handle
  completer<void> done(core_.home());
  auto op = done.op();
  op.state()->set_fault_sink(&core_);
  // At once, and not with the confirmation: no message comes after this call.
  forget();
  core_.subscriptions().remove(
      *this, [done = std::move(done)](result<void> r) mutable { done.complete(std::move(r)); });
  return op;
}

void redis_speaker::deliver(const resp::message_event& m) {
  // Views of the input buffer: a message that is only looked at is never copied.
  ear_.hear(*this, core_, message(m.channel, m.payload, m.pattern, options_.decode, &json::decode));
}

}  // namespace parley::detail
