#include <parley/codecs/json/json.hpp>
#include <parley/codecs/websocket/provider/speaker.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::detail {

websocket_speaker::websocket_speaker(websocket_core& core, std::string_view name,
                                     speaker_options options)
    : core_(core), name_(name), options_(options) {
  // The speaker may outlive the provider. Given back in the destructor.
  core_.retain();
}

websocket_speaker::~websocket_speaker() {
  core_.leave(*this);
  core_.release();
}

result<void> websocket_speaker::check_shout() const {
  if (is_topic_name(name_)) return {};
  return fail(errc::invalid_argument, "a name with wildcards can only be listened to");
}

operation<delivery> websocket_speaker::shout(const value& v) {
  if (auto ok = check_shout(); !ok) return ended<delivery>(core_, std::unexpected(ok.error()));
  return core_.publish(name_, v);
}

operation<delivery> websocket_speaker::shout_bytes(byte_view payload) {
  if (auto ok = check_shout(); !ok) return ended<delivery>(core_, std::unexpected(ok.error()));
  return core_.publish(name_, websocket::opcode::binary, payload);
}

void websocket_speaker::begin(message_callback on_message, completer<void> done) {
  const speaker self(this);  // the old callback may hold the last handle
  changed_ = true;
  std::swap(on_message_, on_message);
  if (std::exchange(listening_, true)) return done.complete({});
  core_.join(*this, std::move(done));
}

operation<void> websocket_speaker::listen(message_callback on_message) {
  if (!core_.is_ready()) return ended<void>(core_, std::unexpected(core_.not_ready()));
  completer<void> done(core_.home());
  auto op = done.op();
  op.state()->set_fault_sink(&core_);
  begin(std::move(on_message), std::move(done));
  return op;
}

operation<speaker> websocket_speaker::listen_first(message_callback on_message) {
  completer<speaker> made(core_.home());
  auto op = made.op();
  op.state()->set_fault_sink(&core_);
  // The handle comes with the confirmation, so that whoever has it knows that messages published
  // from now on arrive.
  completer<void> done(core_.home());
  done.op().then([made = std::move(made), self = speaker(this)](result<void> r) mutable {
    if (!r) return made.complete(std::unexpected(std::move(r).error()));
    made.complete(std::move(self));
  });
  begin(std::move(on_message), std::move(done));
  return op;
}

operation<void> websocket_speaker::stop_listening() {
  const speaker self(this);  // the callback may hold the last handle
  // At once, and not with a confirmation: no message comes after this call.
  core_.leave(*this);
  forget();
  return ended<void>(core_, {});
}

void websocket_speaker::deliver(std::string_view name, byte_view payload) {
  if (!on_message_) return;
  const std::string_view pattern = has_wildcard(name_) ? std::string_view(name_) : "";
  const message seen(name, payload, pattern, options_.decode, &json::decode);
  // The last handle may go inside the callback; this object must last until its end.
  retain();
  // The callback may replace itself: it is moved out, so that it is not destroyed while it runs.
  message_callback running = std::move(on_message_);
  changed_ = false;
  if (auto ok = guarded([&] { running(seen); }); !ok) core_.callback_failed(ok.error());
  if (!changed_) on_message_ = std::move(running);
  release();
}

void websocket_speaker::forget() noexcept {
  changed_ = true;
  listening_ = false;
  // Destroyed last: it may hold the last handle of this speaker.
  const message_callback gone = std::move(on_message_);
}

}  // namespace parley::detail
