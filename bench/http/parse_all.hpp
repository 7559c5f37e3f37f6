// One pass over a workload, for rows and for the instruction count.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "workloads.hpp"

namespace parley::bench {

// Every message whole or in its pieces, to its end. `take(so_far, fresh, sum)` is told the bytes
// of the message that have come, and how many of them it has not been told before.
template <class Parser>
seen parse_all(Parser& parser, const workload& w) {
  seen sum;
  for (const std::string& m : w.messages) {
    if (w.pieces == 1) {
      parser.take(m, m.size(), sum);
      continue;
    }
    for (std::size_t i = 1, had = 0; i <= w.pieces; ++i) {
      const std::size_t have = m.size() * i / w.pieces;
      parser.take(std::string_view(m).substr(0, have), have - had, sum);
      had = have;
    }
  }
  return sum;
}

}  // namespace parley::bench
