// The encoder of MQTT 3.1.1 and 5. It writes nothing that a decoder would refuse, and allocates
// nothing but for the message of an error.
//
//   const mqtt::encoder e(mqtt::role::client, mqtt::version::v5);
//   auto ok = e.append(output, mqtt::subscribe{.packet_id = 1, .filters = filters});
//
// By itself, into room of one's own:
//
//   auto size = e.size(packet);                          // checks; then
//   if (size) std::byte* end = e.put(room, packet);      // writes just as many bytes
//
// A PUBLISH whose payload is not copied, or shared by many:
//
//   auto ok = e.append(output, head, shared_payload);
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/codecs/mqtt/limits.hpp>
#include <parley/codecs/mqtt/packets.hpp>
#include <parley/codecs/mqtt/version.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <span>

namespace parley::mqtt {

// A value: make another when the version or the peer's maximum becomes known.
class encoder {
 public:
  // `maximum` is the largest packet that the peer takes (section 3.1.2.11.4).
  explicit encoder(role own, mqtt::version spoken = mqtt::version::v5,
                   std::uint32_t maximum = largest_packet) noexcept
      : maximum_(maximum), version_(spoken), own_(own) {}

  mqtt::version version() const noexcept { return version_; }

  // How many bytes the packet has. Fails with errc::invalid_argument and what is wrong with it, or
  // with errc::too_large.
  result<std::size_t> size(const connect&) const;
  result<std::size_t> size(const connack&) const;
  result<std::size_t> size(const publish&) const;
  result<std::size_t> size(const puback&) const;
  result<std::size_t> size(const pubrec&) const;
  result<std::size_t> size(const pubrel&) const;
  result<std::size_t> size(const pubcomp&) const;
  result<std::size_t> size(const subscribe&) const;
  result<std::size_t> size(const suback&) const;
  result<std::size_t> size(const unsubscribe&) const;
  result<std::size_t> size(const unsuback&) const;
  result<std::size_t> size(const pingreq&) const;
  result<std::size_t> size(const pingresp&) const;
  result<std::size_t> size(const disconnect&) const;
  result<std::size_t> size(const auth&) const;

  // Writes so many bytes, and returns the place behind them. Only for what size() has accepted.
  std::byte* put(std::byte* to, const connect&) const noexcept;
  std::byte* put(std::byte* to, const connack&) const noexcept;
  std::byte* put(std::byte* to, const publish&) const noexcept;
  std::byte* put(std::byte* to, const puback&) const noexcept;
  std::byte* put(std::byte* to, const pubrec&) const noexcept;
  std::byte* put(std::byte* to, const pubrel&) const noexcept;
  std::byte* put(std::byte* to, const pubcomp&) const noexcept;
  std::byte* put(std::byte* to, const subscribe&) const noexcept;
  std::byte* put(std::byte* to, const suback&) const noexcept;
  std::byte* put(std::byte* to, const unsubscribe&) const noexcept;
  std::byte* put(std::byte* to, const unsuback&) const noexcept;
  std::byte* put(std::byte* to, const pingreq&) const noexcept;
  std::byte* put(std::byte* to, const pingresp&) const noexcept;
  std::byte* put(std::byte* to, const disconnect&) const noexcept;
  std::byte* put(std::byte* to, const auth&) const noexcept;

  // All of a PUBLISH but its payload, of which only the size counts.
  static std::size_t head_size(const publish&, mqtt::version) noexcept;
  std::byte* put_head(std::byte* to, const publish&) const noexcept;

  // Checks, and appends the packet with a copy of its payload; a failure appends nothing.
  template <class Packet>
  result<> append(send_buffer& to, const Packet& p) const {
    const auto size = this->size(p);
    if (!size) return std::unexpected(size.error());
    put(to.reserve(*size).data(), p);
    to.commit(*size);
    return {};
  }
  // The same, with a payload that is not copied instead of the packet's own.
  result<> append(send_buffer& to, publish head, shared_bytes payload) const;

  // Into room that is there: the bytes written, or errc::too_large if they do not fit. A
  // std::monostate is an invalid argument.
  result<std::size_t> encode(std::span<std::byte> to, const packet& p) const;

 private:
  std::uint32_t maximum_;
  mqtt::version version_;
  role own_;
};

}  // namespace parley::mqtt
