// A speaker of a REST server: shouts to those who listen to its channel by server-sent events, and
// hears what they post to it.
#pragma once

#include <parley/codecs/http/provider/server_channels.hpp>
#include <parley/codecs/http/provider/server_core.hpp>
#include <parley/core/api/listening_speaker.hpp>
#include <string_view>

namespace parley::detail {

class rest_server_speaker final : public listening_speaker<rest_server_core> {
 public:
  rest_server_speaker(rest_server_channels& channels, std::string_view name,
                      speaker_options options)
      : listening_speaker(channels.core(), name, options), channels_(channels) {}

  operation<delivery> shout(const value& v) override;
  operation<delivery> shout_bytes(byte_view payload) override;

  // For the channels: a message has come. Catches what the callback throws.
  void deliver(std::string_view name, byte_view payload);

 private:
  ~rest_server_speaker() override { rest_server_speaker::leave(); }
  result<void> can_listen() const override;
  void join(completer<void> done, bool is_new) override;
  void leave() noexcept override { channels_.leave(*this); }

  rest_server_channels& channels_;  // of the core
};

}  // namespace parley::detail
