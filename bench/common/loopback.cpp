#include "common/loopback.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <utility>

#include "common/wrong.hpp"

namespace parley::bench {
namespace {

sockaddr_in loopback_at(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(port);
  return at;
}

int bound_socket(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in at = loopback_at(port);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
    wrong("socket", "cannot bind to the loopback");
  }
  return fd;
}

}  // namespace

std::uint16_t free_port() {
  const int fd = bound_socket(0);
  sockaddr_in at{};
  socklen_t size = sizeof at;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  ::close(fd);
  return ntohs(at.sin_port);
}

int listen_at(std::uint16_t port) {
  const int fd = bound_socket(port);
  if (::listen(fd, SOMAXCONN) != 0) wrong("socket", "cannot listen");
  return fd;
}

client_socket::client_socket(std::uint16_t port) {
  const sockaddr_in at = loopback_at(port);
  for (int tries = 0; tries < 1000; ++tries) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) return;
    ::close(fd_);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  wrong("socket", "nobody listens");
}

client_socket::client_socket(client_socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

client_socket::~client_socket() {
  if (fd_ >= 0) ::close(fd_);
}

void client_socket::send(std::string_view bytes) const {
  if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
    wrong("socket", "cannot write");
  }
}

std::string client_socket::receive_now() const { return receive_with(MSG_DONTWAIT); }

std::string client_socket::receive_with(int flags) const {
  char part[4096];
  const auto n = ::recv(fd_, part, sizeof part, flags);
  return {part, n > 0 ? static_cast<std::size_t>(n) : 0};
}

loopback_server start_loopback_server(void (*serve)(std::uint16_t port)) {
  const std::uint16_t port = free_port();
  child process([=] {
    use_servers_processor();
    serve(port);
  });
  const client_socket waits(port);
  return {std::move(process), port};
}

}  // namespace parley::bench
