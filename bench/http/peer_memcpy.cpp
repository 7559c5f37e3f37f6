// What copying the same bytes costs: the floor for whoever touches them all.
#include <cstring>
#include <vector>

#include "harness.hpp"

namespace parley::bench {
namespace {

class copier {
 public:
  explicit copier(const workload& w) : due_{.messages = w.messages.size() * w.pieces} {}

  const seen& due() const noexcept { return due_; }

  void take(std::string_view so_far, std::size_t fresh, seen& sum) {
    std::memcpy(target_.data(), so_far.data() + so_far.size() - fresh, fresh);
    benchmark::DoNotOptimize(target_.data());
    benchmark::ClobberMemory();
    sum.messages += 1;
  }

 private:
  seen due_;
  std::vector<char> target_ = std::vector<char>(64 * 1024);
};

[[maybe_unused]] const bool registered = add_parsers<copier>("memcpy");

}  // namespace
}  // namespace parley::bench
