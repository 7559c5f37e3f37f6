// What the configurations of websocket_server and websocket_client have in common.
#pragma once

#include <parley/codecs/websocket/connection_limits.hpp>
#include <parley/codecs/websocket/deflate_agreement.hpp>
#include <parley/core/api/settings.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::websocket::detail {

void check_limits(const connection_limits& limits, fault_list& found);
// Subprotocols are tokens (RFC 6455 section 4.1), each once.
void check_subprotocols(const std::vector<std::string>& names, bool needs_one, fault_list& found);

// max_size, ping_interval, ping_timeout, compression. False if it is another one; `good` says
// whether its value is valid.
bool read_parameter(connection_limits& limits, deflate_settings& deflate, const uri_parameter& p,
                    bool& good);

// Views of all of them, in their order.
std::vector<std::string_view> views_of(const std::vector<std::string>& texts);

}  // namespace parley::websocket::detail
