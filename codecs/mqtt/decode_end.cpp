#include <parley/codecs/mqtt/detail/decode.hpp>

namespace parley::mqtt::detail {

bool decode_disconnect(cursor& in, const decode_context& with, disconnect& out) noexcept {
  return !with.is_v5() || decode_ending(in, with, packet_type::disconnect, out.reason, out.props);
}

// Empty, it says success and nothing else (section 3.15.2.1); otherwise it is about a method
// (section 3.15.2.2.2).
bool decode_auth(cursor& in, const decode_context& with, auth& out) noexcept {
  if (in.at_end()) {
    return may_carry(packet_type::auth, out.reason, with.sender) || in.fail(errc::bad_reason_code);
  }
  return decode_ending(in, with, packet_type::auth, out.reason, out.props) &&
         (out.props.has(property::authentication_method) || in.fail(errc::missing_method));
}

}  // namespace parley::mqtt::detail
