// What loads an echo server: clients that send some messages in one write and the next ones when
// all of these have come back. Messages and answers are encoded once, before.
#pragma once

#include <cstdint>
#include <parley/core/time.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/loopback.hpp"

namespace parley::bench {

class echo_load {
 public:
  // Connects. Messages in flight are those of each connection.
  echo_load(std::string peer, std::uint16_t port, std::size_t connections, std::size_t in_flight);
  echo_load(const echo_load&) = delete;
  echo_load& operator=(const echo_load&) = delete;
  ~echo_load();

  // Loads the server for that long. How many messages have come back; all that were sent have. An
  // answer that differs from its message by a byte ends the program.
  std::size_t run(duration time);

 private:
  struct client {
    client_socket socket;
    std::size_t got = 0;  // of `replies_`
  };

  bool answered(client& c);

  std::string peer_;
  std::size_t in_flight_;
  std::string frames_;   // what is written at once
  std::string replies_;  // what has to come back
  std::vector<client> clients_;
  std::vector<char> input_;
  int epoll_;
};

}  // namespace parley::bench
