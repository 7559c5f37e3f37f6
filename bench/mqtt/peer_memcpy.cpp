// What copying the same bytes costs: the floor for whoever touches them all.
#include <cstring>
#include <vector>

#include "harness.hpp"
#include "ours.hpp"

namespace parley::bench {
namespace {

class reading_copier {
 public:
  explicit reading_copier(const workload& w) : work_(w), target_(w.bytes.size()) {}

  std::size_t due() const noexcept { return work_.sum; }
  std::size_t read() {
    std::memcpy(target_.data(), work_.bytes.data(), work_.bytes.size());
    benchmark::DoNotOptimize(target_.data());
    benchmark::ClobberMemory();
    return work_.sum;
  }

 private:
  const workload& work_;
  std::vector<char> target_;
};

class writing_copier {
 public:
  writing_copier(content what, mqtt::version spoken)
      : size_(our_writer(what, spoken).write().size()), source_(size_), target_(size_) {}

  byte_view write() {
    std::memcpy(target_.data(), source_.data(), size_);
    return target_;
  }

 private:
  std::size_t size_;
  std::vector<std::byte> source_;
  std::vector<std::byte> target_;
};

[[maybe_unused]] const bool registered = add_codec<reading_copier, writing_copier>("memcpy");

}  // namespace
}  // namespace parley::bench
