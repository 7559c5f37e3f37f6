#include <parley/codecs/http/provider/server_speaker.hpp>
#include <parley/codecs/json/json.hpp>
#include <utility>

namespace parley::detail {

rest_server_speaker::rest_server_speaker(rest_server_channels& channels, std::string_view name,
                                         speaker_options options)
    : core_(channels.core()), channels_(channels), name_(name), options_(options) {
  // The speaker may outlive the provider. Given back in the destructor.
  core_.retain();
}

rest_server_speaker::~rest_server_speaker() {
  channels_.leave(*this);
  core_.release();
}

operation<delivery> rest_server_speaker::shout(const value& v) { return channels_.shout(name_, v); }

operation<delivery> rest_server_speaker::shout_bytes(byte_view payload) {
  return channels_.shout_bytes(name_, payload);
}

void rest_server_speaker::begin(message_callback on_message) {
  const speaker self(this);  // the old callback may hold the last handle
  if (ear_.listen(std::move(on_message))) channels_.join(*this);
}

operation<void> rest_server_speaker::listen(message_callback on_message) {
  if (!core_.is_ready()) return ended<void>(core_, std::unexpected(core_.not_ready()));
  begin(std::move(on_message));
  return ended<void>(core_, {});
}

operation<void> rest_server_speaker::stop_listening() {
  const speaker self(this);  // the callback may hold the last handle
  channels_.leave(*this);
  ear_.forget();
  return ended<void>(core_, {});
}

void rest_server_speaker::deliver(std::string_view name, byte_view payload) {
  const std::string_view pattern = has_wildcard(name_) ? std::string_view(name_) : "";
  ear_.hear(*this, core_, message(name, payload, pattern, options_.decode, &json::decode));
}

}  // namespace parley::detail
