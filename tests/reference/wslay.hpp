// wslay as a second opinion on the frames of WebSocket.
#pragma once

#include <string_view>

#include "support/websocket_messages.hpp"

namespace parley::test {

// What wslay reads from `bytes`, given to it `chunk` at a time. Of the limits it knows that on
// messages alone.
websocket_reading wslay_read(const websocket_stream& stream, std::string_view bytes,
                             std::size_t chunk);

}  // namespace parley::test
