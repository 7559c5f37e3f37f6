// Registers rows `http/idle_server/PEER`, whose counter `bytes` is the heap that an idle keep-alive
// connection takes in a server: it has been asked once and has answered.
#pragma once

#include <string>
#include <string_view>

#include "common/loopback.hpp"
#include "common/memory.hpp"
#include "common/wrong.hpp"
#include "served.hpp"

namespace parley::bench {

// One request and its response; `turn()` lets the server, which is in this process, do what it can.
template <class Turn>
void ask(const client_socket& client, Turn turn) {
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::string got;
  for (int turns = 0; !got.ends_with(hello); ++turns) {
    if (turns > 100'000) wrong("idle_server", "no response");
    turn();
    got += client.receive_now();
  }
}

// `Many` is the server and its clients; it is made with nothing.
template <class Many>
bool add_memory(const char* peer) {
  return add_heap_row("http/idle_server/" + std::string(peer), [] { return Many(); });
}

}  // namespace parley::bench
