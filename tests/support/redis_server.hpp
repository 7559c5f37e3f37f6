// A real redis-server for tests: on a free loopback port and on a Unix socket,
// in a folder of its own that is removed at the end. It is stopped by its
// process id, and the kernel kills it should the test die first.
//
//   parley::test::redis_server server({"--requirepass", "secret"});
//   auto config = parley::redis_config::from_uri(server.uri());
//   server.kill9();
//   server.restart();  // the same port and the same socket
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

class redis_server {
 public:
  // Starts the server and waits until it answers. `extra_args` follow ours, so
  // that they win: {"--databases", "4"}, {"--user", "ann", "on", ">pw", "~*",
  // "&*", "+@all"}. Throws std::runtime_error with the server's log if it does
  // not come up. To be made by the main thread: the server lives as long as the
  // thread that started it.
  explicit redis_server(std::vector<std::string> extra_args = {});
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;
  ~redis_server();

  // True if there is a redis-server on this machine.
  static bool available();

  std::uint16_t port() const noexcept { return port_; }
  pid_t pid() const noexcept { return pid_; }
  // Valid as long as the fixture lives, also while the server is down.
  const std::string& directory() const noexcept { return directory_; }
  std::string socket_path() const { return directory_ + "/redis.sock"; }
  // "redis://127.0.0.1:PORT" and "redis+unix:///.../redis.sock", without a user.
  std::string uri() const;
  std::string unix_uri() const;
  // What the server has written to its log so far.
  std::string log() const;

  // Ends the server at once, as a crash does, and waits until it is gone.
  void kill9();
  // Asks it to end (SIGTERM), and waits until it is gone.
  void stop();
  // Stops it if it runs, and starts it again where it was. Data is not kept.
  void restart();
  // A server that hangs: connections stay open, nothing is answered.
  void freeze();
  void thaw();

 private:
  void start_on_some_port();
  bool start();
  bool answers() const;
  bool wait_for_end(int milliseconds);
  std::vector<std::string> arguments() const;

  std::vector<std::string> extra_args_;
  std::string directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

// A loopback port that nobody listens on now.
std::uint16_t free_port();

}  // namespace parley::test
