// Registers rows `websocket/WORKLOAD/PEER`.
#pragma once

#include <benchmark/benchmark.h>

#include <string>

#include "common/measure.hpp"
#include "common/wrong.hpp"
#include "workloads.hpp"

namespace parley::bench {

// Rows of one peer for all workloads: a Reader is made with the workload, and each call of its
// read() copies the bytes as a socket would and reads them all. Its due() is what that must find.
template <class Reader>
bool add_readers(std::string_view peer) {
  for (const content what : {content::text, content::binary, content::utf8}) {
    for (const size_class& size : sizes) {
      const std::string name =
          "websocket/" + make_workload(what, size).name + "/" + std::string(peer);
      benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        const workload w = make_workload(what, size);
        Reader reader(w);
        // Twice: a reader may be left in another state than it began in.
        for (int i = 0; i < 2; ++i) {
          if (reader.read() != reader.due()) wrong(name, "the frames were not read right");
        }
        measure(state, w.expected.messages, [&] {
          seen all = reader.read();
          benchmark::DoNotOptimize(all);
          benchmark::ClobberMemory();
        });
      });
    }
  }
  return true;
}

}  // namespace parley::bench
