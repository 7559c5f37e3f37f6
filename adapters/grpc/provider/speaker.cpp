#include <parley/adapters/grpc/provider/speaker.hpp>
#include <parley/codecs/json/json.hpp>
#include <utility>

namespace parley::detail {

operation<delivery> grpc_speaker::shout(const value& v) {
  if (auto ok = check_shout(); !ok) return ended<delivery>(core_, std::unexpected(ok.error()));
  return core_.publish(name_, v);
}

operation<delivery> grpc_speaker::shout_bytes(byte_view payload) {
  if (auto ok = check_shout(); !ok) return ended<delivery>(core_, std::unexpected(ok.error()));
  return core_.publish(name_, payload);
}

result<void> grpc_speaker::can_listen() const {
  if (!core_.port()) return std::unexpected(core_.not_ready());
  return {};
}

void grpc_speaker::deliver(std::string_view topic, byte_view payload) {
  hear(topic, payload, &json::decode);
}

}  // namespace parley::detail
