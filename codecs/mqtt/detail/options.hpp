// The options byte of a subscription (section 3.8.3.1).
//
// Internal to codecs/mqtt.
#pragma once

#include <parley/codecs/mqtt/lists.hpp>

namespace parley::mqtt::detail {

inline constexpr unsigned qos_bits = 0x03;
inline constexpr unsigned no_local_bit = 0x04;
inline constexpr unsigned as_published_bit = 0x08;
inline constexpr unsigned handling_bits = 0x30;
inline constexpr unsigned reserved_bits = 0xC0;

constexpr subscription subscription_of(std::string_view filter, unsigned options) noexcept {
  return {.filter = filter,
          .qos = static_cast<mqtt::qos>(options & qos_bits),
          .no_local = (options & no_local_bit) != 0,
          .retain_as_published = (options & as_published_bit) != 0,
          .handling = static_cast<retain_handling>((options & handling_bits) >> 4)};
}

constexpr unsigned options_of(const subscription& s) noexcept {
  return static_cast<unsigned>(s.qos) | (s.no_local ? no_local_bit : 0) |
         (s.retain_as_published ? as_published_bit : 0) | static_cast<unsigned>(s.handling) << 4;
}

}  // namespace parley::mqtt::detail
