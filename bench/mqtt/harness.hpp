// Registers rows `mqtt/{decode,encode}_WORKLOAD/PEER`.
#pragma once

#include <benchmark/benchmark.h>

#include <parley/core/bytes.hpp>
#include <string>

#include "common/measure.hpp"
#include "common/wrong.hpp"
#include "workloads.hpp"

namespace parley::bench {

// Rows of one peer for all workloads. A Reader is made with the workload, and each call of its
// read() goes through all packets; a Writer likewise, and write() makes one packet.
template <class Reader, class Writer>
bool add_codec(std::string_view peer) {
  for (std::size_t i = 0; i < content_count; ++i) {
    const auto what = static_cast<content>(i);
    const std::string name = make_workload(what).name + "/" + std::string(peer);
    benchmark::RegisterBenchmark(("mqtt/decode_" + name).c_str(), [=](benchmark::State& state) {
      const workload w = make_workload(what);
      Reader reader(w);
      // Twice: a reader may be left in another state than it began in.
      for (int n = 0; n < 2; ++n) {
        if (reader.read() != reader.due()) wrong(name, "the packets were not read right");
      }
      measure(state, w.packets, [&] {
        auto all = reader.read();
        benchmark::DoNotOptimize(all);
        benchmark::ClobberMemory();
      });
    });
    benchmark::RegisterBenchmark(("mqtt/encode_" + name).c_str(), [=](benchmark::State& state) {
      const workload w = make_workload(what);
      Writer writer(what, w.version);
      const byte_view one = writer.write();
      if (one.size() * w.packets != w.bytes.size()) wrong(name, "the packet was not written right");
      measure(state, 1, [&] {
        auto all = writer.write();
        benchmark::DoNotOptimize(all);
        benchmark::ClobberMemory();
      });
    });
  }
  return true;
}

}  // namespace parley::bench
