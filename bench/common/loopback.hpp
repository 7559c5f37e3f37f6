// Sockets of 127.0.0.1, for the rows that bring no loop, and servers that listen there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/process.hpp"

namespace parley::bench {

// A port that nobody listens on now.
std::uint16_t free_port();

// A listening socket, not blocking.
int listen_at(std::uint16_t port);

// A blocking client, whose reads give up after a few seconds.
class client_socket {
 public:
  // Tries until somebody listens.
  explicit client_socket(std::uint16_t port);
  client_socket(client_socket&& other) noexcept;
  client_socket& operator=(client_socket&&) = delete;
  ~client_socket();

  void send(std::string_view bytes) const;
  // What has come, at least a byte; empty if nothing will.
  std::string receive() const { return receive_with(0); }
  // What has come, which may be nothing.
  std::string receive_now() const;
  int fd() const noexcept { return fd_; }

 private:
  std::string receive_with(int flags) const;

  int fd_ = -1;
};

// A server that answers at a port of 127.0.0.1 until it is stopped.
struct loopback_server {
  child process;
  std::uint16_t port = 0;
};

// Runs `serve(port)`, which does not return, in a child on the servers' processor, and waits until
// it listens.
loopback_server start_loopback_server(void (*serve)(std::uint16_t port));

}  // namespace parley::bench
