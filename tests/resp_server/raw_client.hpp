// A client on a plain socket that does what no well-behaved one would. It runs beside a
// loop in the same thread: every call that waits lets the loop turn.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <parley/adapters/blocking/loop.hpp>
#include <string>
#include <string_view>

namespace parley::test {

class raw_client {
 public:
  raw_client(blocking::loop& loop, std::uint16_t port, int receive_buffer = 0) : loop_(loop) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  }
  ~raw_client() { ::close(fd_); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  bool is_connected() const { return connected_; }

  // Writes all of it, unless the server ends the connection or takes nothing for as long
  // as `patience`; how much went.
  std::size_t send(std::string_view bytes, duration patience = std::chrono::seconds(5)) {
    std::size_t sent = 0;
    time_point last = loop_.now();
    while (sent < bytes.size() && loop_.now() - last < patience) {
      const auto n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN) break;
      if (n > 0) {
        sent += static_cast<std::size_t>(n);
        last = loop_.now();
      }
      turn();
    }
    return sent;
  }

  // What comes until `end` stands at its end, or the server ends the connection.
  std::string receive_until(std::string_view end, duration patience = std::chrono::seconds(5)) {
    std::string all;
    const time_point until = loop_.now() + patience;
    while (!all.ends_with(end) && loop_.now() < until && !ended_) {
      read_into(all);
      turn();
    }
    return all;
  }
  // Everything until the server ends the connection.
  std::string receive_all(duration patience = std::chrono::seconds(5)) {
    std::string all;
    const time_point until = loop_.now() + patience;
    while (loop_.now() < until && !ended_) {
      read_into(all);
      turn();
    }
    return all;
  }
  bool has_ended() const { return ended_; }
  std::string ask(std::string_view request, std::string_view end) {
    send(request);
    return receive_until(end);
  }

 private:
  void read_into(std::string& all) {
    char some[65536];
    const auto n = ::recv(fd_, some, sizeof some, 0);
    if (n > 0) all.append(some, static_cast<std::size_t>(n));
    if (n == 0 || (n < 0 && errno != EAGAIN)) ended_ = true;
  }
  void turn() { loop_.run_once(std::chrono::milliseconds(1)); }

  blocking::loop& loop_;
  int fd_ = -1;
  bool connected_ = false;
  bool ended_ = false;
};

}  // namespace parley::test
