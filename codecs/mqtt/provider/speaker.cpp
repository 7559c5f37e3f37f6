#include <parley/codecs/json/json.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <parley/codecs/mqtt/provider/speaker.hpp>
#include <parley/codecs/mqtt/text.hpp>
#include <parley/codecs/mqtt/topic.hpp>
#include <parley/core/api/topics.hpp>
#include <utility>

namespace parley::detail {

mqtt_speaker::mqtt_speaker(mqtt_core& core, std::string_view name,
                           const mqtt_speaker_options& options)
    : core_(core),
      name_(name),
      how_{.qos = options.qos.value_or(core.config().qos),
           .retain = options.retain.value_or(core.config().retain)},
      wish_{.qos = how_.qos,
            .no_local = options.no_local,
            .retain_as_published = options.retain_as_published,
            .handling = options.handling},
      decode_(options.decode),
      keeps_subscription_(options.keep_subscription) {
  // The speaker may outlive the provider. Given back in the destructor.
  core_.retain();
}

mqtt_speaker::~mqtt_speaker() {
  core_.subscriptions().leave(name_, *this, keeps_subscription_, {});
  core_.release();
}

result<void> mqtt_speaker::write_properties(const mqtt_speaker_options& options) {
  std::size_t size =
      mqtt::number_property_bound + mqtt::text_property_size(options.content_type.size());
  for (const auto& p : options.user_properties) {
    size += mqtt::user_property_size(p.name.size(), p.value.size());
  }
  room_.resize(size);
  mqtt::property_writer w(room_, mqtt::property_place::publish, mqtt::role::client);
  if (options.expiry != 0) w.add(mqtt::property::message_expiry_interval, options.expiry);
  if (!options.content_type.empty()) w.add(mqtt::property::content_type, options.content_type);
  for (const auto& p : options.user_properties) w.add_user(p.name, p.value);
  auto written = w.finish();
  if (!written) return std::unexpected(std::move(written).error());
  how_.props = *written;
  return {};
}

// --- shouting -------------------------------------------------------------------------

result<void> mqtt_speaker::check_shout() const {
  if (is_topic_name(name_) && !mqtt::is_shared(name_)) return {};
  return std::unexpected(
      error(errc::invalid_argument, name_ + " is a filter, which can only be listened to")
          .with_hint("create a speaker for one topic, without + and #"));
}

operation<delivery> mqtt_speaker::shout(const value& v) {
  if (auto ok = check_shout(); !ok) return ended<delivery>(core_, std::unexpected(ok.error()));
  return core_.publish(name_, v, how_);
}

operation<delivery> mqtt_speaker::shout_bytes(byte_view payload) {
  if (auto ok = check_shout(); !ok) return ended<delivery>(core_, std::unexpected(ok.error()));
  return core_.publish_bytes(name_, payload, how_);
}

// --- listening ------------------------------------------------------------------------

void mqtt_speaker::begin(message_callback on_message, completer<void> done) {
  const speaker self(this);  // the old callback may hold the last handle
  if (!ear_.listen(std::move(on_message))) {
    return core_.subscriptions().wait(name_, *this, std::move(done));
  }
  core_.subscriptions().join(name_, *this, wish_, std::move(done));
}

operation<void> mqtt_speaker::listen(message_callback on_message) {
  if (!core_.is_ready()) return ended<void>(core_, std::unexpected(core_.not_ready()));
  completer<void> done(core_.home());
  auto op = done.op();
  op.state()->set_fault_sink(&core_);
  op.state()->set_canceller(this);
  begin(std::move(on_message), std::move(done));
  return op;
}

operation<speaker> mqtt_speaker::listen_first(message_callback on_message) {
  completer<speaker> made(core_.home());
  auto op = made.op();
  op.state()->set_fault_sink(&core_);
  op.state()->set_canceller(this);
  // The handle comes with the grant, so that whoever has it knows that messages published from now
  // on arrive.
  completer<void> done(core_.home());
  done.op().then([made = std::move(made), self = speaker(this)](result<void> r) mutable {
    if (!r) return made.complete(std::unexpected(std::move(r).error()));
    made.complete(std::move(self));
  });
  begin(std::move(on_message), std::move(done));
  return op;
}

// It is there as long as somebody waits: the last handle tells those who do.
void mqtt_speaker::cancel(operation_base& op) {
  const speaker self(this);
  op.complete_error(errc::cancelled);
  core_.subscriptions().leave(name_, *this, false, {});
  ear_.forget();
}

operation<void> mqtt_speaker::stop_listening() {
  const speaker self(this);  // the callback may hold the last handle
  completer<void> done(core_.home());
  auto op = done.op();
  op.state()->set_fault_sink(&core_);
  // At once, and not with the answer: no message comes after this call.
  ear_.forget();
  core_.subscriptions().leave(name_, *this, false, std::move(done));
  return op;
}

void mqtt_speaker::hear(const mqtt::message_event& m) {
  const bool is_pattern = has_wildcard(name_) || mqtt::is_shared(name_);
  const std::string_view pattern = is_pattern ? std::string_view(name_) : "";
  ear_.hear(*this, core_, message(m.topic, m.payload, pattern, decode_, &json::decode));
}

// Without a callback it only speaks, until it is told to listen.
operation<speaker> mqtt_core::open_speaker(std::string_view name, message_callback on_message,
                                           const mqtt_speaker_options& options) {
  if (!is_ready()) return ended<speaker>(*this, std::unexpected(not_ready()));
  const bool is_sound =
      mqtt::is_shared(name) ? mqtt::parse_shared(name).has_value() : is_topic_filter(name);
  if (!is_sound || !mqtt::detail::is_text(name) || name.size() > 65'535) {
    return ended<speaker>(
        *this, fail(errc::invalid_argument, "this is neither a topic nor a sound filter"));
  }
  auto* const made = new mqtt_speaker(*this, name, options);
  speaker held(made);
  if (auto ok = made->write_properties(options); !ok) {
    return ended<speaker>(*this, std::unexpected(std::move(ok).error()));
  }
  if (!on_message) return ended<speaker>(*this, std::move(held));
  return made->listen_first(std::move(on_message));
}

}  // namespace parley::detail
