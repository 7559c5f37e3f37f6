// A speaker of a REST server: shouts to those who listen to its channel by server-sent events, and
// hears what they post to it.
#pragma once

#include <parley/codecs/http/provider/server_channels.hpp>
#include <parley/codecs/http/provider/server_core.hpp>
#include <parley/core/api/ear.hpp>
#include <parley/core/api/speaker.hpp>
#include <string>

namespace parley::detail {

class rest_server_speaker final : public speaker_core {
 public:
  rest_server_speaker(rest_server_channels& channels, std::string_view name,
                      speaker_options options);

  std::string_view name() const override { return name_; }
  operation<delivery> shout(const value& v) override;
  operation<delivery> shout_bytes(byte_view payload) override;
  operation<void> listen(message_callback on_message) override;
  operation<void> stop_listening() override;

  void begin(message_callback on_message);
  // For the channels: a message has come. Catches what the callback throws.
  void deliver(std::string_view name, byte_view payload);
  // The provider is gone: forgets the callback.
  void forget() noexcept { ear_.forget(); }

 private:
  ~rest_server_speaker() override;
  void dispose() noexcept override { delete this; }

  rest_server_core& core_;
  rest_server_channels& channels_;
  std::string name_;
  speaker_options options_;
  ear ear_;
};

}  // namespace parley::detail
