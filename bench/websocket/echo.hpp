// Registers rows `websocket/echo_cN_fM/PEER`: an echo server in a process of its own, on the last
// processor, under echo_load: N connections, each with M text messages of 64 bytes in flight.
// Without compression, which the clients do not offer.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/loopback.hpp"
#include "common/wrong.hpp"

namespace parley::bench {

// `start` gives the same server each time; it is started with the first row.
bool add_echo(const char* peer, const loopback_server& (*start)());

template <void serve(std::uint16_t port)>
bool add_echo(const char* peer) {
  return add_echo(peer, []() -> const loopback_server& {
    static const loopback_server one = start_loopback_server(serve);
    return one;
  });
}

}  // namespace parley::bench
