// Registers rows `redis/idle_WHAT/PEER`, whose counter `bytes` is the heap that one takes.
#pragma once

#include <string>

#include "common/memory.hpp"
#include "server.hpp"

namespace parley::bench {

// `Many` is made with the server's path.
template <class Many>
bool add_memory(const char* workload, const char* peer) {
  return add_heap_row("redis/" + std::string(workload) + "/" + peer,
                      [] { return Many(server_path()); });
}

}  // namespace parley::bench
