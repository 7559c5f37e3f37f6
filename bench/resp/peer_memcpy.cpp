// What copying the same bytes costs: the floor for whoever touches them all.
#include <cstring>
#include <span>
#include <vector>

#include "harness.hpp"

namespace parley::bench {
namespace {

template <workload make_workload()>
struct copier {
  std::vector<char> target = std::vector<char>(make_workload().bytes.size());
  std::size_t replies = make_workload().replies;

  std::size_t decode(std::string_view bytes) {
    std::memcpy(target.data(), bytes.data(), bytes.size());
    benchmark::DoNotOptimize(target.data());
    benchmark::ClobberMemory();
    return replies;
  }
};

template <workload make_workload()>
bool add() {
  return add_decoder("memcpy", make_workload, [] { return copier<make_workload>(); });
}

// One copy of the bytes that the command becomes.
struct command_copier {
  std::vector<char> source = std::vector<char>(2048, 'x');
  std::vector<char> target = std::vector<char>(2048);

  std::size_t encode(std::span<const std::string_view> arguments) {
    const std::size_t framing = 4 + 4 + 2 + 5 + 2 + 5 + 2;
    std::size_t size = framing;
    for (const std::string_view a : arguments) size += a.size();
    std::memcpy(target.data(), source.data(), size);
    return size;
  }
};

[[maybe_unused]] const bool registered =
    add<decode_ok>() && add<decode_int>() && add<decode_bulk_16>() && add<decode_bulk_1k>() &&
    add<decode_bulk_1m>() && add<decode_xreadgroup>() && add<decode_map>() && add<decode_push>() &&
    add_encoders("memcpy", [] { return command_copier(); });

}  // namespace
}  // namespace parley::bench
