// The file of a server's Unix socket.
#pragma once

#include <cstdint>
#include <parley/core/error.hpp>
#include <string>

namespace parley::detail {

// Removes a file that a program left behind which listens no more; gRPC would remove that of a
// living server as well. Errors: errc::io if somebody listens, or if it is no socket.
result<void> make_way_for_socket(const std::string& path);
// Who may connect: those who may write to the file.
result<void> set_socket_mode(const std::string& path, std::uint32_t mode);

}  // namespace parley::detail
