#include <parley/codecs/json/json.hpp>
#include <parley/codecs/websocket/provider/speaker.hpp>
#include <utility>

namespace parley::detail {

operation<delivery> websocket_speaker::shout(const value& v) {
  if (auto ok = check_shout(); !ok) return ended<delivery>(core_, std::unexpected(ok.error()));
  return core_.publish(name_, v);
}

operation<delivery> websocket_speaker::shout_bytes(byte_view payload) {
  if (auto ok = check_shout(); !ok) return ended<delivery>(core_, std::unexpected(ok.error()));
  return core_.publish(name_, websocket::opcode::binary, payload);
}

result<void> websocket_speaker::can_listen() const {
  if (!core_.is_ready()) return std::unexpected(core_.not_ready());
  return {};
}

void websocket_speaker::join(completer<void> done, bool is_new) {
  core_.join(*this, std::move(done), is_new);
}

void websocket_speaker::deliver(std::string_view name, byte_view payload) {
  hear(name, payload, &json::decode);
}

}  // namespace parley::detail
