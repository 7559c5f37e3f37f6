// A speaker of a rest_provider that is a client: posts to one channel, or listens to one channel or
// filter.
#pragma once

#include <parley/codecs/http/provider/client_core.hpp>
#include <parley/core/api/listening_speaker.hpp>
#include <string_view>

namespace parley::detail {

class rest_client_speaker final : public listening_speaker<rest_client_core> {
 public:
  rest_client_speaker(rest_client_core& core, std::string_view name, speaker_options options)
      : listening_speaker(core, name, options) {}

  operation<delivery> shout(const value& v) override;
  operation<delivery> shout_bytes(byte_view payload) override;

  // --- for its channel
  void deliver(std::string_view topic, byte_view payload);

 private:
  ~rest_client_speaker() override { rest_client_speaker::leave(); }
  result<void> can_listen() const override { return core_.can_listen(); }
  void join(completer<void> done, bool is_new) override;
  void leave() noexcept override;
};

}  // namespace parley::detail
