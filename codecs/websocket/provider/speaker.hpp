// A speaker of a websocket_provider: publishes to one channel, or listens to one channel or filter.
#pragma once

#include <parley/codecs/websocket/provider/core.hpp>
#include <parley/core/api/speaker.hpp>
#include <string>

namespace parley::detail {

class websocket_speaker final : public speaker_core {
 public:
  websocket_speaker(websocket_core& core, std::string_view name, speaker_options options);

  std::string_view name() const override { return name_; }
  operation<delivery> shout(const value& v) override;
  operation<delivery> shout_bytes(byte_view payload) override;
  operation<void> listen(message_callback on_message) override;
  operation<void> stop_listening() override;

  // The same as listen(), ending with the speaker itself.
  operation<speaker> listen_first(message_callback on_message);

  // For the core: a message has come. Catches what the callback throws.
  void deliver(std::string_view name, byte_view payload);
  // The provider is gone: forgets the callback.
  void forget() noexcept;
  bool is_listening() const noexcept { return listening_; }

 private:
  ~websocket_speaker() override;
  void dispose() noexcept override { delete this; }
  result<void> check_shout() const;
  void begin(message_callback on_message, completer<void> done);

  websocket_core& core_;
  std::string name_;
  speaker_options options_;
  message_callback on_message_;
  bool listening_ = false;
  bool changed_ = false;  // the callback was replaced or dropped during its call
};

}  // namespace parley::detail
