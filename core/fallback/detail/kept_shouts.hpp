// What has been shouted and has not ended, in its order: it waits for a carrier, or for the answer
// of one. A ring whose places are used again, so that in the steady state nothing is allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/core/api/speaker.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/time.hpp>
#include <parley/core/value/value.hpp>
#include <string>
#include <vector>

namespace parley::detail {

struct kept_shout {
  enum class phase : std::uint8_t { over, waiting, given };

  phase at = phase::over;
  bool is_value = false;
  bool given_before = false;  // to a carrier that was lost
  bool called_back = false;   // its carrier was lost, and its operation there was cancelled
  std::size_t carrier = 0;    // given
  std::uint64_t connects = 0;
  std::size_t size = 0;
  time_point until{};
  value content{};
  std::string bytes{};
  completer<delivery> done{};
  operation_state<delivery>* state = nullptr;  // to cancel it with; retained while given
};

class kept_shouts {
 public:
  kept_shouts() = default;
  ~kept_shouts();
  kept_shouts(const kept_shouts&) = delete;
  kept_shouts& operator=(const kept_shouts&) = delete;

  // Numbers of those that there are: first() to end().
  std::uint64_t first() const noexcept { return first_; }
  std::uint64_t end() const noexcept { return first_ + count_; }
  kept_shout& at(std::uint64_t number) noexcept { return ring_[number & (ring_.size() - 1)]; }
  const kept_shout& at(std::uint64_t number) const noexcept {
    return ring_[number & (ring_.size() - 1)];
  }

  // A new one, which the caller fills; add_size() counts it.
  kept_shout& add();
  void add_size(kept_shout& s, std::size_t size) noexcept {
    s.size = size;
    bytes_ += size;
  }
  void give(kept_shout& s, std::size_t carrier, std::uint64_t connects,
            operation_state<delivery>* state) noexcept;
  // Waits again.
  void take_back(kept_shout& s) noexcept;
  // It is over; its completer is handed out. Places in front that are over are free.
  completer<delivery> finish(kept_shout& s) noexcept;

  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t waiting() const noexcept { return waiting_; }
  std::size_t given() const noexcept { return given_; }
  bool empty() const noexcept { return waiting_ + given_ == 0; }

 private:
  void grow();

  std::vector<kept_shout> ring_;
  std::uint64_t first_ = 1;
  std::size_t count_ = 0;
  std::size_t waiting_ = 0, given_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace parley::detail
