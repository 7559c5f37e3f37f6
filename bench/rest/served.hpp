// Registers rows `rest/server_call/PEER` and `rest/server_json_1k/PEER`: a server in a process of
// its own under wrk, 64 connections that are kept alive over the loopback, on the other processor.
//
// Each server answers POST /api/calculate {"value":21} with {"result":42}, and GET /api/items/7
// with the JSON of item.hpp, as application/json. What else is in the heads is as each does it.
// The counter `allocs` is the server's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/loopback.hpp"
#include "common/wrong.hpp"

namespace parley::bench {

inline constexpr std::string_view calculate_path = "/api/calculate";

// `start` gives the same server each time; it is started with the first row.
bool add_served(const char* peer, const loopback_server& (*start)());

template <void serve(std::uint16_t port)>
bool add_served(const char* peer) {
  return add_served(peer, []() -> const loopback_server& {
    static const loopback_server one = start_loopback_server(serve);
    return one;
  });
}

}  // namespace parley::bench
