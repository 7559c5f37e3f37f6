#include "echo_load.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <utility>

#include "common/wrong.hpp"
#include "raw_client.hpp"

namespace parley::bench {
namespace {

// JSON of 64 bytes, each with a number of its own.
std::string message(std::size_t number) {
  std::string text = R"({"type":"update","room":"lobby","from":"ann","value":)";
  text.append(std::to_string(1'000'000'000 + number));
  return text.append(64 - 1 - text.size(), ' ') + "}";
}

}  // namespace

echo_load::echo_load(std::string peer, std::uint16_t port, std::size_t connections,
                     std::size_t in_flight)
    : peer_(std::move(peer)),
      in_flight_(in_flight),
      input_(64 * 1024),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  for (std::size_t i = 0; i < in_flight; ++i) {
    const std::string text = message(i);
    frames_ += masked_text(text, static_cast<std::uint32_t>(0x9E3779B9 * (i + 1)));
    replies_ += short_text(text);
  }
  clients_.reserve(connections);
  for (std::size_t i = 0; i < connections; ++i) {
    clients_.push_back({upgraded(port)});
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &clients_.back();
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, clients_.back().socket.fd(), &event);
  }
}

echo_load::~echo_load() { ::close(epoll_); }

// True once all have come back.
bool echo_load::answered(client& c) {
  const std::size_t n = read_now(c.socket.fd(), input_.data(), input_.size());
  if (n > replies_.size() - c.got || std::memcmp(input_.data(), &replies_[c.got], n) != 0) {
    wrong(peer_, "it does not echo what was sent");
  }
  c.got += n;
  if (c.got < replies_.size()) return false;
  c.got = 0;
  return true;
}

std::size_t echo_load::run(duration time) {
  using clock = std::chrono::steady_clock;
  const auto end = clock::now() + time;
  for (const client& c : clients_) c.socket.send(frames_);
  std::array<epoll_event, 256> events;
  std::size_t rounds = 0;
  for (std::size_t busy = clients_.size(); busy > 0;) {
    const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 5000);
    if (n == 0) wrong(peer_, "it does not answer");
    const bool goes_on = clock::now() < end;
    for (int i = 0; i < n; ++i) {
      client& c = *static_cast<client*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (!answered(c)) continue;
      ++rounds;
      if (goes_on) {
        c.socket.send(frames_);
      } else {
        --busy;
      }
    }
  }
  return rounds * in_flight_;
}

}  // namespace parley::bench
