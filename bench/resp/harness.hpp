// Registers rows `resp/WORKLOAD/PEER` and counts what they allocate.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <utility>

#include "common/measure.hpp"
#include "workloads.hpp"

namespace parley::bench {

// A row for decoding: `make()` gives the peer, whose decode(bytes) returns the
// number of replies that it saw.
template <class Make>
bool add_decoder(std::string_view peer, workload (*make_workload)(), Make make) {
  const std::string name = "resp/" + std::string(make_workload().name) + "/" + std::string(peer);
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    const workload w = make_workload();
    auto decoder = make();
    if (decoder.decode(w.bytes) != w.replies) return state.SkipWithError("wrong count");
    measure(state, w.replies, [&] {
      auto seen = decoder.decode(w.bytes);
      benchmark::DoNotOptimize(seen);
    });
  });
  return true;
}

// A row for encoding SET; encode(arguments) returns the number of bytes.
template <class Make>
bool add_encoder(std::string_view peer, std::string_view workload_name, std::size_t value_size,
                 Make make) {
  const std::string name = "resp/" + std::string(workload_name) + "/" + std::string(peer);
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    const set_command command(value_size);
    auto arguments = command.arguments();
    auto encoder = make();
    if (encoder.encode(arguments) < value_size) return state.SkipWithError("too short");
    measure(state, 1, [&] {
      benchmark::DoNotOptimize(arguments);
      auto size = encoder.encode(arguments);
      benchmark::DoNotOptimize(size);
      benchmark::ClobberMemory();
    });
  });
  return true;
}

// Rows of one peer for everything that both versions of the protocol have.
template <class Make>
bool add_resp2_decoders(std::string_view peer, Make make) {
  for (auto* w :
       {decode_ok, decode_int, decode_bulk_16, decode_bulk_1k, decode_bulk_1m, decode_xreadgroup}) {
    add_decoder(peer, w, make);
  }
  return true;
}

template <class Make>
bool add_resp3_decoders(std::string_view peer, Make make) {
  for (auto* w : {decode_map, decode_push}) add_decoder(peer, w, make);
  return true;
}

template <class Make>
bool add_encoders(std::string_view peer, Make make) {
  add_encoder(peer, "encode_set_16", 16, make);
  add_encoder(peer, "encode_set_1k", 1024, make);
  return true;
}

}  // namespace parley::bench
