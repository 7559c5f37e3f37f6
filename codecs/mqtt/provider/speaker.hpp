// A speaker of an mqtt_provider: publishes to one topic, or listens to a topic or filter.
#pragma once

#include <parley/codecs/mqtt/provider/core.hpp>
#include <parley/codecs/mqtt/provider/listener.hpp>
#include <parley/core/api/ear.hpp>
#include <parley/core/api/speaker.hpp>
#include <string>
#include <vector>

namespace parley::detail {

class mqtt_speaker final : public speaker_core, private mqtt_listener, private canceller {
 public:
  // `name` is sound. May throw bad_alloc.
  mqtt_speaker(mqtt_core& core, std::string_view name, const mqtt_speaker_options& options);
  // Those of its shouts. Fails if they break a rule of MQTT; before all else.
  result<void> write_properties(const mqtt_speaker_options& options);

  std::string_view name() const override { return name_; }
  operation<delivery> shout(const value& v) override;
  operation<delivery> shout_bytes(byte_view payload) override;
  operation<void> listen(message_callback on_message) override;
  operation<void> stop_listening() override;

  // The same as listen(), ending with the speaker itself.
  operation<speaker> listen_first(message_callback on_message);

 private:
  ~mqtt_speaker() override;
  void dispose() noexcept override { delete this; }

  void hear(const mqtt::message_event& m) override;
  bool hears() const noexcept override { return ear_.is_listening() && is_shared(); }
  void forget() noexcept override { ear_.forget(); }
  void retain() noexcept override { speaker_core::retain(); }
  void release() noexcept override { speaker_core::release(); }

  // Of listen(): as if it had never listened.
  void cancel(operation_base& op) override;

  result<void> check_shout() const;
  void begin(message_callback on_message, completer<void> done);

  mqtt_core& core_;
  std::string name_;
  std::vector<std::byte> room_;  // of the properties
  mqtt_core::manner how_;
  mqtt_wish wish_;
  decode_policy decode_;
  bool keeps_subscription_;
  ear ear_;
};

}  // namespace parley::detail
