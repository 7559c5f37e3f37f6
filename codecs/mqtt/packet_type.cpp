#include <array>
#include <cstddef>
#include <parley/codecs/mqtt/packet_type.hpp>

namespace parley::mqtt {
namespace {

constexpr auto names = std::to_array<std::string_view>(
    {"reserved", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP",
     "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT",
     "AUTH"});

}  // namespace

std::string_view to_string(packet_type type) noexcept {
  const auto n = static_cast<std::size_t>(type);
  return n < names.size() ? names[n] : names[0];
}

}  // namespace parley::mqtt
