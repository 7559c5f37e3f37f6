#include <parley/codecs/http/provider/server_speaker.hpp>
#include <parley/codecs/json/json.hpp>
#include <utility>

namespace parley::detail {

operation<delivery> rest_server_speaker::shout(const value& v) { return channels_.shout(name_, v); }

operation<delivery> rest_server_speaker::shout_bytes(byte_view payload) {
  return channels_.shout_bytes(name_, payload);
}

result<void> rest_server_speaker::can_listen() const {
  if (!core_.is_ready()) return std::unexpected(core_.not_ready());
  return {};
}

// Clients post to whatever name they like: there is nobody to be asked.
void rest_server_speaker::join(completer<void> done, bool is_new) {
  if (is_new) channels_.join(*this);
  done.complete({});
}

void rest_server_speaker::deliver(std::string_view name, byte_view payload) {
  hear(name, payload, &json::decode);
}

}  // namespace parley::detail
