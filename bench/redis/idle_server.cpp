// What an idle client costs the embedded server: the loop's object, the session with its
// machine, and its place in the tables of both.
#include <parley/codecs/resp/server/redis_server.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "memory.hpp"
#include "provider.hpp"
#include "unix_socket.hpp"

namespace parley::bench {
namespace {

class idle_sessions {
 public:
  explicit idle_sessions(const std::string& path) : path_(path + ".embedded") {
    redis_server_config config;
    config.unix_socket = path_;
    server_.emplace(on_.loop, config);
    if (auto ok = server_->listen(); !ok) wrong("parley", ok.error().to_string());
    // Ours, and not the server's.
    clients_.reserve(1024);
  }

  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      clients_.emplace_back(path_);
      ask(clients_.back().fd());
    }
  }
  void settle() { let_settle(on_); }

 private:
  // A buffer each way, which settle() must give back.
  void ask(int fd) {
    constexpr std::string_view request = "*1\r\n$4\r\nPING\r\n";
    constexpr std::string_view answer = "+PONG\r\n";
    if (::write(fd, request.data(), request.size()) < 0) wrong("parley", "no request sent");
    std::string got;
    while (got.size() < answer.size()) {
      on_.turn();
      char part[64];
      const auto n = ::recv(fd, part, sizeof part, MSG_DONTWAIT);
      if (n > 0) got.append(part, static_cast<std::size_t>(n));
    }
    if (got != answer) wrong("parley", "PING was not answered by PONG");
  }

  on_blocking on_;
  std::string path_;
  std::optional<redis_server> server_;
  std::vector<unix_socket> clients_;
};

[[maybe_unused]] const bool registered = add_memory<idle_sessions>("idle_server", "parley");

}  // namespace
}  // namespace parley::bench
