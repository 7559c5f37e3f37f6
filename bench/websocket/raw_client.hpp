// Clients that are no more than a socket: they cost the servers that are measured nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/loopback.hpp"

namespace parley::bench {

// What asks a server to be let in.
std::string upgrade_request(bool offers_deflate = false);

// A client that a server has let in. It offers no compression.
client_socket upgraded(std::uint16_t port);

// A client's frame that is a whole text message, masked. The payload may be a compressed one.
std::string masked_text(std::string_view payload, std::uint32_t key, bool is_compressed = false);

// A server's, of at most 125 bytes.
std::string short_text(std::string_view payload);

// How many bytes of the socket are there, at most `room`; 0 if none is yet. Ends the program when
// the server has closed the connection.
std::size_t read_now(int fd, char* to, std::size_t room);

}  // namespace parley::bench
