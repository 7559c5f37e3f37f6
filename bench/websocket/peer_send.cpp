// The floor of a broadcast: a frame that is there, and send() for each connection.
#include <poll.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <vector>

#include "broadcast.hpp"
#include "common/loopback.hpp"

namespace parley::bench {
namespace {

class bare_sender {
 public:
  static constexpr bool queues = false;

  explicit bare_sender(bool) {
    const std::uint16_t port = free_port();
    const int listener = listen_at(port);
    readers_.emplace(port, receivers, false, use_clients_processor);
    for (std::size_t i = 0; i < receivers; ++i) {
      pollfd one{listener, POLLIN, 0};
      ::poll(&one, 1, -1);
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      clients_.push_back(fd);
      answer(fd);
    }
    ::close(listener);
    if (!readers_->wait()) wrong("send", "not everybody could connect");
  }
  ~bare_sender() {
    readers_.reset();
    for (const int fd : clients_) ::close(fd);
  }
  bare_sender(const bare_sender&) = delete;
  bare_sender& operator=(const bare_sender&) = delete;

  void send(std::string_view text) {
    frame_.assign(
        {'\x82', 126, static_cast<char>(text.size() >> 8), static_cast<char>(text.size() & 0xFFU)});
    frame_ += text;
  }
  void flush() {
    for (const int fd : clients_) {
      if (::send(fd, frame_.data(), frame_.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(frame_.size())) {
        wrong("send", "not all was sent");
      }
    }
  }
  readers& who() { return *readers_; }

 private:
  // Readers do not ask for more than the status.
  static void answer(int fd) {
    std::string got;
    char part[1024];
    while (!got.ends_with("\r\n\r\n")) {
      const auto n = ::recv(fd, part, sizeof part, 0);
      if (n <= 0) wrong("send", "no request came");
      got.append(part, static_cast<std::size_t>(n));
    }
    constexpr std::string_view yes = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
    (void)::send(fd, yes.data(), yes.size(), MSG_NOSIGNAL);
  }

  std::vector<int> clients_;
  std::string frame_;
  std::optional<readers> readers_;
};

[[maybe_unused]] const bool registered = add_broadcast<bare_sender>(false, "send");

}  // namespace
}  // namespace parley::bench
