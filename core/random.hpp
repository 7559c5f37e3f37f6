// Entropy is an argument, like time: masking keys, nonces, jitter. Whoever drives a machine passes
// its source in; every loop is one, and a simulated loop replays its seed.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace parley {

// Where random bytes come from.
class random_source {
 public:
  // Fills the whole span with bytes that nobody can foresee.
  virtual void random(std::span<std::byte> out) = 0;

 protected:
  random_source() = default;
  random_source(const random_source&) = default;
  random_source& operator=(const random_source&) = default;
  ~random_source() = default;
};

// Bytes of another source, drawn many at a time: for small numbers that are needed often, where
// each draw would be a system call.
class buffered_random final : public random_source {
 public:
  explicit buffered_random(random_source& from) noexcept : from_(from) {}

  void random(std::span<std::byte> out) override {
    if (out.size() > drawn_.size()) return from_.random(out);
    if (left_ < out.size()) {
      from_.random(drawn_);
      left_ = drawn_.size();
    }
    std::byte* const next = drawn_.data() + drawn_.size() - left_;
    std::copy_n(next, out.size(), out.data());
    std::fill_n(next, out.size(), std::byte{});  // nobody finds them here later
    left_ -= out.size();
  }

 private:
  random_source& from_;
  std::array<std::byte, 1024> drawn_{};
  std::size_t left_ = 0;
};

}  // namespace parley
