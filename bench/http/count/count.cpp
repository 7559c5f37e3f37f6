// For bench/tools/callgrind: `count_http` lists its workloads with the messages of one pass;
// `count_http WORKLOAD PASSES` runs one.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "../ours.hpp"
#include "../parse_all.hpp"
#include "../workloads.hpp"

namespace {

using namespace parley::bench;

constexpr std::array<workload (*)(), 6> workloads{parse_get_40,    parse_get_703,
                                                  parse_post_1k,   parse_response,
                                                  parse_mixed_256, parse_get_703_cut4};

int list() {
  for (auto* make : workloads) {
    const workload w = make();
    std::printf("%s %zu\n", w.name.data(), w.messages.size());
  }
  return 0;
}

int run(const workload& w, int passes) {
  our_parser parser(w);
  bool good = true;
  for (int i = 0; i < passes; ++i) good = parse_all(parser, w) == w.expected && good;
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return list();
  for (auto* make : workloads) {
    if (make().name == argv[1]) return run(make(), std::atoi(argv[2]));
  }
  return 2;
}
