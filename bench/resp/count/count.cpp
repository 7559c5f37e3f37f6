// For bench/tools/callgrind: `count_resp` lists its workloads with the items of
// one pass; `count_resp WORKLOAD PASSES` runs one.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "../ours.hpp"
#include "../workloads.hpp"

namespace {

using namespace parley::bench;

struct decoding {
  workload (*make)();
  std::size_t items;  // replies, or nodes where a reply has many
};

constexpr std::array decodings{
    decoding{decode_ok, 1024},         decoding{decode_int, 512},  decoding{decode_bulk_16, 512},
    decoding{decode_xreadgroup, 1104}, decoding{decode_map, 1344}, decoding{decode_push, 512},
};
constexpr std::string_view encoding = "encode_set_16";

int list() {
  for (const decoding& d : decodings) std::printf("%s %zu\n", d.make().name.data(), d.items);
  std::printf("%s 1\n", encoding.data());
  return 0;
}

std::size_t decode(const workload& w, int passes) {
  our_decoder decoder;
  std::size_t replies = 0;
  for (int i = 0; i < passes; ++i) replies += decoder.decode(w.bytes);
  return replies;
}

std::size_t encode(int passes) {
  const set_command command(16);
  const auto arguments = command.arguments();
  our_encoder encoder;
  std::size_t bytes = 0;
  for (int i = 0; i < passes; ++i) bytes += encoder.encode(arguments);
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return list();
  const int passes = std::atoi(argv[2]);
  if (argv[1] == encoding) return encode(passes) == 0;
  for (const decoding& d : decodings) {
    if (d.make().name == argv[1]) return decode(d.make(), passes) == 0;
  }
  return 2;
}
