#include <parley/codecs/http/provider/client_channels.hpp>
#include <parley/codecs/http/provider/client_speaker.hpp>
#include <parley/codecs/json/json.hpp>
#include <parley/codecs/json/payload.hpp>
#include <utility>

namespace parley::detail {

operation<delivery> rest_client_speaker::shout(const value& v) {
  if (auto ok = check_shout(); !ok) return ended<delivery>(core_, std::unexpected(ok.error()));
  const auto payload = json::payload::of(v);
  if (!payload) return ended<delivery>(core_, std::unexpected(payload.error()));
  const std::string_view type = v.is_text()    ? "text/plain; charset=utf-8"
                                : v.is_bytes() ? "application/octet-stream"
                                               : "application/json";
  return core_.publish(name_, type, payload->bytes());
}

operation<delivery> rest_client_speaker::shout_bytes(byte_view payload) {
  if (auto ok = check_shout(); !ok) return ended<delivery>(core_, std::unexpected(ok.error()));
  return core_.publish(name_, "application/octet-stream", payload);
}

void rest_client_speaker::join(completer<void> done, bool is_new) {
  core_.channels().join(*this, std::move(done), is_new);
}

void rest_client_speaker::leave() noexcept {
  if (is_listening()) core_.channels().leave(*this);
}

void rest_client_speaker::deliver(std::string_view topic, byte_view payload) {
  hear(topic, payload, &json::decode);
}

}  // namespace parley::detail
