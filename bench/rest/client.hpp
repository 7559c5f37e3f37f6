// Registers rows `rest/client_call_N/PEER`: POST /api/calculate {"value":21}, written and read as
// JSON, N calls in flight over connections that are kept. The figure is the client's processor time
// per call, system calls included; the server is a process of its own.
#pragma once

#include <benchmark/benchmark.h>

#include <string>

#include "common/measure.hpp"
#include "common/process.hpp"

namespace parley::bench {

// Of `parley_http` of the servers' rows, the same for all; it is started with the first row.
const std::string& calculating_url();

// `Client` is made with a URL and N, begins a call whenever one has ended, and ends the program at
// a wrong answer; run() ends when N calls more have ended.
template <class Client>
bool add_client(const char* peer) {
  for (const std::size_t depth : {1, 16}) {
    const std::string name = "rest/client_call_" + std::to_string(depth) + "/" + peer;
    benchmark::RegisterBenchmark(name.c_str(), [depth](benchmark::State& state) {
      const std::string& url = calculating_url();
      const on_processor place(use_clients_processor);
      Client client(url, depth);
      measure_waiting(state, depth, [&] { client.run(); });
    });
  }
  return true;
}

}  // namespace parley::bench
