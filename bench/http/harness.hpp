// Registers rows `http/WORKLOAD/PEER` for parsing.
#pragma once

#include <benchmark/benchmark.h>

#include <string>

#include "common/measure.hpp"
#include "common/wrong.hpp"
#include "parse_all.hpp"
#include "workloads.hpp"

namespace parley::bench {

// A row: Parser is made with the workload, whose messages it must take one after the other.
template <class Parser>
bool add_parser(std::string_view peer, workload (*make)()) {
  const std::string name = "http/" + std::string(make().name) + "/" + std::string(peer);
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    const workload w = make();
    Parser parser(w);
    // Twice: a parser may be left in another state than it began in.
    for (int i = 0; i < 2; ++i) {
      if (parse_all(parser, w) != parser.due()) wrong(name, "the message was not parsed right");
    }
    measure(state, w.messages.size(), [&] {
      seen sum = parse_all(parser, w);
      benchmark::DoNotOptimize(sum);
      benchmark::ClobberMemory();
    });
  });
  return true;
}

template <class Parser>
bool add_parsers(std::string_view peer) {
  for (auto* w : {parse_get_40, parse_get_703, parse_post_1k, parse_response, parse_mixed_256,
                  parse_get_703_cut4}) {
    add_parser<Parser>(peer, w);
  }
  return true;
}

}  // namespace parley::bench
