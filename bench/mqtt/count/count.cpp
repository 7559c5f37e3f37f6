// For bench/tools/callgrind: `count_mqtt` lists its workloads with the packets of one pass;
// `count_mqtt WORKLOAD PASSES` runs one.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "../ours.hpp"
#include "../workloads.hpp"

namespace {

using namespace parley::bench;

int decode(const workload& w, int passes) {
  our_reader reader(w);
  bool good = true;
  for (int i = 0; i < passes; ++i) good = reader.read() == reader.due() && good;
  return good ? 0 : 1;
}

int encode(const workload& w, int passes) {
  our_writer writer(w.what, w.version);
  bool good = true;
  for (int i = 0; i < passes; ++i) good = !writer.write().empty() && good;
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  for (std::size_t i = 0; i < content_count; ++i) {
    const workload w = make_workload(static_cast<content>(i));
    if (argc != 3) {
      std::printf("decode_%s %zu\nencode_%s 1\n", w.name.c_str(), w.packets, w.name.c_str());
      continue;
    }
    const std::string_view asked = argv[1];
    if (asked == "decode_" + w.name) return decode(w, std::atoi(argv[2]));
    if (asked == "encode_" + w.name) return encode(w, std::atoi(argv[2]));
  }
  return argc == 3 ? 2 : 0;
}
