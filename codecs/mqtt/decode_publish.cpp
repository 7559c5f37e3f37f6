#include <parley/codecs/mqtt/detail/decode.hpp>
#include <parley/codecs/mqtt/topic.hpp>

namespace parley::mqtt::detail {

bool is_too_deep(std::string_view topic, const decode_context& with) noexcept {
  return level_count(topic) > with.topic_levels;
}

bool decode_ending(cursor& in, const decode_context& with, packet_type type, reason_code& reason,
                   properties& props) noexcept {
  if (in.at_end()) return true;
  std::uint8_t code = 0;
  if (!in.byte(code)) return false;
  reason = static_cast<reason_code>(code);
  if (!may_carry(type, reason, with.sender)) return in.fail(errc::bad_reason_code);
  return in.at_end() || decode_properties(in, with, type, props);
}

}  // namespace parley::mqtt::detail
