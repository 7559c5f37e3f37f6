// A speaker of a websocket_provider: publishes to one channel, or listens to one channel or filter.
#pragma once

#include <parley/codecs/websocket/provider/core.hpp>
#include <parley/core/api/listening_speaker.hpp>
#include <string_view>

namespace parley::detail {

class websocket_speaker final : public listening_speaker<websocket_core> {
 public:
  websocket_speaker(websocket_core& core, std::string_view name, speaker_options options)
      : listening_speaker(core, name, options) {}

  operation<delivery> shout(const value& v) override;
  operation<delivery> shout_bytes(byte_view payload) override;

  // For the core: a message has come.
  void deliver(std::string_view name, byte_view payload);

 private:
  ~websocket_speaker() override { websocket_speaker::leave(); }
  result<void> can_listen() const override;
  void join(completer<void> done, bool is_new) override;
  void leave() noexcept override { core_.leave(*this); }
};

}  // namespace parley::detail
