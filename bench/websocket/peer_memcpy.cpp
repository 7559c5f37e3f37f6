// What copying the same bytes costs, which every row contains.
#include <algorithm>
#include <cstring>
#include <vector>

#include "harness.hpp"

namespace parley::bench {
namespace {

class copier {
 public:
  explicit copier(const workload& w) : work_(w), target_(w.bytes.size()) {}

  const seen& due() const noexcept { return work_.expected; }

  seen read() {
    for (std::size_t have = 0; have < work_.bytes.size(); have += receive_size) {
      const std::size_t n = std::min(receive_size, work_.bytes.size() - have);
      std::memcpy(target_.data() + have, work_.bytes.data() + have, n);
      benchmark::DoNotOptimize(target_.data());
      benchmark::ClobberMemory();
    }
    return work_.expected;
  }

 private:
  const workload& work_;
  std::vector<char> target_;
};

[[maybe_unused]] const bool registered = add_readers<copier>("memcpy");

}  // namespace
}  // namespace parley::bench
