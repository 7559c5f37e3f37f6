#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <parley/adapters/posix/detail/native.hpp>
#include <parley/adapters/posix/os_error.hpp>

namespace parley::posix {
namespace {

constexpr std::size_t path_at = offsetof(sockaddr_un, sun_path);

result<native_address> native_local(const address& a) {
  native_address out;
  auto& un = reinterpret_cast<sockaddr_un&>(out.storage);
  const std::string_view path = a.path();
  // An abstract name starts with NUL and needs none at its end.
  const bool abstract = path.starts_with('\0');
  if (path.empty()) return std::unexpected(from_errno(EINVAL, "a Unix socket without a path"));
  if (path.size() + (abstract ? 0 : 1) > sizeof un.sun_path) {
    return std::unexpected(from_errno(ENAMETOOLONG, a.to_string()));
  }
  un.sun_family = AF_UNIX;
  std::ranges::copy(path, un.sun_path);
  out.size = static_cast<socklen_t>(path_at + path.size() + (abstract ? 0 : 1));
  return out;
}

address from_local(const native_address& a) {
  const auto& un = reinterpret_cast<const sockaddr_un&>(a.storage);
  if (a.size <= path_at) return address::local({});  // not bound to a name
  std::string path(un.sun_path, a.size - path_at);
  // Systems disagree whether the length counts the final NUL; an abstract name may
  // contain NULs and has no final one.
  if (!path.starts_with('\0')) path.resize(std::strlen(path.c_str()));
  return address::local(std::move(path));
}

}  // namespace

result<native_address> to_native(const address& a) {
  if (a.is_local()) return native_local(a);
  native_address out;
  if (a.family() == address_family::ipv4) {
    auto& in = reinterpret_cast<sockaddr_in&>(out.storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(a.port());
    std::memcpy(&in.sin_addr, a.ip().data(), sizeof in.sin_addr);
    out.size = sizeof in;
  } else {
    auto& in = reinterpret_cast<sockaddr_in6&>(out.storage);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(a.port());
    in.sin6_scope_id = a.scope();
    std::memcpy(&in.sin6_addr, a.ip().data(), sizeof in.sin6_addr);
    out.size = sizeof in;
  }
  return out;
}

address from_native(const native_address& a) {
  if (a.storage.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(a.storage);
    address::bytes_v4 ip;
    std::memcpy(ip.data(), &in.sin_addr, ip.size());
    return address::v4(ip, ntohs(in.sin_port));
  }
  if (a.storage.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(a.storage);
    address::bytes_v6 ip;
    std::memcpy(ip.data(), &in.sin6_addr, ip.size());
    return address::v6(ip, ntohs(in.sin6_port), in.sin6_scope_id);
  }
  return from_local(a);
}

std::vector<address> from_native(const addrinfo* list, std::uint16_t port) {
  std::vector<address> out;
  for (; list; list = list->ai_next) {
    if (list->ai_family != AF_INET && list->ai_family != AF_INET6) continue;
    native_address a;
    a.size = list->ai_addrlen;
    std::memcpy(&a.storage, list->ai_addr, list->ai_addrlen);
    const address found = from_native(a).with_port(port);
    // Hosts files often name an address twice.
    if (std::ranges::find(out, found) == out.end()) out.push_back(found);
  }
  return out;
}

error unresolvable(const std::string& host, const char* reason) {
  return error(errc::unresolvable, host + ": " + reason);
}

unique_fd::~unique_fd() {
  if (fd_ >= 0) ::close(fd_);
}

unique_fd open_socket(const address& a) {
  const int family = a.is_local()                         ? AF_UNIX
                     : a.family() == address_family::ipv4 ? AF_INET
                                                          : AF_INET6;
  return unique_fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

void set_tcp_options(int fd) {
  // Failing leaves a socket that works, only slower or deaf to a dead peer.
  const int on = 1;
  const int idle_seconds = 60;
  // Machines gather their output themselves: Nagle's algorithm would only delay it.
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
}

address local_address_of(int fd) {
  native_address a;
  if (::getsockname(fd, a.get(), &a.size) != 0) return {};
  return from_native(a);
}

bool is_connected_to_itself(int fd) {
  native_address peer;
  if (::getpeername(fd, peer.get(), &peer.size) != 0) return false;
  return from_native(peer) == local_address_of(fd);
}

}  // namespace parley::posix
