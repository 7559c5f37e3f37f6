// What a fuzz target reads its input with, and how it says that something is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace parley::fuzz {

inline void must(bool condition) {
  if (!condition) __builtin_trap();
}

// Takes the input apart; behind its end everything is zero or empty.
class reader {
 public:
  explicit reader(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto b = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return b;
  }
  std::string_view bytes(std::size_t n) {
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

}  // namespace parley::fuzz
