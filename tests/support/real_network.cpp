#include "support/real_network.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace parley::test {

real_network::real_network() {
  char path[] = "/tmp/parley-loops-XXXXXX";
  directory_ = ::mkdtemp(path);
  bound_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof in;
  ::bind(bound_, reinterpret_cast<sockaddr*>(&in), size);
  ::getsockname(bound_, reinterpret_cast<sockaddr*>(&in), &size);
  nobody_ = address::v4({127, 0, 0, 1}, ntohs(in.sin_port));
}

real_network::~real_network() {
  ::close(bound_);
  std::filesystem::remove_all(directory_);
}

address real_network::local_path(const std::string& name) const {
  return address::local(directory_ + "/" + name);
}

address real_network::abstract_name(const std::string& name) const {
  return address::local(std::string(1, '\0') + directory_ + "/" + name);
}

}  // namespace parley::test
