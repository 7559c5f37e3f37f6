// Counts and fails allocations of a test program. The program that uses it gets
// its own operator new.
#pragma once

#include <cstddef>

namespace parley::test {

// Calls of operator new since the program started.
std::size_t allocations() noexcept;
// Bytes that operator new has given and nobody has given back, as malloc rounds them.
std::size_t held_bytes() noexcept;

// While an object lives, the allocation after `allowed` others fails, once.
class failing_allocation {
 public:
  explicit failing_allocation(std::size_t allowed) noexcept;
  ~failing_allocation();
  failing_allocation(const failing_allocation&) = delete;
  failing_allocation& operator=(const failing_allocation&) = delete;

  // True once an allocation has failed.
  bool has_failed() const noexcept;
};

}  // namespace parley::test
