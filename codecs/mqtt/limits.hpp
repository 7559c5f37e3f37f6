// What is bounded when packets are decoded.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parley::mqtt {

// The largest packet that the format allows: a length of 268,435,455 bytes behind five bytes of
// fixed header (section 2.1.4).
inline constexpr std::uint32_t largest_remaining_length = 268'435'455;
inline constexpr std::uint32_t largest_packet = largest_remaining_length + 5;

// Each counts the bytes of a whole packet, its fixed header included, and is compared with what
// that header declares: before the first byte of the rest is kept. User properties, subscriptions
// and reason codes are views into the packet, so that these bound them as well: nothing is
// allocated for any of them.
struct limits {
  // What we tell the peer as Maximum Packet Size (section 3.1.2.11.4); 1 MiB holds any message of
  // a device, and a peer makes us hold no more than that.
  std::uint32_t maximum_packet = 1U << 20;
  // At a server, of the CONNECT: who sends it has not shown yet who it is. Room for a will and a
  // token of some size.
  std::uint32_t maximum_connect = 64 * 1024;
  // Levels of a topic name or filter: each costs a step of matching, and 65,535 separators fit
  // into one. Nobody's topics are half as deep.
  std::uint32_t topic_levels = 128;
};

}  // namespace parley::mqtt
