// Registers rows `redis/client_depth_N/PEER`.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "common/measure.hpp"
#include "script.hpp"
#include "server.hpp"

namespace parley::bench {

// `Client` is made with the path of the server's socket, and `script` is known to it; run(i)
// sends all commands of batch i, ends when all replies have come, and checks them.
template <class Client>
bool add_client(const char* peer) {
  for (std::size_t depth : {1, 16, 256}) {
    const std::string name =
        "redis/client_depth_" + std::to_string(depth) + "/" + std::string(peer);
    benchmark::RegisterBenchmark(name.c_str(), [depth](benchmark::State& state) {
      const std::vector<batch> script = make_script(depth);
      Client client(server_path(), script);
      std::size_t next = 0;
      measure_waiting(state, depth, [&] {
        client.run(next);
        next = next + 1 == script.size() ? 0 : next + 1;
      });
    });
  }
  return true;
}

}  // namespace parley::bench
