// Writes the properties of a packet into room of the caller's.
//
//   std::array<std::byte, 256> room;
//   mqtt::property_writer w(room, mqtt::property_place::publish, mqtt::role::client);
//   w.add(mqtt::property::message_expiry_interval, 60U).add_user("unit", "celsius");
//   auto props = w.finish();                    // views `room`
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/mqtt/property.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <span>
#include <string_view>

namespace parley::mqtt {

// Bytes that a property takes: its identifier, and the lengths in front of texts. Of a number: at
// most.
inline constexpr std::size_t number_property_bound = 5;
constexpr std::size_t text_property_size(std::size_t size) noexcept { return 3 + size; }
constexpr std::size_t user_property_size(std::size_t name, std::size_t value) noexcept {
  return 5 + name + value;
}

// Checks what it writes by the rules of the place and of the side that sends; what breaks one, or
// does not fit the room, is not written, and finish() then fails with the first such fault:
// errc::invalid_argument with what was wrong, or errc::too_large.
class property_writer {
 public:
  property_writer(std::span<std::byte> room, property_place place, role sender) noexcept
      : room_(room), place_(place), sender_(sender) {}

  // A flag or an integer.
  property_writer& add(property id, std::uint32_t number) noexcept;
  // Text, or binary as text.
  property_writer& add(property id, std::string_view text) noexcept {
    return add(id, as_bytes(text));
  }
  // Text or binary.
  property_writer& add(property id, byte_view bytes) noexcept;
  property_writer& add_user(std::string_view name, std::string_view value) noexcept;
  // One of any type.
  property_writer& add(const property_value& value) noexcept;
  // All of another packet but those in `without` (bit n: property n), in their order: what a
  // server sends on, or a client with another expiry.
  property_writer& add_all(const properties& from, std::uint64_t without = 0) noexcept;

  // The properties so far, as a view of the room. More may be added afterwards; finish again then.
  result<properties> finish() const;

  std::size_t size() const noexcept { return size_; }

 private:
  std::byte* begin(property id, property_type type, std::size_t size) noexcept;
  bool take(property id, property_type type) noexcept;
  void refuse(errc fault) noexcept {
    if (!fault_) fault_ = fault;
  }

  std::span<std::byte> room_;
  std::size_t size_ = 0;
  std::uint64_t present_ = 0;
  std::optional<errc> fault_;
  property_place place_;
  role sender_;
  bool full_ = false;
};

}  // namespace parley::mqtt
