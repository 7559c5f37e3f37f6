// Registers rows `http/server_keepalive/PEER` and `http/server_pipelined_16/PEER`: a server in a
// process of its own under wrk, 64 connections over the loopback, on the other processor.
//
// Each server answers any request with `hello`: status 200, text/plain, 13 bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/loopback.hpp"
#include "common/wrong.hpp"

namespace parley::bench {

inline constexpr std::string_view hello = "Hello, World!";
// What a server writes that has no fields of its own to add.
inline constexpr std::string_view hello_response =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!";

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
