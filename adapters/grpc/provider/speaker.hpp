// A speaker of a grpc_provider: publishes to one channel, or listens to one channel or filter.
#pragma once

#include <parley/adapters/grpc/provider/core.hpp>
#include <parley/core/api/listening_speaker.hpp>
#include <string_view>

namespace parley::detail {

class grpc_speaker final : public listening_speaker<grpc_core> {
 public:
  grpc_speaker(grpc_core& core, std::string_view name, speaker_options options)
      : listening_speaker(core, name, options) {}

  operation<delivery> shout(const value& v) override;
  operation<delivery> shout_bytes(byte_view payload) override;

  // For the core: a message has come.
  void deliver(std::string_view topic, byte_view payload);

 private:
  ~grpc_speaker() override { grpc_speaker::leave(); }
  result<void> can_listen() const override;
  void join(completer<void> done, bool is_new) override {
    core_.join(*this, std::move(done), is_new);
  }
  void leave() noexcept override { core_.leave(*this); }
};

}  // namespace parley::detail
