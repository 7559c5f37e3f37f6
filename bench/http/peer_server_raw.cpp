// The floor: epoll, requests that are counted and not read, one write for all of one read.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "common/loopback.hpp"
#include "served.hpp"

namespace parley::bench {
namespace {

class raw_server {
 public:
  explicit raw_server(std::uint16_t port)
      : listener_(listen_at(port)), epoll_(::epoll_create1(EPOLL_CLOEXEC)), input_(64 * 1024) {
    for (int i = 0; i < 1024; ++i) responses_.append(hello_response);
    watch(listener_);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 64> events;
    for (;;) {
      const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < n; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        fd == listener_ ? accept_one() : answer(fd);
      }
    }
  }

 private:
  void watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_one() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(fd);
    if (begun_.size() <= static_cast<std::size_t>(fd))
      begun_.resize(static_cast<std::size_t>(fd) + 1);
    begun_[static_cast<std::size_t>(fd)].clear();
  }

  void answer(int fd) {
    std::string& begun = begun_[static_cast<std::size_t>(fd)];
    begun.copy(input_.data(), begun.size());
    const auto n = ::read(fd, input_.data() + begun.size(), input_.size() - begun.size());
    if (n <= 0) {
      ::close(fd);
      return;
    }
    std::string_view rest(input_.data(), begun.size() + static_cast<std::size_t>(n));
    std::size_t requests = 0;
    for (std::size_t end = 0; (end = rest.find("\r\n\r\n")) != rest.npos; ++requests) {
      rest.remove_prefix(end + 4);
    }
    begun.assign(rest);
    const std::size_t size = requests * hello_response.size();
    if (size > responses_.size() ||
        ::write(fd, responses_.data(), size) != static_cast<ssize_t>(size)) {
      wrong("raw_epoll", "cannot write all");
    }
  }

  int listener_;
  int epoll_;
  std::vector<char> input_;
  std::string responses_;
  std::vector<std::string> begun_;  // of each descriptor, what is no whole request yet
};

[[noreturn]] void serve(std::uint16_t port) { raw_server(port).run(); }

[[maybe_unused]] const bool registered = add_served<serve>("raw_epoll");

}  // namespace
}  // namespace parley::bench
