#include "websocket_provider/readers.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <parley/codecs/websocket/deflate.hpp>
#include <parley/core/bytes.hpp>
#include <string_view>
#include <vector>

namespace parley::test {
namespace {

constexpr std::size_t text_size = 1024;
// How many wait to be let in: fewer than what a listening socket holds, and enough for a server
// that looks at each of its connections in each turn.
constexpr std::size_t at_once = 100;

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "readers: %s\n", why);
  ::_exit(1);
}

unsigned byte_of(std::string_view frame, std::size_t i) {
  return static_cast<unsigned char>(frame[i]);
}

// Of a frame that begins here, or 0 if that is not known yet.
std::size_t frame_size(std::string_view got) {
  if (got.size() < 4) return 0;
  const unsigned size = byte_of(got, 1);
  return size < 126 ? 2U + size : 4U + (byte_of(got, 2) << 8 | byte_of(got, 3));
}

// Connects and asks to be let in.
int ask(std::uint16_t port, bool compressed) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
    give_up("no connection");
  }
  std::string request =
      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (compressed) request += "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  request += "\r\n";
  if (::write(fd, request.data(), request.size()) != static_cast<ssize_t>(request.size())) {
    give_up("cannot write");
  }
  return fd;
}

void await_answer(int fd, bool compressed) {
  std::string answer;
  std::array<char, 1024> part;
  while (!answer.ends_with("\r\n\r\n")) {
    const auto n = ::read(fd, part.data(), part.size());
    if (n <= 0) give_up("no answer to the handshake");
    answer.append(part.data(), static_cast<std::size_t>(n));
  }
  if (!answer.starts_with("HTTP/1.1 101") ||
      (answer.find("permessage-deflate") != answer.npos) != compressed) {
    give_up("another answer was due to the handshake");
  }
}

// The life of the process.
class reading {
 public:
  reading(int tell, std::uint16_t port, std::size_t count, bool compressed)
      : tell_(tell), compressed_(compressed), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    clients_.reserve(count);
    while (clients_.size() < count) connect_some(port, std::min(count, clients_.size() + at_once));
    say();
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < n; ++i) {
        take(*static_cast<client*>(events[static_cast<std::size_t>(i)].data.ptr));
      }
    }
  }

 private:
  struct client {
    int fd = -1;
    std::size_t messages = 0;
    std::string got{};  // of the next frame
  };

  // Until there are `to` of them.
  void connect_some(std::uint16_t port, std::size_t to) {
    const std::size_t from = clients_.size();
    while (clients_.size() < to) {
      client& c = clients_.emplace_back();
      c.fd = ask(port, compressed_);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &c;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event);
    }
    for (std::size_t i = from; i < to; ++i) await_answer(clients_[i].fd, compressed_);
  }

  void say() const {
    if (::write(tell_, "!", 1) != 1) ::_exit(1);
  }

  void take(client& c) {
    std::array<char, 8192> part;
    const auto n = ::recv(c.fd, part.data(), part.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) give_up("the server has closed a connection");
    c.got.append(part.data(), static_cast<std::size_t>(n));
    const std::size_t size = frame_size(c.got);
    if (size == 0 || c.got.size() < size) return;
    if (c.got.size() != size) give_up("more came than was said");
    if (c.messages != number_) give_up("somebody gets more than the others");
    if (byte_of(c.got, 0) == 0x88) return end(c);
    if (have_ == 0) {
      check(c.got);
      frame_ = c.got;
    }
    if (c.got != frame_) give_up("not everybody gets the same");
    c.got.clear();
    ++c.messages;
    if (++have_ < clients_.size()) return;
    have_ = 0;
    ++number_;
    say();
  }

  // What came to the first of them is what was said.
  void check(std::string_view frame) const {
    const std::string_view payload = frame.substr(byte_of(frame, 1) < 126 ? 2 : 4);
    std::array<std::byte, 2 * text_size> room;
    std::string_view text = payload;
    if (compressed_) {
      websocket::message_inflater in(websocket::role::client, {}, {}, room.size());
      text = as_text(std::span(room).first(in.decode(as_bytes(payload), room, true).produced));
    }
    // A binary message, which one that is compressed says as well.
    if (byte_of(frame, 0) != (compressed_ ? 0xC2U : 0x82U) || text != broadcast_text(number_)) {
      give_up("another message was due");
    }
  }

  void end(const client& c) {
    if (have_ != 0) give_up("not everybody got the last message");
    ::close(c.fd);
    if (++ended_ == clients_.size()) say();
  }

  int tell_;
  bool compressed_;
  int epoll_;
  std::vector<client> clients_;
  std::string frame_;       // as the first has got it
  std::size_t have_ = 0;    // so many have it
  std::size_t number_ = 0;  // of the message that comes
  std::size_t ended_ = 0;
};

}  // namespace

std::string broadcast_text(std::size_t number) {
  std::string text = R"({"number":)" + std::to_string(number) + R"(,"rows":[)";
  for (std::size_t i = 0; text.size() < text_size - 64; ++i) {
    const std::size_t value = (number + i) * 2654435761U % 1'000'000;
    text += R"({"id":)" + std::to_string(i) + R"(,"value":)" + std::to_string(value) + "},";
  }
  text += "{}]";
  return text.append(text_size - 1 - text.size(), ' ') + "}";
}

std::size_t allow_descriptors() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_cur;
}

readers::readers(std::uint16_t port, std::size_t count, bool compressed, void (*begin)()) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) give_up("no pipe");
  end_ = ends[0];
  process_ = ::fork();
  if (process_ < 0) give_up("no process");
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[0]);
    if (begin != nullptr) begin();
    reading(ends[1], port, count, compressed).run();
  }
  ::close(ends[1]);
}

readers::~readers() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  ::close(end_);
}

readers::news readers::look() {
  pollfd one{end_, POLLIN, 0};
  if (::poll(&one, 1, 0) <= 0) return news::none;
  return wait() ? news::told : news::gone;
}

bool readers::wait() {
  char said = 0;
  return ::read(end_, &said, 1) == 1;
}

}  // namespace parley::test
