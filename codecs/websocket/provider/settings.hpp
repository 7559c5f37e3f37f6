// From the configuration of a websocket_provider to those of its machines. Internal.
#pragma once

#include <parley/codecs/websocket/connection_limits.hpp>
#include <parley/codecs/websocket/websocket_config.hpp>

namespace parley::detail {

// A client's.
result<uri> uri_of(const websocket_config& c);

websocket::connection_limits connection_limits_of(const websocket_config& c);

}  // namespace parley::detail
