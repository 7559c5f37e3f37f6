// What is bounded when frames are decoded.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parley::websocket {

// Each counts bytes as they arrive: nothing is kept because a peer announced it.
struct limits {
  // The payload of one frame: what exceeds it is refused by its header alone.
  std::uint64_t frame = std::uint64_t{10} << 20;
  // The payload of one message, its fragments together, as they are on the wire. What a compressed
  // one may become is message_inflater's limit.
  std::uint64_t message = std::uint64_t{10} << 20;
  // A frame of up to this payload is shown at once, when all of it has come; of larger ones each
  // piece as it comes. The caller's buffer must hold as much, and 14 bytes of header.
  std::uint32_t whole_frame = 64 * 1024;
};

}  // namespace parley::websocket
