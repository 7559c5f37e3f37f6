// A blocking Unix socket, for the rows that bring no loop.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <utility>

#include "script.hpp"

namespace parley::bench {

class unix_socket {
 public:
  explicit unix_socket(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path.c_str(), path.size() + 1);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
      wrong("socket", "no connection to " + path);
    }
  }
  unix_socket(unix_socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unix_socket(const unix_socket&) = delete;
  unix_socket& operator=(const unix_socket&) = delete;
  ~unix_socket() {
    if (fd_ >= 0) ::close(fd_);
  }

  int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

}  // namespace parley::bench
