#include "support/allocations.hpp"

#include <gtest/gtest.h>

#include <new>

namespace parley::test {

TEST(allocations, are_counted_and_fail_when_told) {
  const std::size_t before = allocations();
  void* memory = ::operator new(8);
  EXPECT_EQ(allocations(), before + 1);
  ::operator delete(memory);
  const failing_allocation fail(0);
  EXPECT_THROW(::operator delete(::operator new(8)), std::bad_alloc);
}

}  // namespace parley::test
