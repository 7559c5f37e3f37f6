// For bench/tools/callgrind: `count_websocket` lists its workloads with the messages of one pass;
// `count_websocket WORKLOAD PASSES` runs one.
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "../ours.hpp"
#include "../workloads.hpp"

namespace {

using namespace parley::bench;

// Short ones, which need no kernel but for text that is not ASCII.
std::vector<workload> workloads() {
  return {make_workload(content::text, sizes[0]), make_workload(content::binary, sizes[0]),
          make_workload(content::utf8, sizes[0]), make_workload(content::text, sizes[1]),
          make_workload(content::binary, sizes[1])};
}

int run(const workload& w, int passes) {
  our_reader reader(w);
  bool good = true;
  for (int i = 0; i < passes; ++i) good = reader.read() == reader.due() && good;
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  for (const workload& w : workloads()) {
    if (argc != 3) {
      std::printf("%s %zu\n", w.name.c_str(), w.expected.messages);
    } else if (w.name == argv[1]) {
      return run(w, std::atoi(argv[2]));
    }
  }
  return argc == 3 ? 2 : 0;
}
