// resp::client driven by hand over a blocking socket, as the README's drive() does it.
#include <sys/uio.h>

#include <parley/codecs/resp/client.hpp>

#include "harness.hpp"
#include "unix_socket.hpp"

namespace parley::bench {
namespace {

class machine_client {
 public:
  machine_client(const std::string& path, const std::vector<batch>& script)
      : socket_(path), script_(script) {
    redis_.start(now());
    while (!redis_.is_open()) drive([](const step&, std::string_view) {});
  }

  void run(std::size_t i) {
    const batch& b = script_[i];
    const time_point at = now();
    for (const step& s : b) {
      const std::array<std::string_view, 3> words{s.is_set ? "SET" : "GET", s.key, s.text};
      const auto tag = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(&s));
      if (!redis_.send(std::span(words).first(s.is_set ? 3 : 2), tag, {}, at)) {
        wrong("parley_machine", "a command was refused");
      }
    }
    std::size_t left = b.size();
    while (left > 0) {
      drive([&](const step& s, std::string_view reply) {
        if (!is_right(s, reply)) wrong("parley_machine", "another reply was due");
        --left;
      });
    }
  }

 private:
  static time_point now() { return std::chrono::steady_clock::now(); }

  template <class OnReply>
  void drive(OnReply on_reply) {
    flush();
    const auto room = redis_.prepare(16 * 1024);
    const auto n = ::read(socket_.fd(), room.data(), room.size());
    if (n <= 0) wrong("parley_machine", "the server has gone");
    redis_.commit(static_cast<std::size_t>(n), now());
    for (auto e = redis_.next_event(); !is_drained(e); e = redis_.next_event()) {
      if (const auto* reply = std::get_if<resp::reply_event>(&e)) {
        const auto tag = static_cast<std::uintptr_t>(reply->tag);
        on_reply(*reinterpret_cast<const step*>(tag), reply->root().text());
      } else if (const auto* why = std::get_if<failed>(&e)) {
        wrong("parley_machine", why->why.to_string());
      }
    }
  }

  void flush() {
    for (auto list = redis_.output(); !list.empty(); list = redis_.output()) {
      const auto* vector = reinterpret_cast<const iovec*>(list.data());
      const auto n = ::writev(socket_.fd(), vector, static_cast<int>(list.size()));
      if (n < 0) wrong("parley_machine", "cannot write");
      redis_.consume_output(static_cast<std::size_t>(n));
    }
  }

  unix_socket socket_;
  resp::client redis_;
  const std::vector<batch>& script_;
};

[[maybe_unused]] const bool registered = add_client<machine_client>("parley_machine");

}  // namespace
}  // namespace parley::bench
