#include "common/wrong.hpp"

#include <cstdio>
#include <cstdlib>

namespace parley::bench {

void wrong(std::string_view peer, std::string_view what) {
  std::fprintf(stderr, "bench: %.*s: %.*s\n", static_cast<int>(peer.size()), peer.data(),
               static_cast<int>(what.size()), what.data());
  std::exit(1);
}

}  // namespace parley::bench
