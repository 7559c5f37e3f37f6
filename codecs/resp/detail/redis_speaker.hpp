// A speaker of a redis_provider: publishes to one channel, listens to one channel
// or pattern.
#pragma once

#include <parley/codecs/resp/detail/redis_core.hpp>
#include <parley/core/api/ear.hpp>
#include <parley/core/api/speaker.hpp>
#include <string>

namespace parley::detail {

class redis_speaker final : public speaker_core {
 public:
  redis_speaker(redis_core& core, std::string_view name, speaker_options options);

  std::string_view name() const override { return name_; }
  operation<delivery> shout(const value& v) override;
  operation<delivery> shout_bytes(byte_view payload) override;
  operation<void> listen(message_callback on_message) override;
  operation<void> stop_listening() override;

  // The same as listen(), ending with the speaker itself.
  operation<speaker> listen_first(message_callback on_message);

  // For the subscriptions: a message has come. Catches what the callback throws.
  void deliver(const resp::message_event& message);
  // The listening failed or the provider is gone: forgets the callback.
  void forget() noexcept { ear_.forget(); }

 private:
  ~redis_speaker() override;
  void dispose() noexcept override { delete this; }
  error is_a_pattern() const;
  void begin(message_callback on_message, operation_base& op, redis_subscriptions::outcome tell);

  redis_core& core_;
  std::string name_;
  speaker_options options_;
  ear ear_;
};

}  // namespace parley::detail
