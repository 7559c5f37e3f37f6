// Checks properties as they are read or written.
//
// Internal to codecs/mqtt.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/codecs/mqtt/cursor.hpp>
#include <parley/codecs/mqtt/property.hpp>

namespace parley::mqtt {

// Makes views of blocks that were checked.
struct property_access {
  static properties make(byte_view block, std::uint64_t present) noexcept {
    return {block.data(), block.size(), present};
  }
  static constexpr std::uint64_t repeated = properties::repeated;
};

namespace detail {

// All the properties of a block that is not empty: which are there, as properties::present() has
// it; 0: there is a fault.
std::uint64_t scan_block(byte_view block, property_place place, role sender, errc& fault) noexcept;

// A property length and so many bytes of properties (section 2.2.2).
[[gnu::always_inline]] inline bool scan_properties(cursor& in, property_place place, role sender,
                                                   properties& out) noexcept {
  std::uint32_t size = 0;
  if (!in.variable(size)) return false;
  if (size == 0) {
    out = {};
    return true;
  }
  if (in.left() < size) [[unlikely]]
    return in.fail(errc::short_packet);
  const byte_view block(in.at(), size);
  errc fault{};
  const std::uint64_t present = scan_block(block, place, sender, fault);
  if (present == 0) [[unlikely]]
    return in.fail(fault);
  in.skip(size);
  out = property_access::make(block, present);
  return true;
}

// Whether a property may be there: notes in `present` that it is. The fault otherwise.
std::optional<errc> take_property(property id, property_place place, role sender,
                                  std::uint64_t& present) noexcept;
// What a value is not allowed to be.
std::optional<errc> fault_of_number(property id, std::uint32_t number) noexcept;

}  // namespace detail
}  // namespace parley::mqtt
