// Addresses as the operating system spells them. Includes its headers, and so
// stays out of public ones.
#pragma once

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <parley/core/error.hpp>
#include <parley/core/net/address.hpp>
#include <vector>

namespace parley::posix {

struct native_address {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

// errc::invalid_argument if the path of a Unix socket is too long.
result<native_address> to_native(const address& a);
address from_native(const native_address& a);
// What getaddrinfo found; a list of IPv4 and IPv6 in its order.
std::vector<address> from_native(const addrinfo* list, std::uint16_t port);
// getaddrinfo's own failures; `code` is EAI_*, `system` the errno of EAI_SYSTEM.
error unresolvable(const std::string& host, const char* reason);

// A descriptor that closes itself.
class unique_fd {
 public:
  explicit unique_fd(int fd = -1) noexcept : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~unique_fd();
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

// A stream socket of the family of `a`: non-blocking, closed on exec.
unique_fd open_socket(const address& a);
// No delay for small writes, and probes that find a dead peer. For TCP only.
void set_tcp_options(int fd);
// The own address of a socket.
address local_address_of(int fd);
// A connection to a port of this machine may meet itself when nobody listens
// there: TCP allows both sides to open at once.
bool is_connected_to_itself(int fd);

}  // namespace parley::posix
